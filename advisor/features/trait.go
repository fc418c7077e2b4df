package features

import (
	"fmt"
	"slices"

	"probewise/trainer"
)

// Traits names what an architecture makes use of and few features, or none, tell of: kinds of layers, strides, kernels,
// initializers, optimizer, schedule, augmentation. Of what no past run has, a prediction knows nothing, and novelty
// cannot notice it.
func Traits(a trainer.Architecture) []string {
	var all []string
	note := func(used bool, format string, args ...any) {
		if text := fmt.Sprintf(format, args...); used && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	for l := range a.All() {
		switch l.Type {
		case trainer.BatchNorm, trainer.Activate, trainer.Flatten: // the same net as with the layer's own
		default:
			note(true, "%s layers", l.Type)
		}
		if l.Type == trainer.Conv {
			note(true, "kernels of %d×%d", l.Kernel[0], l.Kernel[1])
			note(l.Stride != [2]int{1, 1}, "strides of %d×%d in convolutions", l.Stride[0], l.Stride[1])
		}
		note(l.HasWeights(), "the initializer %s", l.Initializer)
		note(l.Activation != "" && l.Activation != trainer.Linear, "the activation %s", l.Activation)
	}
	t := a.Training
	note(true, "the optimizer %s", t.Optimizer.Type)
	note(t.Optimizer.Type == trainer.AdamW && t.Optimizer.WeightDecay > 0, "decoupled weight decay")
	note(t.Optimizer.Type == trainer.SGD && t.Optimizer.Nesterov, "Nesterov momentum")
	note(true, "the schedule %s", t.Schedule.Type)
	note(t.Schedule.Warmup > 0, "warm-up of the learning rate")
	note(t.Augment.Flip, "flipped images")
	note(t.Augment.Crop > 0, "shifted images")
	return all
}
