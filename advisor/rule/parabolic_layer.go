package rule

import (
	"cmp"
	"slices"

	"probewise/advisor"
	"probewise/trainer"
)

// accelerating lists what parabolic-layer follows, with the default thresholds of the acceleration over whole epochs and
// over quarters: about the 99th percentile over all layers of probes that went well, 14 of 32 architectures of the
// corpus' space trained for three epochs on 4,000 images of the sample.
var accelerating = []struct {
	of, statistic  string
	whole, quarter float64
}{
	{"weights", "variance", 0.04, 0.08},
	{"weights", "max_abs", 0.15, 0.08},
	{"activations", "variance", 0.6, 2},
	{"activations", "max_abs", 0.3, 0.85},
	{"gradients", "variance", 2.4, 2.8},
}

// mostParabolic is the number of layers that are reported: poor runs have one or two (Salit).
const mostParabolic = 2

var parabolicLayer = Rule{
	Name:  "parabolic-layer",
	Group: Shape,
	Doc: "A statistic of a layer rises faster and faster: second difference over its mean, over the last three whole epochs (in shorter probes quarters), " +
		"above the 95th percentile of past runs and the default (whole epochs / quarters): weight variance 0.04 / 0.08, weight maximum 0.15 / 0.08, " +
		"activation variance 0.6 / 2, activation maximum 0.3 / 0.85, gradient variance 2.4 / 2.8 (Salit: poor runs have one or two layers going parabolic; " +
		"defaults: 99th percentile of 14 sound probes). The worst statistic of the worst two layers; " +
		"severe at twice the threshold, but for gradients, which are of one batch. Proposes L2 on the layer, or more of it, else a learning rate ×0.3.",
	Run: func(p *Pass) {
		last, _ := p.last()
		type finding struct {
			advisor.Diagnosis
			excess float64
		}
		var worst []finding
		for _, l := range last.Layers {
			var of finding
			for _, s := range accelerating {
				q := advisor.Quantity{Of: s.of, Statistic: s.statistic, Position: p.positions[l.Layer], Epoch: last.Epoch, Acceleration: true}
				v := float64(q.Measure(p.Records, l.Layer))
				usual := s.whole
				if last.Epoch < 3 {
					usual = s.quarter
				}
				threshold, percentile := p.judge(q, v, usual)
				threshold = max(threshold, usual) // five statistics of every layer: 95 % alone would be crossed somewhere in most nets
				if !(v > threshold) || v/threshold <= of.excess {
					continue
				}
				severity := advisor.Medium
				if v >= 2*threshold && s.of != "gradients" {
					severity = advisor.High
				}
				of = finding{measured(l.Layer, q.Name(), v, threshold, last.Epoch, severity), v / threshold}
				of.Percentile = percentile
			}
			if of.excess > 0 {
				worst = append(worst, of)
			}
		}
		slices.SortStableFunc(worst, func(x, y finding) int { return cmp.Compare(y.excess, x.excess) })
		for _, f := range worst[:min(len(worst), mostParabolic)] {
			d := explain(f.Diagnosis, above, "it rises faster and faster, as in poor runs")
			p.Report(d)
			p.proposeDamping(d, "Its growth should slow down.")
		}
	},
}

const (
	denseL2 = 1e-3
	convL2  = 3e-4
	mostL2  = 1e-2
)

// proposeDamping asks for L2 on the layer of d where it has no technique, for three times the L2 where it has L2, and
// else, and for the output layer, for a lower learning rate.
func (p *Pass) proposeDamping(d advisor.Diagnosis, expect string) {
	a := &p.Architecture
	all := hidden(a, "")
	at := slices.Index(names(a, all), d.Layer)
	if at < 0 {
		p.proposeLowerRate(d, calmer, expect)
		return
	}
	layers, l := []string{d.Layer}, a.Layers[all[at].at]
	switch techniques := all[at].techniques(a, all[at].end); {
	case len(techniques) == 0:
		p.proposeL2(d, layers, expect)
	case slices.Contains(techniques, penalty) && l.L2 < mostL2:
		l2 := min(mostL2, max(scaled(max(l.L2, convL2), 3), convL2))
		p.Propose(proposal(advisor.Regularise, "Raise L2 of "+d.Layer+" to "+number(trainer.Number(l2)), d, expect, penaltyAtLeast(layers, l2)))
	default:
		p.proposeLowerRate(d, calmer, expect)
	}
}

// proposeL2 asks for L2 on layers without a technique.
func (p *Pass) proposeL2(d advisor.Diagnosis, layers []string, expect string) {
	p.Propose(proposal(advisor.Regularise, "Add "+list(l2Titles(&p.Architecture, layers)), d, expect, penalised(layers, denseL2, convL2)))
}

// l2Titles words L2 by its value: "L2 0.0003 to conv3", "L2 0.001 to dense1 and dense2".
func l2Titles(a *trainer.Architecture, layers []string) []string {
	var titles []string
	for _, kind := range []struct {
		layer trainer.LayerType
		l2    float64
	}{{trainer.Conv, convL2}, {trainer.Dense, denseL2}} {
		var some []string
		for _, name := range layers {
			if b, ok := find(a, name); ok && a.Layers[b.at].Type == kind.layer {
				some = append(some, name)
			}
		}
		if len(some) > 0 {
			titles = append(titles, "L2 "+number(trainer.Number(kind.l2))+" to "+list(some))
		}
	}
	return titles
}
