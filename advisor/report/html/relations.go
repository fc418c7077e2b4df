package html

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"probewise/advisor/analysis"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// Relations are one table of relations by the four methods, side by side.
type Relations struct {
	Title  string
	Charts []BarDrawing
	Table  Table
	Notes  []string // why figures are missing
}

// Picture is a heat map with its scale in words and its table.
type Picture struct {
	Title       string
	Map         template.HTML
	Legend      template.HTML
	Scale       string
	Least, Most string // what the ends of the legend are
	Table       Table
	Note        string // what its headings mean
}

// Fits are R² of the models that give relations, held-out beside in-sample.
type Fits struct {
	Charts []BarDrawing
	Table  Table
}

// StatisticsView relates statistics to an accuracy, as the page shows it.
type StatisticsView struct {
	About     string // the past runs, the accuracy and the moment
	Relations *Relations
	Absent    string // why there are none at the position
	Fits      Fits
	Picture   Picture
	Reason    string // why there are no figures of some positions, or of any
}

// ViewStatistics shows the relations at a position, and those of all positions by one method.
func ViewStatistics(t analysis.StatisticsTable, position trainer.LayerSet, key string) StatisticsView {
	v := StatisticsView{
		About: fmt.Sprintf("%s of %s (%s), statistics %s, related to the final %s accuracy.",
			figure.Counted(t.PastRuns, "past run"), t.Dataset, report.FullRun(t.Images, t.Epochs), report.Moment(t.Probe),
			t.Target),
		Reason: figure.Words(t.Reason),
		Absent: "no past run has such layers",
	}
	if len(t.Positions) == 0 {
		return v
	}
	i := slices.IndexFunc(t.Positions, func(p analysis.PositionTable) bool { return p.Position == position })
	if i >= 0 {
		p := t.Positions[i]
		title := fmt.Sprintf("Statistics of %s and %s accuracy, %s", report.Place(p.Position), t.Target,
			figure.Counted(p.Runs, "run"))
		r := relate("relations", title, "Statistic", p.Statistics)
		v.Relations, v.Absent = &r, ""
	} else if v.Reason != "" {
		v.Absent = v.Reason
	}
	var rows []fitRow
	for _, p := range t.Positions {
		rows = append(rows, fitRow{string(p.Position), p.Runs, p.Linear, p.Forest})
	}
	v.Fits = fits("fits",
		fmt.Sprintf("How well all statistics together explain %s accuracy, by position", t.Target), "Position", rows)
	v.Picture = byPosition(t, methodOf(key))
	return v
}

// relate draws relations by the four methods.
func relate(id, title, first string, relations []analysis.Relation) Relations {
	b := Bars{By: strings.ToLower(first)}
	for _, r := range relations {
		b.Rows = append(b.Rows, figure.Words(r.Name))
	}
	for _, m := range report.Methods() {
		panel := BarPanel{Title: m.Title, Mark: trainer.Missing}
		for _, r := range relations {
			panel.Bars = append(panel.Bars, barOf(m, r))
		}
		b.Panels = append(b.Panels, panel)
	}
	return Relations{
		Title:  title,
		Charts: b.Draw(),
		Table:  relationTable(id, title, first, relations),
		Notes:  remarks(relations),
	}
}

func relationTable(id, caption, first string, relations []analysis.Relation) Table {
	t := Table{ID: id, Caption: caption}
	for _, c := range []string{first, "Correlation", "Beta", "Linear coefficient", "Standard error", "p-value",
		"Forest importance", "Its spread", "Boruta hits of 20", "Remark"} {
		t.Columns = append(t.Columns, Column{Title: c})
	}
	for _, r := range relations {
		row := []Cell{{Text: figure.Words(r.Name)}}
		row = append(row, cellOf(r.Correlation, report.Correlation.Text(r.Correlation)),
			cellOf(r.Beta, report.Beta.Text(r.Beta)), cellOf(r.Coefficient, report.Coefficient.Text(r.Coefficient)),
			cellOf(r.StandardError, report.Coefficient.Text(r.StandardError)), cellOf(r.PValue, figure.PValue(r.PValue)),
			cellOf(r.Importance, report.Importance.Text(r.Importance)), cellOf(r.Spread, report.Importance.Text(r.Spread)))
		hits := Cell{Text: figure.Absent} // of a column without figures
		if r.Importance.Known() {
			hits = cellOf(trainer.Number(r.Hits), strconv.Itoa(r.Hits))
		}
		t.Rows = append(t.Rows, append(row, hits, Cell{Text: r.Reason}))
	}
	return t
}

