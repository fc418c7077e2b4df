package knob

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

const recipeDropout = 0.3 // after each hidden dense layer

var recipe = Knob{
	Name:  "recipe",
	Title: "Recipe",
	Does:  "Sets several knobs at once, as practitioners do when a net does not train well.",
	Range: fmt.Sprintf("usual: adam at %g, cosine, batches of %d, no L1, no L2, no dropout between conv layers, "+
		"no clipping, relu for sigmoid, tanh and softmax; the same with batch norm on all conv layers; and with that and "+
		"dropout %g after hidden dense layers.", usualAdaptive, usualBatch, recipeDropout),
	Costs: "What its parts cost.",
	When:  "Where several things are wrong at once, so that no single change shows.",
	Theme: advisor.Rework,
	Settings: settings("recipe", advisor.Rework, func(a trainer.Architecture, l *list) {
		usual := usualTraining(a)
		convs, dense := Names(Hidden(&a, trainer.Conv)), Names(Chain(&a, trainer.Dense))
		title := usualTitle(a)
		l.add("usual", title, usual)
		if len(convs) > 0 {
			l.add("usual, batch norm", title+"; with batch norm on all conv layers", usual, Each(convs, Normalise))
			if len(dense) > 0 {
				l.add("usual, batch norm, dropout", fmt.Sprintf("%s; with batch norm on all conv layers and dropout %g after "+
					"hidden dense layers", title, recipeDropout), usual, Each(convs, Normalise), denselyDropped(dense))
			}
		}
	}),
}

// usualTitle says what the usual training sets and what it takes off.
func usualTitle(a trainer.Architecture) string {
	title := fmt.Sprintf("Use the usual training: adam at %g, cosine, batches of %d", usualAdaptive, usualBatch)
	var off []string
	for _, part := range []struct {
		has  bool
		what string
	}{
		{len(layersWith(&a, func(l trainer.Layer) bool { return l.L1 > 0 })) > 0, "L1"},
		{len(layersWith(&a, func(l trainer.Layer) bool { return l.L2 > 0 })) > 0, "L2"},
		{len(dropouts(a, false)) > 0, "dropout between conv layers"},
		{a.Training.ClipNorm > 0, "clipping"},
	} {
		if part.has {
			off = append(off, part.what)
		}
	}
	if len(off) > 0 {
		title += ", without " + figure.List(off)
	}
	if saturating := Saturating(&a); len(saturating) > 0 {
		title += ", relu in " + figure.List(saturating)
	}
	return title
}

// usualTraining takes off what slows a short training, and sets the usual optimizer, schedule and batch size.
func usualTraining(a trainer.Architecture) Edit {
	adam := usualOptimizer(a, trainer.Adam)
	var drops []string
	for _, d := range dropouts(a, false) {
		drops = append(drops, d.Name)
	}
	return Together(
		onTraining(func(t *trainer.Training) {
			t.Optimizer, t.BatchSize, t.ClipNorm = adam, usualBatch, 0
			t.Schedule = trainer.Schedule{Type: trainer.Cosine, Warmup: t.Schedule.Warmup}
		}),
		Each(layersWith(&a, func(l trainer.Layer) bool { return l.L1 > 0 || l.L2 > 0 }), unpenalised),
		remove(drops),
		Each(Saturating(&a), both(activate(trainer.ReLU), HeInitialise)),
	)
}

// denselyDropped sets dropout after each of the dense layers.
func denselyDropped(dense []string) Edit {
	return Each(dense, func(a *trainer.Architecture, b trainer.Block) {
		if !dropped(b) {
			DropOut(recipeDropout)(a, b)
			return
		}
		for l := range b.Path() {
			if l.IsDropout() {
				l.Rate = recipeDropout
			}
		}
	})
}
