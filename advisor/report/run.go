package report

import (
	"fmt"
	"io"

	"probewise/advisor"
	"probewise/trainer"
)

// RunText writes the report of a run: its learning curve, how it ended, and how its statistics moved.
func RunText(w io.Writer, run advisor.Run, records []trainer.EpochRecord, o Options) error {
	p := newPage(o)
	kind := "Full run"
	if run.Kind == advisor.Probe {
		kind = fmt.Sprintf("Probe of %s", counted(run.StopAfter, "epoch"))
	}
	p.header(kind, run.Architecture, run.Key())
	p.entry("Run", run.ID)
	if run.FromAdvice != "" {
		p.entry("From advice", run.FromAdvice)
	}
	p.epochs("Epochs", records, true)
	p.outcome(run)
	p.statistics(records)
	return p.writeTo(w)
}

// outcome says how the run ended.
func (p *page) outcome(run advisor.Run) {
	p.heading("Outcome")
	o := run.Outcome
	if o == nil {
		c, why := yellow, fmt.Sprintf("The run is %s.", run.State)
		if run.Error != "" {
			c, why = red, fmt.Sprintf("The run has %s: %s", run.State, run.Error)
		}
		p.paragraph("  ", c, why)
		return
	}
	if o.Diverged {
		p.paragraph("  ", red, fmt.Sprintf("The run diverged in epoch %d: its numbers were no longer finite. %s finished.",
			o.DivergedEpoch, capital(counted(o.Epochs, "epoch"))))
	}
	p.table([]column{{title: "Images", left: true}, {title: "Accuracy"}, {title: "Loss"}}, [][]string{
		{"train (as it ran)", share(o.TrainAccuracy), share(o.TrainLoss)},
		{"validation", share(o.ValidationAccuracy), share(o.ValidationLoss)},
		{"test (all images)", p.brush(bold, share(o.TestAccuracy)), share(o.TestLoss)},
	})
	efficiency := absent
	if o.ParameterEfficiency.Known() {
		efficiency = duration(float64(o.ParameterEfficiency))
	}
	p.entry("Time", fmt.Sprintf("%.1f s on %s", o.Seconds, o.Device))
	p.entry("Parameters", fmt.Sprintf("%s; parameter efficiency (time divided by parameters) %s", grouped(o.Parameters), efficiency))
}

// duration writes a time in the unit that suits it.
func duration(seconds float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}} {
		if seconds >= u.size {
			return fmt.Sprintf("%.3g %s", seconds/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.3g ns", seconds/1e-9)
}
