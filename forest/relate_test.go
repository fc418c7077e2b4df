package forest

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance || math.IsNaN(a) && math.IsNaN(b)
}

func TestCorrelateByHand(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		x, y    []float64
		r, beta float64
		n       int
	}{
		// means 2 and 3; products 1·1 + 0·(-1) + ... worked out: cov 1, var x 1, var y 3
		"by hand":  {[]float64{1, 2, 3}, []float64{2, 2, 5}, 1.5 / math.Sqrt(3), 1.5, 3},
		"missing":  {[]float64{1, nan, 2, 3, 9}, []float64{2, 7, 2, 5, nan}, 1.5 / math.Sqrt(3), 1.5, 3},
		"reversed": {[]float64{1, 2, 3}, []float64{6, 4, 2}, -1, -2, 3},
		"constant": {[]float64{1, 1, 1}, []float64{1, 2, 3}, nan, nan, 3},
		"equal":    {[]float64{1, 2, 3}, []float64{4, 4, 4}, nan, nan, 3},
		"two":      {[]float64{1, 2}, []float64{1, 2}, nan, nan, 2},
		"none":     {nil, nil, nan, nan, 0},
	} {
		if r, beta, n := Correlate(c.x, c.y); !near(r, c.r, 1e-12) || !near(beta, c.beta, 1e-12) || n != c.n {
			t.Errorf("%s: %g, %g, %d; want %g, %g, %d", name, r, beta, n, c.r, c.beta, c.n)
		}
	}
}

// relatedSet: y = 2a − b + noise; c is noise, d a copy of 3a, e constant.
func relatedSet(n int) Table {
	r := rand.New(rand.NewPCG(8, 8))
	t := Table{Names: []string{"a", "b", "c", "d", "e"}}
	for range n {
		a, b, c := r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
		t.X = append(t.X, []float64{a, b, c, 3 * a, 7})
		t.Y = append(t.Y, 40+2*a-b+0.5*r.NormFloat64())
	}
	return t
}

func TestRelate(t *testing.T) {
	set := relatedSet(80)
	relations, err := Relate(context.Background(), set, 1)
	if err != nil {
		t.Fatal(err)
	}
	a, b, c, d, e := relations[0], relations[1], relations[2], relations[3], relations[4]
	if !near(a.Beta, 2, 0.4) || !near(b.Beta, -1, 0.5) || a.Correlation < 0.7 || b.Correlation > -0.2 {
		t.Errorf("a %+v, b %+v", a, b)
	}
	if a.P > 1e-6 || b.P > 1e-6 || c.P < 0.01 || a.Coefficient < 1.5 || b.Coefficient > -0.7 {
		t.Errorf("linear: a %+v, b %+v, c %+v", a, b, c)
	}
	if d.Reason != collinearReason || !math.IsNaN(d.P) || !near(d.Correlation, a.Correlation, 1e-12) {
		t.Errorf("a copy: %+v", d)
	}
	if e.Reason == "" || !math.IsNaN(e.Correlation) || !math.IsNaN(e.Importance) {
		t.Errorf("constant: %+v", e)
	}
	if a.ImportanceLow <= c.ImportanceHigh || !(a.ImportanceLow < a.Importance && a.Importance < a.ImportanceHigh) {
		t.Errorf("importance: a %+v, noise %+v", a, c)
	}
	again, _ := Relate(context.Background(), set, 1)
	for j := range again {
		if again[j].Importance != relations[j].Importance && !math.IsNaN(again[j].Importance) {
			t.Errorf("same seed, importance %g and %g", again[j].Importance, relations[j].Importance)
		}
	}
}

// Many columns: ridge and no p-values. Few runs, equal targets, gaps: answers, no panics.
func TestRelateAtTheEdges(t *testing.T) {
	nan := math.NaN()
	few := relatedSet(14)
	relations, err := Relate(context.Background(), few, 1)
	if err != nil || relations[0].Reason != "" && relations[0].Reason != ridgeReason {
		t.Errorf("%+v, %v", relations[0], err)
	}
	wide := friedman1(30, 20, 1)
	wide.X[3][4] = nan
	relations, err = Relate(context.Background(), wide, 1)
	if r := relations[4]; err != nil || r.Reason != ridgeReason || !math.IsNaN(r.P) || math.IsNaN(r.Coefficient) || r.Runs != 29 {
		t.Errorf("more columns than a third of the runs: %+v, %v", r, err)
	}
	one := Table{Names: []string{"a"}, X: [][]float64{{1}}, Y: []float64{2}}
	for name, set := range map[string]Table{
		"one run": one, "no runs": {Names: []string{"a"}}, "no targets": {Names: []string{"a"}, X: [][]float64{{1}, {2}}, Y: []float64{nan, nan}},
	} {
		if relations, err = Relate(context.Background(), set, 1); err != nil || relations[0].Reason == "" || !math.IsNaN(relations[0].Coefficient) {
			t.Errorf("%s: %+v, %v", name, relations, err)
		}
	}
	equal := relatedSet(40)
	equal.Y = slices.Repeat([]float64{3}, 40)
	if relations, err = Relate(context.Background(), equal, 1); err != nil || relations[0].Reason == "" || !math.IsNaN(relations[0].Importance) {
		t.Errorf("equal targets: %+v, %v", relations, err)
	}
	for name, set := range map[string]Table{
		"ragged":   {Names: []string{"a"}, X: [][]float64{{1, 2}}, Y: []float64{1}},
		"targets":  {Names: []string{"a"}, X: [][]float64{{1}}},
		"infinite": {Names: []string{"a"}, X: [][]float64{{math.Inf(1)}}, Y: []float64{1}},
		"groups":   {Names: []string{"a"}, X: [][]float64{{1}}, Y: []float64{1}, Groups: []string{"x", "y"}},
	} {
		if _, err := Relate(context.Background(), set, 1); !errors.Is(err, ErrBadTable) {
			t.Errorf("%s: %v, want ErrBadTable", name, err)
		}
	}
}

// Confirmed are columns that matter, not noise; the same in parent and child.
func TestSelect(t *testing.T) {
	set := friedman1(100, 4, 2)
	for i := range set.X {
		set.X[i][8] = 1
	}
	selected, err := Select(context.Background(), set, 3)
	if err != nil {
		t.Fatal(err)
	}
	if !selected[3].Confirmed || selected[3].Hits < 15 || selected[8].Hits != 0 {
		t.Errorf("%+v: want column 3 confirmed and the constant one without hits", selected)
	}
	for _, s := range selected[5:] {
		if s.Confirmed {
			t.Errorf("noise confirmed: %+v", s)
		}
	}
	answer, err := ask(t, Request{Table: set, Options: Options{Seed: 3}, Select: true})
	if err != nil || !slices.Equal(answer.Selected, selected) {
		t.Errorf("child %+v, %v", answer.Selected, err)
	}
	narrow := table(1, 0)
	for i := range 24 {
		narrow.X, narrow.Y = append(narrow.X, []float64{float64(i)}), append(narrow.Y, float64(i)/24)
	}
	if selected, err := Select(context.Background(), narrow, 1); err != nil || !selected[0].Confirmed {
		t.Errorf("one column: %+v, %v", selected, err)
	}
	if _, err := Select(context.Background(), Table{}, 1); !errors.Is(err, ErrTooFewRuns) {
		t.Errorf("no runs: %v", err)
	}
}
