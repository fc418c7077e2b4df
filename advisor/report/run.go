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
	p.header(Kind(run), run.Architecture, run.Key())
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
	if ended := Ended(*o); ended != "" {
		p.paragraph("  ", red, ended)
	}
	rows := Outcome(*o)
	rows[2][1] = p.brush(bold, rows[2][1]) // the accuracy that counts
	p.table([]column{{title: "Images", left: true}, {title: "Accuracy"}, {title: "Loss"}}, rows)
	if run.Predicted != nil {
		if compared := Compared(*run.Predicted, o.TestAccuracy); compared != "" {
			p.paragraph("  ", bold, compared)
		}
	}
	if kept := KeptWeights(run); kept != "" {
		p.entry("Weights", kept)
	}
	p.facts(Spent(*o))
	p.classes(*o)
}

// classes says how well each class is told.
func (p *page) classes(o trainer.Outcome) {
	of, s := Classes(o)
	if s == nil {
		return
	}
	p.heading("Classes, " + of)
	columns := make([]column, len(ClassHeads))
	for i, title := range ClassHeads {
		columns[i] = column{title: title, left: i == 0 || i == len(ClassHeads)-1}
	}
	p.table(columns, ClassRows(*s))
	p.paragraph("  ", plain, ClassNote(*s))
}
