package service

import (
	"errors"
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// completed fills in what the search may take and is for, and refuses what makes no sense for the architecture.
func completed(r advisor.Request, a trainer.Architecture) (advisor.Request, error) {
	r.Effort = orDefault(r.Effort, advisor.Standard)
	r.Goal = orDefault(r.Goal, advisor.GoalAccuracy)
	r.Metric = orDefault(r.Metric, advisor.Accuracy)
	r.Seeds = orDefault(r.Seeds, advisor.DefaultSeeds)
	switch r.Effort {
	case advisor.Standard:
		r.Budget = orDefault(r.Budget, advisor.DefaultBudget)
	case advisor.Quick:
		r.Budget = orDefault(r.Budget, advisor.QuickBudget)
	default:
		return r, badRequest("/effort", "effort %q: it is standard or quick", r.Effort)
	}
	if !(r.Budget > 0 && r.Budget <= advisor.MaxBudget) {
		return r, badRequest("/budget", "a budget of %g full trainings: give one above 0 and up to %g", r.Budget,
			advisor.MaxBudget)
	}
	if r.Seeds < 1 || r.Seeds > advisor.MaxSeeds {
		return r, badRequest("/seeds", "%d seeds to confirm a gain: give 1 to %d", r.Seeds, advisor.MaxSeeds)
	}
	r.Probe.Seeds = orDefault(r.Probe.Seeds, 1)
	if r.Probe.Seeds < 1 || r.Probe.Seeds > advisor.MaxSeeds {
		return r, badRequest("/probe/seeds", "%d probes with seeds of their own: give 1 to %d", r.Probe.Seeds,
			advisor.MaxSeeds)
	}
	if r.Suggestions < 1 {
		return r, badRequest("/suggestions", "suggestions: %d, want at least 1", r.Suggestions)
	}
	if !slices.Contains(advisor.Metrics(), r.Metric) {
		return r, badRequest("/metric", "metric %q: it is accuracy, balanced_accuracy or macro_f1", r.Metric)
	}
	if r.Metric.Other() && r.Goal == advisor.GoalTarget {
		return r, badRequest("/metric", "a target is a test accuracy, which alone is predicted: ask for the goal accuracy "+
			"with the metric %s, or for the target without a metric", r.Metric)
	}
	switch r.Goal {
	case advisor.GoalAccuracy, advisor.GoalShrink:
		if r.Target != 0 {
			return r, badRequest("/target", "a target of %g is for the goal target, and the goal is %s", r.Target, r.Goal)
		}
	case advisor.GoalTarget:
		if !(r.Target > 1/float64(a.Classes) && r.Target < 1) {
			return r, badRequest("/target", "a target of %g: give a test accuracy above chance, %.3f, and below 1", r.Target,
				1/float64(a.Classes))
		}
	default:
		return r, badRequest("/goal", "goal %q: it is accuracy, shrink or target", r.Goal)
	}
	var constraint *knob.ConstraintError
	if err := knob.Constraints(r.Constraints).Check(a); errors.As(err, &constraint) {
		return r, badRequest("/constraints"+constraint.Pointer, "%s", constraint.Message)
	} else if err != nil {
		return r, err
	}
	return r, nil
}

// RequestError reports a request that cannot be met, whatever the architecture.
type RequestError struct {
	Pointer string // JSON Pointer of the member of the request that is wrong; "/images" is the probe's or the budget's
	Problem string
}

func (e *RequestError) Error() string { return e.Problem }

func badRequest(pointer, format string, args ...any) error {
	return &RequestError{pointer, fmt.Sprintf(format, args...)}
}
