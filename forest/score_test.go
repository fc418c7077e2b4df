package forest

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

func score(t *testing.T, set Table, o Options, repeats int) Score {
	t.Helper()
	s, err := CrossValidate(context.Background(), set, o, repeats)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTauB(t *testing.T) {
	for name, c := range map[string]struct {
		a, b []float64
		want float64
	}{
		"same order": {[]float64{1, 2, 3}, []float64{10, 20, 30}, 1},
		"reversed":   {[]float64{1, 2, 3}, []float64{3, 2, 1}, -1},
		"one swap":   {[]float64{1, 2, 3, 4}, []float64{1, 3, 2, 4}, 4.0 / 6},
		// pairs: 5 concordant, none discordant, one tied in a: 5 / √(5·6)
		"one tie": {[]float64{1, 2, 2, 3}, []float64{1, 2, 3, 4}, 5 / math.Sqrt(30)},
		// of six pairs one is tied in a, another in b, four are concordant: 4 / √(5·5)
		"ties in both": {[]float64{1, 1, 2, 3}, []float64{1, 2, 2, 3}, 4.0 / 5},
		"constant":     {[]float64{1, 1, 1}, []float64{1, 2, 3}, 0},
		"empty":        {nil, nil, 0},
	} {
		if got := TauB(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", name, got, c.want)
		}
	}
}

func TestMeasureByHand(t *testing.T) {
	y := []float64{0.2, 0.4, 0.6}
	s := measure(y, []Prediction{
		{Mean: 0.3, Low: 0.2, High: 0.4},   // the bound counts as inside
		{Mean: 0.4, Low: 0.3, High: 0.5},   //
		{Mean: 0.5, Low: 0.45, High: 0.55}, // misses
	})
	want := Score{R2: 1 - 0.02/0.08, MAE: 0.2 / 3, Tau: 1, Coverage: 2.0 / 3, Width: 0.5 / 3}
	for name, v := range map[string][2]float64{
		"R2":       {s.R2, want.R2},
		"MAE":      {s.MAE, want.MAE},
		"Tau":      {s.Tau, want.Tau},
		"Coverage": {s.Coverage, want.Coverage},
		"Width":    {s.Width, want.Width},
	} {
		if math.Abs(v[0]-v[1]) > 1e-12 {
			t.Errorf("%s %g, want %g", name, v[0], v[1])
		}
	}
}

func TestCrossValidateFindsSignal(t *testing.T) {
	set := curves(50, 4, 8, 5)
	s := score(t, set, Options{Stages: 40}, 2)
	if s.Runs != 50 || s.Groups != 50 || s.Repeats != 2 {
		t.Errorf("%+v", s)
	}
	if s.R2 < 0.5 || s.Tau < 0.5 || s.MAE > 0.04 {
		t.Errorf("signal not found: %+v", s)
	}
	if !(s.R2Low <= s.R2 && s.R2 <= s.R2High && s.R2Low < s.R2High) ||
		!(s.CoverageLow <= s.Coverage && s.Coverage <= s.CoverageHigh) {
		t.Errorf("spread: %+v", s)
	}
	if r2 := fit(t, set, Options{Stages: 40}).R2(); math.Abs(r2-s.R2) > 0.1 {
		t.Errorf("the model's own R² %.3f, cross-validated %.3f", r2, s.R2)
	}
	if again := score(t, set, Options{Stages: 40}, 2); again != s {
		t.Errorf("%+v, then %+v", s, again)
	}
}

// With shuffled targets there is nothing to find, and nothing is found.
func TestShuffledTargets(t *testing.T) {
	own := 0.0 // of the models, mean
	for seed := range uint64(3) {
		set := curves(60, 2, 12, seed)
		rand.New(rand.NewPCG(seed, 6)).Shuffle(60, func(i, j int) { set.Y[i], set.Y[j] = set.Y[j], set.Y[i] })
		if s := score(t, set, Options{Folds: 5, Stages: 50}, 1); s.R2 > 0.05 {
			t.Errorf("seed %d: held-out R² %.3f on shuffled targets", seed, s.R2)
		}
		own += fit(t, set, Options{Folds: 5, Stages: 50}).R2() / 3
	}
	if own > 0.02 {
		t.Errorf("the models' own R² %.3f on shuffled targets", own)
	}
}

// Runs of one architecture share an accuracy that nothing else explains: scored by rows this leaks into a high R²,
// scored by groups it does not.
func TestGroupsDoNotLeak(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	set := table(4, 0)
	for g := range 15 {
		x, y := []float64{r.Float64(), r.Float64(), r.Float64(), r.Float64()}, r.Float64()
		for range 4 {
			set.X, set.Y = append(set.X, x), append(set.Y, y)
			set.Groups = append(set.Groups, string(rune('a'+g)))
		}
	}
	o := Options{Folds: 5, Stages: 60}
	if s := score(t, set, o, 1); s.R2 > 0.05 || s.Groups != 15 {
		t.Errorf("by groups: %+v, want no R²", s)
	}
	if r2 := fit(t, set, o).R2(); r2 > 0.05 {
		t.Errorf("the model's own R² by groups: %.3f, want none", r2)
	}
	set.Groups = nil
	if s := score(t, set, o, 1); s.R2 < 0.5 {
		t.Errorf("by rows: R² %.3f; the set is meant to leak", s.R2)
	}
}

// The smallest case: three groups, so pairs of folds leave one group to fit on.
func TestThreeGroups(t *testing.T) {
	set := curves(24, 1, 5, 1)
	set.Groups = cycle(24, "a", "b", "c")
	if s := score(t, set, small, 1); s.Groups != 3 || math.IsNaN(s.R2+s.Tau+s.Coverage) {
		t.Errorf("%+v", s)
	}
}
