package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

// testImages are evaluated at each epoch.
const testImages = 2000

// measure evaluates the net and takes its statistics. It reads the training's parameters and changes none.
type measure struct {
	backend    trainer.Backend
	data       *trainer.Dataset
	validation []int
	test       []int
	input      batch
	evaluation *plan
	loss       trainer.Buffer
	correct    trainer.Buffer

	blocks        []block
	weights       *plan
	gradient      *plan
	activations   *plan
	results       [3][]trainer.Buffer // statistics of weights, gradients, activations: one buffer a block
	zeros         []trainer.Buffer    // share of zeros of each unit, one buffer a block
	lastGradients []trainer.Statistics
}

func newMeasure(b trainer.Backend, spec trainer.Spec, validation []int, training *network, params, grads, running []trainer.Buffer) (*measure, error) {
	rows := max(min(trainer.EvaluationRows, len(validation)), 1)
	net, err := build(spec.Architecture, rows, false, tensor.Float32)
	if err != nil {
		return nil, err
	}
	m := &measure{
		backend: b, data: spec.Data, blocks: net.blocks,
		validation: validation, test: dataset.TestSubset(spec.Data, testImages),
	}
	if m.input, err = newBatch(b, spec.Data, rows); err != nil {
		return nil, err
	}
	at := buffers{net.images: m.input.images, net.labels: m.input.labels}
	for i, p := range net.params {
		at[p.node] = params[i]
	}
	for i, r := range net.running {
		at[r.stats] = running[i]
	}
	wanted := gorgonia.Nodes{net.loss, net.correct}
	for _, block := range net.blocks {
		wanted = append(wanted, block.output)
	}
	if m.evaluation, err = compile(b, at, rows, wanted...); err != nil {
		return nil, err
	}
	m.loss, m.correct = at[net.loss], at[net.correct]
	return m, m.prepareStatistics(at, rows, training, params, grads)
}

// prepareStatistics lists the calls that summarise the kernels, their gradients and the blocks' outputs.
func (m *measure) prepareStatistics(at buffers, rows int, training *network, params, grads []trainer.Buffer) error {
	var calls [3][]trainer.Call
	summarise := func(kind int, x trainer.Buffer, p trainer.Plane, below float32) error {
		result, err := m.backend.Alloc(trainer.StatisticsLen)
		if err != nil {
			return fmt.Errorf("allocate statistics: %w", err)
		}
		m.results[kind] = append(m.results[kind], result)
		calls[kind] = append(calls[kind], trainer.Call{
			Op: trainer.StatisticsOp{Plane: p, Below: below}, In: []trainer.Buffer{x}, Out: []trainer.Buffer{result}})
		return nil
	}
	for i, p := range training.params {
		if p.role != kernelRole {
			continue
		}
		all := trainer.Plane{N: 1, C: params[i].Len(), S: 1}
		if err := summarise(0, params[i], all, trainer.SmallWeight); err != nil {
			return err
		}
		if err := summarise(1, grads[i], all, trainer.SmallGradient); err != nil {
			return err
		}
	}
	for _, block := range m.blocks {
		if err := summarise(2, at[block.output], block.plane, trainer.SmallActivation); err != nil {
			return err
		}
		zeros, err := m.backend.Alloc(block.plane.C)
		if err != nil {
			return fmt.Errorf("allocate statistics: %w", err)
		}
		m.zeros = append(m.zeros, zeros)
		calls[2] = append(calls[2], trainer.Call{
			Op: trainer.UnitZerosOp{Plane: block.plane}, In: []trainer.Buffer{at[block.output]}, Out: []trainer.Buffer{zeros}})
	}
	m.weights, m.gradient = newPlan(m.backend, 1, calls[0]...), newPlan(m.backend, 1, calls[1]...)
	m.activations = newPlan(m.backend, rows, calls[2]...)
	return nil
}

// gradients takes the statistics of the gradients of the batch just computed, before clipping.
func (m *measure) gradients() (err error) {
	if err := m.gradient.run(1, trainer.Step{}); err != nil {
		return err
	}
	m.lastGradients, err = m.download(1)
	return err
}

