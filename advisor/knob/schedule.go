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
	differs: trainingDiffers(func(t trainer.Training) trainer.Schedule {
		t.Schedule.Warmup = 0
		return t.Schedule
	}),
}

// warmUp is how many epochs the rate takes to grow; more would be lost in short trainings.
const warmUp = 1.0

var warmUpKnob = Knob{
	Name:  "warm-up",
	Title: "Warm-up of the learning rate",
	Does:  "Lets the learning rate grow from update to update over the first epochs (Goyal et al. 2017).",
	Range: fmt.Sprintf("0 (none) to half of the epochs; %g, off.", warmUp),
	Costs: "Nothing; the first epochs move the net less.",
	When: "On where a high rate, large batches or plain sgd throw the first updates off; off where the rate is low and " +
		"every update counts.",
	Theme: advisor.Retune,
	Settings: settings("warm-up", advisor.Retune, func(a trainer.Architecture, l *list) {
		now := a.Training.Schedule.Warmup
		if now == 0 {
			l.add("on", fmt.Sprintf("Let the learning rate grow over the first %g epoch", warmUp), warmedUp(warmUp))
		}
		l.add("off", fmt.Sprintf("Start with the full learning rate, without %g epochs of warm-up", now), warmedUp(0))
	}),
	differs: trainingDiffers(func(t trainer.Training) float64 { return t.Schedule.Warmup }),
}

func warmedUp(epochs float64) Edit {
	return onTraining(func(t *trainer.Training) { t.Schedule.Warmup = epochs })
}

var cosine = trainer.Schedule{Type: trainer.Cosine}

// scheduled sets the schedule, but not its warm-up, unless it is of the type already.
func scheduled(to trainer.Schedule) Edit {
	return onTraining(func(t *trainer.Training) {
		if t.Schedule.Type != to.Type {
			to.Warmup = t.Schedule.Warmup // a knob of its own
			t.Schedule = to
		}
	})
}
