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
	model, _, err := p.forest(ctx, s, t, epochs)
	return model, err
}

// forest is that of the snapshot's table, with what adds to a query what other data sets tell; past runs that none can
// be fitted on are an *advisor.NoPredictionError.
func (p *Predictor) forest(ctx context.Context, s *pastruns.Snapshot, t forest.Table, epochs float64) (*forest.Model,
	func([]float64) []float64, error) {
	t, extend, err := p.Forests.Extended(ctx, s, t, epochs)
	if err != nil {
		return nil, nil, err
	}
	model, err := p.Forests.Model(ctx, t, allMembers)
	if errors.Is(err, forest.ErrEqualTargets) || errors.Is(err, forest.ErrTooFewGroups) {
		return nil, nil,
			&advisor.NoPredictionError{Reason: fmt.Sprintf("the past runs of (%s) are too much alike: %v", s.Key, err)}
	} else if err != nil {
		return nil, nil, fmt.Errorf("fit the forest of %s at %g epochs: %w", s.Key, epochs, err)
	}
	return model, extend, nil
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
	return f.predict(ctx, float64(r.Epochs), r)
}

// FromArchitecture implements advisor.Forecaster.
func (f *forecaster) FromArchitecture(ctx context.Context, a trainer.Architecture) (advisor.Prediction, error) {
	return f.predict(ctx, pastruns.ArchitectureOnly, advisor.ProbeResult{Architecture: a})
}

// Reference implements advisor.Forecaster.
func (f *forecaster) Reference() advisor.Reference { return f.snapshot.Reference() }

func (f *forecaster) predict(ctx context.Context, epochs float64,
	probe advisor.ProbeResult) (advisor.Prediction, error) {
	key, a := f.snapshot.Key, probe.Architecture
	without := append(slices.Clone(f.without), features.GroupOf(a))
	f.predictor.note(f.snapshot, epochs, without)
	v := pastruns.Vector(key, probe, epochs)
	t := f.snapshot.Rows(epochs, without...)
	if len(t.Y) < pastruns.MinForest {
		return f.level(ctx, t, v, epochs, without)
	}
	model, extend, err := f.predictor.forest(ctx, f.snapshot, t, epochs)
	if err != nil {
		return advisor.Prediction{}, err
	}
	got, err := model.Predict(extend(v.Values))
	if err != nil {
		return advisor.Prediction{}, fmt.Errorf("predict for %s: %w", key, err)
	}
	p := f.prediction(got, model.ID(), model.R2())
	p.Deciles, p.LevelKnown = deciles(t.Y), true
	p.Warnings = append(f.snapshot.Unseen(a, f.without...), got.Warnings...)
	return p, nil
}

func (f *forecaster) prediction(got forest.Prediction, model string, r2 float64) advisor.Prediction {
	return advisor.Prediction{
		Target:       advisor.Target{Images: f.snapshot.Key.Images, Epochs: f.snapshot.Key.Epochs},
		TestAccuracy: got.Mean,
		Low:          got.Low,
		High:         got.High,
		Confidence:   got.Confidence,
		Novelty:      got.Novelty,
		PastRuns:     got.PastRuns,
		Forest:       model,
		HeldOutR2:    r2,
		Warnings:     got.Warnings,
	}
}

// level predicts from few runs of the key, or none.
func (f *forecaster) level(ctx context.Context, own forest.Table, v features.Vector, epochs float64,
	without []string) (advisor.Prediction, error) {
	if len(own.Y) == 0 { // then the columns are not known either
		own.Names, own.Linear = v.Names, v.Linear
		if epochs != pastruns.ArchitectureOnly {
			own.Current, own.Reached = features.CurrentAccuracy, features.ReachedAccuracy
		}
	}
	l, err := f.predictor.Forests.Level(ctx, f.snapshot, own, epochs, without...)
	if err != nil {
		return advisor.Prediction{}, err
	}
	if l == nil {
		_, err := f.snapshot.Table(ctx, epochs, without...) // says what there is
		return advisor.Prediction{}, err
	}
	got, err := l.Predict(v.Values)
	if err != nil {
		return advisor.Prediction{}, fmt.Errorf("predict for %s: %w", f.snapshot.Key, err)
	}
	p := f.prediction(got, l.ID(), l.R2())
	p.LevelKnown = l.Known()
	if len(own.Y) > 0 {
		p.Deciles = deciles(own.Y)
	}
	if p.Warnings == nil {
		p.Warnings = []string{}
	}
	return p, nil
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
