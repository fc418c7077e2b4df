package forest

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A Relation is how one column goes with the target, by four methods. Numbers that are not defined are NaN, and Reason
// says why.
type Relation struct {
	Name string
	Runs int // in which the column is known

	Correlation float64 // Pearson's, over the runs in which the column is known
	Beta        float64 // cov(x, y)/var(x), over the same runs, in units of y for one of x

	// Coefficient is that of a linear regression on all columns, each standardised and with its missing values filled with
	// the median: in units of y for one standard deviation.
	Coefficient, StandardError, PValue float64

	// Importance is how much held-out R² of a forest on all columns falls when the column's values are shuffled among the
	// runs that were held out (Breiman 2001), the mean over shuffles and folds; Spread is its standard deviation over the
	// folds.
	Importance, Spread float64

	Hits int // cycles of Boruta, of 20, in which the column beat every shuffled one; ConfirmedHits confirm it

	Reason string // why the coefficient has no p-value, or is missing
}

// ConfirmedHits is the number of Boruta's cycles from which a column counts as confirmed; 20 coins reach it twice in a
// hundred times.
const ConfirmedHits = 15

// Related are the relations of all columns of a table, in their order.
type Related struct {
	Relations []Relation

	// R² of the linear regression and of the forest. In-sample figures, like those of Salit's paper, say how closely a
	// model follows the runs that it was fitted on, and nothing about others: they stand here beside what is left when
	// each run is predicted by a model that never saw its architecture.
	LinearInSample, LinearHeldOut, ForestInSample, ForestHeldOut float64
}

// Relate relates each column to the target, which may be any number here. The error is one of this package's sentinels,
// wrapped, or that of ctx. Like Fit it holds the global random generator: run it in a child process.
func Relate(ctx context.Context, t Table, o Options) (Related, error) {
	o, err := o.complete()
	if err != nil {
		return Related{}, err
	}
	t.Linear = make([]bool, len(t.Names)) // the forest alone
	scaled := t
	if scaled.Y, err = intoShares(t.Y); err != nil {
		return Related{}, err
	}
	if err := scaled.check(); err != nil {
		return Related{}, err
	}
	r := Related{Relations: make([]Relation, len(t.Names))}
	for j, name := range t.Names {
		r.Relations[j] = Relation{Name: name, Coefficient: math.NaN(), StandardError: math.NaN(), PValue: math.NaN()}
		r.Relations[j].pairwise(t, j)
	}
	few := r.regress(t, o)
	if err := r.permute(ctx, scaled, o, few); err != nil {
		return Related{}, err
	}
	if err := r.confirm(ctx, scaled, o.Seed); err != nil {
		return Related{}, err
	}
	return r, nil
}

// intoShares moves targets into 0.1…0.9, which changes no R².
func intoShares(y []float64) ([]float64, error) {
	low, high := math.Inf(1), math.Inf(-1)
	for i, v := range y {
		if math.IsNaN(v) || math.Abs(v) > MaxMagnitude {
			return nil, &CellError{
				Row:    i,
				Column: "target",
				Value:  v,
				Reason: "is not a number that a regression can take",
				kind:   ErrBadTable,
			}
		}
		low, high = min(low, v), max(high, v)
	}
	if low == high {
		return nil, fmt.Errorf("%w: %d runs at %g", ErrEqualTargets, len(y), low)
	}
	shares := make([]float64, len(y))
	for i, v := range y {
		shares[i] = 0.1 + 0.8*(v-low)/(high-low)
	}
	return shares, nil
}

// pairwise takes the runs in which the column is known.
func (r *Relation) pairwise(t Table, j int) {
	var x, y []float64
	for i, row := range t.X {
		if !math.IsNaN(row[j]) {
			x, y = append(x, row[j]), append(y, t.Y[i])
		}
	}
	r.Runs = len(x)
	r.Correlation, r.Beta = math.NaN(), math.NaN()
	if len(x) > 2 && stat.Variance(x, nil) > 0 {
		r.Beta = stat.Covariance(x, y, nil) / stat.Variance(x, nil)
		if stat.Variance(y, nil) > 0 {
			r.Correlation = stat.Correlation(x, y, nil)
		}
	}
}

