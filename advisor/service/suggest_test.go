package service

import (
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
	"probewise/trainer/patch"
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

func titles(candidates []candidate) []string {
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
			[]string{"dense2: l2 0 → 0.001, units 64 → 16", "narrow dense2", "penalise dense2"}},
		{"alternatives are not stacked", []advisor.Proposal{penalise, normalise},
			[]string{"penalise dense2", "normalise dense2"}},
		{"a layer that goes is not regularised", []advisor.Proposal{penalise, drop},
			[]string{"drop dense2", "penalise dense2"}},
		{"invalid and idle proposals are left out", []advisor.Proposal{invalid, nothing, narrow}, []string{"narrow dense2"}},
	} {
		got, err := packages(base, nil, c.proposals)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if !slices.Equal(titles(got), c.want) {
			t.Errorf("%s: packages %q, want %q", c.name, titles(got), c.want)
		}
		for _, p := range got {
			if after, err := patch.Apply(base, p.Edits); err != nil || after.ID() != p.architecture.ID() {
				t.Errorf("%s: %s: the edits do not lead to the architecture (%v)", c.name, p.Title, err)
			}
		}
	}
}

func TestRank(t *testing.T) {
	quiet := []advisor.Diagnosis{{Rule: "unregularised-higher-layers", Severity: advisor.Medium},
		{Rule: "wide-dense", Severity: advisor.Low}}
	broken := []advisor.Diagnosis{{Rule: "unregularised-higher-layers", Severity: advisor.High}}
	const (
		byAccuracy = "drop dense2, narrow dense2, penalise dense2"
		byWeight   = "penalise dense2, narrow dense2, drop dense2"
	)
	for _, c := range []struct {
		name      string
		predictor fakePredictor
		diagnoses []advisor.Diagnosis
		want      string
	}{
		{"a useful forest", fakePredictor{r2: 0.6}, quiet, byAccuracy},
		{"a forest that knows little", fakePredictor{r2: 0.1}, quiet, byWeight},
		{"a broken probe", fakePredictor{r2: 0.6}, broken, "penalise dense2, drop dense2, narrow dense2"},
		{"no past runs", fakePredictor{reason: "no past runs"}, quiet, byWeight},
	} {
		candidates, err := packages(sixLayers(t), c.diagnoses, []advisor.Proposal{narrow, penalise, drop})
		if err != nil {
			t.Fatal(err)
		}
		candidates = slices.DeleteFunc(candidates, func(c candidate) bool { return len(c.Rules) > 1 })
		if err := rank(t.Context(), c.predictor, c.diagnoses, candidates); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(titles(candidates), ", "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if (candidates[0].Predicted == nil) != (c.predictor.reason != "") {
			t.Errorf("%s: prediction %+v", c.name, candidates[0].Predicted)
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
