package forest

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// related is a table whose target is 1 + 2a − b + noise; c is noise, d is 3a + 1, e is constant, f is a in half of the
// runs.
func related(n int) Table {
	r := rand.New(rand.NewPCG(6, 6))
	t := Table{Names: []string{"a", "b", "c", "d", "e", "f"}, Linear: make([]bool, 6)}
	for i := range n {
		a, b, c := r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
		f := a
		if i%2 == 0 {
			f = math.NaN()
		}
		t.X = append(t.X, []float64{a, b, c, 3*a + 1, 7, f})
		t.Y = append(t.Y, 1+2*a-b+0.1*r.NormFloat64())
	}
	return t
}

// TestRelate: what is there is found, by all four methods, and what is not defined says why.
func TestRelate(t *testing.T) {
	table := related(120)
	got, err := Relate(t.Context(), table, Options{Seed: 1, Stages: 80})
	if err != nil {
		t.Fatal(err)
	}
	r := got.Relations
	a, b, c, d, e, f := r[0], r[1], r[2], r[3], r[4], r[5]
	if a.Correlation < 0.8 || math.Abs(a.Beta-2) > 0.2 || b.Correlation > -0.3 || math.Abs(c.Correlation) > 0.25 {
		t.Errorf("correlations and betas: %+v, %+v, %+v", a, b, c)
	}
	if math.Abs(d.Correlation-a.Correlation) > 1e-12 || math.Abs(3*d.Beta-a.Beta) > 1e-12 {
		t.Errorf("three times a: %+v", d)
	}
	if a.Importance < 0.5 && d.Importance < 0.5 && a.Importance+d.Importance < 0.5 || b.Importance < 0.1 ||
		math.Abs(c.Importance) > 0.05 {
		t.Errorf("importances %g, %g, %g, %g", a.Importance, b.Importance, c.Importance, d.Importance)
	}
	if !(b.PValue < 1e-10) || c.PValue < 1e-3 || got.LinearInSample < 0.99 || got.LinearHeldOut < 0.99 ||
		got.ForestHeldOut < 0.7 || got.ForestInSample < got.ForestHeldOut {
		t.Errorf("p of b %g, of c %g; R² %g and %g", b.PValue, c.PValue, got.LinearHeldOut, got.ForestHeldOut)
	}
	if d.Reason == "" || !math.IsNaN(d.Coefficient) || e.Reason != "constant" || !math.IsNaN(e.Correlation) ||
		f.Runs != 60 || math.Abs(e.Importance) > 1e-12 {
		t.Errorf("not defined: %+v, %+v, %+v", d, e, f)
	}
	if a.Hits < ConfirmedHits || b.Hits < ConfirmedHits || c.Hits >= ConfirmedHits || e.Hits != 0 {
		t.Errorf("Boruta's hits: a %d, b %d, c (noise) %d, e (constant) %d", a.Hits, b.Hits, c.Hits, e.Hits)
	}
	again, err := Relate(t.Context(), table, Options{Seed: 1, Stages: 80})
	if err != nil || !reflect.DeepEqual(again.Relations[:3], got.Relations[:3]) {
		t.Errorf("once more: %+v (%v)", again.Relations[:3], err)
	}
}

// TestRegressionByHand: y on one column. x̄ = 3, ȳ = 4: Sxx = 10, Sxy = 6; b = 0.6, residuals −.8 .6 1 −.6 −.2 (RSS
// 2.4), with standard error √(2.4/3/10) and t = 2.1213 on 3 degrees of freedom, p = 0.1240 (Excel's T.DIST.2T;
// scipy.stats.linregress gives the same).
func TestRegressionByHand(t *testing.T) {
	table := Table{
		Names:  []string{"x"},
		Linear: []bool{false},
		X:      [][]float64{{1}, {2}, {3}, {4}, {5}},
		Y:      []float64{2, 4, 5, 4, 5},
	}
	var r Related
	r.Relations = []Relation{{}}
	r.regress(table, Options{Folds: 3})
	scale := math.Sqrt(2.5) // a standard deviation of x
	got := r.Relations[0]
	if math.Abs(got.Coefficient-0.6*scale) > 1e-12 || math.Abs(got.StandardError-math.Sqrt(0.08)*scale) > 1e-12 ||
		math.Abs(got.PValue-0.1240) > 5e-5 || math.Abs(r.LinearInSample-0.6) > 1e-12 {
		t.Errorf("got %+v, R² %g", got, r.LinearInSample)
	}
	r.Relations[0].pairwise(table, 0)
	if got := r.Relations[0]; math.Abs(got.Beta-0.6) > 1e-12 || math.Abs(got.Correlation-6/math.Sqrt(60)) > 1e-12 {
		t.Errorf("got %+v", got)
	}
}

// TestInSampleFlatters: on noise both models follow the runs that they were fitted on, and no others.
func TestInSampleFlatters(t *testing.T) {
	table := related(60)
	r := rand.New(rand.NewPCG(9, 9))
	for i := range table.Y {
		table.Y[i] = r.NormFloat64()
		for range 6 {
			table.X[i] = append(table.X[i], r.NormFloat64())
		}
	}
	for range 6 {
		table.Names, table.Linear = append(table.Names, "noise"), append(table.Linear, false)
	}
	got, err := Relate(t.Context(), table, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got.LinearInSample < 0.05 || got.ForestInSample < 0.4 || got.LinearHeldOut > 0.05 || got.ForestHeldOut > 0.05 {
		t.Errorf("linear %.2f in-sample, %.2f held-out; forest %.2f and %.2f", got.LinearInSample, got.LinearHeldOut,
			got.ForestInSample, got.ForestHeldOut)
	}
}

// TestRelateFewRuns: columns that are many for the runs get a ridge and no p-value.
func TestRelateFewRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	table := Table{Names: make([]string, 12), Linear: make([]bool, 12)}
	for range 24 {
		row := make([]float64, 12)
		for j := range row {
			row[j] = r.NormFloat64()
		}
		table.X, table.Y = append(table.X, row), append(table.Y, row[0]+0.1*r.NormFloat64())
	}
	got, err := Relate(t.Context(), table, Options{Stages: 40})
	if err != nil {
		t.Fatal(err)
	}
	if first := got.Relations[0]; first.Coefficient < 0.3 || !math.IsNaN(first.PValue) || first.Reason == "" {
		t.Errorf("got %+v", first)
	}
}

func TestRelateRefuses(t *testing.T) {
	table := related(60)
	equal := table
	equal.Y = make([]float64, 60)
	if _, err := Relate(t.Context(), equal, Options{}); !errors.Is(err, ErrEqualTargets) {
		t.Errorf("equal targets: %v", err)
	}
	missing := table
	missing.Y = append([]float64{math.NaN()}, table.Y[1:]...)
	if _, err := Relate(t.Context(), missing, Options{}); !errors.Is(err, ErrBadTable) {
		t.Errorf("a missing target: %v", err)
	}
	if _, err := Relate(t.Context(), related(5), Options{}); !errors.Is(err, ErrTooFewRuns) {
		t.Errorf("five runs: %v", err)
	}
}
