package main

import (
	"context"
	"math"
	"strings"
	"testing"

	"probewise/trainer"
)

// counted counts what is trained, in epochs of a net, and sweeps a loss that falls up to a rate of 0.02.
type counted struct {
	net    trainer.Architecture
	epochs float64
	swept  int
	rates  map[float64]bool // that nets were trained with
}

func (c *counted) Start(_ context.Context, s trainer.Spec) (trainer.Session, error) {
	c.rates[s.Architecture.Training.Optimizer.LearningRate] = true
	return &countedSession{counted: c, cost: flops(s.Architecture, 1) / flops(c.net, 1)}, nil
}

func (c *counted) Sweep(_ context.Context, s trainer.Spec, w trainer.Sweep, see func(trainer.SweepPoint) bool) error {
	c.swept++
	for i := range w.Updates {
		c.epochs += float64(s.Architecture.Training.BatchSize) / (images - images/10)
		loss := math.Abs(math.Log10(w.Rate(i)) - math.Log10(0.02))
		if !see(trainer.SweepPoint{LearningRate: w.Rate(i), Loss: trainer.Number(loss)}) {
			break
		}
	}
	return nil
}

type countedSession struct {
	*counted
	cost, at float64
}

func (s *countedSession) BestWeights() []trainer.Tensor { return nil }
func (s *countedSession) Close() error                  { return nil }

func (s *countedSession) TrainTo(ctx context.Context, moment float64, o trainer.Observer) (trainer.Outcome, error) {
	for at := s.at; at <= moment; at += 0.25 {
		r := trainer.EpochRecord{Epoch: at, ValidationAccuracy: 0.5, ValidationLoss: 1}
		if err := o.Record(ctx, r); err != nil {
			return trainer.Outcome{}, err
		}
	}
	s.epochs += s.cost * (moment - s.at)
	s.at = moment
	return trainer.Outcome{Epochs: int(moment)}, nil
}

// TestOursHasTheRangeTest: as the program has it, and its cost is counted; arms without rules have none.
func TestOursHasTheRangeTest(t *testing.T) {
	net := small(2)
	net.Training.BatchSize = 64
	for _, c := range []struct {
		arm    searchArm
		budget float64
		swept  int
	}{
		{searchArm{rules: true, judge: judgedBySight}, 1, 1},
		{searchArm{rules: true, judge: judgedBySight}, 0.4, 0},
		{searchArm{judge: judgedBySight}, 1, 0},
	} {
		f := &counted{net: net, rates: map[float64]bool{}}
		l := smallLab(f)
		l.fitting = &trainer.Dataset{ID: "fitting"}
		r, err := c.arm.revise(t.Context(), l, Net{File: "d/dev/flawed/a.json", Architecture: net}, c.budget, 1)
		if err != nil {
			t.Fatal(err)
		}
		if f.swept != c.swept || math.Abs(r.ComputeShare-f.epochs/epochs) > 1e-9 || r.ComputeShare > c.budget {
			t.Errorf("%+v: %d sweeps, %g spent, %g trained", c, f.swept, r.ComputeShare, f.epochs/epochs)
		}
		if told := strings.HasPrefix(r.Steps[0], "range test, 0.50 epochs: suggests 0.00"); told != (c.swept > 0) {
			t.Errorf("%+v: the first step is %q", c, r.Steps[0])
		}
		tried := false
		for rate := range f.rates {
			tried = tried || rate > 0.004 && rate < 0.009
		}
		if tried != (c.swept > 0) {
			t.Errorf("%+v: tried the rates %v", c, f.rates)
		}
	}
}
