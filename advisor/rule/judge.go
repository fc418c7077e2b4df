package rule

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/stat"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// enough is the least number of past runs, and of values among them, that a percentile is taken of.
const enough = 30

// past returns the sorted values of the quantity in past runs; nil where they are too few.
func (p *Pass) past(q advisor.Quantity) []float64 {
	if p.Reference.Runs() < enough {
		return nil
	}
	if values := p.Reference.Values(q); len(values) >= enough {
		return values
	}
	return nil
}

// judge returns the threshold for values that are too high, the 95th percentile of past runs or else the fallback, and
// the percentile (0…100) of v among them, or else Missing.
func (p *Pass) judge(q advisor.Quantity, v, fallback float64) (threshold float64, percentile trainer.Number) {
	values := p.past(q)
	if values == nil {
		return fallback, trainer.Missing
	}
	return stat.Quantile(0.95, stat.LinInterp, values, nil), percentileOf(v, values)
}

// standing is the percentile of v among past runs where the threshold is fixed.
func (p *Pass) standing(q advisor.Quantity, v float64) trainer.Number {
	values := p.past(q)
	if values == nil {
		return trainer.Missing
	}
	return percentileOf(v, values)
}

func percentileOf(v float64, sorted []float64) trainer.Number {
	if math.IsNaN(v) {
		return trainer.Missing
	}
	return trainer.Number(100 * stat.CDF(v, stat.Empirical, sorted, nil))
}

// relations of a value to its threshold.
const (
	above    = "above"
	notAbove = "not above"
	below    = "below"
	notBelow = "not below"
)

// explain writes the diagnosis' message: its facts, then what they mean.
func explain(d advisor.Diagnosis, relation, meaning string) advisor.Diagnosis {
	where := d.Layer
	if where == "" {
		where = "The whole net"
	}
	d.Message = fmt.Sprintf("%s: %s %s", where, d.Statistic, figure.Measured(d.Value))
	if d.Value.Known() {
		d.Message += fmt.Sprintf(" is %s %s", relation, figure.Measured(d.Threshold))
	} else {
		d.Message += fmt.Sprintf(" (at most %s)", figure.Measured(d.Threshold))
	}
	if d.Percentile.Known() {
		d.Message += fmt.Sprintf(", percentile %s of past runs,", figure.Measured(d.Percentile))
	}
	if d.Epoch.Known() {
		d.Message += fmt.Sprintf(" at epoch %s", figure.Measured(d.Epoch))
	}
	d.Message = strings.TrimSuffix(d.Message, ",") + ": " + meaning + "."
	return d
}

// structural is a diagnosis of the architecture alone.
func structural(layer, statistic string, value, threshold float64, s advisor.Severity) advisor.Diagnosis {
	return measured(layer, statistic, value, threshold, float64(trainer.Missing), s)
}

// measured is a diagnosis of the probe at an epoch.
func measured(layer, statistic string, value, threshold, epoch float64, s advisor.Severity) advisor.Diagnosis {
	return advisor.Diagnosis{
		Layer:      layer,
		Statistic:  statistic,
		Value:      trainer.Number(value),
		Threshold:  trainer.Number(threshold),
		Percentile: trainer.Missing,
		Epoch:      trainer.Number(epoch),
		Severity:   s,
	}
}

// proposal is what d asks for; expect says in one sentence what the edits should move. Edits are made in order.
func proposal(theme advisor.Theme, title string, d advisor.Diagnosis, expect string,
	edits ...knob.Edit) advisor.Proposal {
	return advisor.Proposal{
		Theme:  theme,
		Title:  title,
		Reason: d.Message + " " + expect,
		Revise: func(a *trainer.Architecture) {
			for _, e := range edits {
				e(a)
			}
		},
	}
}
