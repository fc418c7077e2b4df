package forest

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Curves are learning curves with what else is known of each run.
type Curves struct {
	Epochs   []int       // of the accuracies, ascending; the last one is the target
	Accuracy [][]float64 // runs × epochs, 0…1
	Names    []string    // of the other numeric columns
	Others   [][]float64 // runs × names
}

// ReadCurves reads a CSV file with a header: columns acc_<n> are accuracies after n epochs, shares or percentages;
// other columns are features where their cells are numbers or empty (missing), and left out where one is text. Errors
// unwrap to ErrBadTable and name the line.
func ReadCurves(r io.Reader) (Curves, error) {
	var c Curves
	lines := csv.NewReader(r)
	header, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return c, fmt.Errorf("%w: the file is empty", ErrBadTable)
	} else if err != nil {
		return c, fmt.Errorf("%w: %w", ErrBadTable, err)
	}
	place, err := accuracyColumns(header)
	if err != nil {
		return c, err
	}
	for n := range place {
		c.Epochs = append(c.Epochs, n)
	}
	slices.Sort(c.Epochs)
	rows, err := lines.ReadAll()
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrBadTable, err)
	}
	for i, row := range rows {
		curve := make([]float64, len(c.Epochs))
		for j, n := range c.Epochs {
			v, err := strconv.ParseFloat(strings.TrimSpace(row[place[n]]), 64)
			if err != nil || math.IsNaN(v) || v < 0 || v > 100 {
				return c, fmt.Errorf("%w: line %d, column %s: %q is not an accuracy", ErrBadTable, i+2,
					header[place[n]], row[place[n]])
			}
			curve[j] = v
		}
		c.Accuracy = append(c.Accuracy, curve)
		c.Others = append(c.Others, nil)
	}
	c.shares()
	for j, name := range header {
		if !slices.ContainsFunc(c.Epochs, func(n int) bool { return place[n] == j }) {
			c.addFeature(name, j, rows)
		}
	}
	return c, nil
}

// accuracyColumns finds where the accuracies after each epoch stand.
func accuracyColumns(header []string) (map[int]int, error) {
	place := map[int]int{}
	for j, name := range header {
		number, found := strings.CutPrefix(strings.TrimSpace(name), "acc_")
		n, err := strconv.Atoi(number)
		if !found || err != nil {
			continue
		}
		if other, twice := place[n]; twice {
			return nil, fmt.Errorf("%w: columns %s and %s are both of epoch %d", ErrBadTable, header[other], name, n)
		}
		place[n] = j
	}
	if len(place) < 2 {
		return nil, fmt.Errorf("%w: %d columns acc_<epoch>, want at least 2: one to predict from and the last to predict",
			ErrBadTable, len(place))
	}
	return place, nil
}

// shares turns percentages into shares.
func (c *Curves) shares() {
	largest := 0.0
	for _, curve := range c.Accuracy {
		largest = max(largest, slices.Max(curve))
	}
	if largest <= 1 {
		return
	}
	for _, curve := range c.Accuracy {
		for j := range curve {
			curve[j] /= 100
		}
	}
}

// addFeature adds a column if all of it is numbers, or empty: missing.
func (c *Curves) addFeature(name string, column int, rows [][]string) {
	values := make([]float64, len(rows))
	known := false
	for i, row := range rows {
		cell := strings.TrimSpace(row[column])
		if cell == "" {
			values[i] = math.NaN()
			continue
		}
		v, err := strconv.ParseFloat(cell, 64)
		if err != nil || math.Abs(v) > MaxMagnitude {
			return
		}
		values[i], known = v, true
	}
	if !known {
		return
	}
	c.Names = append(c.Names, name)
	for i, v := range values {
		c.Others[i] = append(c.Others[i], v)
	}
}

// CommonColumns leaves of all curves the other columns that each of them has, in the order of the first.
func CommonColumns(all []Curves) {
	common := slices.DeleteFunc(slices.Clone(all[0].Names), func(name string) bool {
		return slices.ContainsFunc(all, func(c Curves) bool { return !slices.Contains(c.Names, name) })
	})
	for k := range all {
		c := &all[k]
		at := make([]int, len(common))
		for i, name := range common {
			at[i] = slices.Index(c.Names, name)
		}
		for i, row := range c.Others {
			c.Others[i] = pick(row, at)
		}
		c.Names = common
	}
}

// Table is what predicts the last accuracy from those up to the given epoch (after it there may be none in the file)
// and from the other columns. The error unwraps to ErrBadTable.
func (c Curves) Table(epochs int) (Table, error) {
	seen, exact := slices.BinarySearch(c.Epochs, epochs)
	if !exact {
		seen--
	}
	if seen < 0 || seen >= len(c.Epochs)-1 {
		return Table{},
			fmt.Errorf("%w: no accuracies of at most %d epochs before the last; there are %v", ErrBadTable, epochs, c.Epochs)
	}
	t := Table{Current: currentAccuracy}
	add := func(name string, linear bool) { t.Names, t.Linear = append(t.Names, name), append(t.Linear, linear) }
	for i, curve := range c.Accuracy {
		names, features := curveFeatures(curve[:seen+1])
		if i == 0 {
			for _, name := range names {
				add(name, true)
			}
			for _, name := range c.Names {
				add(name, false)
			}
		}
		t.X = append(t.X, append(features, c.Others[i]...))
		t.Y = append(t.Y, curve[len(curve)-1])
	}
	return t, nil
}

// curveFeatures gives the features of a learning curve so far, accuracies of 0…1, one for each of the first epochs:
// where it stands, in accuracy and in logits, and how fast it rises. They are few and all for the linear part: each
// says much the same, and every one more costs accuracy on a few dozen runs (docs/prediction.md). What needs more
// epochs than there are is left out, so the names depend on the number of epochs alone. NaN stays NaN.
func curveFeatures(accuracy []float64) (names []string, values []float64) {
	add := func(name string, value float64) {
		names, values = append(names, name), append(values, value)
	}
	n := len(accuracy)
	if n == 0 {
		return nil, nil
	}
	last := accuracy[n-1]
	add(currentAccuracy, last)
	add("logit_accuracy", logit(last))
	if n > 1 {
		add("accuracy_step", last-accuracy[n-2])
	}
	if n > 2 {
		add("accuracy_rise", last-accuracy[0])
		add("accuracy_mean_3", mean(accuracy[n-3:]))
		add("accuracy_slope_3", (last-accuracy[n-3])/2) // least squares over three equidistant points
	}
	return names, values
}

// currentAccuracy names the feature that holds the last accuracy.
const currentAccuracy = "accuracy"
