package features

import (
	"math"

	"probewise/advisor"
	"probewise/trainer"
)

// AddKey adds the full run that is predicted: natural logarithms of its epochs and images, of the classes and of the
// values of an image. They tell keys apart, and are constants among the runs of one.
func (v *Vector) AddKey(a trainer.Architecture, k advisor.Key) {
	v.group = OfArchitecture
	v.add("log_epochs", math.Log(float64(k.Epochs)))
	v.add("log_images", math.Log(float64(k.Images)))
	v.add("log_classes", math.Log(float64(a.Classes)))
	v.add("log_input", math.Log(float64(a.Input[0]*a.Input[1]*a.Input[2])))
}
