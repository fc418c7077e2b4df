package graph

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"probewise/trainer"
)

// norms are the means and variances that evaluations normalise with, of each batch norm. The running statistics that
// Keras and PyTorch evaluate with still hold their start in a young net (0.99¹⁰⁰ of it after 100 updates), and lag
// behind weights that move fast. There they are measured anew before each evaluation, as the mean over training batches
// ("precise batch norm", Wu & Johnson 2021, section 3); docs/training.md has what that changes.
type norms struct {
	running []trainer.Buffer // moved by the updates
	shown   []trainer.Buffer // what evaluations read
	forward *plan            // of a training batch, to the statistics of the last batch norm
	average []*plan          // takes batch i's statistics into the mean over i+1 batches
	settled *plan            // copies the running statistics
	input   []float32        // on the host
	slowest float64          // the greatest momentum
}

const (
	// normImages are about how many training images the statistics are measured on.
	normImages = 1024
	// youngEpochs is how long a net is young at least: the records of shorter probes are alike in it, and shipped runs
	// keep those of these epochs.
	youngEpochs = 5
	// startLeft is the share of their start that running statistics may still hold in a net that is no longer young.
	startLeft = 1e-3
)

// newNorms allocates the statistics; forward are the calls of a training step, at has their buffers.
func (s *session) newNorms(at buffers, forward []trainer.Call) (norms, error) {
	var n norms
	var copies []trainer.Call
	batches := s.normBatches()
	averages := make([][]trainer.Call, batches)
	for _, r := range s.net.running {
		initial := make([]float32, 2*r.plane.C) // mean 0, variance 1
		for i := r.plane.C; i < len(initial); i++ {
			initial[i] = 1
		}
		running, err := upload(s.backend, initial)
		shown, err2 := upload(s.backend, initial)
		if err := errors.Join(err, err2); err != nil {
			return n, fmt.Errorf("%s: %w", r.name, err)
		}
		n.running, n.shown = append(n.running, running), append(n.shown, shown)
		n.slowest = max(n.slowest, float64(r.momentum))
		copies = append(copies, trainer.Call{
			Op:  trainer.CopyOp{Len: len(initial)},
			In:  []trainer.Buffer{running},
			Out: []trainer.Buffer{shown},
		})
		for i := range averages {
			averages[i] = append(averages[i], trainer.Call{
				Op:  trainer.BatchNormUpdate{Plane: r.plane, Momentum: float32(i) / float32(i+1)},
				In:  []trainer.Buffer{at[r.stats]},
				Out: []trainer.Buffer{shown},
			})
		}
	}
	last := -1
	for i, c := range forward {
		if _, measures := c.Op.(trainer.BatchNormStats); measures {
			last = i
		}
	}
	n.settled = newPlan(s.backend, s.input.rows, copies...)
	n.forward = newPlan(s.backend, s.input.rows, slices.Clone(forward[:last+1])...)
	for _, calls := range averages {
		n.average = append(n.average, newPlan(s.backend, s.input.rows, calls...))
	}
	return n, nil
}

// plans are all of them.
func (n *norms) plans() []*plan { return slices.Concat(n.average, []*plan{n.forward, n.settled}) }

// onHost allocates what the batches are prepared in.
func (n *norms) onHost(like batch) {
	if len(n.running) > 0 {
		n.input = make([]float32, like.hostValues())
	}
}

// normBatches is how many batches the statistics are measured on: at least two, as far as there are so many.
func (s *session) normBatches() int {
	return min(max((normImages+s.input.rows-1)/s.input.rows, 2), max(len(s.training)/s.input.rows, 1))
}

// young says whether statistics are measured anew at the moment, in epochs.
func (s *session) young(moment float64) bool {
	return moment <= youngEpochs || math.Pow(s.norms.slowest, float64(s.step.Index)) > startLeft
}

// normalise prepares the statistics for an evaluation at the moment and returns the number of batches that they were
// measured on; 0 where they are the running ones, or there is no batch norm. The training batches have the dropout and
// the augmentation of the latest step. It overwrites the batch on the backend and what was computed of it.
func (s *session) normalise(moment float64) (batches int, err error) {
	switch {
	case len(s.norms.running) == 0:
		return 0, nil
	case !s.young(moment):
		return 0, s.norms.settled.run(s.input.rows, s.step)
	}
	at := s.step
	at.Index = max(at.Index, 1)
	for i, average := range s.norms.average {
		images := s.training[i*s.input.rows : (i+1)*s.input.rows]
		s.input.prepare(s.norms.input, s.train, images, s.augmentation(s.epoch))
		err := errors.Join(s.input.send(s.norms.input, s.train, len(images)), s.norms.forward.run(len(images), at))
		if err := errors.Join(err, average.run(len(images), at)); err != nil {
			return 0, fmt.Errorf("measure the statistics of batch norm: %w", err)
		}
	}
	return len(s.norms.average), nil
}
