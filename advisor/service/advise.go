package service

import (
	"context"
	"errors"
	"fmt"

	"probewise/advisor"
	"probewise/trainer"
)

// advise answers a request for advice: probe, prediction, diagnoses, suggestions, verification.
func (s Service) advise(ctx context.Context, l advisor.Lease, watch advisor.Watcher) error {
	a, err := s.Store.Advice(ctx, l.ID)
	if err != nil {
		return err
	}
	next, err := s.answer(ctx, l, &a, watch)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if unfinished(err) {
		return fmt.Errorf("advice %s: %w", a.ID, err)
	}
	finished := now()
	a.State, a.Finished = advisor.Succeeded, &finished
	if err != nil {
		a.State, a.Error = advisor.Failed, err.Error()
	}
	if err := errors.Join(err, s.Store.FinishAdvice(ctx, l, a, next...)); err != nil {
		return fmt.Errorf("advice %s: %w", a.ID, err)
	}
	watch(advisor.Event{Type: advisor.EventDone, State: a.State})
	return nil
}

// answer fills in the advice. It returns the run that trains the revised architecture, where one was asked for.
func (s Service) answer(ctx context.Context, l advisor.Lease, a *advisor.Advice,
	watch advisor.Watcher) ([]advisor.Run, error) {
	probe, err := s.Store.Run(ctx, a.ProbeRun)
	if err != nil {
		return nil, err
	}
	result, err := s.probe(ctx, l, probe, watch)
	if err != nil {
		return nil, err
	}
	a.Compute.ProbeFLOPs = flops(result, probe.Budget.Images)
	forecaster, err := s.Predictor.Snapshot(ctx, probe.Key())
	if err != nil {
		return nil, err
	}
	proposals, err := s.diagnose(forecaster.Reference(), a, result, watch)
	if err != nil {
		return nil, err
	}
	candidates, err := packages(a.Architecture, a.Diagnoses, proposals)
	if err != nil {
		return nil, fmt.Errorf("combine the proposals: %w", err)
	}
	compared := []trainer.Architecture{a.Architecture} // their predictions must be one forest's
	for _, c := range candidates {
		compared = append(compared, c.architecture)
	}
	forecaster = forecaster.Without(compared...)
	if a.Prediction, a.PredictionReason, err = predict(ctx, forecaster, result); err != nil {
		return nil, err
	}
	if err := rank(ctx, forecaster, a.Diagnoses, candidates); err != nil {
		return nil, fmt.Errorf("rank the suggestions: %w", err)
	}
	candidates = candidates[:min(len(candidates), a.Request.Suggestions)]
	for i := range candidates {
		candidates[i].Rank, candidates[i].Verdict = i+1, advisor.NotTried
	}
	v := verifier{Service: s, lease: l, forecaster: forecaster, probe: probe, original: result, watch: watch}
	if a.Request.Verify {
		if err := v.verify(ctx, candidates); err != nil {
			return nil, fmt.Errorf("verify the suggestions: %w", err)
		}
	}
	a.Compute.VerificationFLOPs = v.flops
	for i := range candidates {
		a.Suggestions = append(a.Suggestions, candidates[i].Suggestion)
		watch(advisor.Event{Type: advisor.EventSuggestion, Suggestion: &candidates[i].Suggestion})
	}
	if err := revised(ctx, forecaster, a, candidates, v.best); err != nil {
		return nil, err
	}
	if !a.Request.Train || a.Revised == nil {
		return nil, nil
	}
	training := s.training(*a, probe)
	a.TrainingRun = &training.ID
	return []advisor.Run{training}, nil
}

