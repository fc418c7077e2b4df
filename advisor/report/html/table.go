package html

import (
	"slices"
	"strconv"

	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// Table is figures in rows and columns: what the pages draw a line chart from, and what stands in for the chart where
// there are no scripts, no colours or no eyes.
type Table struct {
	ID      string // unique on the page
	Caption string
	Columns []Column
	Rows    [][]Cell // the first cell of a row is its head
	Log     bool     // the chart's scale of values is logarithmic
	Note    string   // how to read the figures; "" where they speak for themselves
}

// Column is the head of a table's column.
type Column struct {
	Title  string
	Key    string // of the figure in an epoch record's JSON, for rows that arrive later; "" where there is none
	Plot   string // name of the chart that draws the column as a line; "": none
	Digits int    // after the point, for rows that arrive later
}

// Cell is a figure as the reports write it, with all its digits beside.
type Cell struct {
	Text  string
	Value string // "" where the figure is missing or there is none
}

// Plots returns the names of the charts that the table has the figures of, in the order of its columns.
func (t Table) Plots() []string {
	var names []string
	for _, c := range t.Columns {
		if c.Plot != "" && !slices.Contains(names, c.Plot) {
			names = append(names, c.Plot)
		}
	}
	return names
}

// cellOf is the cell of a figure with its text.
func cellOf(n trainer.Number, text string) Cell {
	if !n.Known() {
		return Cell{Text: figure.Absent}
	}
	return Cell{Text: text, Value: strconv.FormatFloat(float64(n), 'g', -1, 64)}
}

// Curve is a run's learning curve, every record a row. With test, the accuracy on the fixed test images too.
func Curve(id, caption string, records []trainer.EpochRecord, test bool) Table {
	t := Table{
		ID:      id,
		Caption: caption,
		Columns: []Column{
			{Title: "Epoch", Key: "epoch"},
			{Title: "Train accuracy", Key: "train_accuracy", Plot: "Accuracy", Digits: 3},
			{Title: "Validation accuracy", Key: "validation_accuracy", Plot: "Accuracy", Digits: 3},
			{Title: "Test accuracy", Key: "test_accuracy", Plot: "Accuracy", Digits: 3},
			{Title: "Train loss", Key: "train_loss", Plot: "Loss", Digits: 3},
			{Title: "Validation loss", Key: "validation_loss", Plot: "Loss", Digits: 3},
			{Title: "Seconds", Key: "seconds", Digits: 1},
		},
		Note: report.Normalised(records),
	}
	for _, r := range records {
		t.Rows = append(t.Rows, []Cell{
			cellOf(trainer.Number(r.Epoch), figure.Setting(r.Epoch)), cellOf(r.TrainAccuracy, figure.Share(r.TrainAccuracy)),
			cellOf(r.ValidationAccuracy, figure.Share(r.ValidationAccuracy)),
			cellOf(r.TestAccuracy, figure.Share(r.TestAccuracy)), cellOf(r.TrainLoss, figure.Share(r.TrainLoss)),
			cellOf(r.ValidationLoss, figure.Share(r.ValidationLoss)),
			cellOf(trainer.Number(r.Seconds), figure.Decimals(r.Seconds, 1)),
		})
	}
	if !test {
		t = t.without("test_accuracy")
	}
	return t
}

// without leaves out the column of a key.
func (t Table) without(key string) Table {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Key == key })
	t.Columns = slices.Delete(t.Columns, i, i+1)
	for j := range t.Rows {
		t.Rows[j] = slices.Delete(t.Rows[j], i, i+1)
	}
	return t
}

// Trial is a run by the name that a comparison gives it.
type Trial struct {
	Title   string
	Records []trainer.EpochRecord
}

// Compare sets the validation accuracies of runs side by side, a row an epoch that any of them has a record of.
func Compare(id, caption string, trials []Trial) Table {
	t := Table{ID: id, Caption: caption, Columns: []Column{{Title: "Epoch"}}}
	var epochs []float64
	for _, trial := range trials {
		t.Columns = append(t.Columns, Column{Title: trial.Title, Plot: "Validation accuracy"})
		for _, r := range trial.Records {
			epochs = append(epochs, r.Epoch)
		}
	}
	slices.Sort(epochs)
	for _, epoch := range slices.Compact(epochs) {
		row := []Cell{cellOf(trainer.Number(epoch), figure.Setting(epoch))}
		for _, trial := range trials {
			accuracy := trainer.Missing
			if i := slices.IndexFunc(trial.Records, func(r trainer.EpochRecord) bool { return r.Epoch == epoch }); i >= 0 {
				accuracy = trial.Records[i].ValidationAccuracy
			}
			row = append(row, cellOf(accuracy, figure.Share(accuracy)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
