package graph

import (
	"errors"
	"fmt"
	"slices"

	"probewise/trainer"
)

// statistics summarises the kernels, their gradients and the blocks' outputs. It reads what it is given and changes
// nothing of it. All results of a record stay on the backend until they are read, in one copy.
type statistics struct {
	backend trainer.Backend
	blocks  []block
	report  *report

	weights, gradient, activations *plan
	results                        [3][][]float32 // of weights, gradients, activations: by block
	zeros                          [][]float32    // share of zeros of each unit, by block

	// What a kernel, or its gradient, was before: a copy of each, and what comes of comparing, by block.
	keepWeights, keepGradients       *plan
	compareWeights, compareGradients *plan
	distances                        [2][][]float32 // of weights, gradients

	kept     bool // gradients, of the batch before
	compared bool // gradients, with those
}

// The kinds of statistics.
const (
	ofWeights = iota
	ofGradients
	ofActivations
)

// report is one buffer, and what it held when it was last read.
type report struct {
	buffer trainer.Buffer
	values []float32
	used   int
}

// add gives the next n values to a result: where it is computed, and where it is read.
func (r *report) add(b trainer.Backend, n int) (trainer.Buffer, []float32, error) {
	at := r.used
	r.used += aligned(n)
	buffer, err := b.Slice(r.buffer, at, n)
	return buffer, r.values[at : at+n], err
}

// newStatistics lists the calls. at holds the blocks' outputs, in a plan for so many rows.
func newStatistics(b trainer.Backend, blocks []block, at buffers, rows int, training *network,
	params, grads []trainer.Buffer) (*statistics, error) {
	s := &statistics{backend: b, blocks: blocks}
	var summaries [3][]trainer.Call
	var keep, compare [2][]trainer.Call
	var failed error
	alloc := func(n int) trainer.Buffer {
		buffer, err := b.Alloc(n)
		if err != nil && failed == nil {
			failed = fmt.Errorf("allocate statistics: %w", err)
		}
		return buffer
	}
	size := 0
	for _, block := range blocks {
		size += 3*aligned(trainer.StatisticsLen) + 2*aligned(3) + aligned(block.plane.C)
	}
	s.report = &report{buffer: alloc(size), values: make([]float32, size)}
	if failed != nil {
		return nil, failed
	}
	result := func(n int, list *[][]float32) trainer.Buffer {
		buffer, values, err := s.report.add(b, n)
		if err != nil && failed == nil {
			failed = fmt.Errorf("place statistics: %w", err)
		}
		*list = append(*list, values)
		return buffer
	}
	summarise := func(kind int, x trainer.Buffer, p trainer.Plane, below float32) {
		summaries[kind] = append(summaries[kind], trainer.Call{
			Op:  trainer.StatisticsOp{Plane: p, Below: below},
			In:  []trainer.Buffer{x},
			Out: []trainer.Buffer{result(trainer.StatisticsLen, &s.results[kind])},
		})
	}
	for i, p := range training.params {
		if p.role != kernelRole {
			continue
		}
		n := params[i].Len()
		all := trainer.Plane{N: 1, C: n, S: 1}
		summarise(ofWeights, params[i], all, trainer.SmallWeight)
		summarise(ofGradients, grads[i], all, trainer.SmallGradient)
		before := alloc(n)
		for kind, x := range []trainer.Buffer{params[i], grads[i]} {
			keep[kind] = append(keep[kind],
				trainer.Call{Op: trainer.CopyOp{Len: n}, In: []trainer.Buffer{x}, Out: []trainer.Buffer{before}})
			compare[kind] = append(compare[kind], trainer.Call{
				Op:  trainer.DistanceOp{Len: n},
				In:  []trainer.Buffer{x, before},
				Out: []trainer.Buffer{result(3, &s.distances[kind])},
			})
		}
	}
	for _, block := range blocks {
		summarise(ofActivations, at[block.output], block.plane, trainer.SmallActivation)
		summaries[ofActivations] = append(summaries[ofActivations], trainer.Call{
			Op:  trainer.UnitZerosOp{Plane: block.plane},
			In:  []trainer.Buffer{at[block.output]},
			Out: []trainer.Buffer{result(block.plane.C, &s.zeros)},
		})
	}
	if failed != nil {
		return nil, failed
	}
	s.weights, s.gradient = newPlan(b, 1, summaries[ofWeights]...), newPlan(b, 1, summaries[ofGradients]...)
	s.activations = newPlan(b, rows, summaries[ofActivations]...)
	s.keepWeights, s.keepGradients = newPlan(b, 1, keep[ofWeights]...), newPlan(b, 1, keep[ofGradients]...)
	s.compareWeights, s.compareGradients = newPlan(b, 1, compare[ofWeights]...), newPlan(b, 1, compare[ofGradients]...)
	return s, nil
}