// probe trains the probe, or takes it from the store where an earlier worker finished it.
func (s Service) probe(ctx context.Context, l advisor.Lease, r advisor.Run,
	watch advisor.Watcher) (result advisor.ProbeResult, err error) {
	if r.State == advisor.Succeeded {
		records, err := s.Store.Records(ctx, r.ID)
		return advisor.ProbeResult{Architecture: r.Architecture, Epochs: r.StopAfter, Records: records, Outcome: *r.Outcome},
			err
	}
	data, err := s.Datasets.Load(ctx, r.Dataset)
	if err != nil {
		return advisor.ProbeResult{}, fmt.Errorf("load data set %s: %w", r.Dataset, err)
	}
	if err := s.Store.StartRun(ctx, l, r.ID); err != nil {
		return advisor.ProbeResult{}, err
	}
	t, err := s.begin(ctx, l, r, data, "probe", watch)
	if err != nil {
		return advisor.ProbeResult{}, s.fail(ctx, l, r, err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.trainTo(ctx, r.StopAfter); err != nil {
		return advisor.ProbeResult{}, s.fail(ctx, l, r, err)
	}
	return t.result, t.finish(ctx)
}

// fail ends a run that an error stopped; one that was interrupted, or whose store is busy or whose device is lost, is
// left to go back to the queue.
func (s Service) fail(ctx context.Context, l advisor.Lease, r advisor.Run, err error) error {
	if ctx.Err() != nil || unfinished(err) {
		return err
	}
	return errors.Join(err, s.Store.FinishRun(ctx, l, r.ID, advisor.Failed, nil, err.Error()))
}

// predict returns the prediction, or the reason why there is none.
func predict(ctx context.Context, f advisor.Forecaster, r advisor.ProbeResult) (*advisor.Prediction, string, error) {
	p, err := f.FromProbe(ctx, r)
	var none *advisor.NoPredictionError
	if errors.As(err, &none) {
		return nil, none.Reason, nil
	} else if err != nil {
		return nil, "", fmt.Errorf("predict: %w", err)
	}
	return &p, "", nil
}

func (s Service) diagnose(reference advisor.Reference, a *advisor.Advice, r advisor.ProbeResult,
	watch advisor.Watcher) ([]advisor.Proposal, error) {
	shapes, err := a.Architecture.Shapes()
	if err != nil {
		return nil, err
	}
	diagnoses, proposals := s.Rules.Examine(advisor.Case{
		Architecture: a.Architecture,
		Shapes:       shapes,
		Cost:         a.Architecture.Cost(),
		Records:      r.Records,
		Outcome:      r.Outcome,
		Full:         trainer.Budget{Images: a.Request.Probe.Images, Epochs: a.Request.Epochs},
		Reference:    reference,
	})
	a.Diagnoses = append(a.Diagnoses, diagnoses...)
	for i := range diagnoses {
		watch(advisor.Event{Type: advisor.EventDiagnosis, Diagnosis: &diagnoses[i]})
	}
	return proposals, nil
}

// revised takes the best verified suggestion.
func revised(ctx context.Context, f advisor.Forecaster, a *advisor.Advice, candidates []candidate,
	best *verified) error {
	probed := 0
	for _, c := range candidates {
		if c.Verified != nil {
			probed++
		}
	}
	switch {
	case len(candidates) == 0 && len(a.Diagnoses) > 0:
		a.RevisedReason = "no change advised: no change to what was found gives another valid architecture"
	case len(candidates) == 0:
		a.RevisedReason = "no change advised: no rule found anything to change"
	case !a.Request.Verify:
		a.RevisedReason = "no suggestion was verified, since verification was not asked for"
	case probed == 0:
		a.RevisedReason = "no change advised: no suggestion could be tried within the memory limit"
	case best == nil:
		a.RevisedReason = fmt.Sprintf("no change advised: %d suggestions were tried, none gained at the probe's length",
			probed)
	default:
		prediction, _, err := predict(ctx, f, best.result)
		if err != nil {
			return err
		}
		a.Revised = &advisor.Revised{Architecture: best.architecture, Prediction: prediction, Verified: true, Rank: best.Rank}
	}
	return nil
}
