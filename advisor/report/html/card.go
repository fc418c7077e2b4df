package html

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/features"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// CardView is a model card as its page shows it.
type CardView struct {
	About    string
	Figures  []Figure
	Quality  []BarDrawing
	Table    Table
	Cases    Table      // how intervals fit the case
	Alone    Comparison // each of the models that a prediction is blended from
	Ablation Comparison // what each group of features adds
	Trained  string     // how far predictions were from what revised architectures reached; "" where none was trained
	Latest   Table      // of those
	Others   Table      // the cards of other images and epochs; no rows where there are none
	Reason   string     // why there are no figures of some probe lengths, or of any
}

// Comparison is one of held-out R², panel by panel.
type Comparison struct {
	Charts []BarDrawing
	Table  Table
}

// ViewCard shows the model cards of a data set.
func ViewCard(c analysis.Cards) CardView {
	v := CardView{
		About: fmt.Sprintf("%s of %s, %s.", figure.Counted(c.PastRuns, "past run"), c.Dataset,
			report.FullRun(c.Images, c.Epochs)),
		Reason: figure.Words(c.Reason),
	}
	for _, other := range c.Others {
		v.Others = others(v.Others, other)
	}
	if c.Revisions != nil {
		v.Trained, v.Latest = report.TrainedInFull(*c.Revisions), revisions(*c.Revisions)
	}
	if len(c.Probe) == 0 {
		return v
	}
	e := c.Probe[len(c.Probe)-1]
	if i := slices.IndexFunc(c.Probe,
		func(e analysis.CardEntry) bool { return e.Epochs == advisor.DefaultProbeEpochs }); i >= 0 {
		e = c.Probe[i]
	}
	evidence := "held-out, after " + report.ProbeLength(e.Epochs)
	v.Figures = []Figure{
		{"Past runs", figure.Count(c.PastRuns), report.FullRun(c.Images, c.Epochs)},
		{"R²", figure.Score(e.R2), evidence},
		{"Mean absolute error", figure.Share(e.MAE), evidence},
		{"80 % interval covers", figure.Percent(e.Coverage80), "its mean width " + figure.Share(e.Width80)},
	}
	v.Quality, v.Table = quality(c.Card)
	v.Cases = cases(c.Probe)
	v.Alone, v.Ablation = alone(c.Probe), ablation(c.Ablation)
	return v
}

// revisions lists what was predicted of revised architectures and what they reached.
func revisions(r analysis.Revisions) Table {
	t := Table{ID: "revisions", Caption: "Revised architectures, predicted and reached"}
	for _, title := range []string{"Run", "Predicted", "From", "To", "Reached", "Points"} {
		t.Columns = append(t.Columns, Column{Title: title})
	}
	for _, one := range r.Latest {
		row := []Cell{{Text: one.Run}}
		for _, v := range []float64{one.Predicted, one.Low, one.High, one.Reached} {
			row = append(row, cellOf(trainer.Number(v), figure.Share(v)))
		}
		difference := one.Reached - one.Predicted
		t.Rows = append(t.Rows, append(row, cellOf(trainer.Number(difference), figure.Points(difference))))
	}
	return t
}

// marks are what a measure is held against, by its title.
var marks = map[string]trainer.Number{"80 % interval covers": 0.8}

// quality draws how good predictions are, by probe length.
func quality(c analysis.Card) ([]BarDrawing, Table) {
	b := Bars{By: "probe length"}
	t := Table{
		ID:      "quality",
		Caption: "Held-out figures by probe length",
		Columns: []Column{{Title: "Probe"}, {Title: "Runs"}},
	}
	for _, e := range c.Probe {
		b.Rows = append(b.Rows, report.ProbeLength(e.Epochs))
		t.Rows = append(t.Rows, []Cell{{Text: report.ProbeLength(e.Epochs)}, {Text: figure.Count(e.Runs)}})
	}
	for _, m := range report.Measures() {
		panel := BarPanel{Title: m.Title, Mark: trainer.Missing}
		if mark, ok := marks[m.Title]; ok {
			panel.Mark = mark
		}
		t.Columns = append(t.Columns, Column{Title: m.Title})
		for i, e := range c.Probe {
			v := m.Value(e)
			panel.Bars = append(panel.Bars, bare(trainer.Number(v), m.Text(v)))
			t.Rows[i] = append(t.Rows[i], cellOf(trainer.Number(v), m.Text(v)))
		}
		b.Panels = append(b.Panels, panel)
	}
	return b.Draw(), t
}

