package graph

import (
	"context"
	"errors"
	"fmt"
	"math"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

// errDiverged ends an epoch whose loss is NaN or Inf.
var errDiverged = errors.New("diverged")

// recordMoment says at which moment, in epochs, a record stands after batch i of n in the given epoch (from 0); 0 for
// none. Within epochs 1 to 3 there is one after each quarter of the batches.
func recordMoment(epoch, i, n int) (moment float64, whole bool) {
	if i == n-1 {
		return float64(epoch + 1), true
	}
	if epoch >= 3 {
		return 0, false
	}
	for quarter := 1; quarter <= 3; quarter++ {
		if i+1 == (n*quarter+3)/4 {
			return float64(epoch) + float64(quarter)/4, false
		}
	}
	return 0, false
}

// recorded says whether a record can stand at the moment.
func recorded(moment float64) bool {
	return moment >= 0 && (moment == math.Trunc(moment) || moment < 3 && 4*moment == math.Trunc(4*moment))
}

// recordInitial looks at the second batch and the first, without learning from them.
func (s *session) recordInitial(ctx context.Context, o trainer.Observer, clock func() float64) error {
	order := dataset.Order(s.training, s.spec.Seed, 0)
	at := s.step
	at.Index = 1
	look := func(rows []int) error {
		n, err := s.input.fill(s.train, rows, s.augmentation(0))
		if err != nil {
			return err
		}
		return s.forward.run(n, at)
	}
	if second := order[s.input.rows:]; len(second) > 0 {
		if err := errors.Join(look(second[:min(s.input.rows, len(second))]),
			s.measure.statistics.before()); err != nil {
			return err
		}
	}
	if err := errors.Join(look(order[:s.input.rows]), s.measure.statistics.gradients()); err != nil {
		return err
	}
	return s.record(ctx, o, 0, false, tally{}, clock)
}

// record measures the net, hands the record to the observer, reports divergence of the weights, and keeps them where
// the epoch is the best.
func (s *session) record(ctx context.Context, o trainer.Observer, moment float64, whole bool, seen tally,
	clock func() float64) error {
	batches, err := s.normalise(moment)
	if err != nil {
		return err
	}
	r, err := s.measure.record(whole, moment > 0, s.step)
	if err != nil {
		return err
	}
	r.Epoch, r.NormBatches = moment, batches
	r.LearningRate = trainer.Number(s.step.LearningRate)
	if moment == 0 {
		t := s.spec.Architecture.Training // of the first update
		r.LearningRate = trainer.Number(learningRate(t, 0, 0) * warmed(t.Schedule, 0, 0, s.batches()))
	}
	r.TrainLoss, r.TrainAccuracy = seen.loss(), seen.accuracy()
	r.Seconds = clock()
	s.latest = r
	if err := o.Record(ctx, r); err != nil {
		return fmt.Errorf("store the record of epoch %g: %w", moment, err)
	}
	if !r.ValidationLoss.Known() {
		return errDiverged
	}
	if whole {
		return s.keepBest()
	}
	return nil
}

// outcome is how the run stands; a run at its full length is tested on all test images.
func (s *session) outcome() (trainer.Outcome, error) {
	out := trainer.Outcome{
		Diverged:           s.diverged > 0,
		DivergedEpoch:      s.diverged,
		Epochs:             s.epoch,
		Parameters:         s.spec.Architecture.Cost().Parameters,
		Device:             s.backend.Device(),
		TrainLoss:          s.latest.TrainLoss,
		TrainAccuracy:      s.latest.TrainAccuracy,
		ValidationLoss:     s.latest.ValidationLoss,
		ValidationAccuracy: s.latest.ValidationAccuracy,
		TestLoss:           trainer.Missing,
		TestAccuracy:       trainer.Missing,
		ValidationByClass:  s.measure.validated.confused(s.spec.Data.Classes),
	}
	if s.diverged > 0 || !s.ended() {
		return out, nil
	}
	tested, err := s.measure.testAll(s.step)
	out.TestLoss, out.TestAccuracy = tested.loss(), tested.accuracy()
	out.TestByClass = tested.confused(s.spec.Data.Classes)
	return out, err
}

// ended says whether the run has its full length, or diverged.
func (s *session) ended() bool { return s.diverged > 0 || s.epoch >= s.spec.Budget.Epochs }
