package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/figure"
	"probewise/forest"
	"probewise/trainer"
)

// Measure is a held-out figure of a model card.
type Measure struct {
	Title string
	Value func(analysis.CardEntry) float64
	Text  func(float64) string
}

// Measures returns those of a card, in its order.
func Measures() []Measure {
	return []Measure{
		{"R²", func(e analysis.CardEntry) float64 { return e.R2 }, figure.Score[float64]},
		{"Mean absolute error", func(e analysis.CardEntry) float64 { return e.MAE }, figure.Share[float64]},
		{"Kendall τ", func(e analysis.CardEntry) float64 { return e.Tau }, figure.Score[float64]},
		{"80 % interval covers", func(e analysis.CardEntry) float64 { return e.Coverage80 }, figure.Percent[float64]},
		{"Its mean width", func(e analysis.CardEntry) float64 { return e.Width80 }, figure.Share[float64]},
	}
}

// grids collects boxed tables, with lines of text between them.
type grids struct{ strings.Builder }

func (g *grids) line(format string, args ...any) { fmt.Fprintf(&g.Builder, format+"\n", args...) }

func (g *grids) table(header table.Row, rows []table.Row) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	for i, title := range header {
		header[i] = figure.Capital(fmt.Sprint(title))
	}
	t.AppendHeader(header)
	t.AppendRows(rows)
	g.line("%s", t.Render())
}

func (g *grids) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, g.String())
	return err
}

// setting names the data set and the length of full runs.
func setting(dataset string, images, epochs int) string {
	return dataset + ", " + FullRun(images, epochs)
}

// Cards writes the model cards of a data set: how far its predictions can be trusted.
func Cards(w io.Writer, c analysis.Cards) error {
	var g grids
	for _, c := range append([]analysis.Card{c.Card}, c.Others...) {
		g.card(c)
	}
	return g.writeTo(w)
}

func (g *grids) card(c analysis.Card) {
	g.line("%s: %s", setting(c.Dataset, c.Images, c.Epochs), figure.Counted(c.PastRuns, "past run"))
	defer g.revisions(c.Revisions)
	if len(c.Probe) == 0 {
		g.line("no figures: %s", c.Reason)
		return
	}
	header := table.Row{"probe epochs"}
	for _, m := range Measures() {
		header = append(header, m.Title)
	}
	var rows []table.Row
	for _, e := range c.Probe {
		epochs := figure.Setting(e.Epochs)
		if e.Epochs == 0 {
			epochs = "0 (initial weights)"
		}
		row := table.Row{epochs}
		for _, m := range Measures() {
			row = append(row, m.Text(m.Value(e)))
		}
		rows = append(rows, row)
	}
	g.table(header, rows)
	g.cases(c.Probe)
	g.alone(c.Probe)
	g.ablation(c.Ablation)
	g.line("Every figure is held-out: each run was predicted by a forest that never saw its architecture.")
}

