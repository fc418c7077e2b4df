package service

import (
	"context"
	"errors"
	"fmt"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/gain"
	"probewise/advisor/search"
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
	if err := s.diagnose(forecaster.Reference(), probe.Budget, a, result, watch); err != nil {
		return nil, err
	}
	others, err := s.more(ctx, l, a, probe, watch)
	if err != nil {
		return nil, err
	}
	if a.Prediction, a.PredictionReason, err = predictMean(ctx, forecaster.Without(a.Architecture),
		append([]advisor.ProbeResult{result}, others...)); err != nil {
		return nil, err
	}
	if err := s.try(ctx, l, a, probe, result, forecaster.Reference(), watch); err != nil {
		return nil, err
	}
	for i := range a.Suggestions {
		watch(advisor.Event{Type: advisor.EventSuggestion, Suggestion: &a.Suggestions[i]})
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
	t, err := s.begin(ctx, l, r, data, "probe", 0, watch)
	if err != nil {
		return advisor.ProbeResult{}, s.fail(ctx, l, r, err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.trainTo(ctx, float64(r.StopAfter)); err != nil {
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

// flops is the training compute of a probe.
func flops(r advisor.ProbeResult, images int) float64 {
	epochs := r.Epochs
	if r.Outcome.Diverged {
		epochs = min(epochs, r.Outcome.DivergedEpoch)
	}
	return float64(images) * float64(epochs) * float64(r.Architecture.Cost().TrainingFLOPs)
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

func (s Service) diagnose(reference advisor.Reference, full trainer.Budget, a *advisor.Advice, r advisor.ProbeResult,
	watch advisor.Watcher) error {
	diagnoses, _, err := Proposer{Rules: s.Rules, Full: full, Reference: reference}.Examine(r)
	a.Diagnoses = append(a.Diagnoses, diagnoses...)
	for i := range diagnoses {
		watch(advisor.Event{Type: advisor.EventDiagnosis, Diagnosis: &diagnoses[i]})
	}
	return err
}

// try searches, or, where that was not asked for, lists what might be tried and what is foretold of it.
func (s Service) try(ctx context.Context, l advisor.Lease, a *advisor.Advice, probe advisor.Run,
	result advisor.ProbeResult, reference advisor.Reference, watch advisor.Watcher) error {
	b, err := s.newLab(ctx, l, probe, watch)
	if err != nil {
		return err
	}
	if a.RateTest, err = s.rateTest(ctx, b, a); err != nil {
		return err
	}
	best, tried, err := s.search(ctx, a, s.problem(b, a, result, reference), b)
	var none *gain.NoJudgeError
	if errors.As(err, &none) {
		a.RevisedReason = "no change advised: " + none.Error()
	} else if err != nil {
		return fmt.Errorf("search for a better net: %w", err)
	}
	revised(a, best, tried)
	return nil
}

// revised takes the entry that is advised, or says why there is none.
func revised(a *advisor.Advice, best *search.Entry, tried int) {
	switch {
	case a.RevisedReason != "":
	case best != nil:
		a.Revised = &advisor.Revised{
			Architecture: best.Architecture,
			Prediction:   afterwards(*a, best),
			Verified:     best.Verdict() == advisor.Better,
			Rank:         1,
		}
	case reached(a):
		a.RevisedReason = "no change advised: the net is predicted to reach the target as it is"
	case !a.Request.Verify:
		a.RevisedReason = "no suggestion was tried, since verification was not asked for"
	case len(a.Suggestions) == 0:
		a.RevisedReason = "no change advised: the constraints allow no other net"
	case a.Search == nil || a.Search.Rounds == 0:
		a.RevisedReason = fmt.Sprintf("no change advised: after the probe, the budget of %g full trainings leaves too "+
			"little to try any", a.Request.Budget)
	case tried == 0:
		a.RevisedReason = "no change advised: no suggestion could be tried within the memory limit and the budget"
	default:
		a.RevisedReason = fmt.Sprintf("no change advised: of %s tried, none is better beyond noise",
			figure.Counted(tried, "change"))
	}
	a.Summary = summary(*a)
}

// afterwards is what full training of the revised net is predicted to reach: the net's prediction and the gain. There
// is none where the gain is of another metric.
func afterwards(a advisor.Advice, best *search.Entry) *advisor.Prediction {
	p := a.Prediction
	if p == nil || a.Request.Metric.Other() {
		return nil
	}
	after, g := *p, best.Gain()
	after.TestAccuracy = bounded(p.TestAccuracy + g.Mean)
	after.Low, after.High = bounded(p.TestAccuracy+g.Low), bounded(p.TestAccuracy+g.High)
	after.Warnings = []string{}
	return &after
}
