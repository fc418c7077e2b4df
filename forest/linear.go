package forest

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

const (
	rowsPerColumn = 3     // fewer runs per column: ridge, without p-values
	collinear     = 1e-10 // share of its variance that a column must add to those before it
)

const (
	constantReason  = "the column never varies"
	collinearReason = "a combination of columns before it"
	equalReason     = "all targets are equal"
	ridgeReason     = "more than a third as many columns as runs: ridge, which has no p-value"
	fewRunsReason   = "too few runs"
)

// linearRelations fits the linear model: ordinary least squares on
// standardised columns, or ridge where there are too many of them.
func linearRelations(t Table, seed int64, relations []Relation) {
	say := func(j int, reason string) {
		if relations[j].Reason == "" {
			relations[j].Reason = reason
		}
	}
	columns, dropped := fitColumns(t)
	for _, c := range dropped {
		say(c.source, constantReason)
	}
	if len(t.Y) < 3 || constantValues(t.Y) {
		for _, c := range columns {
			say(c.source, map[bool]string{true: fewRunsReason, false: equalReason}[len(t.Y) < 3])
		}
		return
	}
	z := standardColumns(t, columns)
	if len(columns)*rowsPerColumn > len(t.Y) {
		fold, folds := groupedFolds(t.groupIndex(), 10, seed)
		r := fitRidge(transpose(z), t.Y, nil, fold, folds)
		for k, c := range columns {
			relations[c.source].Coefficient = r.weight[k]
			say(c.source, ridgeReason)
		}
		return
	}
	kept := independent(z)
	var used [][]float64
	for k, c := range columns {
		if kept[k] {
			used = append(used, z[k])
		} else {
			say(c.source, collinearReason)
		}
	}
	coefficient, deviation, p := leastSquares(used, t.Y)
	at := 0
	for k, c := range columns {
		if kept[k] {
			r := &relations[c.source]
			r.Coefficient, r.StandardError, r.P = coefficient[at], deviation[at], p[at]
			at++
		}
	}
}

// standardColumns gives the kept columns with mean 0 and standard deviation 1 (n − 1), medians for what is missing.
func standardColumns(t Table, columns []column) [][]float64 {
	z := make([][]float64, len(columns))
	for k, c := range columns {
		for _, row := range t.X {
			v := row[c.source]
			if math.IsNaN(v) {
				v = c.median
			}
			z[k] = append(z[k], v)
		}
		centre, deviation := stat.MeanStdDev(z[k], nil)
		for i := range z[k] {
			z[k][i] = (z[k][i] - centre) / deviation
		}
	}
	return z
}

func transpose(columns [][]float64) [][]float64 {
	rows := make([][]float64, len(columns[0]))
	for i := range rows {
		for _, c := range columns {
			rows[i] = append(rows[i], c[i])
		}
	}
	return rows
}

// independent says which centred columns are no combination of those before them (modified Gram-Schmidt).
func independent(z [][]float64) []bool {
	kept := make([]bool, len(z))
	var basis []*mat.VecDense
	for k, values := range z {
		v := mat.NewVecDense(len(values), append([]float64(nil), values...))
		whole := mat.Dot(v, v)
		for range 2 { // once more, for what rounding left
			for _, b := range basis {
				v.AddScaledVec(v, -mat.Dot(v, b), b)
			}
		}
		if left := mat.Dot(v, v); left > collinear*whole {
			kept[k] = true
			v.ScaleVec(1/math.Sqrt(left), v)
			basis = append(basis, v)
		}
	}
	return kept
}

// leastSquares regresses y on columns of mean 0 and an intercept: coefficients,
// their standard errors √(s² (Z'Z)⁻¹) and two-sided p-values of Student's t
// with n − columns − 1 degrees of freedom (Hastie, Tibshirani and Friedman,
// The Elements of Statistical Learning, section 3.2).
func leastSquares(columns [][]float64, y []float64) (coefficient, deviation, p []float64) {
	n, k := len(y), len(columns)
	if k == 0 {
		return nil, nil, nil
	}
	design := mat.NewDense(n, k+1, nil)
	for i := range n {
		design.Set(i, 0, 1)
		for j, c := range columns {
			design.Set(i, j+1, c[i])
		}
	}
	var factor mat.QR
	factor.Factorize(design)
	solution := mat.NewVecDense(k+1, nil)
	_ = factor.SolveVecTo(solution, false, mat.NewVecDense(n, y)) // independent columns: at worst badly conditioned
	var residual mat.VecDense
	residual.MulVec(design, solution)
	residual.SubVec(mat.NewVecDense(n, y), &residual)
	freedom := float64(n - k - 1)
	variance := mat.Dot(&residual, &residual) / freedom

	var full mat.Dense
	factor.RTo(&full)
	var inverse mat.TriDense
	_ = inverse.InverseTri(triangle(&full, k+1)) // likewise
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}
	for j := 1; j <= k; j++ {
		square := 0.0 // of row j of R⁻¹: the diagonal of (X'X)⁻¹
		for c := j; c <= k; c++ {
			square += inverse.At(j, c) * inverse.At(j, c)
		}
		b, se := solution.AtVec(j), math.Sqrt(variance*square)
		coefficient, deviation = append(coefficient, b), append(deviation, se)
		p = append(p, 2*student.Survival(math.Abs(b)/se))
	}
	return coefficient, deviation, p
}

func triangle(r *mat.Dense, n int) *mat.TriDense {
	t := mat.NewTriDense(n, mat.Upper, nil)
	for i := range n {
		for j := i; j < n; j++ {
			t.SetTri(i, j, r.At(i, j))
		}
	}
	return t
}
