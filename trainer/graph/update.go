package graph

import (
	"fmt"
	"math"

	"probewise/trainer"
)

// updates lists the calls that follow forward and backward: first what completes the gradients (penalties of the loss),
// then, in a plan of its own so that gradients can be looked at in between, clipping and the optimizer. What lies
// between the parts is 0, and stays it.
func (s *session) updates(weights, gradients *joined) (complete, update []trainer.Call, err error) {
	t := s.spec.Architecture.Training
	for i, p := range s.net.params {
		if p.role == kernelRole && (p.layer.L1 > 0 || p.layer.L2 > 0) {
			w, dw := weights.parts[i], gradients.parts[i]
			op := trainer.PenaltyGrad{Len: w.Len(), L1: float32(p.layer.L1), L2: float32(p.layer.L2)}
			complete = append(complete, trainer.Call{Op: op, In: []trainer.Buffer{w}, Out: []trainer.Buffer{dw}})
		}
	}
	if t.ClipNorm > 0 {
		update = append(update,
			trainer.Call{Op: trainer.ClipNorm{Max: float32(t.ClipNorm)}, Out: []trainer.Buffer{gradients.whole}})
	}
	op, err := t.Optimizer.Update(weights.whole.Len())
	if err != nil {
		return nil, nil, err
	}
	signature, err := op.Signature()
	if err != nil {
		return nil, nil, fmt.Errorf("%T: %w", op, err)
	}
	out := []trainer.Buffer{weights.whole}
	for _, a := range signature.Out()[1:] {
		state, err := s.backend.Alloc(a.Len)
		if err != nil {
			return nil, nil, fmt.Errorf("allocate the optimizer's state: %w", err)
		}
		out = append(out, state)
	}
	return complete, append(update, trainer.Call{Op: op, In: []trainer.Buffer{gradients.whole}, Out: out}), nil
}

// learningRate is the rate of the update at the given share (0…1) of the full run, in the given epoch (from 0).
func learningRate(t trainer.Training, epoch int, share float64) float64 {
	rate := t.Optimizer.LearningRate
	switch t.Schedule.Type {
	case trainer.StepDown:
		return rate * math.Pow(t.Schedule.Factor, float64(epoch/t.Schedule.Every))
	case trainer.Cosine:
		floor := t.Schedule.Minimum
		return rate * (floor + (1-floor)*(1+math.Cos(math.Pi*share))/2)
	}
	return rate
}

// warmed is the share of the learning rate that update i (from 0) of the given epoch (from 0) gets, with so many
// batches in an epoch: it grows by the same step from update to update, and is 1 once the warm-up is over.
func warmed(s trainer.Schedule, epoch, i, batches int) float64 {
	if s.Warmup == 0 {
		return 1
	}
	return min(float64(epoch*batches+i+1)/(s.Warmup*float64(batches)), 1)
}
