package rule

import (
	"fmt"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// among gives a case past runs.
func among(c advisor.Case, r past) advisor.Case {
	c.Reference = r
	return c
}

// past is a reference that knows some quantities, by name, position and epoch.
type past struct {
	runs   int
	values map[string][]float64
}

func (p past) Values(q advisor.Quantity) []float64 {
	return p.values[fmt.Sprintf("%s %s %g", q.Name(), q.Third, q.Epoch)]
}

func (p past) Runs() int { return p.runs }

// evenly returns 40 values up to most: the 95th percentile is 0.95·most.
func evenly(most float64) []float64 {
	values := make([]float64, 40)
	for i := range values {
		values[i] = most * float64(i+1) / 40
	}
	return values
}

// whole gives a statistic its values at the ends of epochs 1 to 3.
func whole(get func(*trainer.LayerStatistics) *trainer.Number,
	x1, x2, x3 trainer.Number) func(float64, *trainer.LayerStatistics) {
	return func(epoch float64, l *trainer.LayerStatistics) {
		switch epoch {
		case 1:
			*get(l) = x1
		case 2:
			*get(l) = x2
		case 3:
			*get(l) = x3
		}
	}
}

func weightVariance(l *trainer.LayerStatistics) *trainer.Number     { return &l.Weights.Variance }
func activationMax(l *trainer.LayerStatistics) *trainer.Number      { return &l.Activations.MaxAbs }
func activationVariance(l *trainer.LayerStatistics) *trainer.Number { return &l.Activations.Variance }
func gradientVariance(l *trainer.LayerStatistics) *trainer.Number   { return &l.Gradients.Variance }

// trained is a plain net with the training settings.
func trained(t *testing.T, training string) trainer.Architecture {
	t.Helper()
	return parse(t, plainLayers, training)
}

// losses gives the training loss at the ends of epochs 1 to 3.
func losses(x1, x2, x3 trainer.Number) change {
	return func(r *trainer.EpochRecord) {
		switch r.Epoch {
		case 1:
			r.TrainLoss = x1
		case 2:
			r.TrainLoss = x2
		case 3:
			r.TrainLoss = x3
		}
	}
}

// moves gives every layer the update ratio.
func moves(ratio trainer.Number) change {
	return func(r *trainer.EpochRecord) {
		for i := range r.Layers {
			r.Layers[i].UpdateRatio = ratio
		}
	}
}

const (
	adam = `"optimizer":{"type":"adam","learning_rate":%}`
	sgd  = `"optimizer":{"type":"sgd","learning_rate":%}`
)

// filled puts a value into a text with percent signs.
func filled(text, value string) string { return strings.ReplaceAll(text, "%", value) }
