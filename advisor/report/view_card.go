package report

import (
	"fmt"
	"slices"
	"strconv"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/advisor/predict"
	"probewise/trainer"
)

// CardView is a model card as its page shows it.
type CardView struct {
	About   string
	Figures []Figure
	Quality []BarDrawing
	Table   Table
	Alone   Ladder // each of the models that a prediction is blended from
	Ladder  Ladder
	Others  Table  // the cards of other images and epochs; no rows where there are none
	Reason  string // why there are no figures of some probe lengths, or of any
}

// Ladder is a comparison of held-out R², panel by panel.
type Ladder struct {
	Charts []BarDrawing
	Table  Table
}

// ViewCard shows the model cards of a data set.
func ViewCard(c predict.Cards) CardView {
	v := CardView{
		About:  fmt.Sprintf("%s of %s, %s.", counted(c.PastRuns, "past run"), c.Dataset, length(c.Images, c.Epochs)),
		Reason: reasonOf(c.Reason),
	}
	for _, other := range c.Others {
		v.Others = others(v.Others, other)
	}
	if len(c.Probe) == 0 {
		return v
	}
	e := c.Probe[len(c.Probe)-1]
	if i := slices.IndexFunc(c.Probe, func(e predict.CardEntry) bool { return e.Epochs == advisor.DefaultProbeEpochs }); i >= 0 {
		e = c.Probe[i]
	}
	behind := "held-out, after " + probeLength(e.Epochs)
	v.Figures = []Figure{
		{"Past runs", grouped(int64(c.PastRuns)), length(c.Images, c.Epochs)},
		{"R²", decimals(trainer.Number(e.R2), 2), behind},
		{"Mean absolute error", share(trainer.Number(e.MAE)), behind},
		{"80 % interval covers", percent(e.Coverage80), "its mean width " + share(trainer.Number(e.Width80))},
	}
	v.Quality, v.Table = quality(c.Card)
	v.Alone, v.Ladder = alone(c.Probe), ladder(c.Ablation)
	return v
}

func percent(v float64) string { return strconv.FormatFloat(100*v, 'f', 0, 64) + " %" }

// measures of a card, in its order.
var measures = []struct {
	title string
	mark  trainer.Number
	value func(predict.CardEntry) float64
	text  func(float64) string
}{
	{"R²", trainer.Missing, func(e predict.CardEntry) float64 { return e.R2 }, hundredths},
	{"Mean absolute error", trainer.Missing, func(e predict.CardEntry) float64 { return e.MAE }, thousandths},
	{"Kendall τ", trainer.Missing, func(e predict.CardEntry) float64 { return e.Tau }, hundredths},
	{"80 % interval covers", 0.8, func(e predict.CardEntry) float64 { return e.Coverage80 }, percent},
	{"Its mean width", trainer.Missing, func(e predict.CardEntry) float64 { return e.Width80 }, thousandths},
}

func hundredths(v float64) string  { return decimals(trainer.Number(v), 2) }
func thousandths(v float64) string { return decimals(trainer.Number(v), 3) }

// quality draws how good predictions are, by probe length.
func quality(c predict.Card) ([]BarDrawing, Table) {
	b := Bars{By: "probe length"}
	t := Table{ID: "quality", Caption: "Held-out figures by probe length", Columns: []Column{{Title: "Probe"}, {Title: "Runs"}}}
	for _, e := range c.Probe {
		b.Rows = append(b.Rows, probeLength(e.Epochs))
		t.Rows = append(t.Rows, []Cell{{Text: probeLength(e.Epochs)}, {Text: grouped(int64(e.Runs))}})
	}
	for _, m := range measures {
		panel := BarPanel{Title: m.title, Mark: m.mark}
		t.Columns = append(t.Columns, Column{Title: m.title})
		for i, e := range c.Probe {
			v := m.value(e)
			panel.Bars = append(panel.Bars, bare(trainer.Number(v), m.text(v)))
			t.Rows[i] = append(t.Rows[i], figure(trainer.Number(v), m.text(v)))
		}
		b.Panels = append(b.Panels, panel)
	}
	return b.Draw(), t
}

// modelName is an alternative's in full.
func modelName(s string) string {
	if long := map[string]string{"boosted": "Boosted trees", "forest": "Random forest", "extra": "Extra trees", "kernel": "Gaussian process"}[s]; long != "" {
		return long
	}
	return capital(s)
}

