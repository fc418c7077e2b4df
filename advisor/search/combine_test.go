package search

import (
	"fmt"
	"math"
	"slices"
	"strings"
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
	regularised := entry("l2", func(a *trainer.Architecture) { a.Layers[3].L2 = 1e-3 })
	shallow := entry("dense-layers", func(a *trainer.Architecture) { a.Layers = slices.Delete(a.Layers, 3, 4) })
	headless := entry("rebuild", func(a *trainer.Architecture) { // dense1 is what was dense2
		a.Layers = slices.Delete(a.Layers, 3, 4)
		a.Layers[3].Name = "dense1"
	})
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
		{"a layer that becomes the output", headless, regularised, true},
		{"a layer that is gone", shallow, regularised, false},
		{"another layer", headless, wider, false},
	} {
		if clash(base, c.a, c.b) != c.want || clash(base, c.b, c.a) != c.want {
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

// TestCombinedNamesLayersThatAreThere: what was said of a layer that is gone is said anew.
func TestCombinedNamesLayersThatAreThere(t *testing.T) {
	base := net(t)
	entry := func(title string, revise func(*trainer.Architecture)) *Entry {
		return &Entry{Candidate: Candidate{Title: title,
			Settings: []Setting{{Knob: title, Name: title, Title: title, Revise: revise}}}}
	}
	rebuild := entry("Leave dense1 out", func(a *trainer.Architecture) { a.Layers = slices.Delete(a.Layers, 3, 4) })
	normalise := entry("Add batch norm to conv1 and dense1", func(a *trainer.Architecture) {
		for i := range a.Layers {
			if name := a.Layers[i].Name; name == "conv1" || name == "dense1" {
				a.Layers[i].BatchNorm, a.Layers[i].Momentum, a.Layers[i].Epsilon = true, 0.9, 1e-3
			}
		}
	})
	for _, c := range []struct {
		group []*Entry
		want  string
	}{
		{[]*Entry{rebuild, normalise}, "Leave dense1 out; conv1: batch_norm false → true"},
		{[]*Entry{normalise, rebuild}, "Add batch norm to conv1 and dense1; Leave dense1 out"},
	} {
		if got, ok := combined(base, c.group); !ok || !strings.HasPrefix(got.Title, c.want) {
			t.Errorf("combined: %t, %q, want %q…", ok, got.Title, c.want)
		}
	}
}

// TestSmaller: fewer parameters or operations and more of neither; a deeper net with a smaller head is not smaller.
func TestSmaller(t *testing.T) {
	a := net(t)
	for name, c := range map[string]struct {
		revise func(*trainer.Architecture)
		want   bool
	}{
		"the same":      {func(*trainer.Architecture) {}, false},
		"fewer filters": {filters(4).revise, true},
		"more filters":  {filters(16).revise, false},
		"narrower":      {width(16).revise, true},
		"a larger pool": {func(a *trainer.Architecture) {
			a.Layers[1].Size, a.Layers[1].Stride = [2]int{4, 4}, [2]int{4, 4}
		}, true},
		"wider and less": {func(a *trainer.Architecture) { a.Layers[0].Filters, a.Layers[3].Units = 12, 20 }, false},
	} {
		b := a.Clone()
		c.revise(&b)
		if got := smaller(a, b); got != c.want {
			t.Errorf("%s: smaller is %v (%+v, %+v)", name, got, a.Cost(), b.Cost())
		}
	}
}

// TestSecond: where fresh seeds do not bear the winner out, the next one is trained with them, and is probably better
// at most; the base is not trained again.
func TestSecond(t *testing.T) {
	lab := &fakeLab{accuracy: func(a trainer.Architecture, seed uint64, _ float64) float64 {
		switch {
		case a.Training.BatchSize == 32 && a.Training.Optimizer.LearningRate == 0.001:
			return map[bool]float64{true: 0.6, false: 0.45}[seed == 1]
		case a.Training.Optimizer.LearningRate == 0.002 && a.Training.BatchSize != 32:
			return 0.55
		}
		return 0.5
	}}
	all := []Candidate{candidate(t, net(t), "batch", batch(32)), candidate(t, net(t), "rate", rate(0.002))}
	r := newWorld(t, lab, sure, 3, nil, all).run(t, Options{Budget: 1.2, Seeds: 1})
	if r.Best == nil || r.Best.Title != "rate" || r.Best.Verdict() != advisor.ProbablyBetter || r.Rounds != 1 ||
		math.Abs(r.Best.Gain().Mean-0.05) > 1e-9 {
		t.Fatalf("best %+v", r.Best)
	}
	var first *Entry
	for _, e := range r.Entries {
		if e.Title == "batch" {
			first = e
		}
	}
	if first.Confirmed == nil || !slices.Equal(first.Confirmed.Seeds, r.Best.Confirmed.Seeds) ||
		first.Confirmed.Runs[0][0] != r.Best.Confirmed.Runs[0][0] || first.Verdict() != advisor.Worse {
		t.Errorf("first %+v, confirmed %+v, and %+v", first, first.Confirmed, r.Best.Confirmed)
	}
	fresh := 0
	for _, name := range lab.names {
		if strings.HasSuffix(name, fmt.Sprintf("seed %d to 3", r.Best.Confirmed.Seeds[0])) {
			fresh++
		}
	}
	if fresh != 3 {
		t.Errorf("%d were trained with the fresh seed, want the net and two changes: %q", fresh, lab.names)
	}
}

// TestVaried: many good rates leave room for others.
func TestVaried(t *testing.T) {
	var field []*Entry
	for _, knobs := range [][]string{{"learning-rate"}, {"optimizer"}, {"learning-rate"}, {"optimizer"}, {"filters"},
		{"optimizer", "clipping"}, {"learning-rate", "schedule"}, {"filters"}} {
		e := &Entry{}
		for _, k := range knobs {
			e.Settings = append(e.Settings, Setting{Knob: k})
		}
		field = append(field, e)
	}
	field[2].Measured = true
	got := varied(field)
	want := []*Entry{field[0], field[1], field[2], field[4], field[5], field[6], field[7], field[3]}
	if !slices.Equal(got, want) {
		t.Errorf("the order is not that of the first rates, the measured one, the others, then the other rate")
	}
}
