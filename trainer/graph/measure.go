package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

// testImages are evaluated at each epoch.
const testImages = 2000

// measure evaluates the net and takes its statistics. It reads the training's parameters and changes none.
type measure struct {
	backend     trainer.Backend
	train, test *source
	validation  []int // of the training images
	tested      []int // of the test images, at each epoch
	input       batch
	evaluation  *plan
	scores      *scores

	statistics *statistics
}

func newMeasure(b trainer.Backend, spec trainer.Spec, train, test *source, validation []int, training *network,
	params, grads, running []trainer.Buffer) (*measure, error) {
	rows := max(min(trainer.EvaluationRows, len(validation)), 1)
	net, err := build(spec.Architecture, rows, false, tensor.Float32)
	if err != nil {
		return nil, err
	}
	m := &measure{
		backend:    b,
		train:      train,
		test:       test,
		validation: validation,
		tested:     dataset.TestSubset(spec.Data, testImages),
	}
	if m.input, err = newBatch(b, rows, train, test); err != nil {
		return nil, err
	}
	at := buffers{net.images: m.input.images, net.labels: m.input.labels}
	for i, p := range net.params {
		at[p.node] = params[i]
	}
	for i, r := range net.running {
		at[r.stats] = running[i]
	}
	if m.scores, err = newScores(b, at, net); err != nil {
		return nil, err
	}
	wanted := gorgonia.Nodes{net.loss, net.correct}
	for _, block := range net.blocks {
		wanted = append(wanted, block.output)
	}
	if m.evaluation, err = compile(b, at, rows, wanted...); err != nil {
		return nil, err
	}
	m.statistics, err = newStatistics(b, net.blocks, at, rows, training, params, grads)
	return m, err
}

// record evaluates the validation images (and, at the end of an epoch, the fixed test images) and takes the
// statistics. With moved, the weights have been updated since their gradients were looked at.
func (m *measure) record(whole, moved bool, at trainer.Step) (trainer.EpochRecord, error) {
	r := trainer.EpochRecord{TestLoss: trainer.Missing, TestAccuracy: trainer.Missing}
	var err error
	r.ValidationLoss, r.ValidationAccuracy, err = m.evaluate(m.train, m.validation, at, func(n int) (err error) {
		r.Layers, err = m.statistics.layers(n, moved)
		return err
	})
	if err != nil {
		return r, err
	}
	if whole {
		if r.TestLoss, r.TestAccuracy, err = m.evaluate(m.test, m.tested, at, nil); err != nil {
			return r, err
		}
	}
	return r, nil
}

// testAll evaluates all test images.
func (m *measure) testAll(at trainer.Step) (loss, accuracy trainer.Number, err error) {
	return m.evaluate(m.test, upTo(m.test.images.Len()), at, nil)
}

// evaluate returns mean loss and accuracy; first, if given, is called with the rows of the first batch when the net
// has computed it.
func (m *measure) evaluate(from *source, indices []int, at trainer.Step,
	first func(n int) error) (loss, accuracy trainer.Number, err error) {
	var seen tally
	for start := 0; start < len(indices); start += m.input.rows {
		n, err := m.input.fill(from, indices[start:min(start+m.input.rows, len(indices))], dataset.Augmentation{})
		if err != nil {
			return 0, 0, err
		}
		if err := m.evaluation.run(n, at); err != nil {
			return 0, 0, err
		}
		if err := seen.add(m.scores, n); err != nil {
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
