package forest

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

func fit(tb testing.TB, t Table, o Options) *Model {
	tb.Helper()
	m, err := Fit(context.Background(), t, o)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func predict(tb testing.TB, m *Model, x []float64) Prediction {
	tb.Helper()
	p, err := m.Predict(x)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// small fits in milliseconds.
var small = Options{Stages: 10, Folds: 3}

// Signal among noise columns is found on runs that the model never saw; the mean alone would score 0.
func TestRecoversFriedman1(t *testing.T) {
	all := friedman1(420, 5, 11)
	rows := rand.New(rand.NewPCG(1, 1)).Perm(420)
	m := fit(t, all.pick(rows[:120]), Options{Folds: 5})
	held := all.pick(rows[120:])
	means := make([]float64, len(held.Y))
	for i, x := range held.X {
		means[i] = predict(t, m, x).Mean
	}
	if r2 := rSquared(held.Y, means); r2 < 0.7 {
		t.Errorf("held-out R² %.3f, want at least 0.7", r2)
	}
}

// Over sets of 57 runs, an 80 % interval covers about 80 % of unseen runs.
func TestCoverage(t *testing.T) {
	covered, total := 0, 0
	for seed := range uint64(6) {
		all := curves(257, 2, 8, seed)
		rows := make([]int, 257)
		for i := range rows {
			rows[i] = i
		}
		m := fit(t, all.pick(rows[:57]), Options{Stages: 60})
		for i := 57; i < 257; i++ {
			p := predict(t, m, all.X[i])
			if p.Low <= all.Y[i] && all.Y[i] <= p.High {
				covered++
			}
			total++
		}
	}
	if share := float64(covered) / float64(total); share < 0.76 || share > 0.89 {
		t.Errorf("80 %% interval covers %.3f of %d runs", share, total)
	}
}

func TestSameTableSameModel(t *testing.T) {
	set := curves(30, 2, 8, 1)
	first, again := fit(t, set, small), fit(t, set, small)
	if first.ID() != again.ID() || len(first.ID()) != 64 {
		t.Errorf("ids %s and %s of the same table", first.ID(), again.ID())
	}
	if first.PastRuns() != 30 || !slices.Equal(first.Columns(), set.Names) {
		t.Errorf("%d past runs of %v", first.PastRuns(), first.Columns())
	}
	other := small
	other.Seed = 1
	if fit(t, set, other).ID() == first.ID() {
		t.Error("another seed gave the same model")
	}
	set.Y[3] += 1e-12
	if fit(t, set, small).ID() == first.ID() {
		t.Error("another target gave the same model")
	}
}

// Pins library, seeds and arithmetic: figures of this Version.
func TestGoldenPrediction(t *testing.T) {
	m := fit(t, curves(40, 2, 8, 1), Options{Seed: 7})
	p := predict(t, m, []float64{0.3, 0.4, 0.5, -0.5, 0, 1, 0, 0})
	for name, v := range map[string][2]float64{
		"mean":    {p.Mean, 0.649835641590},
		"low":     {p.Low, 0.615959285682},
		"high":    {p.High, 0.684376822721},
		"novelty": {p.Novelty, 0.15},
	} {
		if math.Abs(v[0]-v[1]) > 1e-9 {
			t.Errorf("%s %.12f, want %.12f", name, v[0], v[1])
		}
	}
}

// Missing values stand for the column's median, in fitting and in predicting.
func TestMissingIsTheMedian(t *testing.T) {
	set := curves(31, 2, 6, 2)
	var column []float64
	for _, row := range set.X {
		column = append(column, row[4])
	}
	slices.Sort(column)
	m := fit(t, set, small)
	gap, filled := slices.Clone(set.X[0]), slices.Clone(set.X[0])
	gap[4], filled[4] = math.NaN(), column[15]
	a, b := predict(t, m, gap), predict(t, m, filled)
	if math.Abs(a.Mean-b.Mean) > 0.02 || a.Novelty != b.Novelty { // the folds' medians differ a little
		t.Errorf("missing: %+v, median: %+v", a, b)
	}
	if !said(a, "1 of 6 features are missing") || said(b, "missing") {
		t.Errorf("warnings %q and %q", a.Warnings, b.Warnings)
	}
	for i := range set.X {
		set.X[i][5] = math.NaN()
		if i%3 == 0 {
			set.X[i][3] = math.NaN()
		}
	}
	p := predict(t, fit(t, set, small), []float64{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()})
	if math.IsNaN(p.Mean + p.Low + p.High + p.Novelty) {
		t.Errorf("NaN came out: %+v", p)
	}
}

// A constant column takes no part; a query that departs from it is told so.
func TestConstantColumns(t *testing.T) {
	set := curves(45, 2, 6, 3)
	for i := range set.X {
		set.X[i][4] = 64
	}
	m := fit(t, set, small)
	usual := predict(t, m, set.X[0])
	odd := slices.Clone(set.X[0])
	odd[4] = 32
	p := predict(t, m, odd)
	if p.Mean != usual.Mean || p.Novelty != usual.Novelty {
		t.Errorf("a constant column moved %+v to %+v", usual, p)
	}
	if !said(p, "c4 is 32, but 64 in every past run") || said(usual, "c4") {
		t.Errorf("warnings %q and %q", p.Warnings, usual.Warnings)
	}
	if got, want := p.High-p.Mean, WideningFactor*(usual.High-usual.Mean); math.Abs(got-want) > 1e-12 {
		t.Errorf("upper side %g, want %g: widened", got, want)
	}
	for i := range set.X {
		set.X[i] = []float64{1, 1, 1, 1, 1, 1}
	}
	if p := predict(t, fit(t, set, small), set.X[0]); math.Abs(p.Mean-mean(set.Y)) > 0.01 {
		t.Errorf("nothing varies: predicted %g, want the mean %g", p.Mean, mean(set.Y))
	}
}

func TestUnlikeThePastRuns(t *testing.T) {
	set := curves(57, 2, 8, 4)
	m := fit(t, set, small)
	far := make([]float64, 8)
	for j := range far {
		far[j] = 1e6
	}
	p := predict(t, m, far)
	if p.Novelty != 1 || !said(p, "unlike the past runs") || !said(p, "interval widened 1.5 times") {
		t.Errorf("far query: %+v", p)
	}
	if p := predict(t, m, set.X[5]); p.Novelty > NoveltyLimit || len(p.Warnings) > 0 {
		t.Errorf("a past run itself: %+v", p)
	}
	if p.Mean < 0 || p.Low < 0 || p.High > 1 || p.Low > p.Mean || p.Mean > p.High {
		t.Errorf("out of order: %+v", p)
	}
}

func TestBadQueries(t *testing.T) {
	m := fit(t, curves(25, 2, 6, 1), small)
	for _, x := range [][]float64{nil, {1, 2}, {1, 2, 3, 4, 5, math.Inf(1)}, {1, 2, 3, 4, 5, -1e200}} {
		if _, err := m.Predict(x); !errors.Is(err, ErrBadQuery) {
			t.Errorf("Predict(%v): %v, want ErrBadQuery", x, err)
		}
		if _, err := m.Isolation(context.Background(), x, 5); !errors.Is(err, ErrBadQuery) {
			t.Errorf("Isolation(%v): %v, want ErrBadQuery", x, err)
		}
	}
}

func TestFewRunsAreSaid(t *testing.T) {
	set := curves(25, 2, 6, 1)
	if p := predict(t, fit(t, set, small), set.X[0]); !said(p, "only 25 past runs") {
		t.Errorf("warnings %q", p.Warnings)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, curves(25, 2, 6, 1), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Fit: %v", err)
	}
	if _, err := CrossValidate(ctx, curves(25, 2, 6, 1), Options{}, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("CrossValidate: %v", err)
	}
}

func TestPredictFromManyGoroutines(t *testing.T) {
	set := curves(25, 2, 6, 1)
	m := fit(t, set, small)
	want := predict(t, m, set.X[0]).Mean
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for _, x := range set.X {
				if _, err := m.Predict(x); err != nil {
					t.Error(err)
				}
			}
			if p, err := m.Predict(set.X[0]); err != nil || p.Mean != want {
				t.Errorf("%v, %v; want %v", p.Mean, err, want)
			}
		})
	}
	wait.Wait()
}

func said(p Prediction, text string) bool {
	return slices.ContainsFunc(p.Warnings, func(w string) bool { return strings.Contains(w, text) })
}

// 500 runs of 150 features: the bound is 1 ms a prediction.
func BenchmarkPredict(b *testing.B) {
	set := curves(500, 3, 150, 1)
	m := fit(b, set, Options{})
	for i := 0; b.Loop(); i++ {
		predict(b, m, set.X[i%500])
	}
}

// With the ten folds: the bounds are 2 s for 40 runs of 60 features and 60 s for 500 of 150.
func BenchmarkFit(b *testing.B) {
	for name, set := range map[string]Table{"40x60": curves(40, 3, 60, 1), "500x150": curves(500, 3, 150, 1)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				fit(b, set, Options{})
			}
		})
	}
}

func BenchmarkIsolation(b *testing.B) {
	set := curves(500, 3, 60, 1)
	m := fit(b, set, small)
	for b.Loop() {
		if _, err := m.Isolation(context.Background(), set.X[0], 100); err != nil {
			b.Fatal(err)
		}
	}
}
