package kernel

import (
	"fmt"

	"probewise/trainer"
)

// argument is one buffer of an op: its name in the op's documentation and the number of values that the op uses.
type argument struct {
	name string
	len  int
}

// signature lists an op's buffers in order.
type signature struct {
	in, out   [5]argument
	ins, outs int
}

// anyNumber as signature.outs: the op takes any number of buffers and uses all their values (ClipNorm).
const anyNumber = -1

func takes(in ...argument) signature {
	s := signature{ins: len(in)}
	copy(s.in[:], in)
	return s
}

func (s signature) gives(out ...argument) signature {
	s.outs = len(out)
	copy(s.out[:], out)
	return s
}

// signatureOf says which buffers op works on, or why its sizes make no sense.
func signatureOf(op trainer.Op) (signature, error) {
	switch o := op.(type) {
	case trainer.ConvOp:
		x, w, y := convSizes(o.Window, o.F)
		return takes(argument{"x", x}, argument{"w", w}).gives(argument{"y", y}), windowError(op, o.Window, o.F)
	case trainer.ConvBiasOp:
		x, w, y := convSizes(o.Window, o.F)
		return takes(argument{"x", x}, argument{"w", w}, argument{"b", o.F}).gives(argument{"y", y}), windowError(op, o.Window, o.F)
	case trainer.ConvDataGrad:
		x, w, y := convSizes(o.Window, o.F)
		return takes(argument{"w", w}, argument{"dy", y}).gives(argument{"dx", x}), windowError(op, o.Window, o.F)
	case trainer.ConvFilterGrad:
		x, w, y := convSizes(o.Window, o.F)
		return takes(argument{"x", x}, argument{"dy", y}).gives(argument{"dw", w}), windowError(op, o.Window, o.F)
	case trainer.MatMul:
		return takes(argument{"a", o.M * o.K}, argument{"b", o.K * o.N}).gives(argument{"c", o.M * o.N}), sizeError(op, o.M, o.K, o.N)
	case trainer.MaxPoolOp:
		return takes(argument{"x", o.N * o.C * o.H * o.W}).gives(argument{"y", o.N * o.C * o.OH * o.OW}), windowError(op, o.Window, 1)
	case trainer.MaxPoolGrad:
		x, y := o.N*o.C*o.H*o.W, o.N*o.C*o.OH*o.OW
		return takes(argument{"x", x}, argument{"dy", y}).gives(argument{"dx", x}), windowError(op, o.Window, 1)
	case trainer.MaxPoolReLUGrad:
		x, y := o.N*o.C*o.H*o.W, o.N*o.C*o.OH*o.OW
		return takes(argument{"x", x}, argument{"dy", y}).gives(argument{"dx", x}), windowError(op, o.Window, 1)
	case trainer.AvgPoolOp:
		return takes(argument{"x", o.N * o.C * o.H * o.W}).gives(argument{"y", o.N * o.C * o.OH * o.OW}), windowError(op, o.Window, 1)
	case trainer.AvgPoolGrad:
		return takes(argument{"dy", o.N * o.C * o.OH * o.OW}).gives(argument{"dx", o.N * o.C * o.H * o.W}), windowError(op, o.Window, 1)
	case trainer.GatherOp:
		x := o.C * o.H * o.W
		packed := (x + trainer.PixelsPerValue - 1) / trainer.PixelsPerValue
		return takes(argument{"pixels", o.Images * packed}, argument{"labels", o.Images}, argument{"picks", 4 * o.N}).
			gives(argument{"x", o.N * x}, argument{"y", o.N}), sizeError(op, o.N, o.Images, o.C, o.H, o.W)
	case trainer.PadOp:
		x, y := padSizes(o)
		return takes(argument{"x", x}).gives(argument{"y", y}), padError(op, o)
	case trainer.PadGrad:
		x, y := padSizes(trainer.PadOp(o))
		return takes(argument{"dy", y}).gives(argument{"dx", x}), padError(op, trainer.PadOp(o))
	}
	return planeSignature(op)
}

