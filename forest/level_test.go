package forest

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// made is a table of runs whose final logit is intercept + slope·(logit so far) + what the column "helps" gives, with
// noise; accuracies so far lie about a level.
func made(r *rand.Rand, n int, level, intercept, slope, noise float64) Table {
	t := Table{Names: []string{"accuracy", "helps", "idle"}, Linear: []bool{true, false, false}, Current: "accuracy"}
	for range n {
		start, helps := level+0.5*r.NormFloat64(), r.NormFloat64()
		t.X = append(t.X, []float64{sigmoid(start), helps, r.NormFloat64()})
		t.Y = append(t.Y, sigmoid(intercept+slope*start+0.4*helps+noise*r.NormFloat64()))
	}
	return t
}

func transferOf(t *testing.T, sources ...Table) *Transfer {
	t.Helper()
	var all []Source
	for i, table := range sources {
		all = append(all, Source{table, string(rune('a' + i))})
	}
	transfer, err := FitTransfer(t.Context(), all, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return transfer
}

// TestLevelLearnsFromOtherKeys: a column that helps in two other data sets helps in a third, whose level five own runs
// tell; without other keys only the accuracy so far does.
func TestLevelLearnsFromOtherKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	transfer := transferOf(t, made(r, 150, 0, 0.4, 1, 0.15), made(r, 120, 1, 0.7, 0.9, 0.15))
	if runs, keys := transfer.Runs(); runs != 270 || keys != 2 {
		t.Errorf("%d runs of %d keys", runs, keys)
	}
	target := made(r, 120, 0.5, 1.2, 1, 0.15)
	before := math.Inf(-1)
	for _, own := range []int{0, 5, 20} {
		s, err := BenchLevel(target, transfer, LevelBench{Own: own, Repeats: 10, Seed: 1}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if own > 0 && (s.Level.R2 < 0.8 || s.Level.R2 < s.Line.R2+0.1 || s.Level.Coverage < 0.7 || s.Level.Coverage > 0.92) {
			t.Errorf("%d own runs: %+v, the line alone %+v", own, s.Level, s.Line)
		}
		if own == 0 && (s.Level.Tau < 0.75 || s.Level.Width < 0.3) {
			t.Errorf("without own runs the order is known and the level is not: %+v", s.Level)
		}
		if s.Level.R2 < before {
			t.Errorf("%d own runs: R² %g, with fewer %g", own, s.Level.R2, before)
		}
		before = s.Level.R2
	}
}

// TestSiblingsTellTheLevel: runs of the same data set at another length stand in for own ones, with a doubt.
func TestSiblingsTellTheLevel(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	transfer := transferOf(t, made(r, 100, 0, 0.2, 1, 0.15), made(r, 100, 1, 0.3, 1, 0.15))
	target := made(r, 60, 0.5, 1.5, 1, 0.15)
	sibling := made(r, 40, 0.5, 1.4, 1, 0.15)
	none := target.pick(nil)
	score := func(siblings ...Table) (Prediction, float64, *Level) {
		l, err := FitLevel(none, siblings, transfer, Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, off := Prediction{}, 0.0
		for i, x := range target.X {
			if p, err = l.Predict(x); err != nil {
				t.Fatal(err)
			}
			off += math.Abs(p.Mean-target.Y[i]) / float64(len(target.X))
		}
		return p, off, l
	}
	alone, offAlone, l := score()
	if l.Known() || len(alone.Warnings) != 1 || alone.PastRuns != 0 {
		t.Errorf("without any run of the data set: %+v", alone)
	}
	with, off, l := score(sibling)
	if !l.Known() || len(with.Warnings) != 1 || off > offAlone/2 || with.High-with.Low > alone.High-alone.Low {
		t.Errorf("with a sibling %+v, off by %g; without %+v, off by %g", with, off, alone, offAlone)
	}
}

// TestLevelAlone: two own numbers, worked by hand where noise hardly counts: with many runs on a line, the line.
func TestLevelAlone(t *testing.T) {
	own := Table{Names: []string{"accuracy"}, Linear: []bool{true}, Current: "accuracy"}
	for i := range 200 {
		x := -2 + 4*float64(i)/199
		own.X, own.Y = append(own.X, []float64{sigmoid(x)}), append(own.Y, sigmoid(0.5+0.8*x))
	}
	l, err := FitLevel(own, nil, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.Predict([]float64{sigmoid(1)})
	if err != nil || math.Abs(p.Mean-sigmoid(1.3)) > 0.002 || p.PastRuns != 200 || l.R2() < 0.99 {
		t.Errorf("%+v, R² %g (%v), want %g", p, l.R2(), err, sigmoid(1.3))
	}
	// Before any training there is no accuracy so far: the mean of the logits.
	own.Current = ""
	if l, err = FitLevel(own, nil, nil, Options{}); err != nil {
		t.Fatal(err)
	}
	if p, err = l.Predict([]float64{0.9}); err != nil || math.Abs(p.Mean-sigmoid(0.5)) > 0.01 {
		t.Errorf("without an accuracy so far %+v (%v), want %g", p, err, sigmoid(0.5))
	}
}

// TestPosteriorByHand: one weight, two runs, known noise.
func TestPosteriorByHand(t *testing.T) {
	// precision 1/0.25 + (1² + 2²)/0.5 = 14, right 3/0.25 + (1·2 + 2·5)/0.5 = 36
	got := solveLine([][]float64{{1}, {2}}, []float64{2, 5}, nil, prior{mean: []float64{3}, spread: []float64{0.5}}, 0.5)
	if math.Abs(got.mean[0]-36.0/14) > 1e-12 || math.Abs(got.covariance.At(0, 0)-1.0/14) > 1e-12 {
		t.Errorf("mean %g, variance %g", got.mean[0], got.covariance.At(0, 0))
	}
}

func TestTransferIsSaved(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	transfer := transferOf(t, made(r, 40, 0, 0.2, 1, 0.15), made(r, 40, 1, 0.3, 1, 0.15))
	var out bytes.Buffer
	if err := transfer.Save(&out); err != nil {
		t.Fatal(err)
	}
	data := bytes.Clone(out.Bytes())
	loaded, err := LoadTransfer(&out)
	if err != nil {
		t.Fatal(err)
	}
	own := made(r, 10, 0.5, 1, 1, 0.1)
	for _, x := range own.X {
		if a, b := transfer.Value(x), loaded.Value(x); a != b {
			t.Fatalf("%g became %g", a, b)
		}
	}
	a, _ := FitLevel(own, nil, transfer, Options{})
	b, err := FitLevel(own, nil, loaded, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := a.Predict(own.X[0])
	q, _ := b.Predict(own.X[0])
	if p.Mean != q.Mean || p.Low != q.Low || p.Novelty != q.Novelty {
		t.Errorf("%+v became %+v", p, q)
	}
	for at := 0; at < len(data); at += 1 + len(data)/200 {
		flipped := bytes.Clone(data)
		flipped[at] ^= 0x10
		if _, err := LoadTransfer(bytes.NewReader(flipped)); !errors.Is(err, ErrBadModel) {
			t.Fatalf("a flipped bit at %d: %v", at, err)
		}
	}
	if _, err := Load(bytes.NewReader(data)); !errors.Is(err, ErrBadModel) {
		t.Errorf("a transfer read as a model: %v", err)
	}
}

func TestLevelRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	a, b := made(r, 30, 0, 0.2, 1, 0.1), made(r, 30, 0, 0.2, 1, 0.1)
	transfer := transferOf(t, a)
	b.Names = []string{"accuracy", "other", "idle"}
	if _, err := FitTransfer(t.Context(), []Source{{a, "a"}, {b, "b"}}, Options{}); !errors.Is(err, ErrBadTable) {
		t.Errorf("sources of unlike columns: %v", err)
	}
	if _, err := FitTransfer(t.Context(), nil, Options{}); !errors.Is(err, ErrTooFewRuns) {
		t.Errorf("no sources: %v", err)
	}
	if _, err := FitLevel(b, nil, transfer, Options{}); !errors.Is(err, ErrBadTable) {
		t.Errorf("own runs of unlike columns: %v", err)
	}
	l, err := FitLevel(a, nil, transfer, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range [][]float64{{0.5}, {0.5, math.Inf(1), 0}} {
		if _, err := l.Predict(x); !errors.Is(err, ErrBadQuery) {
			t.Errorf("%v: %v", x, err)
		}
	}
}