// record evaluates the validation images (and, at the end of an epoch, the fixed test images) and takes the
// statistics of weights and activations. Gradients are those of the last call of gradients.
func (m *measure) record(whole bool, at trainer.Step) (trainer.EpochRecord, error) {
	r := trainer.EpochRecord{TestLoss: trainer.Missing, TestAccuracy: trainer.Missing}
	if err := m.weights.run(1, at); err != nil {
		return r, err
	}
	weights, err := m.download(0)
	if err != nil {
		return r, err
	}
	var activations []trainer.Statistics
	var dead []trainer.Number
	r.ValidationLoss, r.ValidationAccuracy, err = m.evaluate(m.data.Train, m.validation, at, func(n int) error {
		if err := m.activations.run(n, at); err != nil {
			return err
		}
		if activations, err = m.download(2); err != nil {
			return err
		}
		dead, err = m.deadUnits()
		return err
	})
	if err != nil {
		return r, err
	}
	if whole {
		if r.TestLoss, r.TestAccuracy, err = m.evaluate(m.data.Test, m.test, at, nil); err != nil {
			return r, err
		}
	}
	for i, b := range m.blocks {
		r.Layers = append(r.Layers, trainer.LayerStatistics{
			Layer: b.layer.Name, Type: b.layer.Type, DeadUnits: dead[i],
			Weights: weights[i], Gradients: m.lastGradients[i], Activations: activations[i]})
	}
	return r, nil
}

// testAll evaluates all test images.
func (m *measure) testAll(at trainer.Step) (loss, accuracy trainer.Number, err error) {
	all := make([]int, m.data.Test.Len())
	for i := range all {
		all[i] = i
	}
	return m.evaluate(m.data.Test, all, at, nil)
}

// evaluate returns mean loss and accuracy; first, if given, is called with the rows of the first batch when the net
// has computed it.
func (m *measure) evaluate(images trainer.Images, indices []int, at trainer.Step, first func(n int) error) (loss, accuracy trainer.Number, err error) {
	var seen tally
	for start := 0; start < len(indices); start += m.input.rows {
		n, err := m.input.fill(images, indices[start:min(start+m.input.rows, len(indices))], dataset.Augmentation{})
		if err != nil {
			return 0, 0, err
		}
		if err := m.evaluation.run(n, at); err != nil {
			return 0, 0, err
		}
		if err := seen.add(m.backend, m.loss, m.correct, n); err != nil {
			return 0, 0, err
		}
		if start == 0 && first != nil {
			if err := first(n); err != nil {
				return 0, 0, err
			}
		}
	}
	return seen.loss(), seen.accuracy(), nil
}

// download reads the statistics of one kind. NaN or Inf in any of them is divergence, also where the
// loss does not show it (a dead net's loss is finite).
func (m *measure) download(kind int) ([]trainer.Statistics, error) {
	var v [trainer.StatisticsLen]float32
	statistics := make([]trainer.Statistics, len(m.results[kind]))
	for i, buffer := range m.results[kind] {
		if err := m.backend.Download(v[:], buffer); err != nil {
			return nil, err
		}
		if v[trainer.StatisticsLen-1] > 0 {
			return nil, errDiverged
		}
		statistics[i] = trainer.Statistics{
			Mean: trainer.Number(v[0]), Variance: trainer.Number(v[1]), MaxAbs: trainer.Number(v[2]),
			ShareBelow: trainer.Number(v[3]), ShareZero: trainer.Number(v[4]), L2Norm: trainer.Number(v[5])}
	}
	return statistics, nil
}

// deadUnits returns, for each block, the share of units (channels) with more than 99 % exact zeros.
func (m *measure) deadUnits() ([]trainer.Number, error) {
	shares := make([]trainer.Number, len(m.zeros))
	for i, buffer := range m.zeros {
		zeros := make([]float32, buffer.Len())
		if err := m.backend.Download(zeros, buffer); err != nil {
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
