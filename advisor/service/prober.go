package service

import (
	"context"

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
	full, err := p.Service.Validate(ctx, a.Canonical(), dataset)
	key := full.Key()
	if err != nil {
		return advisor.Prediction{}, key, err
	}
	if err := p.Predictable(ctx, key, epochs); err != nil {
		return advisor.Prediction{}, key, err
	}
	request := RunRequest{Dataset: dataset, Kind: advisor.Probe, StopAfter: epochs, Seed: seed}
	run, err := p.Service.SubmitRun(ctx, a.Canonical(), request, advisor.IdempotencyKey{})
	if err != nil {
		return advisor.Prediction{}, key, err
	}
	if err := p.Work(ctx, run.ID); err != nil {
		return advisor.Prediction{}, key, err
	}
	prediction, err := p.Service.PredictRun(ctx, run.ID)
	return prediction, key, err
}

// FromArchitecture predicts without any training.
func (p Prober) FromArchitecture(ctx context.Context, a trainer.Architecture, dataset string) (advisor.Prediction,
	advisor.Key, error) {
	full, err := p.Service.Validate(ctx, a.Canonical(), dataset)
	key := full.Key()
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
