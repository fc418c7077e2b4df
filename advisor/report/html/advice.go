package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// Figure is a number that the head of a report shows large.
type Figure struct{ Word, Number, Note string }

// Forecast is a prediction, drawn and in words.
type Forecast struct {
	Text     string
	Standing string // among the past runs
	Trust    string // how far the forest can be trusted
	Warnings []string
	Chart    template.HTML
	Deciles  Table // no rows where the past runs are not known
}

// RevisedView is the architecture after the best suggestion.
type RevisedView struct {
	Origin   string
	Lines    []string // what changes, a line a layer
	More     []string // the rest of them, where there are many
	Title    string   // of the suggestion; "" where the lines say as much
	Gain     string   // and what it rests on; "" where it is not known
	Parts    []PartView
	Reason   string
	Facts    []report.Fact
	Forecast *Forecast
	JSON     string
}

// AdviceView is advice as its page shows it: every figure as the text report writes it.
type AdviceView struct {
	ID, Name    string
	State       advisor.State
	Error       string
	Facts       []report.Fact
	Notes       []string
	Headline    string // the answer in one sentence
	Figures     []Figure
	Forecast    *Forecast
	NoForecast  string // why there is none
	Short       string // that the probe diverged
	Diagnoses   []DiagnosisView
	Suggestions []Change
	Legend      []string
	Search      *SearchView
	RateTest    *RateTestView // nil: none was made
	Revised     *RevisedView
	NoRevised   string // why there is none
	Curve       Table
	Trials      Table
	Panel       *Panel
	Spent       []report.Fact
}

// DiagnosisView is a diagnosis with what the page needs to show where it is from.
type DiagnosisView struct {
	advisor.Diagnosis
	About string // key of its statistic in the panel; "" where it is about the architecture
}

// View makes the page of advice. The records are the probe's, the trials those of suggestions; the key chooses the
// statistic of the panel.
func View(a advisor.Advice, records []trainer.EpochRecord, trials []Trial, key string) (AdviceView, error) {
	v := AdviceView{
		ID:    a.ID,
		Name:  report.Name(a.Architecture),
		State: a.State,
		Error: a.Error,
		Notes: report.Notes(a.Warnings),
		Facts: append(report.Describe(a.Architecture,
			advisor.Key{Dataset: a.Dataset, Images: a.Request.Probe.Images, Epochs: a.Request.Epochs}),
			report.Fact{Word: "Probe", Text: report.Probe(a.Request.Probe)}),
		Curve: Curve("curve", "Learning curve of the probe", records, false),
		Panel: NewPanel(records, a.Diagnoses, key),
		Spent: []report.Fact{
			{Word: "Probe", Text: figure.Amount(a.Compute.ProbeFLOPs, "FLOPs")},
			{Word: "Search", Text: figure.Amount(a.Compute.VerificationFLOPs, "FLOPs")},
		},
	}
	if a.State != advisor.Succeeded {
		return v, nil
	}
	v.Short = report.Diverged(a, records)
	if len(trials) > 0 {
		v.Trials = Compare("trials", "Validation accuracy of the probe and of the suggestions' trials",
			append([]Trial{{"Probe", records}}, trials...))
	}
	if a.Prediction != nil {
		v.Forecast = Foresee("deciles", *a.Prediction, trainer.Missing)
	} else {
		v.NoForecast = figure.Sentence(a.PredictionReason)
	}
	v.Diagnoses = ordered(a.Diagnoses)
	var err error
	if v.Suggestions, err = changes(a); err != nil {
		return v, err
	}
	v.Legend = report.Legend(a.Suggestions)
	v.Search, v.RateTest = searchView(a.Search), rateTestView(a.RateTest)
	if err := v.revise(a); err != nil {
		return v, err
	}
	v.Headline, v.Figures = report.Summary(a), figures(a)
	return v, nil
}

