package forest

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// Relation is how one column goes with the target, by four methods side by
// side. NaN stands where a method has no answer; Reason then says why.
type Relation struct {
	Name string
	Runs int // in which column and target are known

	// Correlation is Pearson's, −1…1, and Beta = cov(x, y) / var(x), target units
	// per column unit; both over the runs in which both are known.
	Correlation, Beta float64
	// Coefficient of a linear model of all columns at once, in target units per
	// standard deviation of the column; missing values filled with medians.
	Coefficient, StandardError, P float64
	// Importance is how much of the target's variance is lost on held-out runs
	// when the column is shuffled there, with its 80 % interval.
	Importance, ImportanceLow, ImportanceHigh float64

	Reason string
}

// Relate relates every column of a table to its target: statistics to accuracy,
// or hyperparameters to a statistic. The target may be any number; runs whose
// target is NaN are left out. Of the table, Linear and Current play no part.
// Same table and seed, same answer. The error unwraps to ErrBadTable or is that
// of ctx; too few runs, equal targets and constant columns are answers with NaN.
func Relate(ctx context.Context, t Table, seed int64) ([]Relation, error) {
	t, err := t.related()
	if err != nil {
		return nil, err
	}
	relations := make([]Relation, len(t.Names))
	for j, name := range t.Names {
		column := make([]float64, len(t.X))
		for i, row := range t.X {
			column[i] = row[j]
		}
		r := &relations[j]
		*r = Relation{Name: name, Coefficient: math.NaN(), StandardError: math.NaN(), P: math.NaN(),
			Importance: math.NaN(), ImportanceLow: math.NaN(), ImportanceHigh: math.NaN()}
		r.Correlation, r.Beta, r.Runs = Correlate(column, t.Y)
		if math.IsNaN(r.Correlation) {
			r.Reason = "fewer than three runs, or all values are equal"
		}
	}
	linearRelations(t, seed, relations)
	return relations, importances(ctx, t, seed, relations)
}

// related checks a table for Relate and leaves the runs without target out.
func (t Table) related() (Table, error) {
	if len(t.Y) != len(t.X) {
		return t, &ShapeError{Part: "targets", Row: -1, Got: len(t.Y), Want: len(t.X), kind: ErrBadTable}
	}
	if t.Groups != nil && len(t.Groups) != len(t.X) {
		return t, &ShapeError{Part: "groups", Row: -1, Got: len(t.Groups), Want: len(t.X), kind: ErrBadTable}
	}
	var rows []int
	for i, row := range t.X {
		if len(row) != len(t.Names) {
			return t, &ShapeError{Part: "row", Row: i, Got: len(row), Want: len(t.Names), kind: ErrBadTable}
		}
		if err := checkRow(row, t.Names, i, ErrBadTable); err != nil {
			return t, err
		}
		if math.Abs(t.Y[i]) > MaxMagnitude {
			return t, &CellError{Row: i, Column: "target", Value: t.Y[i], Reason: "is infinite or beyond ±1e100", kind: ErrBadTable}
		}
		if !math.IsNaN(t.Y[i]) {
			rows = append(rows, i)
		}
	}
	t.Linear, t.Current = make([]bool, len(t.Names)), ""
	return t.pick(rows), nil
}

// Correlate gives Pearson's correlation of x and y, and beta = cov(x, y) / var(x),
// over the n pairs in which neither is NaN; NaN where n < 3 or one never varies.
func Correlate(x, y []float64) (correlation, beta float64, n int) {
	if len(x) != len(y) {
		panic(fmt.Sprintf("forest: %d values and %d", len(x), len(y)))
	}
	var a, b []float64
	for i := range x {
		if !math.IsNaN(x[i] + y[i]) {
			a, b = append(a, x[i]), append(b, y[i])
		}
	}
	if len(a) < 3 || constantValues(a) || constantValues(b) {
		return math.NaN(), math.NaN(), len(a)
	}
	correlation = stat.Correlation(a, b, nil)
	return correlation, correlation * stat.StdDev(b, nil) / stat.StdDev(a, nil), len(a)
}

func constantValues(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return true
}
