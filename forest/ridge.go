package forest

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// ridge is a linear model with an unpenalised intercept, beside a start: the logit of the accuracy that the run has
// reached so far.
type ridge struct {
	intercept float64
	weight    []float64
	start     float64 // weight of the start, 0…1
}

func (r ridge) predict(z []float64, start float64) float64 {
	sum := r.intercept + r.start*start
	for j, w := range r.weight {
		sum += w * z[j]
	}
	return sum
}

// penalties are tried in units of rows × variance.
var penalties = []float64{10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001}

// averaging says how fast a candidate's say falls with its error: like that of Akaike's weights, exp(−n/2 · log error),
// but half as fast.
const averaging = 0.25

// fitRidge averages ridges over all penalties, each with the say that its grouped cross-validation error gives it: on a
// few dozen runs, to pick the best one is to pick by chance. Where the runs have a start, half of the candidates
// predict the way from there instead of the whole, so that what is penalised is the departure from "no further change"
// and not from the mean. z is rows × columns, clipped and standardised; start may be nil; fold is the fold of each row.
func fitRidge(z [][]float64, y, start []float64, fold []int, folds int) ridge {
	if len(z) == 0 || len(z[0]) == 0 {
		return ridge{intercept: mean(y)}
	}
	candidates, loss := penalisedFits(z, y, fold, folds)
	if start != nil {
		way := make([]float64, len(y))
		for i := range y {
			way[i] = y[i] - start[i]
		}
		more, moreLoss := penalisedFits(z, way, fold, folds)
		for k := range more {
			more[k].start = 1
		}
		candidates, loss = append(candidates, more...), append(loss, moreLoss...)
	}
	return averageRidges(candidates, loss, float64(len(y)))
}

// penalisedFits gives the fit on all rows for every penalty, and its cross-validation error.
func penalisedFits(z [][]float64, y []float64, fold []int, folds int) (fits []ridge, loss []float64) {
	whole := gather(z, y, nil)
	loss = make([]float64, len(penalties))
	for f := range folds {
		held := rowsIn(fold, f)
		if len(held) == 0 || len(held) == len(y) {
			continue
		}
		part := whole.without(gather(z, y, held))
		for p, penalty := range penalties {
			r := part.solve(penalty)
			for _, i := range held {
				e := y[i] - r.predict(z[i], 0)
				loss[p] += e * e
			}
		}
	}
	for _, penalty := range penalties {
		fits = append(fits, whole.solve(penalty))
	}
	return fits, loss
}

// averageRidges: the mean of linear models is one.
func averageRidges(fits []ridge, loss []float64, n float64) ridge {
	least := slices.Min(loss)
	mean := ridge{weight: make([]float64, len(fits[0].weight))}
	total := 0.0
	for k, r := range fits {
		say := 1.0
		if loss[k] > least {
			say = math.Pow(least/loss[k], averaging*n)
		}
		total += say
		mean.intercept += say * r.intercept
		mean.start += say * r.start
		for j, w := range r.weight {
			mean.weight[j] += say * w
		}
	}
	mean.intercept /= total
	mean.start /= total
	for j := range mean.weight {
		mean.weight[j] /= total
	}
	return mean
}

// moments are the normal equations of rows with a leading 1: products is (1+columns)², right the products with y.
type moments struct {
	products *mat.SymDense
	right    *mat.VecDense
	rows     float64
}

// gather sums over the given rows, over all if rows is nil.
func gather(z [][]float64, y []float64, rows []int) moments {
	size := len(z[0]) + 1
	m := moments{products: mat.NewSymDense(size, nil), right: mat.NewVecDense(size, nil)}
	row := mat.NewVecDense(size, nil)
	add := func(i int) {
		row.SetVec(0, 1)
		for j, v := range z[i] {
			row.SetVec(j+1, v)
		}
		m.products.SymRankOne(m.products, 1, row)
		m.right.AddScaledVec(m.right, y[i], row)
		m.rows++
	}
	if rows == nil {
		for i := range z {
			add(i)
		}
	}
	for _, i := range rows {
		add(i)
	}
	return m
}

// without takes the sums of some rows off.
func (m moments) without(part moments) moments {
	size := m.right.Len()
	rest := moments{products: mat.NewSymDense(size, nil), right: mat.NewVecDense(size, nil), rows: m.rows - part.rows}
	for i := range size {
		for j := i; j < size; j++ {
			rest.products.SetSym(i, j, m.products.At(i, j)-part.products.At(i, j))
		}
	}
	rest.right.SubVec(m.right, part.right)
	return rest
}

// solve gives the ridge of one penalty; the mean alone where rounding leaves the equations without a solution.
func (m moments) solve(penalty float64) ridge {
	size := m.right.Len()
	system := mat.NewSymDense(size, nil)
	system.CopySym(m.products)
	for j := 1; j < size; j++ {
		system.SetSym(j, j, system.At(j, j)+penalty*m.rows)
	}
	var factor mat.Cholesky
	solution := mat.NewVecDense(size, nil)
	if !factor.Factorize(system) || factor.SolveVecTo(solution, m.right) != nil {
		return ridge{intercept: m.right.AtVec(0) / m.rows, weight: make([]float64, size-1)}
	}
	r := ridge{intercept: solution.AtVec(0), weight: make([]float64, size-1)}
	for j := range r.weight {
		r.weight[j] = solution.AtVec(j + 1)
	}
	return r
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
