package ratetest

import (
	"context"
	"errors"

	"probewise/advisor"
	"probewise/trainer"
)

const (
	share = 0.1 // of what a search has left after the probe
	kept  = 100 // points of an answer
)

// Affordable says whether a search of the net, within a budget in full trainings, may spend the test beside its probe
// of so many epochs. Half an epoch is what two candidates take at first: little among the twenty of a default budget,
// much among the few of a quick one, where they say more. So they do where large batches or short runs make the test
// dear.
func Affordable(a trainer.Architecture, full trainer.Budget, probe int, budget float64) bool {
	left := budget*float64(full.Epochs) - float64(probe)
	return budget >= advisor.DefaultBudget && epochs(Plan(a, full).Updates, a, full) <= share*left
}

// Try is Run as a search needs it, which goes on without the test: where the training fails, for want of memory say,
// the reason tells. It errs where the context has ended or the device is lost. The points are thinned out.
func Try(ctx context.Context, t Trainer, spec trainer.Spec) (advisor.RateTest, error) {
	test, err := run(ctx, t, spec)
	test.Points = thinned(test.Points)
	var lost *trainer.DeviceLostError
	if err != nil && ctx.Err() == nil && !errors.As(err, &lost) {
		test.Reason = "it failed: " + err.Error()
		return test, nil
	}
	return test, err
}

// thinned keeps the first point, the last, and of those between as many as answers show.
func thinned(points []advisor.RatePoint) []advisor.RatePoint {
	if len(points) <= kept {
		return append([]advisor.RatePoint{}, points...) // never null
	}
	var some []advisor.RatePoint
	for i := range kept {
		some = append(some, points[i*(len(points)-1)/(kept-1)])
	}
	return some
}
