package service

import (
	"math"
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
	"probewise/trainer/patch"
)

// inSteps: each of two changes gains, the second in a round of its own, since it costs at first without the other.
func inSteps(s trainer.Spec, epoch float64) float64 {
	first, second := units(s.Architecture, "dense2") == 16, s.Architecture.Training.Schedule.Type == trainer.Cosine
	accuracy := 0.3 + 0.02*epoch
	switch {
	case first && second:
		return accuracy + 0.09
	case first:
		return accuracy + 0.05
	case second:
		return accuracy - 0.02
	}
	return accuracy
}

// TestRoundsOfASearch: what the second round finds is told together with what it builds on.
func TestRoundsOfASearch(t *testing.T) {
	d := newService(&fakeStore{}, fakeRules{narrow})
	d.Trainer, d.Predictor = &fakeTrainer{accuracy: inSteps}, fakePredictor{accuracy: 0.8}
	a, err := ask(t, d, advisor.Request{Verify: true, Budget: 8, Suggestions: 50})
	if err != nil {
		t.Fatal(err)
	}
	nothingIsLeft(t, "after some rounds", d)
	if a.Search.Rounds < 2 || a.Revised == nil || !a.Revised.Verified {
		t.Fatalf("revised %+v (%s) after %+v", a.Revised, a.RevisedReason, a.Search)
	}
	s := a.Suggestions[0]
	if math.Abs(s.Gain.Mean-0.09) > 1e-9 || s.Gain.Seeds != 2 || len(s.Parts) != 2 || len(s.Settings) != 2 ||
		!strings.HasPrefix(s.Title, "narrow dense2; ") || !slices.Equal(s.Rules, []string{"wide-dense"}) {
		t.Errorf("the first suggestion is %+v", s)
	}
	for i, s := range a.Suggestions {
		after, err := patch.Apply(a.Architecture, s.Edits)
		if err != nil || len(s.Diff) == 0 {
			t.Errorf("%q: %v, %d edits in words", s.Title, err, len(s.Diff))
		}
		if i == 0 && after.ID() != a.Revised.Architecture.ID() {
			t.Errorf("the edits of %q do not lead to the revised architecture", s.Title)
		}
	}
	if p := a.Revised.Prediction; p == nil || math.Abs(p.TestAccuracy-0.89) > 1e-9 || *s.Predicted != (advisor.Expectation{
		TestAccuracy: p.TestAccuracy, Low: p.Low, High: p.High}) {
		t.Errorf("it is predicted to reach %+v, the suggestion says %+v", p, s.Predicted)
	}
	if !strings.HasPrefix(a.Summary, "Better: 2 changes take the predicted test accuracy from ") {
		t.Errorf("summary %q", a.Summary)
	}
}

// TestTarget: the search ends when the net is foretold to reach it.
func TestTarget(t *testing.T) {
	for target, rounds := range map[float64]int{0.84: 1, 0.99: 2} {
		d := newService(&fakeStore{}, fakeRules{narrow})
		d.Trainer, d.Predictor = &fakeTrainer{accuracy: inSteps}, fakePredictor{accuracy: 0.8}
		a, err := ask(t, d, advisor.Request{Verify: true, Budget: 8, Goal: advisor.GoalTarget, Target: target})
		if err != nil {
			t.Fatal(err)
		}
		nothingIsLeft(t, "target", d)
		if a.Revised == nil || a.Search.Rounds < rounds || rounds == 1 && a.Search.Rounds > 1 {
			t.Errorf("target %g: revised %+v after %d rounds", target, a.Revised, a.Search.Rounds)
		}
	}
}

// TestShrinkGoal: only smaller nets are tried, and the answer says what is saved.
func TestShrinkGoal(t *testing.T) {
	for _, verify := range []bool{true, false} {
		d := newService(&fakeStore{}, fakeRules{narrow, normalise})
		d.Trainer, d.Judge = &fakeTrainer{accuracy: allTheSame}, fakeJudge{wide: 0.002}
		a, err := ask(t, d, advisor.Request{Verify: verify, Goal: advisor.GoalShrink, Suggestions: 100})
		if err != nil {
			t.Fatal(err)
		}
		nothingIsLeft(t, "shrink", d)
		was := a.Architecture.Cost()
		smaller := func(b trainer.Architecture) bool {
			is := b.Cost()
			return float64(is.Parameters)*float64(is.TrainingFLOPs) < float64(was.Parameters)*float64(was.TrainingFLOPs)
		}
		for _, s := range a.Suggestions {
			if after, err := patch.Apply(a.Architecture, s.Edits); err != nil || !smaller(after) {
				t.Errorf("%q is no smaller (%v)", s.Title, err)
			}
		}
		if verify && (a.Revised == nil || !smaller(a.Revised.Architecture) || !strings.HasPrefix(a.Summary, "Smaller: ") ||
			!strings.Contains(a.Summary, " parameters and ")) || len(a.Suggestions) == 0 {
			t.Errorf("revised %+v, %q", a.Revised, a.Summary)
		}
	}
}
