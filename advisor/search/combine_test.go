package search

import (
	"testing"

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
