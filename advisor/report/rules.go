package report

import (
	"io"

	"probewise/advisor/rule"
)

// Rules writes what each rule finds and proposes.
func Rules(w io.Writer, rules []rule.Rule, o Options) error {
	p := newPage(o)
	for _, r := range rules {
		p.heading(r.Name + ": " + r.Title)
		p.entry("Finds", r.Finds)
		p.entry("Proposes", r.Proposes)
		p.entry("Source", r.Source)
	}
	return p.writeTo(w)
}