// planeSignature covers the ops on trainer.Plane, and leaves the rest to updateSignature.
func planeSignature(op trainer.Op) (signature, error) {
	one := func(p trainer.Plane, in, out string) (signature, error) {
		return takes(argument{in, p.Len()}).gives(argument{out, p.Len()}), planeError(op, p)
	}
	two := func(p trainer.Plane, in1, in2, out string) (signature, error) {
		return takes(argument{in1, p.Len()}, argument{in2, p.Len()}).gives(argument{out, p.Len()}), planeError(op, p)
	}
	switch o := op.(type) {
	case trainer.BiasOp:
		return takes(argument{"x", o.Len()}, argument{"b", o.C}).gives(argument{"y", o.Len()}), planeError(op, o.Plane)
	case trainer.BiasGrad:
		return takes(argument{"dy", o.Len()}).gives(argument{"db", o.C}), planeError(op, o.Plane)
	case trainer.ActivationOp:
		return one(o.Plane, "x", "y")
	case trainer.ActivationGrad:
		return two(o.Plane, "y", "dy", "dx")
	case trainer.SoftmaxOp:
		return one(o.Plane, "x", "y")
	case trainer.SoftmaxGrad:
		return two(o.Plane, "y", "dy", "dx")
	case trainer.AddOp:
		return two(o.Plane, "a", "b", "sum")
	case trainer.BatchNormStats:
		return takes(argument{"x", o.Len()}).gives(argument{"stats", 2 * o.C}), planeError(op, o.Plane)
	case trainer.BatchNormApply:
		return takes(argument{"x", o.Len()}, argument{"stats", 2 * o.C}, argument{"params", 2 * o.C}).gives(argument{"y", o.Len()}),
			planeError(op, o.Plane)
	case trainer.BatchNormParamGrad:
		return takes(argument{"x", o.Len()}, argument{"stats", 2 * o.C}, argument{"dy", o.Len()}).gives(argument{"dparams", 2 * o.C}),
			planeError(op, o.Plane)
	case trainer.BatchNormDataGrad:
		return takes(argument{"x", o.Len()}, argument{"stats", 2 * o.C}, argument{"params", 2 * o.C}, argument{"dparams", 2 * o.C},
			argument{"dy", o.Len()}).gives(argument{"dx", o.Len()}), planeError(op, o.Plane)
	case trainer.BatchNormUpdate:
		return takes(argument{"stats", 2 * o.C}).gives(argument{"running", 2 * o.C}), planeError(op, o.Plane)
	case trainer.DropoutOp:
		s, err := one(o.Plane, "x", "y")
		if err == nil && !(o.Rate >= 0 && o.Rate < 1) {
			err = fmt.Errorf("kernel: %s: rate must be at least 0 and below 1", trainer.OpTitle(op))
		}
		return s, err
	case trainer.CrossEntropyOp:
		return takes(argument{"logits", o.N * o.C}, argument{"labels", o.N}).gives(argument{"loss", 1}), logitsError(op, o.Plane)
	case trainer.CrossEntropyGrad:
		return takes(argument{"logits", o.N * o.C}, argument{"labels", o.N}).gives(argument{"dlogits", o.N * o.C}), logitsError(op, o.Plane)
	case trainer.CorrectOp:
		return takes(argument{"logits", o.N * o.C}, argument{"labels", o.N}).gives(argument{"count", 1}), logitsError(op, o.Plane)
	case trainer.StatisticsOp:
		return takes(argument{"x", o.Len()}).gives(argument{"s", trainer.StatisticsLen}), planeError(op, o.Plane)
	case trainer.UnitZerosOp:
		return takes(argument{"x", o.Len()}).gives(argument{"z", o.C}), planeError(op, o.Plane)
	case trainer.CopyOp:
		return takes(argument{"x", o.Len}).gives(argument{"y", o.Len}), sizeError(op, o.Len)
	case trainer.DistanceOp:
		return takes(argument{"a", o.Len}, argument{"b", o.Len}).gives(argument{"d", 3}), sizeError(op, o.Len)
	}
	return updateSignature(op)
}

// updateSignature covers the ops that change parameters and gradients. Without momentum the velocity is not touched
// and may be empty.
func updateSignature(op trainer.Op) (signature, error) {
	switch o := op.(type) {
	case trainer.PenaltyGrad:
		return takes(argument{"w", o.Len}).gives(argument{"dw", o.Len}), sizeError(op, o.Len)
	case trainer.ClipNorm:
		s := signature{outs: anyNumber}
		if !(o.Max > 0) {
			return s, fmt.Errorf("kernel: %s: the largest norm must be above 0", trainer.OpTitle(op))
		}
		return s, nil
	case trainer.SGDOp:
		return takes(argument{"g", o.Len}).gives(argument{"w", o.Len}, argument{"v", unless(o.Momentum == 0, o.Len)}), sizeError(op, o.Len)
	case trainer.RMSpropOp:
		return takes(argument{"g", o.Len}).gives(argument{"w", o.Len}, argument{"s", o.Len}, argument{"v", unless(o.Momentum == 0, o.Len)}),
			sizeError(op, o.Len)
	case trainer.AdamOp:
		return takes(argument{"g", o.Len}).gives(argument{"w", o.Len}, argument{"m", o.Len}, argument{"v", o.Len}), sizeError(op, o.Len)
	}
	return signature{}, fmt.Errorf("kernel: unknown op %s", trainer.OpTitle(op))
}

