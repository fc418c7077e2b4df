package gain

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
)

func TestSpearman(t *testing.T) {
	for _, c := range []struct {
		x, y []float64
		want float64
	}{
		{[]float64{1, 2, 3}, []float64{10, 20, 90}, 1},
		{[]float64{1, 2, 3}, []float64{3, 2, 1}, -1},
		{[]float64{1, 2, 3, 4}, []float64{1, 3, 2, 4}, 0.8},
		{[]float64{1, 1, 2}, []float64{1, 2, 3}, math.Sqrt(3) / 2}, // ranks 1.5 1.5 3
		{[]float64{1, 1, 1}, []float64{1, 2, 3}, math.NaN()},
	} {
		if got := spearman(c.x, c.y); math.Abs(got-c.want) > 1e-12 || math.IsNaN(got) != math.IsNaN(c.want) {
			t.Errorf("spearman(%v, %v) = %g, want %g", c.x, c.y, got, c.want)
		}
	}
	if got := ranks([]float64{5, 1, 5, 0}); !slices.Equal(got, []float64{3.5, 2, 3.5, 1}) {
		t.Errorf("ranks %v", got)
	}
}

func TestFigure(t *testing.T) {
	if f := figure([]float64{0.2, 0.2, 0.2}); math.Abs(f.Mean-0.2) > 1e-12 || math.Abs(f.Low-0.2) > 1e-12 ||
		math.Abs(f.High-0.2) > 1e-12 {
		t.Errorf("figure of equals %+v", f)
	}
	var values []float64
	for i := range 100 {
		values = append(values, float64(i%2))
	}
	if f := figure(values); f.Mean != 0.5 || math.Abs(f.Low-0.4) > 0.03 || math.Abs(f.High-0.6) > 0.03 { // ±1.96·0.05
		t.Errorf("figure %+v", f)
	}
	if f := figure(nil); !math.IsNaN(f.Mean) {
		t.Errorf("figure of nothing %+v", f)
	}
}

// TestScore: the figures of two bases with three edits each, by hand.
func TestScore(t *testing.T) {
	a := small(t)
	var pairs []Pair
	var foretold []Gain
	add := func(family string, gain, mean float64, settings ...string) {
		pairs = append(pairs, Pair{Family: family, Settings: settings, Base: pastRun(a, 0.5, nil),
			Edited: pastRun(a, 0.5+gain, nil)})
		foretold = append(foretold, Gain{Mean: mean, Low: mean - 0.02, High: mean + 0.02})
	}
	add("a", 0.10, 0.05, "1") // outside
	add("a", 0.04, 0.06, "2") // on the edge, and the one that is foretold to be best
	add("a", -0.02, -0.01, "3")
	add("b", -0.05, -0.06, "1")
	add("b", -0.01, -0.02, "2")
	add("b", 0.02, -0.03, "3") // outside: nothing is foretold to gain, and this does
	add("b", 0.01, 0.00)       // itself again: not among the edits
	s := score(pairs, foretold, []string{"a", "b"})
	errorsSum := 0.05*0.05 + 0.02*0.02 + 3*0.01*0.01 + 0.05*0.05 + 0.01*0.01
	gains := []float64{0.10, 0.04, -0.02, -0.05, -0.01, 0.02, 0.01}
	mean, spread := 0.09/7, 0.0
	for _, g := range gains {
		spread += (g - mean) * (g - mean)
	}
	for name, c := range map[string][2]float64{
		"pairs": {float64(s.Pairs), 7}, "bases": {float64(s.Bases), 2},
		"R2":       {s.R2, 1 - errorsSum/spread},
		"MAE":      {s.MAE, (0.05 + 0.02 + 0.01 + 0.01 + 0.01 + 0.05 + 0.01) / 7},
		"bias":     {s.Bias, (-0.05 + 0.02 + 0.01 - 0.01 - 0.01 - 0.05 - 0.01) / 7},
		"width":    {s.Width, 0.04},
		"regret":   {s.Regret.Mean, (0.06 + 0.02) / 2},
		"rank":     {s.Rank.Mean, (0.5 + 0.5) / 2},
		"low rank": {s.Rank.Low, 0.5},
	} {
		if math.Abs(c[0]-c[1]) > 1e-9 {
			t.Errorf("%s is %g, want %g", name, c[0], c[1])
		}
	}
	if s.Coverage < 4.0/7-1e-9 || s.Coverage > 5.0/7+1e-9 { // one is on the edge
		t.Errorf("coverage %g", s.Coverage)
	}
}

