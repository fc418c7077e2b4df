package html

import (
	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/trainer"
)

// RunView is a run as its page shows it.
type RunView struct {
	ID, Name   string
	Kind       string
	State      advisor.State
	Error      string
	FromAdvice string
	Facts      []report.Fact
	Notes      []string
	Ended      string // how it ended, where that needs saying
	Figures    []Figure
	Outcome    [][]string // images, accuracy, loss
	Weights    string     // which are kept; "" where there are none
	Spent      []report.Fact
	Classes    *ClassesView // nil: none were counted
	Forecast   *Forecast
	Verdict    string // what was reached beside what was predicted
	Curve      Table
	Panel      *Panel
}

// ViewRun makes the page of a run.
func ViewRun(r advisor.Run, records []trainer.EpochRecord, key string) RunView {
	v := RunView{
		ID:         r.ID,
		Name:       report.Name(r.Architecture),
		Kind:       report.Kind(r),
		State:      r.State,
		Error:      r.Error,
		FromAdvice: r.FromAdvice,
		Facts:      report.Describe(r.Architecture, r.Key()),
		Notes:      report.Notes(r.Warnings),
		Curve:      Curve("curve", "Learning curve", records, true),
		Panel:      NewPanel(records, nil, key),
		Weights:    report.KeptWeights(r),
	}
	reached := trainer.Missing
	if o := r.Outcome; o != nil {
		reached = o.TestAccuracy
		v.end(*o)
	}
	if predicted := r.Predicted; predicted != nil {
		v.Forecast = Foresee("deciles", *predicted, reached)
		v.Verdict = report.Compared(*predicted, reached)
		v.Figures = append(v.Figures,
			Figure{"Predicted", figure.Share(predicted.TestAccuracy), figure.Interval(predicted.Low, predicted.High)})
	}
	return v
}

func (v *RunView) end(o trainer.Outcome) {
	v.Ended = report.Ended(o)
	v.Figures = []Figure{{"Test accuracy", figure.Share(o.TestAccuracy),
		"on all test images, after " + figure.Counted(o.Epochs, "epoch")}}
	v.Outcome, v.Spent = report.Outcome(o), report.Spent(o)
	v.Classes = viewClasses(o)
}
