package predict

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/advisor/pastruns"
	"probewise/forest"
	"probewise/trainer"
)

// Predictor predicts the test accuracy of full training from past runs. It is safe for concurrent use.
type Predictor struct {
	Past    pastruns.Source
	Forests *pastruns.Forests
	// Background runs what no answer waits for: where it is set, new past runs are left out of account until their
	// forests are fitted (renew.go). Where it is nil, an answer waits for its forest.
	Background func(func(context.Context))

	mu   sync.Mutex
	used map[advisor.Key]*used
}

// Snapshot returns the past runs of a key as they are now, so that all predictions of one answer rest on the same.
func (p *Predictor) Snapshot(ctx context.Context, k advisor.Key) (advisor.Forecaster, error) {
	s, err := pastruns.Read(ctx, p.Past, k)
	if err != nil {
		return nil, err
	}
	if p.Background != nil {
		s = p.fitted(s)
	}
	return &forecaster{predictor: p, snapshot: s}, nil
}

// Predictable says why nothing can be predicted from probes of so many epochs; nil: it can. The error is
// *advisor.NoPredictionError.
func (p *Predictor) Predictable(ctx context.Context, k advisor.Key, epochs int) error {
	s, err := pastruns.Read(ctx, p.Past, k)
	if err != nil {
		return err
	}
	_, err = s.Table(ctx, float64(epochs))
	return err
}

// Forest returns the forest of a key and probe length, in epochs, and fits it where that has not been done.
func (p *Predictor) Forest(ctx context.Context, k advisor.Key, epochs float64) (*forest.Model, error) {
	s, err := pastruns.Read(ctx, p.Past, k)
	if err != nil {
		return nil, err
	}
	t, err := s.Table(ctx, epochs)
	if err != nil {
		return nil, err
	}
	return p.forest(ctx, k, t, epochs)
}

// forest is that of the table; past runs that none can be fitted on are an *advisor.NoPredictionError.
func (p *Predictor) forest(ctx context.Context, k advisor.Key, t forest.Table, epochs float64) (*forest.Model, error) {
	model, err := p.Forests.Model(ctx, t, allMembers)
	if errors.Is(err, forest.ErrEqualTargets) || errors.Is(err, forest.ErrTooFewGroups) {
		return nil, &advisor.NoPredictionError{Reason: fmt.Sprintf("the past runs of (%s) are too much alike: %v", k, err)}
	} else if err != nil {
		return nil, fmt.Errorf("fit the forest of %s at %g epochs: %w", k, epochs, err)
	}
	return model, nil
}

// allMembers are blended to predict accuracy.
const allMembers = ""

// forecaster implements advisor.Forecaster on a snapshot.
type forecaster struct {
	predictor *Predictor
	snapshot  *pastruns.Snapshot
	without   []string // groups that no prediction rests on
}

// Without implements advisor.Forecaster.
func (f *forecaster) Without(architectures ...trainer.Architecture) advisor.Forecaster {
	narrowed := *f
	narrowed.without = slices.Clone(f.without)
	for _, a := range architectures {
		narrowed.without = append(narrowed.without, features.GroupOf(a))
	}
	return &narrowed
}

// FromProbe implements advisor.Forecaster.
func (f *forecaster) FromProbe(ctx context.Context, r advisor.ProbeResult) (advisor.Prediction, error) {
	v := features.Probe(r.Architecture, r.Records, r.Outcome, float64(r.Epochs))
	return f.predict(ctx, float64(r.Epochs), r.Architecture, v)
}

// FromArchitecture implements advisor.Forecaster.
func (f *forecaster) FromArchitecture(ctx context.Context, a trainer.Architecture) (advisor.Prediction, error) {
	return f.predict(ctx, pastruns.ArchitectureOnly, a, features.Architecture(a))
}

// Reference implements advisor.Forecaster.
func (f *forecaster) Reference() advisor.Reference { return f.snapshot.Reference() }

func (f *forecaster) predict(ctx context.Context, epochs float64, a trainer.Architecture,
	v features.Vector) (advisor.Prediction, error) {
	key := f.snapshot.Key
	without := append(slices.Clone(f.without), features.GroupOf(a))
	f.predictor.note(f.snapshot, epochs, without)
	t, err := f.snapshot.Table(ctx, epochs, without...)
	if err != nil {
		return advisor.Prediction{}, err
	}
	model, err := f.predictor.forest(ctx, key, t, epochs)
	if err != nil {
		return advisor.Prediction{}, err
	}
	got, err := model.Predict(v.Values)
	if err != nil {
		return advisor.Prediction{}, fmt.Errorf("predict for %s: %w", key, err)
	}
	return advisor.Prediction{
		Target:       advisor.Target{Images: key.Images, Epochs: key.Epochs},
		TestAccuracy: got.Mean,
		Low:          got.Low,
		High:         got.High,
		Confidence:   got.Confidence,
		Novelty:      got.Novelty,
		PastRuns:     got.PastRuns,
		Forest:       model.ID(),
		HeldOutR2:    model.R2(),
		Deciles:      deciles(t.Y),
		Warnings:     append(f.snapshot.Unseen(a, f.without...), got.Warnings...),
	}, nil
}

// deciles returns the lowest, the first to ninth decile (linear interpolation between order statistics), and the
// highest.
func deciles(y []float64) []trainer.Number {
	sorted := slices.Sorted(slices.Values(y))
	out := make([]trainer.Number, 11)
	for i := range out {
		at := float64(i) / 10 * float64(len(sorted)-1)
		low := int(at)
		high := min(low+1, len(sorted)-1)
		out[i] = trainer.Number(sorted[low] + (at-float64(low))*(sorted[high]-sorted[low]))
	}
	return out
}
