package knob

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

var flip = Knob{
	Name:  "flip",
	Title: "Flipped images",
	Does:  "Mirrors training images left to right with probability ½.",
	Range: "On, off.",
	Costs: "Next to nothing; the net learns more slowly.",
	When: "On where mirrored images are still of their class and training accuracy runs ahead of validation accuracy; " +
		"off for digits and text.",
	Theme: advisor.Regularise,
	Settings: settings("flip", advisor.Regularise, func(_ trainer.Architecture, l *list) {
		l.add("on", "Flip training images left to right", Flip)
		l.add("off", "Do not flip training images", onTraining(func(t *trainer.Training) { t.Augment.Flip = false }))
	}),
	differs: trainingDiffers(func(t trainer.Training) bool { return t.Augment.Flip }),
}

// Flip mirrors training images at random.
func Flip(a *trainer.Architecture) { a.Training.Augment.Flip = true }

// cropPixels are the sizes of crop.
var cropPixels = []int{2, 4}

var crop = Knob{
	Name:  "crop",
	Title: "Shifted images",
	Does:  "Shifts training images by a random number of pixels, zeros moving in.",
	Range: fmt.Sprintf("0 (off) to half the image's smaller side; %d, %d, off.", cropPixels[0], cropPixels[1]),
	Costs: "Next to nothing; the net learns more slowly.",
	When:  "On where training accuracy runs ahead of validation accuracy in a long training; off in a short one.",
	Theme: advisor.Regularise,
	Settings: settings("crop", advisor.Regularise, func(a trainer.Architecture, l *list) {
		set := func(pixels int) Edit { return onTraining(func(t *trainer.Training) { t.Augment.Crop = pixels }) }
		for _, pixels := range cropPixels {
			l.add(fmt.Sprint(pixels), "Shift training images by up to "+figure.Counted(pixels, "pixel"), set(pixels))
		}
		l.add("off", "Do not shift training images", set(0))
	}),
	differs: trainingDiffers(func(t trainer.Training) int { return t.Augment.Crop }),
}
