package graph

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

// Trainer starts sessions.
type Trainer struct {
	// Open opens the backend that one session computes on, and closes, with so many threads (Spec.Threads).
	Open func(threads int) (trainer.Backend, error)
	// Memory bounds what the process takes; nil: nothing does.
	Memory *MemoryLimit
}

// session implements trainer.Session.
type session struct {
	spec     trainer.Spec
	backend  trainer.Backend
	net      *network
	forward  *plan // forward, backward, penalties
	update   *plan // running statistics of batch norm, clipping, optimizer
	measure  *measure
	params   []trainer.Buffer // parts of one buffer, so that an update is one call
	weights  trainer.Buffer   // of the classes in the loss; nil: all alike
	norms    norms
	scores   *scores
	input    batch
	training []int // indices of training images

	train, test *source
	keep        bool // the sources, on the backend

	step     trainer.Step
	epoch    int   // finished
	batch    int   // of the next epoch, finished
	seen     tally // of these batches
	latest   trainer.EpochRecord
	best     *best // nil: nobody asked for it
	diverged int   // the epoch, from 1, in which NaN or Inf appeared
	started  bool
	seconds  float64 // trained so far
	release  func()  // what the session has reserved of the memory limit
}

// Start prepares a run: the graph, its plan, initial weights. The session must be closed; besides training it has
// Weights, which tests and programs of comparison look at. A run that would need more memory than the limit, or than
// its backend's device has left, is refused with a *trainer.MemoryError before anything of it is allocated.
func (t Trainer) Start(ctx context.Context, spec trainer.Spec) (trainer.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	training, validation, err := dataset.Partition(spec.Data, spec.Budget.Images)
	if err != nil {
		return nil, err
	}
	release, err := t.Memory.reserve(spec)
	if err != nil {
		return nil, err
	}
	backend, err := t.Open(spec.Threads)
	if err != nil {
		release()
		return nil, fmt.Errorf("open the backend: %w", err)
	}
	s := newSession(spec, backend, training)
	s.release = release
	if s.keep, err = fits(backend, spec); err == nil {
		err = s.prepare(validation)
	}
	if err == nil {
		err = s.initialise()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare %s: %w", spec.Architecture.Name, err), s.Close())
	}
	return s, nil
}

func newSession(spec trainer.Spec, b trainer.Backend, training []int) *session {
	return &session{
		spec:     spec,
		backend:  b,
		training: training,
		train:    &source{data: spec.Data, images: spec.Data.Train},
		test:     &source{data: spec.Data, images: spec.Data.Test},
		step:     trainer.Step{Key: spec.Seed},
		latest: trainer.EpochRecord{
			TrainLoss:          trainer.Missing,
			TrainAccuracy:      trainer.Missing,
			ValidationLoss:     trainer.Missing,
			ValidationAccuracy: trainer.Missing,
		},
	}
}

// Close implements trainer.Session.
func (s *session) Close() error {
	s.release()
	return s.backend.Close()
}

// prepare builds the graph, compiles it and allocates everything on the backend.
func (s *session) prepare(validation []int) (err error) {
	rows := min(s.spec.Architecture.Training.BatchSize, len(s.training))
	if s.net, err = build(s.spec.Architecture, rows, true, tensor.Float32); err != nil {
		return err
	}
	if s.keep {
		err := errors.Join(s.train.keep(s.backend, slices.Concat(s.training, validation)),
			s.test.keep(s.backend, upTo(s.test.images.Len())))
		if err != nil {
			return err
		}
	}
	if s.input, err = newBatch(s.backend, rows, s.train); err != nil {
		return err
	}
	at := buffers{s.net.images: s.input.images, s.net.labels: s.input.labels}
	if s.net.weights != nil {
		if s.weights, err = s.backend.Alloc(s.spec.Architecture.Classes); err != nil {
			return fmt.Errorf("allocate the class weights: %w", err)
		}
		at[s.net.weights] = s.weights
	}
	var sizes []int
	for _, p := range s.net.params {
		sizes = append(sizes, p.node.Shape().TotalSize())
	}
	weights, err := together(s.backend, sizes)
	if err != nil {
		return fmt.Errorf("allocate the weights: %w", err)
	}
	gradients, err := together(s.backend, sizes)
	if err != nil {
		return fmt.Errorf("allocate the gradients: %w", err)
	}
	s.params = weights.parts
	for i, p := range s.net.params {
		at[p.node], at[s.net.grads[i]] = weights.parts[i], gradients.parts[i]
	}
	if s.scores, err = newScores(s.backend, at, s.net); err != nil {
		return err
	}
	wanted := append(gorgonia.Nodes{s.net.loss, s.net.correct}, s.net.grads...)
	for _, r := range s.net.running { // the update reads them
		wanted = append(wanted, r.stats)
	}
	if s.forward, err = compile(s.backend, at, rows, wanted...); err != nil {
		return err
	}
	if s.norms, err = s.newNorms(at, s.forward.calls); err != nil {
		return err
	}
	complete, update, err := s.updates(weights, gradients)
	if err != nil {
		return err
	}
	s.forward.calls = append(s.forward.calls, complete...)
	s.update = newPlan(s.backend, rows, append(s.moveRunning(at), update...)...)
	s.measure, err = newMeasure(s.backend, s.spec, s.train, s.test, validation, s.net, s.params, gradients.parts,
		s.norms.shown)
	return err
}

// classCounts is the number of training images of each class.
func (s *session) classCounts() []int {
	counts := make([]int, s.spec.Architecture.Classes)
	for _, i := range s.training {
		counts[s.spec.Data.Train.Labels[i]]++
	}
	return counts
}

