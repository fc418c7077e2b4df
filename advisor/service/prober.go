package service

import (
	"context"
	"fmt"

	"probewise/advisor"
	"probewise/trainer"
)

// Prober gives the gate its evidence about architectures: it implements gate.Prober.
type Prober struct {
	Service Service
	// Predictable says why nothing could be predicted from a probe of so many epochs, nil where it can; the error is
	// *advisor.NoPredictionError.
	Predictable func(ctx context.Context, k advisor.Key, epochs int) error
	// Work does a queued run to its end.
	Work func(ctx context.Context, run string) error
}

// Validate reads an architecture for a data set.
func (p Prober) Validate(ctx context.Context, data []byte, dataset string) (trainer.Architecture, error) {
	run, err := p.Service.Validate(ctx, data, dataset)
	return run.Architecture, err
}

// Probe trains a probe and predicts from it. Nothing is trained where the past runs allow no prediction.
func (p Prober) Probe(ctx context.Context, a trainer.Architecture, dataset string, epochs int,
	seed uint64) (advisor.Prediction, advisor.Key, error) {
	run, err := p.fullRun(ctx, a, dataset, seed)
	key := run.Key()
	if err != nil {
		return advisor.Prediction{}, key, err
	}
	if err := p.Predictable(ctx, key, epochs); err != nil {
		return advisor.Prediction{}, key, err
	}
	run.Kind, run.StopAfter = advisor.Probe, epochs
	if err := checkProbe("/stop_after", epochs, run.Budget.Epochs); err != nil {
		return advisor.Prediction{}, key, err
	}
	if run, err = p.Service.queue(ctx, run, advisor.IdempotencyKey{}); err != nil {
		return advisor.Prediction{}, key, err
	}
	if err := p.Work(ctx, run.ID); err != nil {
		return advisor.Prediction{}, key, err
	}
	prediction, err := p.Service.PredictRun(ctx, run.ID)
	return prediction, key, err
}

// FromArchitecture predicts without any training.
func (p Prober) FromArchitecture(ctx context.Context, a trainer.Architecture,
	dataset string) (advisor.Prediction, advisor.Key, error) {
	run, err := p.fullRun(ctx, a, dataset, 0)
	key := run.Key()
	if err != nil {
		return advisor.Prediction{}, key, err
	}
	forecaster, err := p.Service.Predictor.Snapshot(ctx, key)
	if err != nil {
		return advisor.Prediction{}, key, err
	}
	prediction, err := forecaster.FromArchitecture(ctx, a)
	return prediction, key, err
}

// fullRun is the full run of an architecture that Validate has read for the data set; seed 0: the architecture's own.
func (p Prober) fullRun(ctx context.Context, a trainer.Architecture, dataset string, seed uint64) (advisor.Run, error) {
	dataset = orDefault(dataset, advisor.DefaultDataset)
	data, err := p.Service.Datasets.Load(ctx, dataset)
	if err != nil {
		return advisor.Run{}, fmt.Errorf("load data set %s: %w", dataset, err)
	}
	return p.Service.fullRun(data, dataset, a, []string{}, trainer.Budget{}, seed)
}
