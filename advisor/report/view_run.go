package report

import (
	"fmt"

	"probewise/advisor"
	"probewise/trainer"
)

// RunView is a run as its page shows it.
type RunView struct {
	ID, Name   string
	Kind       string
	State      advisor.State
	Error      string
	FromAdvice string
	Facts      []Fact
	Notes      []string
	Ended      string // how it ended, where that needs saying
	Figures    []Figure
	Outcome    [][]string // images, accuracy, loss
	Spent      []Fact
	Forecast   *Forecast
	Verdict    string // what was reached beside what was predicted
	Curve      Table
	Panel      *Panel
}

// ViewRun makes the page of a run. The prediction is that of the architecture that it trains; nil: there is none.
func ViewRun(r advisor.Run, records []trainer.EpochRecord, predicted *advisor.Prediction, key string) RunView {
	v := RunView{
		ID: r.ID, Name: Name(r.Architecture), Kind: kindOf(r), State: r.State, Error: r.Error, FromAdvice: r.FromAdvice,
		Facts: describe(r.Architecture, r.Key()), Notes: notes(r.Warnings),
		Curve: Curve("curve", "Learning curve", records, true), Panel: Statistics(records, nil, key),
	}
	reached := trainer.Missing
	if o := r.Outcome; o != nil {
		reached = o.TestAccuracy
		v.end(*o)
	}
	if predicted != nil {
		v.Forecast = Foresee("deciles", *predicted, reached)
		v.Verdict = compare(*predicted, reached)
		v.Figures = append(v.Figures, Figure{"Predicted", share(trainer.Number(predicted.TestAccuracy)), interval(predicted.Low, predicted.High)})
	}
	return v
}

func kindOf(r advisor.Run) string {
	if r.Kind == advisor.Probe {
		return "Probe of " + counted(r.StopAfter, "epoch")
	}
	return "Full run"
}

func (v *RunView) end(o trainer.Outcome) {
	if o.Diverged {
		v.Ended = fmt.Sprintf("The run diverged in epoch %d: its numbers were no longer finite. %s finished.", o.DivergedEpoch, counted(o.Epochs, "epoch"))
	}
	v.Figures = []Figure{{"Test accuracy", share(o.TestAccuracy), "on all test images, after " + counted(o.Epochs, "epoch")}}
	v.Outcome = [][]string{
		{"train (as it ran)", share(o.TrainAccuracy), share(o.TrainLoss)},
		{"validation", share(o.ValidationAccuracy), share(o.ValidationLoss)},
		{"test (all images)", share(o.TestAccuracy), share(o.TestLoss)},
	}
	efficiency := absent
	if o.ParameterEfficiency.Known() {
		efficiency = duration(float64(o.ParameterEfficiency))
	}
	v.Spent = []Fact{
		{"Time", fmt.Sprintf("%.1f s on %s", o.Seconds, o.Device)},
		{"Parameters", fmt.Sprintf("%s; parameter efficiency (time divided by parameters) %s", grouped(o.Parameters), efficiency)},
	}
}

// compare says where the reached accuracy lies to the predicted interval.
func compare(p advisor.Prediction, reached trainer.Number) string {
	if !reached.Known() {
		return ""
	}
	where := "inside"
	if float64(reached) < p.Low || float64(reached) > p.High {
		where = "outside"
	}
	return fmt.Sprintf("Predicted %s, reached %s: %s points, %s the %.0f %% interval %s.", share(trainer.Number(p.TestAccuracy)), share(reached),
		points(reached-trainer.Number(p.TestAccuracy)), where, 100*p.Confidence, interval(p.Low, p.High))
}