// alone sets each of the blended models beside the blend.
func alone(entries []predict.CardEntry) Ladder {
	l := Ladder{Table: Table{ID: "alternatives", Caption: "Held-out R² of each of the blended models alone", Columns: []Column{{Title: "Probe"}, {Title: "Blended"}}}}
	b := Bars{By: "probe length", Panels: []BarPanel{{Title: "Blended", Axis: "r2", Cut: worstR2, Mark: trainer.Missing}}}
	for _, a := range entries[0].Alternatives {
		title := modelName(a.Name)
		l.Table.Columns = append(l.Table.Columns, Column{Title: title})
		b.Panels = append(b.Panels, BarPanel{Title: title, Axis: "r2", Cut: worstR2, Mark: trainer.Missing})
	}
	if len(entries[0].Alternatives) == 0 {
		return l
	}
	for _, e := range entries {
		b.Rows = append(b.Rows, probeLength(e.Epochs))
		row := []Cell{{Text: probeLength(e.Epochs)}}
		values := []float64{e.R2}
		for _, a := range e.Alternatives {
			values = append(values, a.R2)
		}
		for i, v := range values {
			b.Panels[i].Bars = append(b.Panels[i].Bars, bare(trainer.Number(v), hundredths(v)))
			row = append(row, figure(trainer.Number(v), hundredths(v)))
		}
		l.Table.Rows = append(l.Table.Rows, row)
	}
	l.Charts = b.Draw()
	return l
}

// ladder draws the R² of the first group of features, and what each further one adds, with its interval.
func ladder(entries []predict.AblationEntry) Ladder {
	l := Ladder{Table: Table{ID: "ablation", Caption: "Held-out R² with each group of features and all before it"}}
	for _, c := range []string{"Probe", "Features", "R²", "Gain", "95 % from", "to"} {
		l.Table.Columns = append(l.Table.Columns, Column{Title: c})
	}
	b := Bars{By: "probe length"}
	var lengths []float64
	var groups []features.Group
	for _, e := range entries {
		if !slices.Contains(lengths, e.Epochs) {
			lengths = append(lengths, e.Epochs)
			b.Rows = append(b.Rows, probeLength(e.Epochs))
		}
		if !slices.Contains(groups, e.Features) {
			groups = append(groups, e.Features)
		}
		r2, gain, low, high := trainer.Number(e.R2), given(e.Gain), given(e.Low), given(e.High)
		name := string(e.Features)
		if e.Gain != nil {
			name = "+ " + name
		}
		l.Table.Rows = append(l.Table.Rows, []Cell{{Text: probeLength(e.Epochs)}, {Text: name}, figure(r2, share(r2)),
			figure(gain, gained(gain)), figure(low, gained(low)), figure(high, gained(high))})
	}
	for i, g := range groups {
		panel := BarPanel{Title: "+ " + string(g) + ": gain", Axis: "gain", Mark: trainer.Missing}
		if i == 0 {
			panel.Title, panel.Axis = capital(string(g))+" alone: R²", ""
		}
		for _, epochs := range lengths {
			panel.Bars = append(panel.Bars, rung(entries, g, epochs))
		}
		b.Panels = append(b.Panels, panel)
	}
	l.Charts = b.Draw()
	return l
}

// rung is the bar of a group of features at a probe length.
func rung(entries []predict.AblationEntry, g features.Group, epochs float64) Bar {
	i := slices.IndexFunc(entries, func(e predict.AblationEntry) bool { return e.Features == g && e.Epochs == epochs })
	if i < 0 {
		return bare(trainer.Missing, absent)
	}
	e := entries[i]
	if e.Gain == nil {
		return bare(trainer.Number(e.R2), hundredths(e.R2))
	}
	return Bar{Value: given(e.Gain), Low: given(e.Low), High: given(e.High), Text: gained(given(e.Gain))}
}

func given(v *float64) trainer.Number {
	if v == nil {
		return trainer.Missing
	}
	return trainer.Number(*v)
}

// gained writes a difference of R², signed.
func gained(n trainer.Number) string {
	if !n.Known() {
		return absent
	}
	return fmt.Sprintf("%+.3f", float64(n))
}

// others adds the rows of a card with other images or epochs.
func others(t Table, c predict.Card) Table {
	if t.ID == "" {
		t = Table{ID: "others", Caption: "Past runs with other images or epochs: held-out figures by probe length"}
		for _, title := range []string{"Full run", "Runs", "Probe", "R²", "Mean absolute error", "Kendall τ", "80 % interval covers", "Its mean width"} {
			t.Columns = append(t.Columns, Column{Title: title})
		}
	}
	name := Cell{Text: length(c.Images, c.Epochs)}
	if len(c.Probe) == 0 {
		row := []Cell{name, {Text: grouped(int64(c.PastRuns))}, {Text: "no figures: " + reasonOf(c.Reason)}}
		for len(row) < len(t.Columns) {
			row = append(row, Cell{Text: absent})
		}
		t.Rows = append(t.Rows, row)
	}
	for _, e := range c.Probe {
		row := []Cell{name, {Text: grouped(int64(e.Runs))}, {Text: probeLength(e.Epochs)}}
		for _, m := range measures {
			row = append(row, figure(trainer.Number(m.value(e)), m.text(m.value(e))))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