// cases tells doubtful runs from sure ones.
func cases(all []analysis.CardEntry) Table {
	t := Table{ID: "cases", Caption: report.CasesCaption}
	for _, head := range report.CaseHeads {
		t.Columns = append(t.Columns, Column{Title: head})
	}
	for _, e := range all {
		var row []Cell
		for _, text := range report.CaseRow(e) {
			row = append(row, Cell{Text: text})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// modelName is an alternative's in full.
func modelName(s string) string {
	if long := map[string]string{"boosted": "Boosted trees", "forest": "Random forest", "extra": "Extra trees",
		"kernel": "Gaussian process"}[s]; long != "" {
		return long
	}
	return figure.Capital(s)
}

// alone sets each of the blended models beside the blend.
func alone(entries []analysis.CardEntry) Comparison {
	l := Comparison{Table: Table{
		ID:      "members",
		Caption: "Held-out R² of each of the blended models alone",
		Columns: []Column{{Title: "Probe"}, {Title: "Blended"}},
	}}
	b := Bars{By: "probe length", Panels: []BarPanel{{Title: "Blended", Axis: "r2", Cut: worstR2, Mark: trainer.Missing}}}
	for _, a := range entries[0].Members {
		title := modelName(a.Name)
		l.Table.Columns = append(l.Table.Columns, Column{Title: title})
		b.Panels = append(b.Panels, BarPanel{Title: title, Axis: "r2", Cut: worstR2, Mark: trainer.Missing})
	}
	if len(entries[0].Members) == 0 {
		return l
	}
	for _, e := range entries {
		b.Rows = append(b.Rows, report.ProbeLength(e.Epochs))
		row := []Cell{{Text: report.ProbeLength(e.Epochs)}}
		values := []float64{e.R2}
		for _, a := range e.Members {
			values = append(values, a.R2)
		}
		for i, v := range values {
			b.Panels[i].Bars = append(b.Panels[i].Bars, bare(trainer.Number(v), figure.Score(v)))
			row = append(row, cellOf(trainer.Number(v), figure.Score(v)))
		}
		l.Table.Rows = append(l.Table.Rows, row)
	}
	l.Charts = b.Draw()
	return l
}

// ablation draws the R² of the first group of features, and what each further one adds, with its interval.
func ablation(entries []analysis.AblationEntry) Comparison {
	l := Comparison{Table: Table{ID: "ablation", Caption: "Held-out R² with each group of features and all before it"}}
	for _, c := range []string{"Probe", "Features", "R²", "Gain", "95 % from", "to"} {
		l.Table.Columns = append(l.Table.Columns, Column{Title: c})
	}
	b := Bars{By: "probe length"}
	var lengths []float64
	var groups []features.Group
	for _, e := range entries {
		if !slices.Contains(lengths, e.Epochs) {
			lengths = append(lengths, e.Epochs)
			b.Rows = append(b.Rows, report.ProbeLength(e.Epochs))
		}
		if !slices.Contains(groups, e.Features) {
			groups = append(groups, e.Features)
		}
		r2, gain, low, high := trainer.Number(e.R2), given(e.Gain), given(e.Low), given(e.High)
		name := string(e.Features)
		if e.Gain != nil {
			name = "+ " + name
		}
		l.Table.Rows = append(l.Table.Rows,
			[]Cell{{Text: report.ProbeLength(e.Epochs)}, {Text: name}, cellOf(r2, figure.Score(r2)),
				cellOf(gain, figure.Gain(gain)), cellOf(low, figure.Gain(low)), cellOf(high, figure.Gain(high))})
	}
	for i, g := range groups {
		panel := BarPanel{Title: "+ " + string(g) + ": gain", Axis: "gain", Mark: trainer.Missing}
		if i == 0 {
			panel.Title, panel.Axis = figure.Capital(string(g))+" alone: R²", ""
		}
		for _, epochs := range lengths {
			panel.Bars = append(panel.Bars, step(entries, g, epochs))
		}
		b.Panels = append(b.Panels, panel)
	}
	l.Charts = b.Draw()
	return l
}

// step is the bar of a group of features at a probe length.
func step(entries []analysis.AblationEntry, g features.Group, epochs float64) Bar {
	i := slices.IndexFunc(entries, func(e analysis.AblationEntry) bool { return e.Features == g && e.Epochs == epochs })
	if i < 0 {
		return bare(trainer.Missing, figure.Absent)
	}
	e := entries[i]
	if e.Gain == nil {
		return bare(trainer.Number(e.R2), figure.Score(e.R2))
	}
	return Bar{Value: given(e.Gain), Low: given(e.Low), High: given(e.High), Text: figure.Gain(given(e.Gain))}
}

func given(v *float64) trainer.Number {
	if v == nil {
		return trainer.Missing
	}
	return trainer.Number(*v)
}

// others adds the rows of a card with other images or epochs.
func others(t Table, c analysis.Card) Table {
	if t.ID == "" {
		t = Table{ID: "others", Caption: "Past runs with other images or epochs: held-out figures by probe length"}
		for _, title := range []string{"Full run", "Runs", "Probe", "R²", "Mean absolute error", "Kendall τ",
			"80 % interval covers", "Its mean width"} {
			t.Columns = append(t.Columns, Column{Title: title})
		}
	}
	name := Cell{Text: report.FullRun(c.Images, c.Epochs)}
	if len(c.Probe) == 0 {
		row := []Cell{name, {Text: figure.Count(c.PastRuns)}, {Text: "no figures: " + figure.Words(c.Reason)}}
		for len(row) < len(t.Columns) {
			row = append(row, Cell{Text: figure.Absent})
		}
		t.Rows = append(t.Rows, row)
	}
	for _, e := range c.Probe {
		row := []Cell{name, {Text: figure.Count(e.Runs)}, {Text: report.ProbeLength(e.Epochs)}}
		for _, m := range report.Measures() {
			row = append(row, cellOf(trainer.Number(m.Value(e)), m.Text(m.Value(e))))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
