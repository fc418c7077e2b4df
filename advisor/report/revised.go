package report

import (
	"probewise/advisor"
	"probewise/advisor/figure"
)

// revised shows the architecture after the best suggestion as changes, with its prediction.
func (p *page) revised(a advisor.Advice) error {
	p.heading("Revised architecture")
	r := a.Revised
	if r == nil {
		p.paragraph("  ", plain, Unchanged(a))
		return nil
	}
	lines, err := Revision(a)
	if err != nil {
		return err
	}
	p.paragraph("  ", plain, Origin(a)+":")
	for _, line := range lines {
		p.paragraph("  • ", plain, line)
	}
	p.entry("Layers", Layers(r.Architecture))
	before, after := a.Architecture.Cost().Parameters, r.Architecture.Cost().Parameters
	p.entry("Parameters", figure.Count(before)+" → "+figure.Count(after))
	if r.Prediction == nil {
		p.entry("Prediction", "none: "+figure.Sentence(a.PredictionReason))
		return nil
	}
	p.paragraph("  ", green, Predicted(*r.Prediction))
	for _, warning := range r.Prediction.Warnings {
		p.paragraph("  ", yellow, "Warning: "+figure.Sentence(warning))
	}
	return nil
}
