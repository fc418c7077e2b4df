package rule

import (
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

const (
	maxDead    = 0.5 // share of a layer's units
	nearlyAll  = 0.9
	leakySlope = 0.1
)

var deadReLU = Rule{
	Name:  "dead-relu",
	Group: Health,
	Title: "Units of a relu layer that output zero",
	Finds: fmt.Sprintf("More than %g of a relu layer's units are dead: zero on more than 99 %% of the values of 256 "+
		"validation images. Severe above %g.", maxDead, nearlyAll),
	Source: "Lu et al. 2020 on dying ReLU; the shares are ours.",
	Proposes: fmt.Sprintf(
		"leaky_relu with slope %g and He's initialiser there, and a learning rate ×%g.", leakySlope, calmer),
	Run: func(p *Pass) {
		last, _ := p.last()
		var worst advisor.Diagnosis
		var dead []string
		for _, l := range last.Layers {
			b, ok := p.layer(l.Layer)
			if !ok || b.Activation() != trainer.ReLU || !(l.DeadUnits > maxDead) {
				continue
			}
			severity := advisor.Medium
			if l.DeadUnits > nearlyAll {
				severity = advisor.High
			}
			q := advisor.Quantity{Statistic: trainer.StatisticNamed("dead_units"), Third: p.thirds[l.Layer], Epoch: last.Epoch}
			d := measured(l.Layer, q.Name(), float64(l.DeadUnits), maxDead, last.Epoch, severity)
			d.Percentile = p.standing(q, float64(l.DeadUnits))
			d = explain(d, above, "these units output zero for nearly every image and cannot learn")
			p.Report(d)
			if dead = append(dead, l.Layer); len(dead) == 1 || d.Value > worst.Value {
				worst = d
			}
		}
		if dead == nil {
			return
		}
		title := fmt.Sprintf("Use leaky_relu with slope %g in %s, initialised after He", leakySlope, figure.List(dead))
		p.Propose(proposal(advisor.Stabilise, title, worst, "Units that output zero should keep a gradient.",
			knob.Each(dead, knob.Activate(trainer.LeakyReLU, leakySlope)),
			knob.Each(dead, knob.HeInitialise)))
		p.proposeLowerRate(worst, calmer, "Smaller steps should drive fewer units into the flat part.")
	},
}
