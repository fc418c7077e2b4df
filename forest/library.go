package forest

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"sync"

	randomforest "github.com/malaschitz/randomForest"
)

// The library draws from the global generator and panics inside its own goroutines, where no recover reaches. So every
// call goes through this file, one at a time, with input that has been checked.
var generator sync.Mutex

// seedGenerator seeds the global generator, or says that it cannot. The caller holds the lock.
func seedGenerator(seed int64) error {
	want := rand.New(rand.NewSource(seed)).Int63()
	rand.Seed(seed) //nolint:staticcheck // the library draws from the global generator; nothing else seeds it
	if rand.Int63() != want {
		return ErrGenerator
	}
	rand.Seed(seed) //nolint:staticcheck // the library draws from the global generator; nothing else seeds it
	return nil
}

// matrix is input that the library can digest: at least one row, rectangular, finite, column 0 all zeros. Where the
// library finds no split it splits on column 0 at value 0, which then separates nothing and is pruned.
type matrix struct {
	rows    [][]float64
	columns int // the guard included
}

// newMatrix copies filled rows after a guard column.
func newMatrix(filled [][]float64) (matrix, error) {
	if len(filled) == 0 || len(filled[0]) == 0 {
		return matrix{}, fmt.Errorf("%w: empty matrix", ErrBadTable)
	}
	m := matrix{rows: make([][]float64, len(filled)), columns: len(filled[0]) + 1}
	for i, row := range filled {
		if len(row)+1 != m.columns {
			return matrix{}, &ShapeError{Part: "row", Row: i, Got: len(row), Want: m.columns - 1, kind: ErrBadTable}
		}
		m.rows[i] = make([]float64, m.columns)
		for j, v := range row {
			if math.IsNaN(v) || math.Abs(v) > MaxMagnitude {
				return matrix{}, &CellError{Row: i, Column: fmt.Sprint(j), Value: v, Reason: "is not finite", kind: ErrBadTable}
			}
			m.rows[i][j+1] = v
		}
	}
	return m, nil
}

// growth says how one tree is grown.
type growth struct {
	classes int // labels are 0…classes-1
	columns int // tried per split
	depth   int // the root counts as 1
}

// grow trains one classification tree of the library on a bootstrap sample. The same seed grows the same tree.
func grow(m matrix, class []int, g growth, seed int64) (*randomforest.Branch, error) {
	if err := g.check(m, class); err != nil {
		return nil, err
	}
	generator.Lock()
	defer generator.Unlock()
	if err := seedGenerator(seed); err != nil {
		return nil, err
	}
	randomforest.NumWorkers = 1 // zero would hang; more would not repeat
	f := randomforest.Forest{
		Data:      randomforest.ForestData{X: m.rows, Class: class},
		LeafSize:  1,
		MFeatures: g.columns,
		MaxDepth:  g.depth,
	}
	f.Train(1)
	return &f.Trees[0].Root, nil
}

func (g growth) check(m matrix, class []int) error {
	switch {
	case len(m.rows) == 0 || len(class) != len(m.rows):
		return fmt.Errorf("%w: %d labels for %d rows", ErrBadTable, len(class), len(m.rows))
	case g.columns < 1 || g.columns > m.columns:
		return fmt.Errorf("%w: %d of %d columns per split", ErrBadOptions, g.columns, m.columns)
	case g.depth < 1 || g.depth > 20:
		return fmt.Errorf("%w: tree depth %d", ErrBadOptions, g.depth)
	case g.classes < 2 || g.classes > len(m.rows):
		return fmt.Errorf("%w: %d classes for %d rows", ErrBadTable, g.classes, len(m.rows))
	}
	for i, c := range class {
		if c < 0 || c >= g.classes {
			return fmt.Errorf("%w: row %d has label %d of %d", ErrBadTable, i, c, g.classes)
		}
	}
	return nil
}

// isolate gives every row's mean depth in the library's isolation trees; rows that no tree sampled count as deep.
func isolate(ctx context.Context, filled [][]float64, trees int, seed int64) ([]float64, error) {
	m, err := newMatrix(filled) // finite: on ±Inf the library recurses without end
	if err != nil {
		return nil, err
	}
	if trees < 1 || trees > maxStages {
		return nil, fmt.Errorf("%w: %d isolation trees, want 1…%d", ErrBadOptions, trees, maxStages)
	}
	count, sum := make([]int, len(filled)), make([]int, len(filled))
	for t := range trees {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := isolationTree(filled, seed+int64(t))
		if err != nil {
			return nil, err
		}
		for i, r := range f.Results {
			count[i] += r[0]
			sum[i] += r[1]
		}
	}
	depth := make([]float64, len(m.rows))
	for i := range depth {
		depth[i] = math.Inf(1)
		if count[i] > 0 {
			depth[i] = float64(sum[i]) / float64(count[i])
		}
	}
	return depth, nil
}

// isolationTree grows one tree on checked rows.
func isolationTree(rows [][]float64, seed int64) (*randomforest.IsolationForest, error) {
	generator.Lock()
	defer generator.Unlock()
	if err := seedGenerator(seed); err != nil {
		return nil, err
	}
	randomforest.NumWorkers = 1
	f := &randomforest.IsolationForest{X: rows}
	f.Train(1)
	return f, nil
}

// boruta calls the library on checked rows. Its own threshold and its recursion are not used: they keep what a coin
// would.
func boruta(filled [][]float64, class []int, seed int64) (map[int]int, error) {
	m, err := newMatrix(filled)
	if err != nil {
		return nil, err
	}
	if len(class) != len(m.rows) {
		return nil, fmt.Errorf("%w: %d labels for %d rows", ErrBadTable, len(class), len(m.rows))
	}
	generator.Lock()
	defer generator.Unlock()
	if err := seedGenerator(seed); err != nil {
		return nil, err
	}
	randomforest.NumWorkers = 1
	const threshold, recursive, verbose = 0.05, false, false
	_, hits := randomforest.Boruta(m.rows, class, borutaTrees, borutaCycles, threshold, recursive, verbose)
	return hits, nil
}
