package report

import (
	"fmt"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/trainer/patch"
)

// revised shows the architecture after the best suggestion as changes, with its prediction.
func (p *page) revised(a advisor.Advice) error {
	p.heading("Revised architecture")
	r := a.Revised
	if r == nil {
		reason := a.RevisedReason
		if reason == "" {
			reason = "no change advised"
		}
		p.paragraph("  ", plain, sentence(capital(reason)))
		return nil
	}
	edits, err := patch.Diff(a.Architecture, r.Architecture)
	if err != nil {
		return fmt.Errorf("compare the revised architecture: %w", err)
	}
	lines, err := patch.Describe(a.Architecture, edits)
	if err != nil {
		return fmt.Errorf("describe the revised architecture: %w", err)
	}
	p.paragraph("  ", plain, origin(a))
	for _, line := range lines {
		p.paragraph("  • ", plain, line)
	}
	p.entry("Layers", layersLine(r.Architecture))
	before, after := a.Architecture.Cost().Parameters, r.Architecture.Cost().Parameters
	p.entry("Parameters", grouped(before)+" → "+grouped(after))
	if r.Prediction == nil {
		p.entry("Prediction", "none: "+sentence(a.PredictionReason))
		return nil
	}
	p.paragraph("  ", green, predictionText(*r.Prediction))
	for _, warning := range r.Prediction.Warnings {
		p.paragraph("  ", yellow, "Warning: "+sentence(warning))
	}
	return nil
}

// origin says which suggestion the revised architecture follows, and what it treats.
func origin(a advisor.Advice) string {
	verified := "not verified"
	if a.Revised.Verified {
		verified = "verified"
	}
	text := fmt.Sprintf("Follows suggestion %d (%s)", a.Revised.Rank, verified)
	i := slices.IndexFunc(a.Suggestions, func(s advisor.Suggestion) bool { return s.Rank == a.Revised.Rank })
	if i >= 0 && len(a.Suggestions[i].Rules) > 0 {
		text += ", against " + strings.Join(a.Suggestions[i].Rules, ", ")
	}
	return text + ":"
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
