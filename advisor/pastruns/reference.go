package pastruns

import (
	"slices"
	"sync"

	"probewise/advisor"
	"probewise/trainer"
)

// reference implements advisor.Reference. It is safe for concurrent use.
type reference struct {
	runs   []advisor.PastRun
	thirds []map[string]trainer.DepthThird // of each run's layers

	mu     sync.Mutex
	values map[advisor.Quantity][]float64
}

// newReference answers from the records of past runs.
func newReference(runs []advisor.PastRun) *reference {
	r := &reference{runs: runs, values: map[advisor.Quantity][]float64{}}
	for _, run := range runs {
		r.thirds = append(r.thirds, trainer.DepthThirds(run.Architecture))
	}
	return r
}

// Values implements advisor.Reference.
func (r *reference) Values(q advisor.Quantity) []float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if values, ok := r.values[q]; ok {
		return values
	}
	values := []float64{}
	for i, run := range r.runs {
		for layer, third := range r.thirds[i] {
			if third != q.Third {
				continue
			}
			if x := q.Measure(run.Records, layer); x.Known() {
				values = append(values, float64(x))
			}
		}
	}
	slices.Sort(values)
	r.values[q] = values
	return values
}

// Runs implements advisor.Reference.
func (r *reference) Runs() int { return len(r.runs) }
