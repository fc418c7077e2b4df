package service

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/trainer"
	"probewise/trainer/patch"
)

// candidate is a package of proposals as one valid architecture.
type candidate struct {
	advisor.Suggestion
	architecture trainer.Architecture
	weight       int // of the diagnoses that it treats
}

// packages combines proposals: all of them, all of one theme, all but those of one theme, and each alone. Packages that
// are not valid, that change nothing, or that equal another are left out.
func packages(base trainer.Architecture, diagnoses []advisor.Diagnosis,
	proposals []advisor.Proposal) ([]candidate, error) {
	var ordered []advisor.Proposal
	for _, theme := range advisor.Themes() {
		for _, p := range proposals {
			if p.Theme == theme {
				ordered = append(ordered, p)
			}
		}
	}
	groups := [][]advisor.Proposal{ordered}
	for _, theme := range advisor.Themes() {
		of := slices.DeleteFunc(slices.Clone(ordered), func(p advisor.Proposal) bool { return p.Theme != theme })
		without := slices.DeleteFunc(slices.Clone(ordered), func(p advisor.Proposal) bool { return p.Theme == theme })
		groups = append(groups, of, without)
	}
	for _, p := range ordered {
		groups = append(groups, []advisor.Proposal{p})
	}

	seen := map[string]bool{base.ID(): true}
	var out []candidate
	for _, group := range groups {
		c, err := combine(base, group)
		var invalid *trainer.InvalidError
		if errors.As(err, &invalid) {
			continue
		} else if err != nil {
			return nil, err
		}
		if id := c.architecture.ID(); !seen[id] {
			seen[id] = true
			c.weight = treated(c.Rules, diagnoses)
			out = append(out, c)
		}
	}
	return out, nil
}

// combine applies the proposals one after the other; those that add nothing to the others are not part of the package.
// The patch leads from the base to the package's architecture.
func combine(base trainer.Architecture, group []advisor.Proposal) (candidate, error) {
	group = contributing(base, group)
	var c candidate
	var titles, reasons []string
	for _, p := range group {
		titles = append(titles, p.Title)
		if !slices.Contains(c.Rules, p.Rule) {
			c.Rules = append(c.Rules, p.Rule)
		}
		if !slices.Contains(reasons, p.Reason) {
			reasons = append(reasons, p.Reason)
		}
	}
	c.Title, c.Reason = strings.Join(titles, "; "), strings.Join(reasons, " ")
	var err error
	if c.architecture, err = trainer.Validate(revise(base, group), trainer.Limits{}); err != nil {
		return c, err
	}
	if c.Edits, err = patch.Diff(base, c.architecture); err != nil {
		return c, err
	}
	if len(group) > 1 { // rules title what they change alone; together they may change something else
		changes, err := patch.Describe(base, c.Edits)
		if err != nil {
			return c, err
		}
		c.Title = strings.Join(changes, "; ")
	}
	return c, nil
}

// revise returns the architecture after the proposals.
func revise(base trainer.Architecture, group []advisor.Proposal) trainer.Architecture {
	base = base.Clone()
	for _, p := range group {
		p.Revise(&base)
	}
	return base
}

// contributing leaves out, from the last, the proposals without which the result is the same: alternatives of which an
// earlier one was taken, and changes that another one makes anyway.
func contributing(base trainer.Architecture, group []advisor.Proposal) []advisor.Proposal {
	want := revise(base, group).ID()
	for i := len(group) - 1; i >= 0; i-- {
		without := slices.Delete(slices.Clone(group), i, i+1)
		if revise(base, without).ID() == want {
			group = without
		}
	}
	return group
}

// treated sums the weights of the diagnoses that the rules made.
func treated(rules []string, diagnoses []advisor.Diagnosis) int {
	sum := 0
	for _, d := range diagnoses {
		if slices.Contains(rules, d.Rule) {
			sum += map[advisor.Severity]int{advisor.High: 9, advisor.Medium: 3, advisor.Low: 1}[d.Severity]
		}
	}
	return sum
}

// usefulR2 is the held-out R² from which the architecture-only forest may say what to try first.
const usefulR2 = 0.25

// rank orders the candidates: by the accuracy that the architecture alone lets expect, where that forest is useful and
// the probe is not broken; else by the weight of the diagnoses that they treat. Among equals the smallest edit comes
// first.
func rank(ctx context.Context, f advisor.Forecaster, diagnoses []advisor.Diagnosis, candidates []candidate) error {
	trusted := !slices.ContainsFunc(diagnoses, func(d advisor.Diagnosis) bool { return d.Severity == advisor.High })
	for i := range candidates {
		c := &candidates[i]
		predicted, err := f.FromArchitecture(ctx, c.architecture)
		var none *advisor.NoPredictionError
		if errors.As(err, &none) {
			trusted = false
			continue
		} else if err != nil {
			return err
		}
		c.Predicted = &advisor.Expectation{
			TestAccuracy: predicted.TestAccuracy,
			Low:          predicted.Low,
			High:         predicted.High,
			HeldOutR2:    predicted.HeldOutR2,
		}
		trusted = trusted && predicted.HeldOutR2 >= usefulR2
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int {
		expected := 0
		if trusted {
			expected = cmp.Compare(b.Predicted.TestAccuracy, a.Predicted.TestAccuracy)
		}
		return cmp.Or(expected, cmp.Compare(b.weight, a.weight), cmp.Compare(len(a.Edits), len(b.Edits)))
	})
	return nil
}
