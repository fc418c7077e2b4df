package forest

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// flat is an estimator that always predicts v.
func flat(v float64) *estimator {
	return &estimator{
		curve:  ridge{intercept: logit(v)},
		clip:   clip{0, 1},
		start:  -1,
		active: Options{Only: "boosted"}.active(),
	}
}

// Two parts at 0.4 and 0.5, four runs: the order statistics worked by hand.
func TestBoundsByHand(t *testing.T) {
	set := Table{X: make([][]float64, 4), Y: []float64{0.45, 0.3, 0.52, 0.7}}
	c := newCrossed(set, []int{0, 0, 1, 1}, []*estimator{flat(0.4), flat(0.5)})
	for i, want := range []float64{0.05, 0.1, 0.02, 0.2} {
		if math.Abs(c.miss[i]-want) > 1e-12 {
			t.Errorf("miss %d is %g, want %g", i, c.miss[i], want)
		}
	}
	// mean 0.4925; squares .0425² + .1925² + .0275² + .2075² = .082675, misses .0025 + .01 + .0004 + .04 = .0529
	if got, want := c.r2(), 1-0.0529/0.082675; math.Abs(got-want) > 1e-12 {
		t.Errorf("R² %g, want %g", got, want)
	}
	centres := c.centres(nil, &scratch{})
	// below: 0.3 0.3 0.35 0.48, above: 0.45 0.5 0.52 0.7
	for _, v := range []struct{ confidence, low, high float64 }{
		{0.8, 0.3, 0.7},     // ranks ⌊0.2·5⌋ = 1 and ⌈0.8·5⌉ = 4
		{0.6, 0.3, 0.52},    // ranks 2 and 3
		{0.4, 0.35, 0.5},    // ranks 3 and 2
		{1e-12, 0.48, 0.45}, // next to no confidence: the last and the first rank
		{0.7, 0.3, 0.61},    // ranks 1.5 and 3.5: half-way
		{0.9, 0, 1},         // four runs cannot bound 90 %
	} {
		if low, high := c.bounds(centres, v.confidence); math.Abs(low-v.low) > 1e-8 || math.Abs(high-v.high) > 1e-8 {
			t.Errorf("%g: %g…%g, want %g…%g", v.confidence, low, high, v.low, v.high)
		}
	}
}

// TestScaleByHand: runs of two folds, of which the one whose own is left out does not count.
func TestScaleByHand(t *testing.T) {
	c := crossed{fold: []int{0, 1, 1}, held: []float64{0.5, 0.5, 0.9}, miss: []float64{0.3, 0.02, 0.1}}
	d := (logit(0.9) - logit(0.5)) / likeness
	far := math.Exp(-d * d / 2)
	if got, want := c.scale(0.5, 0), (0.02+far*0.1+likeAll*0.06)/(1+far+likeAll); math.Abs(got-want) > 1e-12 {
		t.Errorf("scale %g, want %g", got, want)
	}
	if got, want := c.scale(0.5, 2), (0.32+far*0.1+likeAll*0.14)/(2+far+likeAll); math.Abs(got-want) > 1e-12 {
		t.Errorf("scale with all runs %g, want %g", got, want)
	}
	if got := (&crossed{fold: []int{0}, held: []float64{0.5}, miss: []float64{0}}).scale(0.5, 0); got != leastMiss {
		t.Errorf("scale without runs %g", got)
	}
}

// TestIntervalsFitTheCase: where nets that learn are predicted well and others badly, the interval is wide for the
// others alone, and covers as much in each half.
func TestIntervalsFitTheCase(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	set := Table{Names: []string{"accuracy"}, Linear: []bool{true}, Current: "accuracy"}
	for range 160 {
		x := 0.2 + 0.7*r.Float64()
		noise := 0.01
		if x < 0.55 {
			noise = 0.1
		}
		set.X = append(set.X, []float64{x})
		set.Y = append(set.Y, clip01(x+noise*r.NormFloat64()))
	}
	score, err := CrossValidate(t.Context(), set, Options{Seed: 1, Only: "ridge"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	lower := (score.Quarters[0].Coverage + score.Quarters[1].Coverage) / 2
	upper := (score.Quarters[2].Coverage + score.Quarters[3].Coverage) / 2
	if score.Quarters[0].Width < 3*score.Quarters[3].Width || lower < 0.7 || upper > 0.92 || upper < 0.7 {
		t.Errorf("quarters %+v: coverage of the halves %.2f and %.2f", score.Quarters, lower, upper)
	}
	if score.Trained.Runs < 60 || score.Trained.Runs > 100 || score.Trained.MAE > score.MAE {
		t.Errorf("runs that learn: %+v of %d, error of all %g", score.Trained, score.Runs, score.MAE)
	}
}

func TestNoveltyByHand(t *testing.T) {
	set := table(1, 0)
	set.X = [][]float64{{0}, {1}, {2}, {3}, {4}, {5}, {6}}
	columns := []column{{source: 0, median: 0, scale: 1}}
	v := newNovelty([]column{{source: 0, median: 3, scale: 10}}, set, []int{0, 1, 2, 3, 4, 5, 6})
	// distances to the fifth nearest other: 5 4 3 3 3 4 5, a tenth each
	for i, want := range []float64{0.3, 0.3, 0.3, 0.4, 0.4, 0.5, 0.5} {
		if math.Abs(v.reference[i]-want) > 1e-12 {
			t.Fatalf("references %v", v.reference)
		}
	}
	// queries' own fifth nearest, over all seven runs: 3.5 → 2.5, 7 → 5, −1 → 5
	for x, want := range map[float64]float64{3.5: 0, 6.2: 5.0 / 7, 10: 1} {
		if got := v.rank([]float64{(x - 3) / 10}); math.Abs(got-want) > 1e-12 {
			t.Errorf("rank of %g is %g, want %g", x, got, want)
		}
	}
	// runs of the same architecture do not count as neighbours
	pairs := newNovelty(columns, Table{X: [][]float64{{0}, {0}, {2}, {2}}}, []int{0, 0, 1, 1})
	for _, d := range pairs.reference {
		if d != 2 {
			t.Errorf("references %v, want 2: the farthest of two", pairs.reference)
		}
	}
	if alone := newNovelty(columns, Table{X: [][]float64{{0}}}, []int{0}); alone.reference[0] != 0 {
		t.Errorf("reference %v without other groups, want 0", alone.reference)
	}
}

func TestIsolationRanksTheOutlier(t *testing.T) {
	set := curves(40, 2, 6, 1)
	m := fit(t, set, small)
	far := []float64{50, 50, 50, 50, 50, 50}
	if r, err := m.Isolation(context.Background(), far, 50); err != nil || r != 1 {
		t.Errorf("far query: %g, %v; want 1", r, err)
	}
	near := make([]float64, 6)
	for j := range near {
		near[j] = m.full.columns[j].median
	}
	r, err := m.Isolation(context.Background(), near, 50)
	if err != nil || r > 0.5 {
		t.Errorf("query amid the past runs: %g, %v", r, err)
	}
	if again, err := m.Isolation(context.Background(), near, 50); err != nil || again != r {
		t.Errorf("%g, then %g", r, again)
	}
	for i := range set.X {
		set.X[i] = make([]float64, 6)
	}
	if r, err := fit(t, set, small).Isolation(context.Background(), far, 50); err != nil || r != 0 {
		t.Errorf("nothing varies: %g, %v", r, err)
	}
}
