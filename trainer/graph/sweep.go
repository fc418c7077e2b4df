package graph

import (
	"context"
	"errors"
	"fmt"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

// Sweep trains a net of its own with the rates of the sweep, on the batches that a run of the spec begins with, and
// tells of each update before it is made. It ends early where see says so, or the loss is no longer finite. The same
// spec and sweep give the same points.
func (t Trainer) Sweep(ctx context.Context, spec trainer.Spec, sweep trainer.Sweep,
	see func(trainer.SweepPoint) (more bool)) (err error) {
	if err := sweep.Check(); err != nil {
		return err
	}
	started, err := t.Start(ctx, spec)
	if err != nil {
		return err
	}
	s := started.(*session)
	defer func() { err = errors.Join(err, s.Close()) }()
	for more := true; more && int(s.step.Index) < sweep.Updates; s.epoch++ {
		if more, err = s.sweepEpoch(ctx, sweep, see); err != nil {
			return fmt.Errorf("sweep of the learning rate, update %d: %w", s.step.Index, err)
		}
	}
	return nil
}

// sweepEpoch makes the updates of one epoch, as far as the sweep goes.
func (s *session) sweepEpoch(ctx context.Context, sweep trainer.Sweep,
	see func(trainer.SweepPoint) (more bool)) (more bool, err error) {
	feed := s.input.feed(s.train, dataset.Order(s.training, s.spec.Seed, s.epoch), s.augmentation(s.epoch))
	defer feed.stop()
	for range s.batches() {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if int(s.step.Index) == sweep.Updates {
			return false, nil
		}
		n, err := feed.next()
		if err != nil {
			return false, err
		}
		rate := sweep.Rate(int(s.step.Index))
		s.step.Index++
		s.step.LearningRate = float32(rate)
		if err := s.forward.run(n, s.step); err != nil {
			return false, err
		}
		loss, _, err := s.scores.latest()
		if err != nil {
			return false, err
		}
		point := trainer.SweepPoint{LearningRate: rate, Loss: trainer.Number(loss)}
		if !see(point) || !point.Loss.Known() {
			return false, nil
		}
		if err := s.update.run(n, s.step); err != nil {
			return false, err
		}
	}
	return true, nil
}
