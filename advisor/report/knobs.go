package report

import (
	"io"

	"probewise/advisor/knob"
)

// Knobs writes what each knob does, its range, what it costs and when it is sensible.
func Knobs(w io.Writer, knobs []knob.Knob, o Options) error {
	p := newPage(o)
	for _, k := range knobs {
		p.heading(k.Name + ": " + k.Title)
		p.entry("Does", k.Does)
		p.entry("Range", k.Range)
		p.entry("Costs", k.Costs)
		p.entry("When", k.When)
	}
	return p.writeTo(w)
}
