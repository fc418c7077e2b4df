package html

import (
	"fmt"
	"slices"
	"strings"

	"probewise/advisor/analysis"
	"probewise/advisor/features"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// HyperparametersView relates hyperparameters to statistics, as the page shows it.
type HyperparametersView struct {
	About   string
	Picture *Picture // nil where there are no figures
	Fits    Fits
	Notes   []string // why figures are missing
	Reason  string   // why there are none of some statistics, or of any
}

// ViewHyperparameters shows the relations of hyperparameters to each statistic, by one method.
func ViewHyperparameters(t analysis.HyperparameterTable, key string) HyperparametersView {
	v := HyperparametersView{
		About: fmt.Sprintf("%s of %s (%s), statistics of %s %s.", figure.Counted(t.PastRuns, "past run"), t.Dataset,
			report.FullRun(t.Images, t.Epochs), report.Place(t.Position), report.Moment(t.Probe)),
		Reason: figure.Words(t.Reason),
	}
	if len(t.Statistics) == 0 {
		return v
	}
	m := methodOf(key)
	p := toStatistics(t, m)
	v.Picture = &p
	var rows []fitRow
	for _, s := range t.Statistics {
		rows = append(rows, fitRow{s.Statistic, s.Runs, s.Linear, s.Forest})
		v.Notes = merged(v.Notes, remarks(slices.DeleteFunc(slices.Clone(s.Hyperparameters), func(r analysis.Relation) bool {
			return m.Value(r).Known() && m.Key != "coefficient"
		})))
	}
	v.Fits = fits("hyperparameter-fits", "How well all hyperparameters together explain each statistic", "Statistic", rows)
	return v
}

// merged adds notes that are not there yet.
func merged(notes, more []string) []string {
	for _, n := range more {
		if !slices.Contains(notes, n) {
			notes = append(notes, n)
		}
	}
	return notes
}

// toStatistics is the heat map hyperparameter × statistic of one method. Betas and coefficients have the unit of their
// statistic, so that only those of a column can be compared.
func toStatistics(t analysis.HyperparameterTable, m report.Method) Picture {
	h := HeatMap{
		Longest: maxColumn,
		Write:   figure.Short[trainer.Number],
		Label: fmt.Sprintf("%s of hyperparameters with statistics of %s: a row a hyperparameter, a column a statistic. "+
			"The table has the same figures.", m.Title, report.Place(t.Position)),
	}
	h.Values = make([][]trainer.Number, len(t.Statistics[0].Hyperparameters))
	for _, r := range t.Statistics[0].Hyperparameters {
		h.Layers = append(h.Layers, figure.Words(r.Name))
	}
	apart := m.Key == "beta" || m.Key == "coefficient"
	var all []trainer.Number
	for _, s := range t.Statistics {
		group, short := shortly(s.Statistic)
		column := make([]trainer.Number, len(h.Layers))
		for i := range column {
			column[i] = trainer.Missing
			if i < len(s.Hyperparameters) {
				column[i] = m.Value(s.Hyperparameters[i])
			}
			h.Values[i] = append(h.Values[i], column[i])
		}
		all = append(all, column...)
		c := HeatColumn{Group: group, Title: short, Name: figure.Words(s.Statistic)}
		if apart {
			scale := around(column)
			c.Scale = &scale
		}
		h.Columns = append(h.Columns, c)
	}
	h.Scale = coloursOf(m, all)
	p := Picture{Title: fmt.Sprintf("%s of hyperparameters with statistics of %s", m.Title, report.Place(t.Position)),
		Scale: h.Scale.String()}
	p.Note = headings()
	if apart {
		p.Scale = "linear, each column with one of its own and zero in the middle, since each has a unit of its own"
	}
	return p.of(h, "influences", "Hyperparameter", m)
}

// shortly is the heading of a statistic's column, below that of the tensor it is of.
func shortly(feature string) (group, short string) {
	for _, s := range features.Statistics() {
		if s.Feature == feature {
			return figure.Capital(string(s.Of)), s.Short
		}
	}
	return "Other", feature[:min(len(feature), maxHeading)]
}

// headings says what the headings of columns stand for.
func headings() string {
	var all []string
	for _, s := range features.Statistics() {
		title := s.Title
		if s.Threshold > 0 { // another one for each tensor
			title = strings.TrimSuffix(title, figure.Setting(s.Threshold)) + "a threshold"
		}
		all = merged(all, []string{s.Short + ": " + title})
	}
	return strings.Join(all, "; ") + "."
}

// maxHeading is how many letters of a heading stand above a narrow column.
const maxHeading = 5
