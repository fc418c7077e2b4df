package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"probewise/forest"
)

// curves are learning curves from a CSV file: columns acc_<n> are the accuracies after n epochs, other columns of
// numbers are features, columns of text are left out.
type curves struct {
	epochs   []int       // n of the acc columns, ascending
	accuracy [][]float64 // runs × epochs
	names    []string    // of the features
	features [][]float64 // runs × features
}

// readCurves reads a CSV file with a header line. Errors name line and column.
func readCurves(r io.Reader) (curves, error) {
	reader := csv.NewReader(r) // refuses ragged rows, with their line
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return curves{}, errors.New("empty: want a header line")
	} else if err != nil {
		return curves{}, err
	}
	var rows [][]string
	var lines []int
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return curves{}, err
		}
		line, _ := reader.FieldPos(0)
		rows, lines = append(rows, row), append(lines, line)
	}
	return newCurves(header, rows, lines)
}

func newCurves(header []string, rows [][]string, lines []int) (curves, error) {
	var c curves
	at := map[int]int{} // epoch → column
	var features []int
	for j, name := range header {
		if epoch, ok := epochOf(name); ok {
			if _, twice := at[epoch]; twice {
				return c, fmt.Errorf("line 1: two columns for epoch %d", epoch)
			}
			at[epoch] = j
			c.epochs = append(c.epochs, epoch)
		} else if numeric(rows, j) {
			features = append(features, j)
			c.names = append(c.names, name)
		}
	}
	if len(c.epochs) == 0 {
		return c, errors.New("line 1: no columns acc_1, acc_2, …")
	}
	slices.Sort(c.epochs)
	for i, row := range rows {
		var accuracy, values []float64
		for _, epoch := range c.epochs {
			v, err := cell(row[at[epoch]], header[at[epoch]], lines[i])
			if err != nil {
				return c, err
			}
			if v < 0 || v > 1 {
				return c, fmt.Errorf("line %d, column %q: %g is not an accuracy of 0…1", lines[i], header[at[epoch]], v)
			}
			accuracy = append(accuracy, v)
		}
		for _, j := range features {
			v, err := cell(row[j], header[j], lines[i])
			if err != nil {
				return c, err
			}
			values = append(values, v)
		}
		c.accuracy, c.features = append(c.accuracy, accuracy), append(c.features, values)
	}
	return c, nil
}

// epochOf is n for a column acc_<n>.
func epochOf(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, "acc_")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n >= 0
}

// numeric says whether a column's first value is a number, and so all have to be.
func numeric(rows [][]string, j int) bool {
	if len(rows) == 0 {
		return false
	}
	_, err := strconv.ParseFloat(strings.TrimSpace(rows[0][j]), 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

func cell(text, column string, line int) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("line %d, column %q: %q is not a number", line, column, text)
	case math.IsNaN(v) || math.Abs(v) > forest.MaxMagnitude:
		return 0, fmt.Errorf("line %d, column %q: %q is not finite", line, column, text)
	}
	return v, nil
}

// table is what a forest knows after the first k epochs; the target is the last accuracy.
func (c curves) table(k int) (forest.Table, error) {
	known, _ := slices.BinarySearch(c.epochs, k+1) // columns of epochs up to k
	last := c.epochs[len(c.epochs)-1]
	switch {
	case k >= last:
		return forest.Table{}, fmt.Errorf("--epochs %d: the target is the accuracy after %d epochs, so at most %d", k, last, last-1)
	case known == 0:
		return forest.Table{}, fmt.Errorf("--epochs %d: no accuracy up to there; the first is after %d epochs", k, c.epochs[0])
	}
	var t forest.Table
	for i, accuracy := range c.accuracy {
		names, values := forest.Curve(accuracy[:known])
		if i == 0 {
			t.Names = append(slices.Clone(names), c.names...)
			t.Linear = make([]bool, len(t.Names))
			for j := range names {
				t.Linear[j] = true
			}
			t.Current = forest.CurrentAccuracy
		}
		t.X = append(t.X, append(values, c.features[i]...))
		t.Y = append(t.Y, accuracy[len(accuracy)-1])
	}
	return t, nil
}
