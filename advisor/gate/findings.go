package gate

import (
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// rank orders severities, the worst first.
var rank = map[advisor.Severity]int{advisor.High: 0, advisor.Medium: 1, advisor.Low: 2}

// severeDiagnosis forbids the severe ones.
func severeDiagnosis(rule SevereDiagnosis, v Verdict) Result {
	r := v.found(RuleSevereDiagnosis, rule.Level, func(d advisor.Diagnosis) bool {
		return rank[d.Severity] <= rank[rule.Severity] && !slices.Contains(rule.Except, d.Rule)
	})
	if r.Status == Passed {
		r.Message = fmt.Sprintf("no diagnosis of severity %s", rule.Severity)
		if rule.Severity != advisor.High {
			r.Message += " or above"
		}
	}
	return r
}

// forbidden forbids what one rule finds.
func forbidden(name string, level Level, v Verdict) Result {
	r := v.found(name, level,
		func(d advisor.Diagnosis) bool { return d.Rule == name || slices.Contains(d.Explains, name) })
	if r.Status == Passed {
		r.Message = "not found"
	}
	return r
}

// found fails where as many probes show such a diagnosis as the aggregate asks for: one of them where it is
// pessimistic, more than half where it is a mean.
func (v Verdict) found(rule string, level Level, is func(advisor.Diagnosis) bool) Result {
	r := Result{Rule: rule, Level: level, Status: Passed, Value: trainer.Missing, Threshold: trainer.Missing}
	if len(v.diagnoses) == 0 {
		r.Status, r.Message = Unevaluated, "no probe was trained"
		return r
	}
	var first *advisor.Diagnosis
	probes := 0
	for _, all := range v.diagnoses {
		if i := slices.IndexFunc(all, is); i >= 0 {
			probes++
			if first == nil {
				first = &all[i]
			}
		}
	}
	if first == nil || v.Aggregate == Mean && 2*probes <= len(v.diagnoses) {
		return r
	}
	r.Status, r.Value, r.Threshold = Failed, first.Value, first.Threshold
	r.Message = fmt.Sprintf("%s (%s): %s", first.Rule, first.Severity, first.Message)
	if n := len(v.diagnoses); n > 1 {
		r.Message = fmt.Sprintf("in %d of %d probes %s", probes, n, r.Message)
	}
	return r
}

// aboveChance holds the lower bound against what is reached without learning.
func aboveChance(rule AboveChance, v Verdict) Result {
	least := rule.Times * v.chance
	r := v.bounded(RuleAboveChance, rule.Level, least)
	if r.Message == "" {
		value, threshold := figure.Apart(v.Prediction.Low, least)
		r.Message = fmt.Sprintf("lower bound %s of the predicted test accuracy is %s %s, %g times chance", value,
			map[Status]string{Passed: "at least", Failed: "below"}[r.Status], threshold, rule.Times)
	}
	return r
}

// novelty asks for a person where a prediction cannot be believed.
func novelty(rule Novelty, v Verdict) Result {
	r := Result{Rule: RuleNovelty, Level: rule.Level, Status: Unevaluated, Value: trainer.Missing,
		Threshold: trainer.Number(rule.Max)}
	if v.Prediction == nil {
		r.Message = v.unpredicted()
		return r
	}
	r.Value = trainer.Number(v.Prediction.Novelty)
	if v.Prediction.Novelty > rule.Max {
		r.Message = fmt.Sprintf("unlike the past runs: novelty %s is above %s, so what is predicted is not to be relied on",
			figure.Score(v.Prediction.Novelty), figure.Score(rule.Max))
		return r
	}
	r.Status = Passed
	r.Message = fmt.Sprintf("novelty %s is at most %s", figure.Score(v.Prediction.Novelty), figure.Score(rule.Max))
	return r
}
