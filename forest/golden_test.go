package forest

import (
	"context"
	"math"
	"testing"
)

// The numbers are those of scikit-learn and SciPy: interop/sklearn/golden.py prints them.
func TestGoldenRelations(t *testing.T) {
	set := Table{Names: []string{"a", "b", "c"}}
	for i := range 24 {
		square := float64(i * i % 13)
		row := []float64{float64(i*7%24) / 10, math.Sqrt(float64(i + 1)), square * square / 50}
		set.X = append(set.X, row)
		set.Y = append(set.Y, 0.3*row[0]-0.2*row[1]+float64(i*5%11)/40)
	}
	related, err := Relate(context.Background(), set, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range [][5]float64{ // correlation, beta, coefficient, its standard error, p
		{0.609547319876, 0.263664959735, 0.237668500077, 0.017682324778, 1.78774668744e-11},
		{-0.600577051464, -0.163335419261, -0.234269540886, 0.018152530540, 3.71976616938e-11},
		{-0.160373717617, -0.044417867853, -0.005140587118, 0.017732333045, 0.77487767252},
	} {
		r := related.Relations[j]
		for k, got := range [5]float64{r.Correlation, r.Beta, r.Coefficient, r.StandardError, r.PValue} {
			if math.Abs(got-want[k]) > 1e-9*max(1, math.Abs(want[k])) {
				t.Errorf("%s, figure %d: %.12g, want %.12g", r.Name, k, got, want[k])
			}
		}
	}
}