// Foresee shows a prediction, and what the full run reached where that is known.
func Foresee(id string, p advisor.Prediction, reached trainer.Number) *Forecast {
	f := &Forecast{
		Text:     report.Predicted(p),
		Standing: Standing(p),
		Chart:    PredictionChart(p, reached),
		Deciles:  DecileTable(id, p),
	}
	for _, w := range p.Warnings {
		f.Warnings = append(f.Warnings, figure.Sentence(figure.Capital(w)))
	}
	if p.HeldOutR2 != 0 {
		f.Trust = fmt.Sprintf("Held out, predictions of this forest explain %s of the variance of test accuracy among its "+
			"past runs (R² %s). Novelty is the share of them that are less unusual than this network.",
			figure.Percent(max(p.HeldOutR2, 0)), figure.Score(p.HeldOutR2))
	}
	return f
}

// ordered puts the worst diagnoses first.
func ordered(all []advisor.Diagnosis) []DiagnosisView {
	var out []DiagnosisView
	for _, severity := range []advisor.Severity{advisor.High, advisor.Medium, advisor.Low} {
		for _, d := range all {
			if d.Severity == severity {
				out = append(out, DiagnosisView{d, about(d)})
			}
		}
	}
	return out
}

func (v *AdviceView) revise(a advisor.Advice) error {
	r := a.Revised
	if r == nil {
		v.NoRevised = report.Unchanged(a)
		return nil
	}
	lines, err := report.Revision(a)
	if err != nil {
		return err
	}
	before, after := a.Architecture.Cost().Parameters, r.Architecture.Cost().Parameters
	shown, more := first(lines)
	v.Revised = &RevisedView{
		Origin: report.Origin(a) + ".",
		Lines:  shown,
		More:   more,
		JSON:   Indented(r.Architecture),
		Facts: []report.Fact{
			{Word: "Layers", Text: report.Layers(r.Architecture)},
			{Word: "Parameters", Text: figure.Count(before) + " → " + figure.Count(after)},
		},
	}
	if s := report.Advised(a); s != nil {
		v.Revised.Parts, v.Revised.Reason = partViews(s.Parts), s.Reason
		v.Revised.Title = report.Named(s, lines)
		if s.Gain != nil {
			v.Revised.Gain = report.Worth(*s) + "."
		}
	}
	if r.Prediction != nil {
		v.Revised.Forecast = Foresee("revised-deciles", *r.Prediction, trainer.Missing)
		v.Revised.Forecast.Text, v.Revised.Forecast.Trust = report.Afterwards(*r.Prediction), ""
		// two tables of one name cannot be told apart by ear
		v.Revised.Forecast.Deciles.Caption += " for the revised prediction"
	}
	return nil
}

// Indented is the canonical architecture for people: what they copy or download.
func Indented(a trainer.Architecture) string {
	var b bytes.Buffer
	if err := json.Indent(&b, a.Canonical(), "", "  "); err != nil {
		return string(a.Canonical()) // the canonical form is JSON
	}
	return b.String() + "\n"
}

// figures are those that decide: what is predicted before and after, and what is gained.
func figures(a advisor.Advice) []Figure {
	var all []Figure
	if p := a.Prediction; p != nil {
		all = append(all, Figure{"Predicted now", figure.Share(p.TestAccuracy), figure.Interval(p.Low, p.High)})
	}
	if a.Revised == nil {
		return all
	}
	if p := a.Revised.Prediction; p != nil {
		all = append(all, Figure{"Predicted after the changes", figure.Share(p.TestAccuracy), figure.Interval(p.Low, p.High)})
	}
	s := report.Advised(a)
	if s == nil {
		return all
	}
	if s.Gain != nil {
		gain, interval := report.Expected(*s)
		all = append(all, Figure{"Expected gain", gain, fmt.Sprintf("points in full training (%s)", interval)})
		if noise := report.Noise(*s.Gain); noise != "" {
			all = append(all, Figure{"Another seed alone", noise, "points, in a net like this one"})
		}
	}
	if v := s.Verified; v != nil {
		all = append(all, Figure{"Gained in trials", figure.Points(v.Observed), fmt.Sprintf(
			"points of validation %s after %s, %s", a.Request.Metric.Words(), figure.Counted(v.Epochs, "epoch"),
			report.Evidence(*s))})
	}
	return all
}
