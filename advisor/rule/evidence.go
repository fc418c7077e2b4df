package rule

import (
	"math"
	"slices"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// whole returns the records at the ends of epochs.
func (p *Pass) whole() []trainer.EpochRecord {
	var ends []trainer.EpochRecord
	for _, r := range p.Records {
		if r.Whole() {
			ends = append(ends, r)
		}
	}
	return ends
}

// fall is the share of the training loss that the last whole epoch took off; Missing where there is only one.
func (p *Pass) fall() trainer.Number {
	ends := p.whole()
	if len(ends) < 2 {
		return trainer.Missing
	}
	before, after := ends[len(ends)-2].TrainLoss, ends[len(ends)-1].TrainLoss
	if fall := 1 - after/before; fall.Known() {
		return fall
	}
	return trainer.Missing
}

// updateRatio is the median over the hidden layers of how far the record's last update moved a layer's weights, as a
// share of their size; Missing where none was measured.
func updateRatio(r trainer.EpochRecord) trainer.Number {
	var all []float64
	for _, l := range r.Layers[:max(len(r.Layers)-1, 0)] {
		if l.UpdateRatio.Known() {
			all = append(all, float64(l.UpdateRatio))
		}
	}
	if len(all) == 0 {
		return trainer.Missing
	}
	slices.Sort(all)
	return trainer.Number((all[(len(all)-1)/2] + all[len(all)/2]) / 2)
}

// relativeRate is the learning rate as a multiple of the optimizer's usual one. Momentum makes steps of rmsprop longer
// by 1/(1 − momentum); the usual rate of sgd already reckons with it.
func (p *Pass) relativeRate() float64 {
	o := p.Architecture.Training.Optimizer
	rate := o.LearningRate / knob.UsualRate(p.Architecture)
	if o.Type != trainer.SGD {
		rate /= 1 - o.Momentum
	}
	return rate
}

// guesses says whether the net has not learnt to tell the training images apart.
func (p *Pass) guesses(r trainer.EpochRecord) bool {
	return float64(r.TrainAccuracy) < p.chance(r)+trains
}

// chance is the validation accuracy of always answering the class with the most images; 1/classes where their numbers
// are not known.
func (p *Pass) chance(r trainer.EpochRecord) float64 {
	if r.ValidationByClass != nil {
		return r.ValidationByClass.Chance()
	}
	return 1 / float64(p.Architecture.Classes)
}

// gradientNorm is the norm of the gradients of all kernels together, before any clipping.
func gradientNorm(r trainer.EpochRecord) float64 {
	sum := 0.0
	for _, l := range r.Layers {
		sum += float64(l.Gradients.L2Norm * l.Gradients.L2Norm)
	}
	return math.Sqrt(sum)
}

// updates is the number of updates in the full run; 0 where it is not known.
func (p *Pass) updates() int { return p.Full.Updates(max(p.Architecture.Training.BatchSize, 1)) }

// validationImages is how many images are kept for validation: a tenth (dataset.Partition) where they were not counted.
func (p *Pass) validationImages(r trainer.EpochRecord) int {
	switch {
	case r.ValidationByClass != nil:
		return r.ValidationByClass.Total()
	case p.Full.Images == 0:
		return usualValidation
	}
	return p.Full.Images - p.Full.Training()
}

// proposeSettings asks for settings of knobs by their names; those that the architecture does not have are left out,
// and those that it cannot afford unless there are no others.
func (p *Pass) proposeSettings(d advisor.Diagnosis, expect string, names ...string) {
	var all, affordable []knob.Setting
	for _, name := range names {
		if s, ok := knob.SettingNamed(p.Architecture, name); ok {
			if all = append(all, s); knob.Affordable(p.Architecture, s.Revise) {
				affordable = append(affordable, s)
			}
		}
	}
	if len(affordable) == 0 {
		affordable = all[:min(len(all), 1)]
	}
	for _, s := range affordable {
		p.Propose(advisor.Proposal{
			Theme:   s.Theme,
			Title:   s.Title,
			Reason:  d.Message + " " + expect,
			Setting: s.Name,
			Revise:  s.Revise,
		})
	}
}