// cases tells doubtful runs from sure ones.
func (g *grids) cases(all []analysis.CardEntry) {
	header := make(table.Row, len(CaseHeads))
	for i, head := range CaseHeads {
		header[i] = head
	}
	var rows []table.Row
	for _, e := range all {
		var row table.Row
		for _, cell := range CaseRow(e) {
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	g.table(header, rows)
}

// revisions shows what was predicted of revised architectures beside what they reached.
func (g *grids) revisions(r *analysis.Revisions) {
	if r == nil {
		return
	}
	g.line("%s", TrainedInFull(*r))
	var rows []table.Row
	for _, one := range r.Latest {
		rows = append(rows, table.Row{figure.Share(one.Predicted), figure.Interval(one.Low, one.High),
			figure.Share(one.Reached), figure.Points(one.Reached - one.Predicted), one.Run})
	}
	g.table(table.Row{"predicted", "interval", "reached", "points", "run"}, rows)
}

// alone shows R² of each of the models that a prediction is blended from.
func (g *grids) alone(entries []analysis.CardEntry) {
	header := table.Row{"R² at probe epochs", "blended"}
	for _, a := range entries[0].Members {
		header = append(header, a.Name+" alone")
	}
	var rows []table.Row
	for _, e := range entries {
		row := table.Row{figure.Setting(e.Epochs), figure.Score(e.R2)}
		for _, a := range e.Members {
			row = append(row, figure.Score(a.R2))
		}
		rows = append(rows, row)
	}
	g.table(header, rows)
}

// ablation shows R² by probe length and group of features, with what each adds to those before it.
func (g *grids) ablation(entries []analysis.AblationEntry) {
	var rows []table.Row
	for _, e := range entries {
		row := table.Row{figure.Setting(e.Epochs), string(e.Features), figure.Score(e.R2), "", ""}
		if e.Gain != nil {
			row[1] = "+ " + string(e.Features)
			row[3], row[4] = figure.Gain(*e.Gain), figure.Gain(*e.Low)+" … "+figure.Gain(*e.High)
		}
		rows = append(rows, row)
	}
	g.table(table.Row{"probe epochs", "features", "R²", "gain", "95 % interval"}, rows)
}

// Statistics writes how the statistics of the layers at a position go with accuracy.
func Statistics(w io.Writer, t analysis.StatisticsTable, position trainer.LayerSet) error {
	var g grids
	i := slices.IndexFunc(t.Positions, func(p analysis.PositionTable) bool { return p.Position == position })
	if i < 0 {
		g.line("no figures for %s: %s", t.Dataset, t.Reason)
		return g.writeTo(w)
	}
	p := t.Positions[i]
	g.line("%s: %s with such layers (%s), statistics %s and %s accuracy", setting(t.Dataset, t.Images, t.Epochs),
		figure.Counted(p.Runs, "past run"), position, Moment(t.Probe), t.Target)
	g.relations("statistic", p.Statistics, p.Linear, p.Forest)
	return g.writeTo(w)
}

// Hyperparameters writes how hyperparameters go with the statistics of the layers at a position, a table a statistic.
func Hyperparameters(w io.Writer, t analysis.HyperparameterTable) error {
	var g grids
	for _, s := range t.Statistics {
		g.line("%s of the layers (%s), %s", s.Statistic, t.Position, figure.Counted(s.Runs, "past run"))
		g.relations("hyperparameter", s.Hyperparameters, s.Linear, s.Forest)
	}
	g.missing(t.Reason)
	return g.writeTo(w)
}

func (g *grids) relations(of string, relations []analysis.Relation, linear, forest analysis.Fit) {
	header := table.Row{of}
	for _, m := range Methods() {
		if header = append(header, m.Title); m.Key == Coefficient.Key {
			header = append(header, "p-value")
		}
	}
	var rows []table.Row
	for _, r := range relations {
		row := table.Row{r.Name}
		for _, m := range Methods() {
			if row = append(row, m.Text(m.Value(r))); m.Key == Coefficient.Key {
				row = append(row, figure.PValue(r.PValue))
			}
		}
		rows = append(rows, append(row, confirmed(r), r.Reason))
	}
	g.table(append(header, "confirmed", ""), rows)
	g.line("Held-out R² of the linear regression %s, of the forest %s. "+
		"In-sample, where they say nothing about other runs: %s and %s.", figure.Score(linear.HeldOut),
		figure.Score(forest.HeldOut), figure.Score(linear.InSample), figure.Score(forest.InSample))
}

// confirmed writes Boruta's hits where they are enough.
func confirmed(r analysis.Relation) string {
	if !r.Confirmed {
		return ""
	}
	return fmt.Sprintf("yes, %d of 20", r.Hits)
}

func (g *grids) missing(reason string) {
	if reason != "" {
		g.line("no figures for %s", reason)
	}
}

// Expectations writes the statistics that are expected of an architecture.
func Expectations(w io.Writer, e analysis.ExpectedStatistics) error {
	var g grids
	if len(e.Statistics) > 0 {
		g.line("%s: expected of the layers (%s) %s, by %s", setting(e.Dataset, e.Images, e.Epochs),
			e.Position, Moment(e.Probe), figure.Counted(e.PastRuns, "past run"))
		var rows []table.Row
		for _, s := range e.Statistics {
			rows = append(rows,
				table.Row{s.Name, figure.Significant(s.Mean), figure.Significant(s.Low), figure.Significant(s.High),
					figure.Score(s.HeldOutR2), strings.Join(s.Warnings, "; ")})
		}
		g.table(table.Row{"statistic", "expected", "low", "high", "held-out R²", ""}, rows)
	}
	g.missing(e.Reason)
	return g.writeTo(w)
}

// Benched is how well full runs are predicted from so many epochs.
type Benched struct {
	Epochs float64
	forest.BenchScore
}

// Bench writes how well full runs are predicted from their first epochs, with the extremes of the random splits. It has
// a digit more than other figures, for comparisons between programs.
func Bench(w io.Writer, all []Benched, runs int, o forest.BenchOptions) error {
	var g grids
	var rows []table.Row
	for _, b := range all {
		rows = append(rows, table.Row{figure.Setting(b.Epochs),
			fmt.Sprintf("%s (%s–%s)", figure.Decimals(b.R2, 3), figure.Score(b.R2Low), figure.Score(b.R2High)),
			figure.Decimals(b.MAE, 4), figure.Decimals(b.Tau, 3),
			fmt.Sprintf("%s (%s–%s)", figure.Percent(b.Coverage), figure.Percent(b.CoverageLow), figure.Percent(b.CoverageHigh)),
			figure.Share(b.Width), figure.Percent(b.CaughtWorstFifth)})
	}
	g.table(table.Row{
		"epochs", "held-out R²", "mean absolute error", "Kendall τ", "80 % interval covers", "its mean width",
		"worst fifth caught",
	}, rows)
	g.line("%s, %d random splits: fitted on %d, the others predicted. In brackets the extremes of the splits.",
		figure.Counted(runs, "run"), o.Repeats, o.Fit)
	return g.writeTo(w)
}

// Fitted is a forest that was fitted, or why it was not.
type Fitted struct {
	Key      advisor.Key
	Probe    float64 // epochs
	Forest   string  // its ID
	PastRuns int
	R2       trainer.Number // held-out; missing: there is no forest
	Seconds  float64
	Reason   string // why there is none
}

// Forests writes a list of forests.
func Forests(w io.Writer, all []Fitted) error {
	var g, none grids
	var rows []table.Row
	for _, f := range all {
		if !f.R2.Known() {
			none.line("%s at %s: no forest: %s", f.Key, figure.Setting(f.Probe)+" epochs", f.Reason)
			continue
		}
		rows = append(rows, table.Row{f.Key, figure.Setting(f.Probe), figure.Count(f.PastRuns), figure.Score(f.R2),
			figure.Decimals(f.Seconds, 1), f.Forest[:12]})
	}
	g.table(table.Row{"setting", "probe epochs", "past runs", "held-out R²", "seconds", "forest"}, rows)
	g.WriteString(none.String())
	return g.writeTo(w)
}
