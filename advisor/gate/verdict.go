package gate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// Evidence is what is known about one architecture.
type Evidence struct {
	File           string
	ArchitectureID string
	Parameters     int64
	Predictions    []advisor.Prediction  // one per probe, in the order of their seeds, or one of the architecture alone
	Diagnoses      [][]advisor.Diagnosis // one list per probe; none without a probe
	Chance         float64               // accuracy of always answering the largest class
	Reason         string                // why there is no prediction
	Probed         bool
	Key            advisor.Key // of the full run that is predicted
}

// Status is how a rule, a file or a whole check came out.
type Status string

// The statuses. A file or a check is never Excepted.
const (
	Passed      Status = "passed"
	Failed      Status = "failed"
	Excepted    Status = "excepted"    // would not have passed, but for an exception that holds
	Unevaluated Status = "unevaluated" // could not be judged
)

// Result is what one rule says about one architecture.
type Result struct {
	Rule      string         `json:"rule"`
	Level     Level          `json:"level"`
	Status    Status         `json:"status"`
	Value     trainer.Number `json:"value"` // null where there is none
	Threshold trainer.Number `json:"threshold"`
	Message   string         `json:"message"`
	Pointer   string         `json:"pointer"` // JSON Pointer into the architecture; "": the whole of it
}

// Verdict is what the policy says about one architecture.
type Verdict struct {
	File             string               `json:"file"`
	ArchitectureID   string               `json:"architecture_id"`
	State            Status               `json:"state"`
	Parameters       int64                `json:"parameters"`
	Key              *advisor.Key         `json:"key"` // null where no prediction was asked for
	Results          []Result             `json:"results"`
	Prediction       *advisor.Prediction  `json:"prediction"` // of all runs together
	PredictionReason string               `json:"prediction_reason,omitempty"`
	Probed           bool                 `json:"probed"`
	Aggregate        Aggregate            `json:"aggregate"`
	Runs             []advisor.Prediction `json:"runs"`

	diagnoses [][]advisor.Diagnosis // of the probes
	chance    float64
}

// Judge applies the policy. A file fails when a rule of level error fails; else it is unevaluated when any rule could
// not be judged, one of level warn too. A warn rule that fails is a warning. Exceptions hold by the date of today.
func Judge(p Policy, e Evidence, today time.Time) Verdict {
	v := Verdict{
		File:             e.File,
		ArchitectureID:   e.ArchitectureID,
		Parameters:       e.Parameters,
		Results:          []Result{},
		Probed:           e.Probed,
		Aggregate:        p.Probe.Aggregate,
		Runs:             append([]advisor.Prediction{}, e.Predictions...),
		PredictionReason: e.Reason,
		diagnoses:        e.Diagnoses,
		chance:           e.Chance,
	}
	if e.Key != (advisor.Key{}) {
		v.Key = &e.Key
	}
	v.aggregate()
	for _, r := range p.results(v) {
		v.Results = append(v.Results, p.excuse(r, today))
	}
	v.State = worst(v.Results)
	return v
}

// results are those of all rules that are on. Without a probe what needs one is left out.
func (p Policy) results(v Verdict) (all []Result) {
	if rule := p.Rules.PredictedAccuracy; rule.Level != Off {
		all = append(all, predictedAccuracy(rule, v))
	}
	if rule := p.Rules.AboveChance; rule.Level != Off {
		all = append(all, aboveChance(rule, v))
	}
	if rule := p.Rules.SevereDiagnosis; rule.Level != Off && v.Probed {
		all = append(all, severeDiagnosis(rule, v))
	}
	for _, name := range diagnosisNames() {
		if level := p.Rules.Diagnoses[name]; level != Off && v.Probed {
			all = append(all, forbidden(name, level, v))
		}
	}
	if rule := p.Rules.Novelty; rule.Level != Off {
		all = append(all, novelty(rule, v))
	}
	if rule := p.Rules.Parameters; rule.Level != Off {
		all = append(all, parameters(rule, v.Parameters))
	}
	return all
}

// worst is the state of a file. Nothing judged is not passed.
func worst(results []Result) Status {
	failed := func(r Result) bool { return r.Level == Error && r.Status == Failed }
	unevaluated := func(r Result) bool { return r.Status == Unevaluated }
	switch {
	case slices.ContainsFunc(results, failed):
		return Failed
	case slices.ContainsFunc(results, unevaluated), len(results) == 0:
		return Unevaluated
	}
	return Passed
}

func predictedAccuracy(rule PredictedAccuracy, v Verdict) Result {
	if p := v.Prediction; p != nil && math.Abs(p.Confidence-rule.Confidence) > 1e-9 {
		r := v.bounded(RulePredictedAccuracy, rule.Level, rule.Min)
		r.Status, r.Value = Unevaluated, trainer.Missing
		r.Message = fmt.Sprintf("the prediction's interval has confidence %g, and the rule asks for %g", p.Confidence,
			rule.Confidence)
		return r
	}
	r := v.bounded(RulePredictedAccuracy, rule.Level, rule.Min)
	if r.Message == "" {
		value, threshold := figure.Apart(v.Prediction.Low, rule.Min)
		r.Message = fmt.Sprintf("lower bound %s of the predicted test accuracy is %s %s", value,
			map[Status]string{Passed: "at least", Failed: "below"}[r.Status], threshold)
	}
	return r
}

