package service

import (
	"context"
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/advisor/ratetest"
	"probewise/advisor/search"
	"probewise/trainer"
)

// rateTest makes the range test of the net that is searched, with the probe's seed and data; nil where none is wanted.
func (s Service) rateTest(ctx context.Context, b *lab, a *advisor.Advice) (*advisor.RateTest, error) {
	if !wantsRateTest(a, b.probe) {
		return nil, nil
	}
	b.watch(advisor.Event{Type: advisor.EventState, State: advisor.Running, Phase: rangeTest})
	test, err := ratetest.Try(ctx, watchedSweeps{s.Trainer, b.probe.ID, b.watch},
		trainer.Spec{Architecture: a.Architecture, Data: b.data, Budget: b.probe.Budget, Seed: b.probe.Seed})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rangeTest, err)
	}
	a.Compute.VerificationFLOPs = test.FLOPs
	return &test, nil
}

// wantsRateTest says whether a search follows that may try another rate, and whose budget bears the test. A net whose
// probe diverged is tested as well: its rate is the likeliest cause, the test begins far below that, and where
// something else is the cause it ends after an update or two.
func wantsRateTest(a *advisor.Advice, probe advisor.Run) bool {
	r := a.Request
	return r.Verify && r.Goal != advisor.GoalShrink && !reached(a) &&
		!slices.Contains(r.Constraints.Forbid, knob.LearningRate) &&
		ratetest.Affordable(a.Architecture, probe.Budget, probe.StopAfter, r.Budget)
}

// reached says whether the net is predicted to reach the request's target as it is: nothing is tried then.
func reached(a *advisor.Advice) bool {
	return a.Request.Goal == advisor.GoalTarget && a.Prediction != nil &&
		a.Prediction.TestAccuracy >= a.Request.Target
}

// rangeTest is the phase that the test is for watchers.
const rangeTest = "range test"

// watchedSweeps tells of each update.
type watchedSweeps struct {
	ratetest.Trainer
	run   string
	watch advisor.Watcher
}

// Sweep implements ratetest.Trainer.
func (w watchedSweeps) Sweep(ctx context.Context, spec trainer.Spec, sweep trainer.Sweep,
	see func(trainer.SweepPoint) bool) error {
	p := trainer.Progress{Batches: sweep.Updates}
	return w.Trainer.Sweep(ctx, spec, sweep, func(point trainer.SweepPoint) bool {
		p.Batch++
		told := p
		w.watch(advisor.Event{Type: advisor.EventProgress, Phase: rangeTest, Run: w.run, Progress: &told})
		return see(point)
	})
}

// ofRateTest is what a range test suggests for the net that it was made of, if anything.
func ofRateTest(base trainer.Architecture, test advisor.RateTest) []search.Candidate {
	setting, ok := ratetest.Setting(base, test)
	if !ok {
		return nil
	}
	revised := base.Clone()
	setting.Revise(&revised)
	revised, err := trainer.Validate(revised, trainer.Limits{})
	if err != nil {
		return nil // no legal rate
	}
	return []search.Candidate{{
		Title: setting.Title,
		Reason: fmt.Sprintf("Where a throw-away copy of the network was trained with rates from %s to %s, its average "+
			"loss was least about ten times above this one.", figure.Significant(test.Points[0].LearningRate),
			figure.Significant(test.Points[len(test.Points)-1].LearningRate)),
		Settings: []search.Setting{
			{Knob: setting.Knob, Name: setting.Name, Title: setting.Title, Revise: setting.Revise}},
		Architecture: revised,
		Measured:     true,
	}}
}