// TestScoredHeldOut: each family is foretold by the one forest that saw nothing of it.
func TestScoredHeldOut(t *testing.T) {
	pairs := Pairs(entries(t, 24))
	f := &ridge{}
	s, foretold, err := Scored(t.Context(), f, pairs, 1)
	if err != nil || len(foretold) != len(pairs) || s.Moment != 1 || s.Bases != 24 {
		t.Fatalf("%d foretold, %+v, %v", len(foretold), s, err)
	}
	if len(f.tables) != 3*scoredFolds {
		t.Fatalf("%d forests, want three a fold", len(f.tables))
	}
	for i, p := range pairs {
		var unseen []int
		for k, table := range f.tables {
			switch n := count(table.Groups, p.Family); n {
			case 0:
				unseen = append(unseen, k)
			case 5, 6: // with the base itself
			default:
				t.Fatalf("forest %d saw %d of the runs of %s", k, n, p.Family)
			}
		}
		if len(unseen) != 3 || unseen[2] != unseen[0]+2 || unseen[0]%3 != 0 {
			t.Fatalf("%s is unseen by the forests %v", p.Family, unseen)
		}
		fold := f.models[unseen[0] : unseen[0]+3]
		var g guess
		base, edited := run{p.Family, p.Base}, run{p.Family, p.Edited}
		for _, v := range []struct {
			to     *float64
			forest int
			v      Vector
			soFar  string
		}{
			{&g.difference, 0, p.beside(seen{ProbeEpochs, 1}), observed},
			{&g.edit, 1, edited.alone(1), "trial_validation_1"},
			{&g.base, 1, base.alone(1), "trial_validation_1"},
			{&g.probed, 2, base.alone(ProbeEpochs), "trial_validation_3"},
		} {
			row, _, _ := v.v.row(nil, v.soFar)
			predicted, err := fold[v.forest].Predict(row)
			if err != nil {
				t.Fatal(err)
			}
			*v.to = predicted.Mean
		}
		validation := at(probe(p.Base, ProbeEpochs), ProbeEpochs).validation
		if want := g.gain(g.share(1), validation); math.Abs(foretold[i].Mean-want) > 1e-12 {
			t.Errorf("pair %d: foretold %g, want %g", i, foretold[i].Mean, want)
		}
	}
	if s.R2 < 0.8 || s.Coverage < 0.7 || s.Rank.Mean < 0.9 || s.Regret.Mean > 0.01 {
		t.Errorf("score %+v", s)
	}
	fault := errors.New("broken")
	if _, _, err := Scored(t.Context(), &ridge{fault: fault}, pairs, 1); !errors.Is(err, fault) {
		t.Errorf("a fit that fails: %v", err)
	}
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// TestReach: the interval is that of the pairs whose errors are alike.
func TestReach(t *testing.T) {
	f := &fitted{}
	for i := range 300 {
		at := float64(i%2) * 10 // of two kinds
		f.places = append(f.places, []float64{at, 0, 0, 0})
		f.misses = append(f.misses, 0.01+0.1*at)
	}
	for at, want := range map[float64]float64{0: 0.01, 10: 1.01} {
		if got := f.reach([]float64{at, 0, 0, 0}); got != want {
			t.Errorf("%s: %g, want %g", fmt.Sprint("at ", at), got, want)
		}
	}
	few := &fitted{places: f.places[:5], misses: []float64{5, 1, 4, 2, 3}}
	if got := few.reach([]float64{0, 0, 0, 0}); got != 5 { // the fifth of five: ⌈0.8·6⌉
		t.Errorf("of five it is %g", got)
	}
}

// TestGuess: a difference of logits is worth less near 1; half of it comes from runs looked at alone, less where
// nothing was trained.
func TestGuess(t *testing.T) {
	same := func(difference, base float64) guess {
		return guess{sigmoid(difference), sigmoid(logit(base) + difference), base, base}
	}
	for _, base := range []float64{0.1, 0.5, 0.9} {
		for _, difference := range []float64{-1, 0, 0.3} {
			for _, moment := range []float64{0, 1} {
				g := same(difference, base)
				want := sigmoid(logit(base)+difference) - base
				if got := g.gain(g.share(moment), 0); math.Abs(got-want) > 1e-9 {
					t.Errorf("%g more in logits on top of %.2f gains %.4f, want %.4f", difference, base, got, want)
				}
			}
		}
	}
	g := same(0.3, 0.93)
	if got, want := g.gain(g.share(1), 0.98), sigmoid(logit(0.98)+0.3)-0.98; math.Abs(got-want) > 1e-9 {
		t.Errorf("on a probe that reached more than the forests foretell it gains %.4f, want %.4f", got, want)
	}
	g = same(0, 0.5)
	g.edit = sigmoid(1)
	if got := logit(g.share(1)); math.Abs(got-aloneShare) > 1e-9 {
		t.Errorf("what is seen alone counts %g", got)
	}
	if got := logit(g.share(0)); math.Abs(got-untriedShare) > 1e-9 {
		t.Errorf("what is seen alone counts %g where nothing was trained", got)
	}
}
