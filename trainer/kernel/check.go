package kernel

import (
	"errors"
	"fmt"

	"probewise/trainer"
)

// check reports an op that is impossible, and buffers that are missing or too short.
func check[T float](op trainer.Op, in, out [][]T) (trainer.Signature, error) {
	if op == nil {
		return trainer.Signature{}, errors.New("kernel: unknown op nil")
	}
	s, err := op.Signature()
	if err != nil {
		return s, fmt.Errorf("kernel: %s: %w", trainer.OpTitle(op), err)
	}
	ins, outs := s.In(), s.Out()
	if len(in) != len(ins) || len(out) != len(outs) && !s.AnyOuts {
		return s, fmt.Errorf("kernel: %s: takes %d buffers in and %d out, got %d and %d",
			trainer.OpTitle(op), len(ins), len(outs), len(in), len(out))
	}
	for i, a := range ins {
		if len(in[i]) < a.Len {
			return s, shortError(op, "in", a, len(in[i]))
		}
	}
	for i, a := range outs {
		if len(out[i]) < a.Len {
			return s, shortError(op, "out", a, len(out[i]))
		}
	}
	return s, nil
}

func shortError(op trainer.Op, way string, a trainer.Arg, has int) error {
	return fmt.Errorf("kernel: %s: %s %s has %d values, needs %d", trainer.OpTitle(op), way, a.Name, has, a.Len)
}
