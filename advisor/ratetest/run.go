package ratetest

import (
	"context"
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// Trainer sweeps the learning rate of a net of its own.
type Trainer interface {
	Sweep(ctx context.Context, spec trainer.Spec, sweep trainer.Sweep, see func(trainer.SweepPoint) (more bool)) error
}

const (
	around     = 100  // times below and above the net's own rate
	leastRate  = 1e-8 // that is tried
	minUpdates = 40
	part       = 0.5 // of an epoch
	exploded   = 4   // times the least smoothed loss
	memory     = 0.9 // of the smoothed loss, from update to update
)

// most is the highest rate that is tried: beyond, updates are larger than the weights whatever the net.
func most(o trainer.Optimizer) float64 {
	if o.Type == trainer.SGD {
		return 10
	}
	return 1
}

// Plan is the sweep for a net: two decades below its rate to two above, within what the optimizer bears. A rate that is
// further than that from the usual one would not be told anything: the sweep goes around the usual one instead.
func Plan(a trainer.Architecture, b trainer.Budget) trainer.Sweep {
	rate, usual := a.Training.Optimizer.LearningRate, knob.UsualRate(a)
	if rate < usual/around || rate > usual*around {
		rate = usual
	}
	epoch := float64(b.Training()) / float64(max(a.Training.BatchSize, 1))
	return trainer.Sweep{
		Low:     max(rate/around, leastRate),
		High:    min(rate*around, most(a.Training.Optimizer)),
		Updates: max(minUpdates, int(math.Round(part*epoch))),
	}
}

// epochs is how long a sweep of so many updates trains.
func epochs(updates int, a trainer.Architecture, b trainer.Budget) float64 {
	training := b.Training()
	return float64(updates*min(a.Training.BatchSize, training)) / float64(training)
}

// Run makes the test of a net. It ends where the smoothed loss explodes. Clipping and penalties stay as they are. With
// an error the test is as far as it came.
func Run(ctx context.Context, t Trainer, spec trainer.Spec) (advisor.RateTest, error) {
	test, err := run(ctx, t, spec)
	if err != nil {
		err = fmt.Errorf("range test of the learning rate: %w", err)
	}
	return test, err
}

func run(ctx context.Context, t Trainer, spec trainer.Spec) (advisor.RateTest, error) {
	test := advisor.RateTest{Suggested: trainer.Missing}
	sweep := Plan(spec.Architecture, spec.Budget)
	s := smoother{}
	err := t.Sweep(ctx, spec, sweep, func(p trainer.SweepPoint) bool {
		test.Points = append(test.Points, advisor.RatePoint{SweepPoint: p, Smoothed: s.next(p.Loss)})
		return !s.exploded()
	})
	test.Epochs = epochs(len(test.Points), spec.Architecture, spec.Budget)
	test.FLOPs = test.Epochs * float64(spec.Budget.Images) * float64(spec.Architecture.Cost().TrainingFLOPs)
	if err != nil {
		return test, err
	}
	test.Suggested, test.Reason = Suggest(test.Points)
	if has := spec.Architecture.Training.Optimizer.LearningRate; test.Suggested.Known() && same(test, has) {
		test.Reason = fmt.Sprintf("the net's own rate, %s, is about that", figure.Setting(has))
	}
	return test, nil
}

// smoother averages losses exponentially, without the bias of the first ones (Kingma & Ba 2015, section 3).
type smoother struct {
	sum, weight, latest, least float64
}

func (s *smoother) next(loss trainer.Number) trainer.Number {
	s.sum = memory*s.sum + (1-memory)*float64(loss)
	s.weight = memory*s.weight + 1 - memory
	s.latest = s.sum / s.weight
	if s.least == 0 || s.latest < s.least {
		s.least = s.latest
	}
	return trainer.Number(s.latest)
}

func (s *smoother) exploded() bool { return !(s.latest <= exploded*s.least) }
