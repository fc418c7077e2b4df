package forest

import (
	"fmt"
	"math"
	"slices"
)

// MinPastRuns is the smallest table that a model is fitted on.
const MinPastRuns = 20

// MaxMagnitude bounds every feature: beyond it, sums of squares overflow.
const MaxMagnitude = 1e100

// minGroups leaves at least one architecture to fit on when two folds are held out.
const minGroups = 3

// Table is a set of finished runs, one row a run.
type Table struct {
	Names  []string    // column names, one per feature
	Linear []bool      // columns of the linear part (the learning curve); the trees see all
	X      [][]float64 // runs × columns; NaN = missing, filled with the column's training median
	Y      []float64   // test accuracy of the full run, 0…1
	// Current names the column that holds the accuracy reached so far, 0…1; "" = none. Ridge and kernel then start from it
	// instead of the mean.
	Current string
	// Reached names the column, 0…1, that a Level starts from; "" = Current.
	Reached string
	Groups  []string // architecture ids; nil or "" = a group of its own
}

// check refuses a table that the estimator or the library could not digest.
func (t Table) check() error {
	n, columns := len(t.X), len(t.Names)
	if n < MinPastRuns {
		return fmt.Errorf("%w: %d, want at least %d", ErrTooFewRuns, n, MinPastRuns)
	}
	for _, list := range []struct {
		part      string
		got, want int
	}{
		{"linear", len(t.Linear), columns},
		{"targets", len(t.Y), n},
		{"groups", len(t.Groups), n},
	} {
		if list.got != list.want && (list.part != "groups" || t.Groups != nil) {
			return &ShapeError{Part: list.part, Row: -1, Got: list.got, Want: list.want, kind: ErrBadTable}
		}
	}
	for _, name := range []string{t.Current, t.Reached} {
		if name != "" && !slices.Contains(t.Names, name) {
			return fmt.Errorf("%w: no column %q for the current accuracy", ErrBadTable, name)
		}
	}
	for i, row := range t.X {
		if len(row) != columns {
			return &ShapeError{Part: "row", Row: i, Got: len(row), Want: columns, kind: ErrBadTable}
		}
		if err := checkRow(row, t.Names, i, ErrBadTable); err != nil {
			return err
		}
	}
	return t.checkTargets()
}

func (t Table) checkTargets() error {
	equal := true
	for i, y := range t.Y {
		if !(y >= 0 && y <= 1) {
			return &CellError{Row: i, Column: "target", Value: y, Reason: "is not an accuracy of 0…1", kind: ErrBadTable}
		}
		equal = equal && y == t.Y[0]
	}
	if equal {
		return fmt.Errorf("%w: %d runs at %g", ErrEqualTargets, len(t.Y), t.Y[0])
	}
	if groups := t.groupCount(); groups < minGroups {
		return fmt.Errorf("%w: %d, want at least %d", ErrTooFewGroups, groups, minGroups)
	}
	return nil
}

// checkRow accepts NaN (missing) and refuses what is infinite or nearly so.
func checkRow(row []float64, names []string, index int, kind error) error {
	for j, v := range row {
		if math.Abs(v) > MaxMagnitude {
			return &CellError{Row: index, Column: names[j], Value: v, Reason: "is infinite or beyond ±1e100", kind: kind}
		}
	}
	return nil
}

// reached is the column that a level starts from; -1 where there is none.
func (t Table) reached() int {
	name := t.Reached
	if name == "" {
		name = t.Current
	}
	if name == "" {
		return -1
	}
	return slices.Index(t.Names, name)
}

// groupIndex numbers the architectures in order of appearance.
func (t Table) groupIndex() []int {
	index := make([]int, len(t.X))
	seen := make(map[string]int)
	next := 0
	for i := range index {
		if t.Groups == nil || t.Groups[i] == "" {
			index[i] = next
			next++
			continue
		}
		id, ok := seen[t.Groups[i]]
		if !ok {
			id = next
			seen[t.Groups[i]] = id
			next++
		}
		index[i] = id
	}
	return index
}

func (t Table) groupCount() int {
	count := 0
	for _, g := range t.groupIndex() {
		count = max(count, g+1)
	}
	return count
}

// pick gives the rows of a table, sharing their values.
func (t Table) pick(rows []int) Table {
	part := Table{Names: t.Names, Linear: t.Linear, Current: t.Current, Reached: t.Reached}
	for _, i := range rows {
		part.X = append(part.X, t.X[i])
		part.Y = append(part.Y, t.Y[i])
	}
	if t.Groups != nil {
		for _, i := range rows {
			part.Groups = append(part.Groups, t.Groups[i])
		}
	}
	return part
}
