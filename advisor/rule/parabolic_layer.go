package rule

import (
	"cmp"
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// accelerating lists what parabolic-layer follows, with the default thresholds of the acceleration over whole epochs
// and over quarters: crossed by none (over quarters, of epoch 1: by at most one) of the 122 layers of those 22 of 62
// architectures, drawn from the corpus' space and trained for three epochs on 4,000 images of the sample, that reached
// a validation accuracy of 0.7. Of the 40 others 11 cross them over whole epochs.
var accelerating = []struct {
	statistic      *trainer.Statistic
	whole, quarter float64
}{
	{trainer.StatisticNamed("weight_variance"), 0.05, 0.08},
	{trainer.StatisticNamed("weight_max_abs"), 0.25, 0.1},
	{trainer.StatisticNamed("activation_variance"), 0.6, 2.4},
	{trainer.StatisticNamed("activation_max_abs"), 0.3, 1.1},
	{trainer.StatisticNamed("gradient_variance"), 2.7, 2.9},
}

// maxParabolic is the number of layers that are reported: poor runs have one or two (Salit).
const maxParabolic = 2

// accelerations lists the statistics with their defaults: "weight variance 0.05 / 0.08".
func accelerations() string {
	var all []string
	for _, a := range accelerating {
		all = append(all, fmt.Sprintf("%s %g / %g", figure.Words(a.statistic.FullName()), a.whole, a.quarter))
	}
	return figure.List(all)
}

var parabolicLayer = Rule{
	Name:  "parabolic-layer",
	Group: Shape,
	Title: "A statistic of a layer rises faster and faster",
	Finds: fmt.Sprintf("The second difference of a statistic over its mean, over the last three whole epochs (in "+
		"shorter probes quarters), is above the 95th percentile of past runs and above the default (whole epochs / "+
		"quarters): %s. The worst statistic of the worst %d layers is reported; "+
		"mild below twice the threshold, and for gradients, which are of one batch.", accelerations(), maxParabolic),
	Source: "Salit: poor runs have one or two layers going parabolic; " +
		"defaults: crossed by 0 of 22 sound and 11 of 40 poor probes. The shipped past runs: where it is found, runs end " +
		"lower with probability .37 and .69, so that it is mild.",
	Proposes: fmt.Sprintf(
		"L2 %g on the layer, or three times what it has, up to %g; else a learning rate ×%g.", mildL2, maxL2, calmer),
	Run: func(p *Pass) {
		last, _ := p.last()
		var worst []bend
		for _, l := range last.Layers {
			if b := p.sharpest(l.Layer, last.Epoch); b.excess > 0 {
				worst = append(worst, b)
			}
		}
		slices.SortStableFunc(worst, func(x, y bend) int { return cmp.Compare(y.excess, x.excess) })
		for _, b := range worst[:min(len(worst), maxParabolic)] {
			d := explain(b.Diagnosis, above, "it rises faster and faster, as in poor runs")
			p.Report(d)
			p.proposeDamping(d, "Its growth should slow down.")
		}
	},
}

// bend is an acceleration above its threshold, by the factor excess.
type bend struct {
	advisor.Diagnosis
	excess float64
}

// sharpest returns the layer's worst bend; its excess is 0 where there is none.
func (p *Pass) sharpest(layer string, epoch float64) (worst bend) {
	for _, s := range accelerating {
		q := advisor.Quantity{Statistic: s.statistic, Third: p.thirds[layer], Epoch: epoch, Acceleration: true}
		v := float64(q.Measure(p.Records, layer))
		usual := s.whole
		if epoch < 3 {
			usual = s.quarter
		}
		threshold, percentile := p.judge(q, v, usual)
		// five statistics of every layer: 95 % alone would be crossed somewhere in most nets
		threshold = max(threshold, usual)
		if !(v > threshold) || v/threshold <= worst.excess {
			continue
		}
		severity := advisor.Low
		if v >= 2*threshold && s.statistic.Of != trainer.OfGradients {
			severity = advisor.Medium
		}
		worst = bend{measured(layer, q.Name(), v, threshold, epoch, severity), v / threshold}
		worst.Percentile = percentile
	}
	return worst
}

const (
	mildL2 = 3e-4
	maxL2  = 9e-4 // from 1e-3 on past runs end 7 points lower
)

// proposeDamping asks for L2 on the layer of d where it has no technique, for three times the L2 where it has L2, and
// else, and for the output layer, for a lower learning rate.
func (p *Pass) proposeDamping(d advisor.Diagnosis, expect string) {
	a := &p.Architecture
	all := knob.Hidden(a, "")
	at := slices.Index(knob.Names(all), d.Layer)
	if at < 0 {
		p.proposeLowerRate(d, calmer, expect)
		return
	}
	layers, l := []string{d.Layer}, *all[at].Layer()
	switch used := knob.Techniques(all[at], all[at].Following()); {
	case len(used) == 0:
		p.proposeL2(d, layers, expect)
	case slices.Contains(used, knob.Penalty) && l.L2 < maxL2:
		l2 := min(maxL2, knob.Scaled(max(l.L2, mildL2), 3))
		p.Propose(proposal(advisor.Regularise, "Raise L2 of "+d.Layer+" to "+figure.Measured(l2), d, expect,
			knob.Each(layers, knob.PenaltyAtLeast(l2))))
	default:
		p.proposeLowerRate(d, calmer, expect)
	}
}

// proposeL2 asks for L2 on layers without a technique.
func (p *Pass) proposeL2(d advisor.Diagnosis, layers []string, expect string) {
	p.Propose(proposal(advisor.Regularise, l2Title("Add ", layers), d, expect,
		knob.Each(layers, knob.Alone(knob.Penalise(mildL2)))))
}

// l2Title words L2 on layers: "Add L2 0.0003 to conv3 and dense1".
func l2Title(verb string, layers []string) string {
	return fmt.Sprintf("%sL2 %g to %s", verb, mildL2, figure.List(layers))
}
