package service

import (
	"context"
	"fmt"

	"probewise/advisor"
	"probewise/advisor/gate"
	"probewise/trainer"
)

// Prober gives the gate its evidence about architectures: it implements gate.Prober.
type Prober struct {
	Service Service
	// Work does a queued run to its end.
	Work func(ctx context.Context, run string) error
}

// Validate reads an architecture for a data set.
func (p Prober) Validate(ctx context.Context, data []byte, dataset string) (trainer.Architecture, error) {
	run, err := p.Service.Validate(ctx, data, dataset)
	return run.Architecture, err
}

// Probe trains a probe, examines it and predicts from it. One that the same program has trained before is taken from
// the store.
func (p Prober) Probe(ctx context.Context, a trainer.Architecture, dataset string, epochs int,
	seed uint64) (gate.Probed, error) {
	run, err := p.fullRun(ctx, a, dataset, seed)
	got := gate.Probed{Key: run.Key()}
	if err != nil {
		return got, err
	}
	run.Kind, run.StopAfter = advisor.Probe, epochs
	if err := checkProbe("/stop_after", epochs, run.Budget.Epochs); err != nil {
		return got, err
	}
	if run, err = p.trained(ctx, run); err != nil {
		return got, err
	}
	records, err := p.Service.Store.Records(ctx, run.ID)
	if err != nil {
		return got, err
	}
	probe := advisor.ProbeResult{Architecture: run.Architecture, Epochs: run.StopAfter, Records: records,
		Outcome: *run.Outcome}
	if s := probe.Outcome.ValidationByClass; s != nil {
		got.Chance = s.Chance()
	}
	forecaster, err := p.Service.Predictor.Snapshot(ctx, got.Key)
	if err != nil {
		return got, err
	}
	proposer := Proposer{Rules: p.Service.Rules, Full: run.Budget, Reference: forecaster.Reference()}
	if got.Diagnoses, _, err = proposer.Examine(probe); err != nil {
		return got, err
	}
	got.Prediction, err = forecaster.FromProbe(ctx, probe)
	return got, err
}

// trained is the finished probe.
func (p Prober) trained(ctx context.Context, probe advisor.Run) (advisor.Run, error) {
	earlier, err := p.Service.Store.ListRuns(ctx, advisor.RunFilter{Kind: advisor.Probe, State: advisor.Succeeded,
		Fingerprint: p.Service.fingerprint(probe), Limit: 1})
	if err != nil {
		return probe, err
	}
	if len(earlier) == 1 && p.Service.Version != unknownVersion {
		return earlier[0], nil
	}
	run, err := p.Service.queue(ctx, probe, advisor.IdempotencyKey{})
	if err != nil {
		return run, err
	}
	if err := p.Work(ctx, run.ID); err != nil {
		return run, err
	}
	if run, err = p.Service.Store.Run(ctx, run.ID); err != nil {
		return run, err
	}
	if run.State != advisor.Succeeded {
		return run, fmt.Errorf("run %s %s: %s", run.ID, run.State, run.Error)
	}
	return run, nil
}

// unknownVersion is that of a program that was built without a version: another build of it may train otherwise.
const unknownVersion = "(devel)"

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
