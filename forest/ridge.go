package forest

import "gonum.org/v1/gonum/mat"

// ridge is a linear model with an unpenalised intercept.
type ridge struct {
	intercept float64
	weight    []float64
}

func (r ridge) predict(z []float64) float64 {
	sum := r.intercept
	for j, w := range r.weight {
		sum += w * z[j]
	}
	return sum
}

// penalties are tried from the strongest down, in units of rows × variance;
// of equal ones the stronger wins.
var penalties = []float64{10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001}

// fitRidge chooses the penalty with the least grouped cross-validation error.
// z is rows × linear columns, clipped and standardised; fold is the fold of each row.
func fitRidge(z [][]float64, y []float64, fold []int, folds int) ridge {
	if len(z) == 0 || len(z[0]) == 0 {
		return ridge{intercept: mean(y)}
	}
	whole := gather(z, y, nil)
	loss := make([]float64, len(penalties))
	for f := range folds {
		held := rowsIn(fold, f)
		if len(held) == 0 || len(held) == len(y) {
			continue
		}
		part := whole.without(gather(z, y, held))
		for p, penalty := range penalties {
			r := part.solve(penalty)
			for _, i := range held {
				e := y[i] - r.predict(z[i])
				loss[p] += e * e
			}
		}
	}
	best := 0
	for p, e := range loss {
		if e < loss[best] {
			best = p
		}
	}
	return whole.solve(penalties[best])
}

// moments are the normal equations of rows with a leading 1: products is
// (1+columns)², right the products with y.
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

// solve gives the ridge of one penalty; the mean alone where rounding leaves
// the equations without a solution.
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
