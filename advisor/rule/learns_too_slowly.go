package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

const (
	smallUpdate = 1e-3 // of a layer's weights by one update
	noUpdate    = 1e-4 // the same, where the net stands still
	decayed     = 0.2  // share of the learning rate that a schedule has left
	early       = 0.5  // share of the full run until which that is too little
	choked      = 0.1  // share of the gradient's norm that clipping leaves
	farBelow    = 0.2  // of the usual rate, from which on down ten times the rate comes first
)

var learnsTooSlowly = Rule{
	Name:  "learns-too-slowly",
	Group: Cause,
	Title: "The net learns too slowly",
	Finds: fmt.Sprintf("The probe's last update moved half of the hidden layers by less than %g of their size "+
		"(severe: %g), while training accuracy is below %g and the rate is below %d times the optimizer's usual one. It "+
		"says whether a schedule has cut the rate to %g of itself before %g of the full run, or clipping cuts gradients "+
		"to less than %g.", smallUpdate, noUpdate, learnt, highRate, decayed, early, choked),
	Source: "The shipped past runs: below it runs end lower with probability .73 and .74; it finds 2 of the 63 runs of " +
		"the best quarters.",
	Proposes: fmt.Sprintf("No clipping or another schedule where these are to blame. Else momentum for plain sgd; "+
		"three times the rate, ten times below %g of the usual one; the usual rate; adam; batch norm on all hidden layers.",
		farBelow),
	Run: func(p *Pass) {
		last, ok := p.last()
		if !ok || len(last.Layers) == 0 || last.TrainAccuracy >= learnt || p.relativeRate() >= highRate {
			return
		}
		moved := updateRatio(last)
		if !(moved < smallUpdate) {
			return
		}
		severity := advisor.Medium
		if moved < noUpdate {
			severity = advisor.High
		}
		d := measured("", "update_ratio", float64(moved), smallUpdate, last.Epoch, severity)
		why, first := p.slowness(last)
		d = explain(d, below, why)
		p.Report(d)
		p.proposeSettings(d, "Each update should move the weights further.", first...)
	},
}

// slowness says why updates are small, and which settings meet that.
func (p *Pass) slowness(last trainer.EpochRecord) (why string, settings []string) {
	t := p.Architecture.Training
	o := t.Optimizer
	norm := gradientNorm(last)
	left := float64(last.LearningRate) / o.LearningRate
	switch {
	case t.Schedule.Type != trainer.Constant && left <= decayed && last.Epoch < early*float64(t.Epochs):
		return fmt.Sprintf("the %s schedule has left %s of the learning rate so early", t.Schedule.Type,
			figure.Measured(left)), []string{"schedule constant", "schedule cosine"}
	case o.Type == trainer.SGD && t.ClipNorm > 0 && t.ClipNorm < choked*norm:
		return fmt.Sprintf("clipping at norm %g leaves little of gradients of norm %s", t.ClipNorm,
			figure.Measured(norm)), []string{"clipping off"}
	case o.Type == trainer.SGD && o.Momentum == 0:
		settings = []string{"momentum 0.9", "optimizer adam"}
	}
	if p.relativeRate() < farBelow {
		settings = append(settings, "learning-rate ×10", "learning-rate usual")
	}
	settings = append(settings, "learning-rate ×3", "learning-rate usual", "optimizer adam", "batch-norm all")
	return fmt.Sprintf("half of the hidden layers hardly move; the learning rate %g is %s times the usual one of %s",
		o.LearningRate, figure.Measured(p.relativeRate()), o.Type), settings
}
