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
	validated   tally // at the latest record
	untested    bool  // records look at no test images

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
		untested:   spec.Untested,
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
	wanted := gorgonia.Nodes{net.loss, net.correct, net.logits}
	for _, block := range net.blocks {
		wanted = append(wanted, block.output)
	}
	if m.evaluation, err = compile(b, at, rows, wanted...); err != nil {
		return nil, err
	}
	m.statistics, err = newStatistics(b, net.blocks, at, rows, training, params, grads)
	return m, err
}

// record evaluates the validation images (and, at the end of an epoch, the fixed test images, unless the run is
// untested) and takes the statistics. With moved, the weights have been updated since their gradients were looked at.
func (m *measure) record(whole, moved bool, at trainer.Step) (trainer.EpochRecord, error) {
	r := trainer.EpochRecord{TestLoss: trainer.Missing, TestAccuracy: trainer.Missing}
	var err error
	m.validated, err = m.evaluate(m.train, m.validation, at, func(n int) (err error) {
		r.Layers, err = m.statistics.layers(n, moved)
		return err
	})
	if err != nil {
		return r, err
	}
	v := m.validated
	r.ValidationLoss, r.ValidationAccuracy, r.ValidationByClass = v.loss(), v.accuracy(), v.byClass()
	if whole && !m.untested {
		tested, err := m.evaluate(m.test, m.tested, at, nil)
		if err != nil {
			return r, err
		}
		r.TestLoss, r.TestAccuracy = tested.loss(), tested.accuracy()
	}
	return r, nil
}

// testAll evaluates all test images.
func (m *measure) testAll(at trainer.Step) (tally, error) {
	return m.evaluate(m.test, upTo(m.test.images.Len()), at, nil)
}

// evaluate counts losses and classes; first, if given, is called with the rows of the first batch when the net has
// computed it.
func (m *measure) evaluate(from *source, indices []int, at trainer.Step, first func(n int) error) (tally, error) {
	var seen tally
	labels := make([]uint16, 0, m.input.rows)
	for start := 0; start < len(indices); start += m.input.rows {
		rows := indices[start:min(start+m.input.rows, len(indices))]
		n, err := m.input.fill(from, rows, dataset.Augmentation{})
		if err != nil {
			return tally{}, err
		}
		if err := m.evaluation.run(n, at); err != nil {
			return tally{}, err
		}
		if err := seen.add(m.scores, n); err != nil {
			return tally{}, err
		}
		labels = labels[:0]
		for _, i := range rows {
			labels = append(labels, from.images.Labels[i])
		}
		seen.addClasses(m.scores, labels)
		if start == 0 && first != nil {
			if err := first(n); err != nil {
				return tally{}, err
			}
		}
	}
	return seen, nil
}
