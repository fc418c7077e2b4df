package knob

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/trainer"
)

const (
	usualBatch = 64
	minBatch   = 8 // below, batch norm and the engine's speed suffer
	maxBatch   = 1024
)

var batchSize = Knob{
	Name:  "batch-size",
	Title: "Batch size",
	Does:  "Sets how many images share one update: fewer images mean more updates per epoch, each noisier.",
	Range: fmt.Sprintf("1 to 65,536; ÷4, ÷2 and ×2 between %d and %d, and %d; ÷4 also with half the learning rate, as "+
		"the noise of a step grows with the root.", minBatch, maxBatch, usualBatch),
	Costs: "Memory grows with it; small batches take longer per epoch, as each update has its own cost.",
	When:  "Smaller where an epoch has few updates and the loss still falls; larger where gradients are mostly noise.",
	Theme: advisor.Retune,
	Settings: settings("batch-size", advisor.Retune, func(a trainer.Architecture, l *list) {
		now, o := a.Training.BatchSize, a.Training.Optimizer
		for _, s := range []struct {
			size string
			to   float64
		}{
			{"÷4", float64(now) / 4}, {"÷2", float64(now) / 2}, {"×2", 2 * float64(now)}, {"64", usualBatch},
		} {
			to := int(math.Round(s.to))
			if to < min(minBatch, now) || to > max(maxBatch, now) {
				continue
			}
			title := fmt.Sprintf("Use batches of %d images instead of %d", to, now)
			l.add(s.size, title, batched(to))
			if s.size == "÷4" {
				rate := Scaled(o.LearningRate, 0.5)
				l.add(s.size+", rate ÷2", title+fmt.Sprintf(", and a learning rate of %g", rate), batched(to),
					rateOf(o.Type, rate))
			}
		}
	}),
	differs: trainingDiffers(func(t trainer.Training) int { return t.BatchSize }),
}

func batched(to int) Edit { return onTraining(func(t *trainer.Training) { t.BatchSize = to }) }
