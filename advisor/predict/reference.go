package predict

import (
	"context"
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/trainer"
)

// Reference implements advisor.Predictor.
func (p *Predictor) Reference(ctx context.Context, k advisor.Key) (advisor.Reference, error) {
	runs, err := p.Past(ctx, k)
	if err != nil {
		return nil, fmt.Errorf("read the past runs of %s: %w", k, err)
	}
	return NewReference(runs), nil
}

// reference implements advisor.Reference.
type reference struct {
	runs   int
	values map[advisor.Quantity][]float64
}

// NewReference gathers the statistics of the layers of past runs by position and epoch.
func NewReference(runs []advisor.PastRun) advisor.Reference {
	r := reference{runs: len(runs), values: map[advisor.Quantity][]float64{}}
	for _, run := range runs {
		positions := advisor.Positions(run.Architecture)
		for _, record := range run.Records {
			for _, layer := range record.Layers {
				r.add(layer, positions[layer.Layer], record.Epoch)
			}
		}
	}
	for _, values := range r.values {
		slices.Sort(values)
	}
	return r
}

func (r reference) add(l trainer.LayerStatistics, position advisor.Position, epoch float64) {
	of := map[string]trainer.Statistics{"weights": l.Weights, "gradients": l.Gradients, "activations": l.Activations}
	for kind, s := range of {
		for name, value := range map[string]trainer.Number{
			"mean": s.Mean, "variance": s.Variance, "max_abs": s.MaxAbs,
			"share_below": s.ShareBelow, "share_zero": s.ShareZero, "l2_norm": s.L2Norm,
		} {
			if value.Known() {
				q := advisor.Quantity{Of: kind, Statistic: name, Position: position, Epoch: epoch}
				r.values[q] = append(r.values[q], float64(value))
			}
		}
	}
}

// Values implements advisor.Reference.
func (r reference) Values(q advisor.Quantity) []float64 { return r.values[q] }

// Runs implements advisor.Reference.
func (r reference) Runs() int { return r.runs }
