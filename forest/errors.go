package forest

import (
	"errors"
	"fmt"
	"strings"
)

// prefix begins the text of every error of this package.
const prefix = "forest: "

// Reason is the text of an error for people: without the name of this package and what it was doing.
func Reason(err error) string {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if reason, ours := strings.CutPrefix(e.Error(), prefix); ours {
			return reason
		}
	}
	return err.Error()
}

// Sentinels, for errors.Is.
var (
	// ErrTooFewRuns: fewer than MinPastRuns rows.
	ErrTooFewRuns = errors.New(prefix + "too few past runs")
	// ErrTooFewGroups: fewer than three architectures, so no honest folds.
	ErrTooFewGroups = errors.New(prefix + "too few architectures for cross-validation")
	// ErrEqualTargets: every run reached the same accuracy; there is nothing to learn.
	ErrEqualTargets = errors.New(prefix + "all test accuracies are equal")
	// ErrBadTable: ragged rows, infinite values, accuracies outside 0…1.
	ErrBadTable = errors.New(prefix + "bad table")
	// ErrBadQuery: a feature vector that does not fit the model.
	ErrBadQuery = errors.New(prefix + "bad feature vector")
	// ErrBadOptions: an option outside its range.
	ErrBadOptions = errors.New(prefix + "bad options")
	// ErrBadModel: a saved model that is cut short, altered or of another version.
	ErrBadModel = errors.New(prefix + "bad saved model")
	// ErrBadRequest: a child request or response that cannot be decoded.
	ErrBadRequest = errors.New(prefix + "bad child message")
	// ErrGenerator: the program was built without the godebug setting randseednop=0, so fits would not repeat.
	ErrGenerator = errors.New(prefix + "the global random generator ignores its seed; build with godebug randseednop=0")
)

// ShapeError names a row, or a list of the table, that has the wrong length.
type ShapeError struct {
	Part      string // "row", "names", "linear", "targets", "groups" or "feature vector"
	Row       int    // index of the row; -1 where Part is a whole list
	Got, Want int
	kind      error
}

func (e *ShapeError) Error() string {
	if e.Row >= 0 {
		return fmt.Sprintf("%v: %s %d has %d values, want %d", e.kind, e.Part, e.Row, e.Got, e.Want)
	}
	return fmt.Sprintf("%v: %s has %d values, want %d", e.kind, e.Part, e.Got, e.Want)
}

// Unwrap gives ErrBadTable or ErrBadQuery.
func (e *ShapeError) Unwrap() error { return e.kind }

// CellError names a value that cannot be used.
type CellError struct {
	Row    int    // index of the run; -1 in a feature vector
	Column string // column name, or "target"
	Value  float64
	Reason string
	kind   error
}

func (e *CellError) Error() string {
	if e.Row >= 0 {
		return fmt.Sprintf("%v: row %d, column %q: %g %s", e.kind, e.Row, e.Column, e.Value, e.Reason)
	}
	return fmt.Sprintf("%v: column %q: %g %s", e.kind, e.Column, e.Value, e.Reason)
}

// Unwrap gives ErrBadTable or ErrBadQuery.
func (e *CellError) Unwrap() error { return e.kind }
