package search

import (
	"testing"

	"probewise/advisor"
	"probewise/advisor/gain"
	"probewise/trainer"
)

// TestClash: what turns the same knob, or sets one training setting to two values, is not tried together.
func TestClash(t *testing.T) {
	base := net(t)
	entry := func(knob string, revise func(*trainer.Architecture)) *Entry {
		a := base.Clone()
		revise(&a)
		return &Entry{Candidate: Candidate{Architecture: a, Settings: []Setting{{Knob: knob, Revise: revise}}}}
	}
	recipe := entry("recipe", func(a *trainer.Architecture) {
		a.Training.Optimizer.LearningRate, a.Training.Schedule.Type = 0.02, trainer.Cosine
	})
	rate := entry("learning-rate", func(a *trainer.Architecture) { a.Training.Optimizer.LearningRate = 0.3 })
	same := entry("learning-rate", func(a *trainer.Architecture) { a.Training.Optimizer.LearningRate = 0.02 })
	flip := entry("flip", func(a *trainer.Architecture) { a.Training.Augment.Flip = true })
	wider := entry("filters", func(a *trainer.Architecture) { a.Layers[0].Filters *= 2 })
	for _, c := range []struct {
		name string
		a, b *Entry
		want bool
	}{
		{"one knob", rate, same, true},
		{"two rates", recipe, rate, true},
		{"one rate", recipe, same, false},
		{"other settings", recipe, flip, false},
		{"layers", recipe, wider, false},
	} {
		if clash(base.Training, c.a, c.b) != c.want || clash(base.Training, c.b, c.a) != c.want {
			t.Errorf("%s: clash is not %v", c.name, c.want)
		}
	}
}

// TestSmallerNetsNeedTheWholeProbe: what fresh seeds showed of a smaller net before the probe's length says nothing.
func TestSmallerNetsNeedTheWholeProbe(t *testing.T) {
	for _, whole := range []bool{false, true} {
		c := &Confirmed{Gain: gain.Gain{Mean: 0.05, Low: 0.03, High: 0.07}, Moment: 1, whole: whole}
		e := &Entry{Trial: &Trial{Moment: 1}, Confirmed: c, smaller: true}
		want := map[bool]advisor.Verdict{false: advisor.NoDifference, true: advisor.Better}[whole]
		if got := e.Verdict(); got != want {
			t.Errorf("the whole probe %v: %s, want %s", whole, got, want)
		}
	}
}

// TestDearWinner: a winner is confirmed as far as the budget reaches, and never further than the probe.
func TestDearWinner(t *testing.T) {
	s := newSearcher(Problem{Probe: advisor.ProbeResult{Architecture: net(t), Epochs: 3},
		Budget: trainer.Budget{Images: images, Epochs: epochs}}, Options{Budget: 1})
	e := &Entry{Cost: 2, base: s.Probe}
	for left, want := range map[float64]float64{2.9: 0, 3: 1, 8.9: 2, 9: 3, 100: 3} {
		if s.left = left; s.affordable(e) != want {
			t.Errorf("%g epochs left: %g of a fresh seed, want %g", left, s.affordable(e), want)
		}
	}
}

// TestCombinedLeavesOutWhatDoesNothing: a setting that another one undoes is no part of the package.
func TestCombinedLeavesOutWhatDoesNothing(t *testing.T) {
	base := net(t)
	entry := func(title string, revise func(*trainer.Architecture)) *Entry {
		return &Entry{Candidate: Candidate{Title: title, Reason: "because of " + title + ".",
			Settings: []Setting{{Knob: title, Name: title, Title: title, Revise: revise}}}}
	}
	wider := entry("wider", func(a *trainer.Architecture) { a.Layers[0].Filters = 16 })
	widest := entry("widest", func(a *trainer.Architecture) { a.Layers[0].Filters = 32 })
	flip := entry("flip", func(a *trainer.Architecture) { a.Training.Augment.Flip = true })
	c, ok := combined(base, []*Entry{wider, flip, widest})
	if !ok || len(c.Settings) != 2 || c.Title != "flip; widest" || c.Reason != "because of flip. because of widest." {
		t.Errorf("combined: %t, %d settings, %q, %q", ok, len(c.Settings), c.Title, c.Reason)
	}
	if c.Architecture.Layers[0].Filters != 32 || !c.Architecture.Training.Augment.Flip {
		t.Errorf("combined to %+v", c.Architecture)
	}
}
