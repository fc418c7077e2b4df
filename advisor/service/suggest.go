package service

import (
	"errors"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/advisor/search"
	"probewise/trainer"
	"probewise/trainer/patch"
)

// packages combines proposals of rules: each alone, all of one theme, all but those of one theme, and all of them.
// Packages that are not valid, that change nothing, or that equal another are left out.
func packages(base trainer.Architecture, proposals []advisor.Proposal) ([]search.Candidate, error) {
	var ordered []advisor.Proposal
	for _, theme := range advisor.Themes() {
		for _, p := range proposals {
			if p.Theme == theme {
				ordered = append(ordered, p)
			}
		}
	}
	var groups [][]advisor.Proposal
	for _, p := range proposals {
		groups = append(groups, []advisor.Proposal{p})
	}
	for _, theme := range advisor.Themes() {
		of := slices.DeleteFunc(slices.Clone(ordered), func(p advisor.Proposal) bool { return p.Theme != theme })
		without := slices.DeleteFunc(slices.Clone(ordered), func(p advisor.Proposal) bool { return p.Theme == theme })
		groups = append(groups, of, without)
	}
	groups = append(groups, ordered)

	seen := map[string]bool{base.ID(): true}
	var out []search.Candidate
	for _, group := range groups {
		c, err := combine(base, group)
		var invalid *trainer.InvalidError
		if errors.As(err, &invalid) {
			continue
		} else if err != nil {
			return nil, err
		}
		if id := c.Architecture.ID(); !seen[id] {
			seen[id] = true
			out = append(out, c)
		}
	}
	return out, nil
}

// combine applies the proposals one after the other; those that add nothing to the others are not part of the package.
func combine(base trainer.Architecture, group []advisor.Proposal) (search.Candidate, error) {
	group = contributing(base, group)
	var c search.Candidate
	var titles, reasons []string
	for _, p := range group {
		titles = append(titles, p.Title)
		if !slices.Contains(c.Rules, p.Rule) {
			c.Rules = append(c.Rules, p.Rule)
		}
		if !slices.Contains(reasons, p.Reason) {
			reasons = append(reasons, p.Reason)
		}
		c.Settings = append(c.Settings, search.Setting{
			Knob: "rule " + p.Rule, Name: p.Rule, Title: p.Title, Revise: p.Revise})
	}
	c.Title, c.Reason = strings.Join(titles, "; "), strings.Join(reasons, " ")
	var err error
	c.Architecture, err = trainer.Validate(revise(base, group), trainer.Limits{})
	if err != nil || len(group) == 1 {
		return c, err
	}
	// rules title what they change alone; together they may change something else
	edits, err := patch.Diff(base, c.Architecture)
	if err != nil {
		return c, err
	}
	changes, err := patch.Describe(base, edits)
	c.Title = strings.Join(changes, "; ")
	return c, err
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

// ofKnobs lists the settings of all knobs that the architecture and the constraints allow.
func ofKnobs(base trainer.Architecture, c advisor.Constraints) []search.Candidate {
	var all []search.Candidate
	for _, s := range knob.Settings(base, knob.Constraints(c)) {
		revised := base.Clone()
		s.Revise(&revised)
		revised, err := trainer.Validate(revised, trainer.Limits{})
		if err != nil {
			continue // Settings lists legal ones
		}
		k, _ := knob.Named(s.Knob)
		all = append(all, search.Candidate{
			Title:        s.Title,
			Reason:       k.When,
			Settings:     []search.Setting{{Knob: s.Knob, Name: s.Name, Title: s.Title, Revise: s.Revise}},
			Architecture: revised,
		})
	}
	return all
}