// initialise draws the initial weights, puts on the backend what it keeps, and allocates what is needed on the host.
func (s *session) initialise() error {
	for i, p := range s.net.params {
		values, err := p.initialValues(s.spec.Seed, i)
		if err != nil {
			return err
		}
		if err := s.backend.Upload(s.params[i], values); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if s.weights != nil {
		weights := s.spec.Architecture.Training.ClassWeights.Weights(s.classCounts())
		if err := s.backend.Upload(s.weights, weights); err != nil {
			return fmt.Errorf("class weights: %w", err)
		}
	}
	if err := errors.Join(s.train.upload(s.backend), s.test.upload(s.backend)); err != nil {
		return fmt.Errorf("images: %w", err)
	}
	s.input.onHost(true)
	s.measure.input.onHost(false)
	s.norms.onHost(s.input)
	if s.spec.KeepBest {
		s.best = newBest(s.evaluated())
	}
	return nil
}

// moveRunning lists the calls that move the running statistics. They belong to the update, so that a batch that is only
// looked at does not move them.
func (s *session) moveRunning(at buffers) (calls []trainer.Call) {
	for i, r := range s.net.running {
		calls = append(calls, trainer.Call{
			Op:  trainer.BatchNormUpdate{Plane: r.plane, Momentum: r.momentum},
			In:  []trainer.Buffer{at[r.stats]},
			Out: []trainer.Buffer{s.norms.running[i]},
		})
	}
	return calls
}

// TrainTo implements trainer.Session.
func (s *session) TrainTo(ctx context.Context, moment float64, o trainer.Observer) (trainer.Outcome, error) {
	start := time.Now()
	before := s.seconds
	clock := func() float64 { s.seconds = before + time.Since(start).Seconds(); return s.seconds }
	if !recorded(moment) {
		return trainer.Outcome{}, fmt.Errorf("train to epoch %g: no record ends there", moment)
	}
	if !s.started {
		err := s.recordInitial(ctx, o, clock)
		if errors.Is(err, errDiverged) {
			s.diverged = 1
		} else if err != nil {
			return trainer.Outcome{}, err
		}
		s.started = true
	}
	for s.moment() < min(moment, float64(s.spec.Budget.Epochs)) && s.diverged == 0 {
		err := s.trainEpoch(ctx, moment, o, clock)
		if errors.Is(err, errDiverged) {
			s.diverged = s.epoch + 1
		} else if err != nil {
			return trainer.Outcome{}, fmt.Errorf("epoch %d: %w", s.epoch+1, err)
		}
	}
	outcome, err := s.outcome()
	outcome.Seconds = clock()
	outcome.ParameterEfficiency = trainer.Number(outcome.Seconds / float64(outcome.Parameters))
	if err == nil {
		outcome.Best, err = s.testBest(outcome)
	}
	return outcome, err
}

// moment is how far the training is, in epochs: that of the latest record.
func (s *session) moment() float64 { return max(s.latest.Epoch, float64(s.epoch)) }

// trainEpoch is the training loop: of an epoch, or of what is left of it, to the moment.
func (s *session) trainEpoch(ctx context.Context, moment float64, o trainer.Observer, clock func() float64) error {
	t := s.spec.Architecture.Training
	order := dataset.Order(s.training, s.spec.Seed, s.epoch)
	batches := s.batches()
	feed := s.input.feed(s.train, order[s.batch*s.input.rows:], s.augmentation(s.epoch))
	defer feed.stop()
	for ; s.batch < batches && s.moment() < moment; s.batch++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := feed.next()
		if err != nil {
			return err
		}
		s.step.Index++
		share := (float64(s.epoch) + float64(s.batch)/float64(batches)) / float64(s.spec.Budget.Epochs)
		s.step.LearningRate = float32(learningRate(t, s.epoch, share) * warmed(t.Schedule, s.epoch, s.batch, batches))

		if err := s.forward.run(n, s.step); err != nil {
			return err
		}
		if err := s.seen.add(s.scores, n); err != nil {
			return err
		}
		if !s.seen.finite() {
			return errDiverged
		}
		at, whole := recordMoment(s.epoch, s.batch, batches)
		if err := s.lookAtGradients(at, s.batch, batches); err != nil {
			return err
		}
		if err := s.update.run(n, s.step); err != nil {
			return err
		}
		if at > 0 {
			if err := s.record(ctx, o, at, whole, s.seen, clock); err != nil {
				return err
			}
		}
		o.Progress(trainer.Progress{
			Batch:   s.epoch*batches + s.batch + 1,
			Batches: s.spec.Budget.Epochs * batches,
			Epoch:   s.epoch + 1,
		})
	}
	if s.batch == batches {
		s.epoch, s.batch, s.seen = s.epoch+1, 0, tally{}
	}
	return nil
}

// lookAtGradients takes the statistics of the gradients where batch i ends a record, and keeps them where the next one
// does.
func (s *session) lookAtGradients(moment float64, i, batches int) error {
	if moment > 0 {
		return s.measure.statistics.gradients()
	}
	if next, _ := recordMoment(s.epoch, i+1, batches); next > 0 {
		return s.measure.statistics.before()
	}
	return nil
}

// batches is the number of updates in an epoch.
func (s *session) batches() int { return (len(s.training) + s.input.rows - 1) / s.input.rows }

func (s *session) augmentation(epoch int) dataset.Augmentation {
	return dataset.Augmentation{Augment: s.spec.Architecture.Training.Augment, Seed: s.spec.Seed, Epoch: epoch}
}