const (
	// Tolerance is how far a bound may lie below what a rule asks for: processors round differently, and a verdict must
	// not depend on which of them trained the probe.
	Tolerance = 0.005
	// Believed is the novelty up to which the bound of a prediction is believed.
	Believed = 0.95
)

// bounded holds the lower bound of the prediction against the least that a rule asks for. A bound that cannot be
// believed passes nothing: what it is about is for a person to look at. Where there is more to say than that the bound
// is at least that, or below it, it is in the message.
func (v Verdict) bounded(rule string, level Level, least float64) Result {
	r := Result{Rule: rule, Level: level, Status: Unevaluated, Value: trainer.Missing, Threshold: trainer.Number(least)}
	if v.Prediction == nil {
		r.Message = v.unpredicted()
		return r
	}
	low := v.Prediction.Low
	r.Value = trainer.Number(low)
	value, threshold := figure.Apart(low, least)
	switch {
	case !v.Prediction.LevelKnown:
		r.Message = fmt.Sprintf("lower bound %s rests on other data sets: there are too few full runs of this one for its "+
			"level to be known", value)
	case low < least-Tolerance:
		r.Status = Failed
	case v.Prediction.Novelty > Believed:
		r.Message = fmt.Sprintf("lower bound %s is of a network unlike the past runs (novelty %s), which cannot be relied on",
			value, figure.Score(v.Prediction.Novelty))
	case low < least:
		r.Status = Passed
		r.Message = fmt.Sprintf("lower bound %s of the predicted test accuracy is within %g of %s", value,
			Tolerance, threshold)
	default:
		r.Status = Passed
	}
	return r
}

func (v Verdict) unpredicted() string {
	return "no prediction: " + cmp.Or(v.PredictionReason, "nothing was predicted")
}

func parameters(rule Parameters, n int64) Result {
	r := Result{
		Rule:      RuleParameters,
		Level:     rule.Level,
		Status:    Passed,
		Value:     trainer.Number(n),
		Threshold: trainer.Number(rule.Max),
	}
	r.Message = fmt.Sprintf("%s parameters are at most %s", figure.Count(n), figure.Count(rule.Max))
	if n > rule.Max {
		r.Status, r.Message = Failed, fmt.Sprintf("%s parameters are more than %s", figure.Count(n), figure.Count(rule.Max))
	}
	return r
}

// excuse applies the exceptions to a result that did not pass.
func (p Policy) excuse(r Result, today time.Time) Result {
	e := p.exception(r.Rule, today)
	if r.Status == Passed || e == nil {
		return r
	}
	until := e.Until.Format(time.DateOnly)
	if !e.holds(today) {
		r.Message += fmt.Sprintf("; the exception from this rule expired after %s", until)
		return r
	}
	r.Status = Excepted
	r.Message += fmt.Sprintf("; excepted until %s: %s", until, e.Reason)
	return r
}

// aggregate makes one prediction of the runs'. All must be there, with finite numbers.
func (v *Verdict) aggregate() {
	if v.PredictionReason != "" || len(v.Runs) == 0 {
		v.Runs = []advisor.Prediction{}
		return
	}
	for _, r := range v.Runs {
		if sum := r.TestAccuracy + r.Low + r.High + r.Novelty; math.IsNaN(sum) || math.IsInf(sum, 0) {
			v.Runs, v.PredictionReason = []advisor.Prediction{}, "a prediction is not finite"
			return
		}
	}
	lowest := slices.MinFunc(v.Runs, func(a, b advisor.Prediction) int { return cmp.Compare(a.Low, b.Low) })
	lowest.Warnings = slices.Clone(lowest.Warnings)
	v.Prediction = &lowest
	if v.Aggregate == Mean {
		m := mean(v.Runs)
		v.Prediction = &m
	}
}

// mean takes the means of accuracy, bounds and novelty, the fewest past runs, and every warning once.
func mean(runs []advisor.Prediction) advisor.Prediction {
	m := runs[0]
	m.Warnings = []string{}
	for i, r := range runs {
		n := float64(i + 1) // means as they go: that of equal numbers is the number, to the last bit
		m.TestAccuracy += (r.TestAccuracy - m.TestAccuracy) / n
		m.Low += (r.Low - m.Low) / n
		m.High += (r.High - m.High) / n
		m.Novelty += (r.Novelty - m.Novelty) / n
		m.PastRuns = min(m.PastRuns, r.PastRuns)
		m.LevelKnown = m.LevelKnown && r.LevelKnown
		for _, w := range r.Warnings {
			if !slices.Contains(m.Warnings, w) {
				m.Warnings = append(m.Warnings, w)
			}
		}
	}
	return m
}
