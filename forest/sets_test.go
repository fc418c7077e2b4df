package forest

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// friedman1 is Friedman's (1991) first benchmark, scaled into 0…1: five columns matter, the rest are noise. No column
// is linear.
func friedman1(n, noise int, seed uint64) Table {
	r := rand.New(rand.NewPCG(seed, 1))
	t := table(5+noise, 0)
	for range n {
		row := make([]float64, 5+noise)
		for j := range row {
			row[j] = r.Float64()
		}
		y := 10*math.Sin(math.Pi*row[0]*row[1]) + 20*(row[2]-0.5)*(row[2]-0.5) + 10*row[3] + 5*row[4] + r.NormFloat64()
		t.X = append(t.X, row)
		t.Y = append(t.Y, min(max(y/35, 0), 1))
	}
	return t
}

// curves is a set like ours: k epochs of a noisy learning curve (linear columns) and columns of architecture, of which
// four shape the curve.
func curves(n, k, columns int, seed uint64) Table {
	r := rand.New(rand.NewPCG(seed, 2))
	t := table(columns, k)
	for range n {
		row := make([]float64, columns)
		for j := k; j < columns; j++ {
			row[j] = r.NormFloat64()
		}
		a := row[k:]
		top := 0.6 + 0.08*math.Tanh(a[0]) + 0.06*a[1]*a[1]/(1+a[1]*a[1]) - 0.05*math.Tanh(a[2])
		speed := math.Exp(-1 + 0.6*a[3] + 0.3*r.NormFloat64())
		for e := range k {
			row[e] = 0.1 + (top-0.1)*(1-math.Exp(-speed*float64(e+1))) + 0.01*r.NormFloat64()
		}
		t.X = append(t.X, row)
		t.Y = append(t.Y, min(max(top+0.01*r.NormFloat64(), 0), 1))
	}
	return t
}

// table names columns c0, c1, …; the first few are linear.
func table(columns, linear int) Table {
	t := Table{Linear: make([]bool, columns)}
	for j := range columns {
		t.Names = append(t.Names, fmt.Sprintf("c%d", j))
		t.Linear[j] = j < linear
	}
	return t
}

// rSquared is 1 − residual over total sum of squares.
func rSquared(y, predicted []float64) float64 {
	total, left, m := 0.0, 0.0, mean(y)
	for i := range y {
		total += (y[i] - m) * (y[i] - m)
		left += (y[i] - predicted[i]) * (y[i] - predicted[i])
	}
	return 1 - left/total
}
