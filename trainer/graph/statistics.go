package graph

import (
	"fmt"

	"probewise/trainer"
)

// statistics summarises the kernels, their gradients and the blocks' outputs. It reads what it is given and changes
// nothing of it.
type statistics struct {
	backend trainer.Backend
	blocks  []block

	weights, gradient, activations *plan
	results                        [3][]trainer.Buffer // of weights, gradients, activations: one buffer a block
	zeros                          []trainer.Buffer    // share of zeros of each unit, one buffer a block

	// What a kernel, or its gradient, was before: a copy of each, and what came of comparing.
	keepWeights, keepGradients       *plan
	compareWeights, compareGradients *plan
	distances                        []trainer.Buffer
	kept                             bool // gradients, of the batch before
	lastGradients                    []trainer.Statistics
	noise                            []trainer.Number
}

// The kinds of statistics.
const (
	ofWeights = iota
	ofGradients
	ofActivations
)

// newStatistics lists the calls. at holds the blocks' outputs, in a plan for so many rows.
func newStatistics(b trainer.Backend, blocks []block, at buffers, rows int, training *network, params, grads []trainer.Buffer) (*statistics, error) {
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
	summarise := func(kind int, x trainer.Buffer, p trainer.Plane, below float32) {
		result := alloc(trainer.StatisticsLen)
		s.results[kind] = append(s.results[kind], result)
		summaries[kind] = append(summaries[kind], trainer.Call{
			Op: trainer.StatisticsOp{Plane: p, Below: below}, In: []trainer.Buffer{x}, Out: []trainer.Buffer{result}})
	}
	for i, p := range training.params {
		if p.role != kernelRole {
			continue
		}
		n := params[i].Len()
		all := trainer.Plane{N: 1, C: n, S: 1}
		summarise(ofWeights, params[i], all, trainer.SmallWeight)
		summarise(ofGradients, grads[i], all, trainer.SmallGradient)
		before, distance := alloc(n), alloc(3)
		s.distances = append(s.distances, distance)
		for kind, x := range []trainer.Buffer{params[i], grads[i]} {
			keep[kind] = append(keep[kind], trainer.Call{Op: trainer.CopyOp{Len: n}, In: []trainer.Buffer{x}, Out: []trainer.Buffer{before}})
			compare[kind] = append(compare[kind], trainer.Call{Op: trainer.DistanceOp{Len: n}, In: []trainer.Buffer{x, before}, Out: []trainer.Buffer{distance}})
		}
	}
	for _, block := range blocks {
		summarise(ofActivations, at[block.output], block.plane, trainer.SmallActivation)
		zeros := alloc(block.plane.C)
		s.zeros = append(s.zeros, zeros)
		summaries[ofActivations] = append(summaries[ofActivations], trainer.Call{
			Op: trainer.UnitZerosOp{Plane: block.plane}, In: []trainer.Buffer{at[block.output]}, Out: []trainer.Buffer{zeros}})
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
func (s *statistics) gradients() (err error) {
	if err := s.gradient.run(1, trainer.Step{}); err != nil {
		return err
	}
	if s.lastGradients, err = s.download(ofGradients); err != nil {
		return err
	}
	s.noise = make([]trainer.Number, len(s.blocks))
	err = s.compare(s.compareGradients, s.noise, func(apart, now, before float64) float64 { return apart * apart / (now*now + before*before) })
	if err != nil {
		return err
	}
	if !s.kept {
		for i := range s.noise {
			s.noise[i] = trainer.Missing
		}
	}
	s.kept = false
	return s.keepWeights.run(1, trainer.Step{})
}

// layers puts a record's statistics together. Gradients are those of the last call of gradients; the outputs of n rows
// must be there. With moved, the weights have been updated since.
func (s *statistics) layers(n int, moved bool) ([]trainer.LayerStatistics, error) {
	if err := s.weights.run(1, trainer.Step{}); err != nil {
		return nil, err
	}
	weights, err := s.download(ofWeights)
	if err != nil {
		return nil, err
	}
	if err := s.activations.run(n, trainer.Step{}); err != nil {
		return nil, err
	}
	activations, err := s.download(ofActivations)
	if err != nil {
		return nil, err
	}
	dead, err := s.deadUnits()
	if err != nil {
		return nil, err
	}
	updates := make([]trainer.Number, len(s.blocks))
	if err := s.compare(s.compareWeights, updates, func(apart, _, before float64) float64 { return apart / before }); err != nil {
		return nil, err
	}
	layers := make([]trainer.LayerStatistics, len(s.blocks))
	for i, b := range s.blocks {
		if !moved {
			updates[i] = trainer.Missing
		}
		layers[i] = trainer.LayerStatistics{Layer: b.layer.Name, Type: b.layer.Type, DeadUnits: dead[i],
			Weights: weights[i], Gradients: s.lastGradients[i], Activations: activations[i], UpdateRatio: updates[i], GradientNoise: s.noise[i]}
	}
	return layers, nil
}

// compare runs a plan of distances and turns each into a number. What is not finite is missing.
func (s *statistics) compare(p *plan, to []trainer.Number, of func(apart, now, before float64) float64) error {
	if err := p.run(1, trainer.Step{}); err != nil {
		return err
	}
	var d [3]float32
	for i, buffer := range s.distances {
		if err := s.backend.Download(d[:], buffer); err != nil {
			return err
		}
		to[i] = trainer.Number(of(float64(d[0]), float64(d[1]), float64(d[2])))
		if !to[i].Known() {
			to[i] = trainer.Missing
		}
	}
	return nil
}

// download reads the statistics of one kind. NaN or Inf in any of them is divergence, also where the
// loss does not show it (a dead net's loss is finite).
func (s *statistics) download(kind int) ([]trainer.Statistics, error) {
	var v [trainer.StatisticsLen]float32
	all := make([]trainer.Statistics, len(s.results[kind]))
	for i, buffer := range s.results[kind] {
		if err := s.backend.Download(v[:], buffer); err != nil {
			return nil, err
		}
		if v[trainer.AtNotFinite] > 0 {
			return nil, errDiverged
		}
		at := func(place int) trainer.Number { return trainer.Number(v[place]) }
		all[i] = trainer.Statistics{
			Mean: at(trainer.AtMean), Variance: at(trainer.AtVariance), MaxAbs: at(trainer.AtMaxAbs),
			ShareBelow: at(trainer.AtShareBelow), ShareZero: at(trainer.AtShareZero), L2Norm: at(trainer.AtL2Norm), Kurtosis: at(trainer.AtKurtosis),
			Q01: at(trainer.AtQuantiles), Q50: at(trainer.AtQuantiles + 1), Q99: at(trainer.AtQuantiles + 2),
			Histogram: append([]float32(nil), v[trainer.AtHistogram:]...)}
	}
	return all, nil
}

// deadUnits returns, for each block, the share of units (channels) with more than 99 % exact zeros.
func (s *statistics) deadUnits() ([]trainer.Number, error) {
	shares := make([]trainer.Number, len(s.zeros))
	for i, buffer := range s.zeros {
		zeros := make([]float32, buffer.Len())
		if err := s.backend.Download(zeros, buffer); err != nil {
			return nil, err
		}
		dead := 0
		for _, z := range zeros {
			if z > 0.99 {
				dead++
			}
		}
		shares[i] = trainer.Number(float64(dead) / float64(len(zeros)))
	}
	return shares, nil
}