func unless(unused bool, n int) int {
	if unused {
		return 0
	}
	return n
}

func convSizes(g trainer.Window, f int) (x, w, y int) {
	return g.N * g.C * g.H * g.W, f * g.C * g.KH * g.KW, g.N * f * g.OH * g.OW
}

func padSizes(o trainer.PadOp) (x, y int) {
	return o.N * o.C * o.H * o.W, o.N * o.C * (o.H + 2*o.PH) * (o.W + 2*o.PW)
}

func sizeError(op trainer.Op, sizes ...int) error {
	for _, n := range sizes {
		if n <= 0 {
			return fmt.Errorf("kernel: %s: every size must be above 0", trainer.OpTitle(op))
		}
	}
	return nil
}

func planeError(op trainer.Op, p trainer.Plane) error {
	if p.N > 0 && p.C > 0 && p.S > 0 {
		return nil
	}
	return sizeError(op, p.N, p.C, p.S)
}

func logitsError(op trainer.Op, p trainer.Plane) error {
	if p.S != 1 {
		return fmt.Errorf("kernel: %s: logits have one position, S = 1", trainer.OpTitle(op))
	}
	return planeError(op, p)
}

func padError(op trainer.Op, o trainer.PadOp) error {
	if o.PH < 0 || o.PW < 0 {
		return fmt.Errorf("kernel: %s: negative padding", trainer.OpTitle(op))
	}
	return sizeError(op, o.N, o.C, o.H, o.W)
}

func windowError(op trainer.Op, g trainer.Window, f int) error {
	if g.N <= 0 || g.C <= 0 || g.H <= 0 || g.W <= 0 || g.KH <= 0 || g.KW <= 0 || g.SH <= 0 || g.SW <= 0 || g.OH <= 0 || g.OW <= 0 || f <= 0 {
		return sizeError(op, 0)
	}
	touches := func(size, kernel, stride, pad, positions int) bool {
		return pad >= 0 && pad < kernel && (positions-1)*stride-pad < size
	}
	if !touches(g.H, g.KH, g.SH, g.PT, g.OH) || !touches(g.W, g.KW, g.SW, g.PL, g.OW) {
		return fmt.Errorf("kernel: %s: a window lies wholly outside the image", trainer.OpTitle(op))
	}
	return nil
}

// check reports an op that is unknown or impossible, and buffers that are missing or too short.
func check[T float](op trainer.Op, in, out [][]T) (signature, error) {
	s, err := signatureOf(op)
	if err != nil {
		return s, err
	}
	if len(in) != s.ins || len(out) != s.outs && s.outs != anyNumber {
		return s, fmt.Errorf("kernel: %s: takes %d buffers in and %d out, got %d and %d", trainer.OpTitle(op), s.ins, s.outs, len(in), len(out))
	}
	for i, b := range in {
		if len(b) < s.in[i].len {
			return s, fmt.Errorf("kernel: %s: in %s has %d values, needs %d", trainer.OpTitle(op), s.in[i].name, len(b), s.in[i].len)
		}
	}
	for i, b := range out {
		if s.outs == anyNumber {
			break
		}
		if len(b) < s.out[i].len {
			return s, fmt.Errorf("kernel: %s: out %s has %d values, needs %d", trainer.OpTitle(op), s.out[i].name, len(b), s.out[i].len)
		}
	}
	return s, nil
}

// Sizes gives the number of values that op uses of each buffer, in the order of its documentation; out is nil for
// ClipNorm, which takes any. The error is that of Reference for an unknown op or impossible sizes.
func Sizes(op trainer.Op) (in, out []int, err error) {
	s, err := signatureOf(op)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range s.in[:s.ins] {
		in = append(in, a.len)
	}
	for _, a := range s.out[:max(s.outs, 0)] {
		out = append(out, a.len)
	}
	return in, out, nil
}
