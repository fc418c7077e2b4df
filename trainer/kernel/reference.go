package kernel

import (
	"fmt"

	"probewise/trainer"
)

type float interface{ float32 | float64 }

// Reference computes op on slices in the order that the op's documentation lists them, in the plainest way. Slices may
// be longer than the op needs: it uses the front. Outputs are overwritten unless the op says "changed in place". The
// error names the op and, where a slice is too short, the argument and both sizes.
func Reference[T float32 | float64](op trainer.Op, in, out [][]T, at trainer.Step) error {
	if _, err := check(op, in, out); err != nil {
		return err
	}
	switch o := op.(type) {
	case trainer.ConvOp:
		convolve(o, in[0], in[1], out[0])
	case trainer.ConvBiasOp:
		convolveBias(o, in[0], in[1], in[2], out[0])
	case trainer.ConvDataGrad:
		convolveDataGrad(o, in[0], in[1], out[0])
	case trainer.ConvFilterGrad:
		convolveFilterGrad(o, in[0], in[1], out[0])
	case trainer.MatMul:
		matMul(o, in[0], in[1], out[0])
	case trainer.BiasOp:
		addBias(o, in[0], in[1], out[0])
	case trainer.BiasGrad:
		biasGrad(o, in[0], out[0])
	case trainer.ActivationOp:
		return activate(o, in[0], out[0])
	case trainer.ActivationGrad:
		return activateGrad(o, in[0], in[1], out[0])
	case trainer.SoftmaxOp:
		softmax(o.Plane, in[0], out[0])
	case trainer.SoftmaxGrad:
		softmaxGrad(o.Plane, in[0], in[1], out[0])
	case trainer.MaxPoolOp:
		maxPool(o.Window, in[0], out[0])
	case trainer.MaxPoolGrad:
		maxPoolGrad(o.Window, in[0], in[1], out[0])
	case trainer.MaxPoolReLUGrad:
		maxPoolReLUGrad(o.Window, in[0], in[1], out[0])
	case trainer.AvgPoolOp:
		avgPool(o.Window, in[0], out[0])
	case trainer.AvgPoolGrad:
		avgPoolGrad(o.Window, in[0], out[0])
	case trainer.BatchNormStats:
		batchNormStats(o.Plane, in[0], out[0])
	case trainer.BatchNormApply:
		batchNormApply(o, in[0], in[1], in[2], out[0])
	case trainer.BatchNormParamGrad:
		batchNormParamGrad(o, in[0], in[1], in[2], out[0])
	case trainer.BatchNormDataGrad:
		batchNormDataGrad(o, in[0], in[1], in[2], in[3], in[4], out[0])
	case trainer.BatchNormUpdate:
		batchNormUpdate(o, in[0], out[0])
	case trainer.DropoutOp:
		dropout(o, in[0], out[0], at)
	case trainer.PadOp:
		pad(o, in[0], out[0])
	case trainer.PadGrad:
		padGrad(trainer.PadOp(o), in[0], out[0])
	case trainer.GatherOp:
		return gatherImages(o, in[0], in[1], in[2], out[0], out[1])
	case trainer.AddOp:
		add(o.Plane, in[0], in[1], out[0])
	case trainer.CrossEntropyOp:
		return crossEntropy(o, in[0], in[1], in[2:], out[0])
	case trainer.CrossEntropyGrad:
		return crossEntropyGrad(o, in[0], in[1], in[2:], out[0])
	case trainer.CorrectOp:
		return correct(o, in[0], in[1], out[0])
	case trainer.PenaltyGrad:
		penaltyGrad(o, in[0], out[0])
	case trainer.ClipNorm:
		clipNorm(o, out)
	case trainer.SGDOp:
		sgd(o, in[0], out[0], out[1], at)
	case trainer.RMSpropOp:
		rmsprop(o, in[0], out[0], out[1], out[2], at)
	case trainer.AdamOp:
		return adam(o, in[0], out[0], out[1], out[2], at)
	default:
		return look(op, in, out)
	}
	return nil
}

// look covers the ops that only look at values.
func look[T float](op trainer.Op, in, out [][]T) error {
	switch o := op.(type) {
	case trainer.StatisticsOp:
		statistics(o, in[0], out[0])
	case trainer.UnitZerosOp:
		unitZeros(o.Plane, in[0], out[0])
	case trainer.CopyOp:
		copy(out[0][:o.Len], in[0])
	case trainer.DistanceOp:
		distance(o, in[0], in[1], out[0])
	default:
		return fmt.Errorf("kernel: unknown op %s", trainer.OpTitle(op))
	}
	return nil
}