// before keeps the gradients of the batch that comes before a record's last one.
func (s *statistics) before() error {
	s.kept = true
	return s.keepGradients.run(1, trainer.Step{})
}

// gradients takes the statistics of the gradients of the batch just computed, before clipping, and keeps the weights as
// they are before their update.
func (s *statistics) gradients() error {
	if err := s.gradient.run(1, trainer.Step{}); err != nil {
		return err
	}
	if s.kept {
		if err := s.compareGradients.run(1, trainer.Step{}); err != nil {
			return err
		}
	}
	s.kept, s.compared = false, s.kept
	return s.keepWeights.run(1, trainer.Step{})
}

// layers puts a record's statistics together. Gradients are those of the last call of gradients; the outputs of n rows
// must be there. With moved, the weights have been updated since.
func (s *statistics) layers(n int, moved bool) ([]trainer.LayerStatistics, error) {
	err := errors.Join(s.weights.run(1, trainer.Step{}), s.activations.run(n, trainer.Step{}),
		s.compareWeights.run(1, trainer.Step{}),
		s.backend.Download(s.report.values, s.report.buffer))
	if err != nil {
		return nil, err
	}
	layers := make([]trainer.LayerStatistics, len(s.blocks))
	for i, b := range s.blocks {
		l := trainer.LayerStatistics{
			Layer:         b.layer.Name,
			Type:          b.layer.Type,
			DeadUnits:     deadUnits(s.zeros[i]),
			UpdateRatio:   trainer.Missing,
			GradientNoise: trainer.Missing,
		}
		for kind, to := range []*trainer.Statistics{&l.Weights, &l.Gradients, &l.Activations} {
			v := s.results[kind][i]
			// NaN or Inf in any of them is divergence, also where the loss does not show it (a dead net's loss is
			// finite).
			if v[trainer.AtNotFinite] > 0 {
				return nil, errDiverged
			}
			*to = summary(v)
		}
		if moved {
			apart, _, before := lengths(s.distances[ofWeights][i])
			l.UpdateRatio = known(apart / before)
		}
		if s.compared {
			apart, now, before := lengths(s.distances[ofGradients][i])
			l.GradientNoise = known(apart * apart / (now*now + before*before))
		}
		layers[i] = l
	}
	return layers, nil
}

// lengths are what trainer.DistanceOp writes.
func lengths(d []float32) (apart, now, before float64) {
	return float64(d[0]), float64(d[1]), float64(d[2])
}

// known is x, missing where that is not finite.
func known(x float64) trainer.Number {
	if n := trainer.Number(x); n.Known() {
		return n
	}
	return trainer.Missing
}

// summary names what trainer.StatisticsOp writes.
func summary(v []float32) trainer.Statistics {
	at := func(place int) trainer.Number { return trainer.Number(v[place]) }
	return trainer.Statistics{
		Mean:       at(trainer.AtMean),
		Variance:   at(trainer.AtVariance),
		MaxAbs:     at(trainer.AtMaxAbs),
		ShareBelow: at(trainer.AtShareBelow),
		ShareZero:  at(trainer.AtShareZero),
		L2Norm:     at(trainer.AtL2Norm),
		Kurtosis:   at(trainer.AtKurtosis),
		Q01:        at(trainer.AtQuantiles),
		Q50:        at(trainer.AtQuantiles + 1),
		Q99:        at(trainer.AtQuantiles + 2),
		Histogram:  slices.Clone(v[trainer.AtHistogram:]),
	}
}

// deadUnits is the share of units (channels) with more than 99 % exact zeros.
func deadUnits(zeros []float32) trainer.Number {
	dead := 0
	for _, z := range zeros {
		if z > 0.99 {
			dead++
		}
	}
	return trainer.Number(float64(dead) / float64(len(zeros)))
}
