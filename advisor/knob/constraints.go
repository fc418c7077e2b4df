package knob

import (
	"fmt"
	"reflect"
	"slices"

	"probewise/advisor"
	"probewise/trainer"
)

// Constraints is what users fix, forbid and bound. Zero: nothing.
type Constraints advisor.Constraints

// ConstraintError says which constraint makes no sense for an architecture.
type ConstraintError struct {
	Pointer string // JSON Pointer (RFC 6901) into the constraints: /frozen/0
	Message string
}

// Error implements error.
func (e *ConstraintError) Error() string { return "constraints: " + e.Pointer + ": " + e.Message }

// Check says what is wrong with the constraints for the architecture: a layer or knob that there is not, or a bound
// that no net for these images and classes can keep. The error is a *ConstraintError.
func (c Constraints) Check(a trainer.Architecture) error {
	images, classes := int64(a.Input[0])*int64(a.Input[1])*int64(a.Input[2]), int64(a.Classes)
	// one weight for each class, multiplied forward and in its own gradient; the images of an evaluation batch
	for _, b := range []struct {
		pointer      string
		bound, least int64
		of           string
	}{
		{"/max_parameters", c.MaxParameters, classes, "parameters"},
		{"/max_training_flops", c.MaxTrainingFLOPs, 4 * classes, "training FLOPs per image"},
		{"/max_memory", c.MaxMemory, 4 * trainer.EvaluationRows * images, "bytes"},
	} {
		if b.bound < 0 || b.bound > 0 && b.bound < b.least {
			return &ConstraintError{b.pointer, fmt.Sprintf(
				"no net for images of %d×%d×%d and %d classes has at most %d %s: give at least %d, or 0 for no bound",
				a.Input[0], a.Input[1], a.Input[2], a.Classes, b.bound, b.of, b.least)}
		}
	}
	var layers, knobs []string
	for l := range a.All() {
		layers = append(layers, l.Name)
	}
	for _, k := range All() {
		knobs = append(knobs, k.Name)
	}
	for i, name := range c.Frozen {
		if !slices.Contains(layers, name) {
			return unknown("/frozen", i, "layer", name, layers)
		}
	}
	for i, name := range c.Forbid {
		if !slices.Contains(knobs, name) {
			return unknown("/forbid", i, "knob", name, knobs)
		}
	}
	if !slices.ContainsFunc(knobs, func(name string) bool { return !slices.Contains(c.Forbid, name) }) {
		return &ConstraintError{"/forbid", "every knob is forbidden: nothing is left that could be changed"}
	}
	return nil
}

func unknown(place string, i int, noun, name string, known []string) error {
	return &ConstraintError{fmt.Sprintf("%s/%d", place, i),
		fmt.Sprintf("there is no %s %+q%s", noun, name, trainer.Suggest(name, known))}
}

// Allows says whether base may be revised so. A net that is over a bound already must not grow in it; frozen layers,
// with the batch norm, activation and dropout directly after them, stay as they are; and what a forbidden knob stands
// for does not change, whichever setting would change it.
func (c Constraints) Allows(base, revised trainer.Architecture) bool {
	before, after := base.Cost(), revised.Cost()
	return within(c.MaxParameters, before.Parameters, after.Parameters) &&
		within(c.MaxTrainingFLOPs, before.TrainingFLOPs, after.TrainingFLOPs) &&
		within(c.MaxMemory, before.PeakMemory, after.PeakMemory) &&
		!slices.ContainsFunc(c.Frozen, func(name string) bool { return touched(base, revised, name) }) &&
		!slices.ContainsFunc(c.Forbid, func(name string) bool {
			k, ok := Named(name)
			return ok && k.differs != nil && k.differs(base, revised)
		})
}

func within(bound, before, after int64) bool { return bound <= 0 || after <= max(bound, before) }

// touched says whether the layer of the name, or what directly follows it, differs.
func touched(base, revised trainer.Architecture, name string) bool {
	was, is := layerOf(base, name), layerOf(revised, name)
	if was == nil {
		return is != nil
	}
	if is == nil || !reflect.DeepEqual(*was, *is) {
		return true
	}
	before, weighted := Find(&base, name)
	after, _ := Find(&revised, name)
	return weighted && !reflect.DeepEqual(before.Direct(), after.Direct())
}

// differently says whether the value of a layer differs in any layer with weights that both architectures have.
func differently[T comparable](value func(b trainer.Block) T) func(base, revised trainer.Architecture) bool {
	return func(base, revised trainer.Architecture) bool {
		before := map[string]T{}
		for _, b := range trainer.Blocks(&base) {
			before[b.Layer().Name] = value(b)
		}
		for _, b := range trainer.Blocks(&revised) {
			if was, both := before[b.Layer().Name]; both && was != value(b) {
				return true
			}
		}
		return false
	}
}

// trainingDiffers says whether a value of the training differs.
func trainingDiffers[T comparable](value func(t trainer.Training) T) func(base, revised trainer.Architecture) bool {
	return func(base, revised trainer.Architecture) bool { return value(base.Training) != value(revised.Training) }
}

// counts says whether the number of layers that are so differs.
func counts(so func(l trainer.Layer) bool) func(base, revised trainer.Architecture) bool {
	number := func(a trainer.Architecture) (n int) {
		for l := range a.All() {
			if so(*l) {
				n++
			}
		}
		return n
	}
	return func(base, revised trainer.Architecture) bool { return number(base) != number(revised) }
}
