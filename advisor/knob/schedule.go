package knob

import (
	"fmt"

	"probewise/advisor"
	"probewise/trainer"
)

const (
	stepFactor = 0.2 // of the step schedule, Zagoruyko & Komodakis 2016
	stepParts  = 3   // that it cuts the training into
)

var schedule = Knob{
	Name:  "schedule",
	Title: "Schedule of the learning rate",
	Does:  "Moves the learning rate over the epochs of the full run.",
	Range: fmt.Sprintf("constant; cosine, down to 0; step, ×%g after each of %d equal parts.", stepFactor, stepParts),
	Costs: "Nothing.",
	When: "cosine or step where validation accuracy swings from epoch to epoch, or the rate is high; constant where the " +
		"rate is so low that a falling one stops the training early.",
	Theme: advisor.Retune,
	Settings: settings("schedule", advisor.Retune, func(a trainer.Architecture, l *list) {
		every := (a.Training.Epochs + stepParts - 1) / stepParts
		l.add("cosine", "Let the learning rate fall along half a cosine", scheduled(cosine))
		l.add("constant", "Keep the learning rate constant", scheduled(trainer.Schedule{Type: trainer.Constant}))
		l.add("step", fmt.Sprintf("Multiply the learning rate by %g every %d epochs", stepFactor, every),
			scheduled(trainer.Schedule{Type: trainer.StepDown, Every: every, Factor: stepFactor}))
	}),
	differs: trainingDiffers(func(t trainer.Training) trainer.Schedule { return t.Schedule }),
}

var cosine = trainer.Schedule{Type: trainer.Cosine}

// scheduled sets the schedule, unless it is of the type already.
func scheduled(to trainer.Schedule) Edit {
	return onTraining(func(t *trainer.Training) {
		if t.Schedule.Type != to.Type {
			t.Schedule = to
		}
	})
}