// regress is ordinary least squares, or a ridge where there are few runs for the columns, which it says.
func (r *Related) regress(t Table, o Options) (few bool) {
	kept, dropped := fitColumns(t)
	for _, c := range dropped {
		r.Relations[c.source].Reason = "constant"
	}
	z := standardised(t, kept)
	independent := r.independent(kept, z)
	if n, p := len(t.Y), len(independent); n < 2*(p+1) {
		r.ridge(t, kept, z, o)
		return true
	}
	x := mat.NewDense(len(t.Y), len(independent)+1, nil)
	for i, row := range z {
		x.Set(i, 0, 1)
		for k, column := range independent {
			x.Set(i, k+1, row[column])
		}
	}
	y := mat.NewVecDense(len(t.Y), t.Y)
	var qr mat.QR
	qr.Factorize(x)
	var weights mat.VecDense
	if qr.SolveVecTo(&weights, false, y) != nil {
		return false // not with independent columns
	}
	var inverse mat.Dense
	var products mat.Dense
	products.Mul(x.T(), x)
	if inverse.Inverse(&products) != nil {
		return false
	}
	var fitted mat.VecDense
	fitted.MulVec(x, &weights)
	wrong := 0.0
	for i, v := range t.Y {
		wrong += (v - fitted.AtVec(i)) * (v - fitted.AtVec(i))
	}
	freedom := float64(len(t.Y) - len(independent) - 1)
	r.LinearInSample = 1 - wrong/(stat.PopVariance(t.Y, nil)*float64(len(t.Y)))
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}
	for k, column := range independent {
		to := &r.Relations[kept[column].source]
		to.Coefficient = weights.AtVec(k + 1)
		to.StandardError = math.Sqrt(wrong / freedom * inverse.At(k+1, k+1))
		to.PValue = 2 * student.Survival(math.Abs(to.Coefficient/to.StandardError))
	}
	return false
}

// standardised gives the kept columns with mean 0 and standard deviation 1 (n − 1), medians for what is missing.
func standardised(t Table, kept []column) [][]float64 {
	z := make([][]float64, len(t.X))
	for i, row := range t.X {
		z[i] = fill(kept, row, nil)
	}
	values := make([]float64, len(z))
	for k := range kept {
		for i := range z {
			values[i] = z[i][k]
		}
		centre, deviation := stat.MeanStdDev(values, nil)
		for i := range z {
			z[i][k] = (z[i][k] - centre) / deviation
		}
	}
	return z
}

// independent leaves out columns that those before them give (Gram–Schmidt), and says so.
func (r *Related) independent(kept []column, z [][]float64) []int {
	var chosen []int
	basis := [][]float64{constantVector(len(z))}
	for k, c := range kept {
		v := make([]float64, len(z))
		for i := range z {
			v[i] = z[i][k]
		}
		size := dotOf(v, v)
		for range 2 { // once more against rounding
			for _, b := range basis {
				along := dotOf(v, b)
				for i := range v {
					v[i] -= along * b[i]
				}
			}
		}
		left := dotOf(v, v)
		if left < 1e-9*size {
			r.Relations[c.source].Reason = "follows from the columns before it"
			continue
		}
		for i := range v {
			v[i] /= math.Sqrt(left)
		}
		basis = append(basis, v)
		chosen = append(chosen, k)
	}
	return chosen
}

func constantVector(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 1 / math.Sqrt(float64(n))
	}
	return v
}

func dotOf(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// ridge gives coefficients without p-values.
func (r *Related) ridge(t Table, kept []column, z [][]float64, o Options) {
	group := t.groupIndex()
	fold, folds := groupedFolds(group, o.Folds, o.Seed)
	model := fitRidge(z, t.Y, nil, fold, folds)
	wrong := 0.0
	for i, row := range z {
		d := t.Y[i] - model.predict(row, 0)
		wrong += d * d
	}
	r.LinearInSample = 1 - wrong/(stat.PopVariance(t.Y, nil)*float64(len(t.Y)))
	for k, c := range kept {
		to := &r.Relations[c.source]
		to.Coefficient = model.weight[k]
		to.Reason = fmt.Sprintf("a ridge, since %d runs are few for %d columns: no p-value", len(t.Y), len(kept))
	}
}
