package service

import (
	"slices"
	"testing"

	"probewise/advisor"
	"probewise/advisor/search"
	"probewise/trainer"
)

func proposal(rule string, theme advisor.Theme, title string, revise func(*trainer.Architecture)) advisor.Proposal {
	return advisor.Proposal{Rule: rule, Theme: theme, Title: title, Reason: "because of " + rule + ".", Revise: revise}
}

func named(a *trainer.Architecture, name string, change func(*trainer.Layer)) {
	for i := range a.Layers {
		if a.Layers[i].Name == name {
			change(&a.Layers[i])
		}
	}
}

var (
	narrow = proposal("wide-dense", advisor.Reshape, "narrow dense2", func(a *trainer.Architecture) {
		named(a, "dense2", func(l *trainer.Layer) { l.Units = 16 })
	})
	penalise = proposal("unregularised-higher-layers", advisor.Regularise, "penalise dense2",
		func(a *trainer.Architecture) {
			named(a, "dense2", func(l *trainer.Layer) {
				if !l.BatchNorm {
					l.L2 = 1e-3
				}
			})
		})
	normalise = proposal("unregularised-higher-layers", advisor.Regularise, "normalise dense2",
		func(a *trainer.Architecture) {
			named(a, "dense2", func(l *trainer.Layer) {
				if l.L2 == 0 {
					l.BatchNorm, l.Momentum, l.Epsilon = true, trainer.BatchNormMomentum, trainer.BatchNormEpsilon
				}
			})
		})
	drop = proposal("too-many-dense", advisor.Reshape, "drop dense2", func(a *trainer.Architecture) {
		a.Layers = slices.DeleteFunc(a.Layers, func(l trainer.Layer) bool { return l.Name == "dense2" })
	})
	invalid = proposal("broken", advisor.Stabilise, "break", func(a *trainer.Architecture) { a.Layers[0].Filters = -3 })
	nothing = proposal("idle", advisor.Stabilise, "do nothing", func(*trainer.Architecture) {})
)

func titles(candidates []search.Candidate) []string {
	var out []string
	for _, c := range candidates {
		out = append(out, c.Title)
	}
	return out
}

func TestPackages(t *testing.T) {
	base := sixLayers(t)
	for _, c := range []struct {
		name      string
		proposals []advisor.Proposal
		want      []string
	}{
		{"none", nil, nil},
		{"one", []advisor.Proposal{narrow}, []string{"narrow dense2"}},
		{"two themes", []advisor.Proposal{penalise, narrow},
			[]string{"penalise dense2", "narrow dense2", "dense2: l2 0 → 0.001, units 64 → 16"}},
		{"alternatives are not stacked", []advisor.Proposal{penalise, normalise},
			[]string{"penalise dense2", "normalise dense2"}},
		{"a layer that goes is not regularised", []advisor.Proposal{penalise, drop},
			[]string{"penalise dense2", "drop dense2"}},
		{"invalid and idle proposals are left out", []advisor.Proposal{invalid, nothing, narrow}, []string{"narrow dense2"}},
	} {
		got, err := packages(base, c.proposals)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if !slices.Equal(titles(got), c.want) {
			t.Errorf("%s: packages %q, want %q", c.name, titles(got), c.want)
		}
		for _, p := range got {
			after := base.Clone()
			for _, setting := range p.Settings {
				setting.Revise(&after)
			}
			if after.ID() != p.Architecture.ID() || len(p.Rules) == 0 || p.Reason == "" {
				t.Errorf("%s: %s: the settings do not lead to the architecture of %+v", c.name, p.Title, p)
			}
		}
	}
}

func TestStates(t *testing.T) {
	all := []advisor.State{advisor.Queued, advisor.Running, advisor.Succeeded, advisor.Failed, advisor.Cancelled}
	allowed := map[advisor.State][]advisor.State{advisor.Queued: {advisor.Running, advisor.Cancelled},
		advisor.Running: {advisor.Succeeded, advisor.Failed, advisor.Cancelled, advisor.Queued}}
	for _, from := range all {
		for _, to := range all {
			if ok := from.Check(to) == nil; ok != slices.Contains(allowed[from], to) {
				t.Errorf("%s → %s: allowed is %v", from, to, ok)
			}
		}
		if from.Finished() != (len(allowed[from]) == 0) {
			t.Errorf("%s: finished is %v", from, from.Finished())
		}
	}
}