// remarks says why figures are missing, once for all that miss them for the same reason.
func remarks(relations []analysis.Relation) []string {
	var reasons []string
	names := map[string][]string{}
	for _, r := range relations {
		if r.Reason == "" {
			continue
		}
		if names[r.Reason] == nil {
			reasons = append(reasons, r.Reason)
		}
		names[r.Reason] = append(names[r.Reason], figure.Words(r.Name))
	}
	var notes []string
	for _, reason := range reasons {
		of := strings.Join(names[reason], ", ")
		if len(names[reason]) == len(relations) {
			of = "all"
		}
		notes = append(notes, fmt.Sprintf("%s: %s", figure.Capital(of), reason))
	}
	return notes
}

// byPosition is the heat map statistic × position of one method. Betas have the unit of their statistic, so that only
// those of a row can be compared.
func byPosition(t analysis.StatisticsTable, m report.Method) Picture {
	h := HeatMap{
		Longest: maxColumn,
		Label: fmt.Sprintf(
			"%s with %s accuracy: a row a statistic, a column a position of layers. The table has the same figures.",
			m.Title, t.Target),
	}
	for _, p := range t.Positions {
		h.Columns = append(h.Columns, HeatColumn{Title: string(p.Position), Name: report.Place(p.Position)})
	}
	var all []trainer.Number
	for i, r := range t.Positions[0].Statistics {
		row := make([]trainer.Number, len(t.Positions))
		for j, p := range t.Positions {
			row[j] = trainer.Missing
			if i < len(p.Statistics) {
				row[j] = m.Value(p.Statistics[i])
			}
		}
		h.Layers, h.Values, all = append(h.Layers, figure.Words(r.Name)), append(h.Values, row), append(all, row...)
	}
	h.Scale = coloursOf(m, all)
	if m.Key != report.Beta.Key {
		h.Write = m.Text
	}
	p := Picture{Title: fmt.Sprintf("%s by position of the layers", m.Title), Scale: h.Scale.String()}
	if m.Key == "beta" {
		for _, row := range h.Values {
			h.Rows = append(h.Rows, around(row))
		}
		p.Scale = "linear, each row with one of its own and zero in the middle, since each has a unit of its own"
	}
	return p.of(h, "positions", "Statistic", m)
}

// maxColumn is room for a column's name.
const maxColumn = 26

func (p Picture) of(h HeatMap, id, first string, m report.Method) Picture {
	p.Map, p.Legend = h.SVG(), h.Scale.Legend()
	p.Least, p.Most = "negative", "positive"
	if !h.Scale.Signed {
		p.Least, p.Most = "none", "greatest"
	}
	p.Table = h.upright(id, p.Title, first, m)
	return p
}

// upright is the heat map as a table, row by row.
func (m HeatMap) upright(id, caption, first string, by report.Method) Table {
	t := Table{ID: id, Caption: caption, Columns: []Column{{Title: first}}}
	for _, c := range m.Columns {
		t.Columns = append(t.Columns, Column{Title: c.Name})
	}
	for i, name := range m.Layers {
		row := []Cell{{Text: name}}
		for _, n := range m.Values[i] {
			row = append(row, cellOf(n, by.Text(n)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// fitRow is what two models explain.
type fitRow struct {
	name           string
	runs           int
	linear, forest analysis.Fit
}

// worstR2 is the least that a chart has room for: a few runs bring about any R² below zero, beside which the others
// would not be seen.
const worstR2 = -1

// fits sets held-out figures beside in-sample ones, which are pale: they say nothing about other runs.
func fits(id, caption, first string, rows []fitRow) Fits {
	b := Bars{By: strings.ToLower(first)}
	table := Table{ID: id, Caption: caption, Columns: []Column{{Title: first}, {Title: "Runs"}}}
	of := []struct {
		title string
		pale  bool
		value func(fitRow) float64
	}{
		{"Linear, held-out R²", false, func(r fitRow) float64 { return r.linear.HeldOut }},
		{"Linear, in-sample R²", true, func(r fitRow) float64 { return r.linear.InSample }},
		{"Forest, held-out R²", false, func(r fitRow) float64 { return r.forest.HeldOut }},
		{"Forest, in-sample R²", true, func(r fitRow) float64 { return r.forest.InSample }},
	}
	for _, r := range rows {
		b.Rows = append(b.Rows, figure.Words(r.name))
		table.Rows = append(table.Rows, []Cell{{Text: figure.Words(r.name)}, {Text: figure.Count(r.runs)}})
	}
	for _, o := range of {
		panel := BarPanel{Title: o.title, Axis: "r2", Pale: o.pale, Cut: worstR2, Mark: trainer.Missing}
		table.Columns = append(table.Columns, Column{Title: o.title})
		for i, r := range rows {
			n := trainer.Number(o.value(r))
			panel.Bars = append(panel.Bars, bare(n, figure.Score(n)))
			table.Rows[i] = append(table.Rows[i], cellOf(n, figure.Score(n)))
		}
		b.Panels = append(b.Panels, panel)
	}
	return Fits{b.Draw(), table}
}

// bare is a bar without a whisker.
func bare(n trainer.Number, text string) Bar {
	return Bar{Value: n, Low: trainer.Missing, High: trainer.Missing, Text: text}
}
