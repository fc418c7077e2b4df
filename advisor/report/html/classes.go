package html

import (
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// ClassesView is how well a run tells each class.
type ClassesView struct {
	Table     Table
	Note      string
	Confusion *Picture // nil: too many classes to keep it, or to see it
}

// mostConfused is the largest number of classes of which a confusion matrix is drawn.
const mostConfused = 40

func viewClasses(o trainer.Outcome) *ClassesView {
	of, s := report.Classes(o)
	if s == nil {
		return nil
	}
	v := &ClassesView{Table: Table{ID: "classes-table", Caption: "How well each class is told, " + of},
		Note: report.ClassNote(*s)}
	for _, head := range report.ClassHeads {
		v.Table.Columns = append(v.Table.Columns, Column{Title: head})
	}
	for _, row := range report.ClassRows(*s) {
		var cells []Cell
		for _, text := range row {
			cells = append(cells, Cell{Text: text})
		}
		v.Table.Rows = append(v.Table.Rows, cells)
	}
	if s.Confusion != nil && len(s.Images) <= mostConfused {
		v.Confusion = confusion(*s)
	}
	return v
}

// counts is the matrix in numbers of images.
func counts(s trainer.ClassScores) Table {
	t := Table{ID: "confusion", Caption: "Confusion matrix", Columns: []Column{{Title: "Class"}}}
	for class := range s.Images {
		t.Columns = append(t.Columns, Column{Title: "taken for " + s.Name(class)})
		row := []Cell{{Text: s.Name(class)}}
		for _, n := range s.Confusion[class] {
			row = append(row, Cell{Text: figure.Count(n)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// confusion is the matrix as shares of each true class.
func confusion(s trainer.ClassScores) *Picture {
	h := HeatMap{
		Label: "Confusion matrix: a row for each true class, a column for each class that the net takes its images for, " +
			"in shares of the row. The table has the numbers of images.",
		Scale: Scale{Low: 0, High: 1},
		Write: figure.Score[trainer.Number],
	}
	for class := range s.Images {
		name := s.Name(class)
		h.Layers = append(h.Layers, name)
		h.Columns = append(h.Columns, HeatColumn{Title: name, Name: "taken for " + name})
		row := make([]trainer.Number, len(s.Images))
		for i, n := range s.Confusion[class] {
			row[i] = trainer.Number(n) / trainer.Number(s.Images[class]) // NaN without images
		}
		h.Values = append(h.Values, row)
	}
	return &Picture{
		Title:  "Confusion matrix",
		Map:    h.SVG(),
		Legend: h.Scale.Legend(),
		Scale:  "linear, from 0 to 1",
		Least:  figure.Setting(h.Scale.Low),
		Most:   figure.Setting(h.Scale.High),
		Table:  counts(s),
		Note:   "A row is a true class, a column what the net takes its images for; cells are shares of the row.",
	}
}
