package knob

import (
	"probewise/advisor"
	"probewise/trainer"
)

var classWeights = Knob{
	Name:  "class-weights",
	Title: "Class weights",
	Does:  "Counts images of rare classes more in the training loss.",
	Range: "balanced (1/n of a class of n images), balanced_root (1/√n), off.",
	Costs: "Nothing; accuracy over all images often falls where that of rare classes rises.",
	When: "On where rare classes matter and are not told; off where all images count alike. Rules ask for it: an " +
		"architecture does not tell how many images its classes have.",
	Theme: advisor.Retune,
	Asked: true,
	Settings: settings("class-weights", advisor.Retune, func(_ trainer.Architecture, l *list) {
		set := func(w trainer.ClassWeighting) Edit {
			return onTraining(func(t *trainer.Training) { t.ClassWeights = w })
		}
		l.add("balanced_root", "Weight classes by the root of how rare they are", set(trainer.RootBalancedClasses))
		l.add("balanced", "Weight classes by how rare they are", set(trainer.BalancedClasses))
		l.add("off", "Let all images count alike", set(trainer.NoClassWeights))
	}),
	differs: trainingDiffers(func(t trainer.Training) bool { return t.ClassWeights.Weighted() }),
}
