package rule

import (
	"fmt"
	"math"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	lossFactor = 1.5 // of the loss of a net that knows nothing, ln(classes)
	calmer     = 0.3 // factor of a learning rate that is too high
	clipNorm   = 1
)

var diverged = Rule{
	Name:  "diverged",
	Group: Health,
	Title: "The training diverged",
	Finds: fmt.Sprintf("NaN or Inf in the probe, or a training loss above %g·ln(classes) after an epoch: "+
		"a net that knows nothing has ln(classes).", lossFactor),
	Source: "The cross entropy of a uniform guess; Pascanu et al. 2013 on clipping, He et al. 2015 on initialisers.",
	Proposes: fmt.Sprintf(
		"A learning rate ×%g with gradients clipped at norm %d, and He's initialiser on ReLU layers.", calmer, clipNorm),
	Breaks:   true,
	Explains: []string{"exploding-gradient", "high-activation-variance"},
	Run: func(p *Pass) {
		threshold := lossFactor * math.Log(float64(p.Architecture.Classes))
		d := measured("", "train_loss", math.NaN(), threshold, 0, advisor.High)
		last, trained := p.last()
		switch {
		case p.Outcome.Diverged:
			d.Epoch = trainer.Number(p.Outcome.DivergedEpoch)
		case trained && !last.TrainLoss.Known():
			d.Epoch = trainer.Number(last.Epoch)
		case trained && last.Epoch >= 1 && float64(last.TrainLoss) > threshold:
			d.Value, d.Epoch = last.TrainLoss, trainer.Number(last.Epoch)
		default:
			return
		}
		d = explain(d, above, "training diverged")
		p.Report(d)
		p.proposeCalmer(d, "The loss should fall below that of guessing.")
		p.proposeHe(d, knob.Names(knob.Hidden(&p.Architecture, "")),
			"Activations should keep their scale from layer to layer.")
	},
}

// proposeCalmer asks for a lower learning rate and clipped gradients.
func (p *Pass) proposeCalmer(d advisor.Diagnosis, expect string) {
	rate := knob.Scaled(p.Architecture.Training.Optimizer.LearningRate, calmer)
	title := fmt.Sprintf("Lower the learning rate to %g and clip gradients at norm %d", rate, clipNorm)
	p.Propose(proposal(advisor.Stabilise, title, d, expect, knob.RateAtMost(rate), knob.Clip(clipNorm)))
}

// proposeLowerRate asks for a lower learning rate alone.
func (p *Pass) proposeLowerRate(d advisor.Diagnosis, factor float64, expect string) {
	rate := knob.Scaled(p.Architecture.Training.Optimizer.LearningRate, factor)
	title := fmt.Sprintf("Lower the learning rate to %g", rate)
	p.Propose(proposal(advisor.Stabilise, title, d, expect, knob.RateAtMost(rate)))
}

// proposeHe asks for He's initialiser on those of the layers that have a ReLU-like activation and another initialiser.
func (p *Pass) proposeHe(d advisor.Diagnosis, layers []string, expect string) {
	var some []string
	for _, name := range layers {
		b, _ := p.layer(name)
		switch l := *b.Layer(); b.Activation() {
		case trainer.ReLU, trainer.LeakyReLU, trainer.ELU:
			if l.Initializer != trainer.HeUniform && l.Initializer != trainer.HeNormal {
				some = append(some, name)
			}
		}
	}
	p.Propose(proposal(advisor.Stabilise, "Initialise "+figure.List(some)+" after He", d, expect,
		knob.Each(some, knob.HeInitialise)))
}
