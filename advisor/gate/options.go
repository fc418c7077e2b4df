package gate

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"probewise/advisor"
)

func (r *reader) predictedAccuracy(n *yaml.Node, at string, rule *PredictedAccuracy) {
	level, options := r.rule(n, at)
	rule.Level = level
	if options != nil {
		*rule = PredictedAccuracy{Level: level, Confidence: Confidence}
		keys := r.mapping(options, at+"/1", "rule "+RulePredictedAccuracy, "min", "confidence")
		if n := keys["min"]; n != nil {
			rule.Min = r.number(n, at+"/1/min", 0, 1)
		} else if keys != nil {
			r.add(options, at+"/1", CodeMissingKey, "rule %s needs \"min\", a share between 0 and 1", RulePredictedAccuracy)
		}
		if n := keys["confidence"]; n != nil {
			r.confidence(n, at+"/1/confidence")
		}
	} else if level != Off && rule.Confidence == 0 {
		r.add(n, at, CodeMissingKey, "rule %s needs its options here: [%s, {min: …}]", RulePredictedAccuracy, level)
	}
}

func (r *reader) confidence(n *yaml.Node, at string) {
	before := len(r.findings)
	if v := r.number(n, at, 0, 1); len(r.findings) == before && v != Confidence {
		r.add(n, at, CodeOutOfRange,
			"confidence must be 0.8, not %s: the past runs calibrate the intervals for that alone", plainNumber(v))
	}
}

func (r *reader) parameters(n *yaml.Node, at string, rule *Parameters) {
	level, options := r.rule(n, at)
	rule.Level = level
	if options != nil {
		*rule = Parameters{Level: level}
		keys := r.mapping(options, at+"/1", "rule "+RuleParameters, "max")
		if n := keys["max"]; n != nil {
			rule.Max = r.integer(n, at+"/1/max", 1, largestInteger)
		} else if keys != nil {
			r.add(options, at+"/1", CodeMissingKey, "rule %s needs \"max\", a number of parameters", RuleParameters)
		}
	} else if level != Off && rule.Max == 0 {
		r.add(n, at, CodeMissingKey, "rule %s needs its options here: [%s, {max: …}]", RuleParameters, level)
	}
}

func (r *reader) aboveChance(n *yaml.Node, at string, rule *AboveChance) {
	level, options := r.rule(n, at)
	rule.Level = level
	if options != nil {
		*rule = AboveChance{Level: level}
		keys := r.mapping(options, at+"/1", "rule "+RuleAboveChance, "times")
		if n := keys["times"]; n != nil {
			rule.Times = r.number(n, at+"/1/times", 1, maxTimes)
		} else if keys != nil {
			r.add(options, at+"/1", CodeMissingKey, "rule %s needs \"times\", how many times chance", RuleAboveChance)
		}
	} else if level != Off && rule.Times == 0 {
		r.add(n, at, CodeMissingKey, "rule %s needs its options here: [%s, {times: …}]", RuleAboveChance, level)
	}
}

func (r *reader) severeDiagnosis(n *yaml.Node, at string, rule *SevereDiagnosis) {
	level, options := r.rule(n, at)
	rule.Level = level
	if options == nil {
		if rule.Severity == "" {
			rule.Severity = advisor.High
		}
		return
	}
	*rule = SevereDiagnosis{Level: level, Severity: advisor.High}
	keys := r.mapping(options, at+"/1", "rule "+RuleSevereDiagnosis, "severity", "except")
	if n := keys["severity"]; n != nil {
		rule.Severity = advisor.Severity(r.choice(n, at+"/1/severity", string(advisor.High), string(advisor.Medium),
			string(advisor.Low)))
	}
	for i, n := range r.list(keys["except"], at+"/1/except") {
		if name := r.choice(n, fmt.Sprintf("%s/1/except/%d", at, i), diagnosisNames()...); name != "" {
			rule.Except = append(rule.Except, name)
		}
	}
}

func (r *reader) novelty(n *yaml.Node, at string, rule *Novelty) {
	level, options := r.rule(n, at)
	rule.Level = level
	if options != nil {
		*rule = Novelty{Level: level}
		keys := r.mapping(options, at+"/1", "rule "+RuleNovelty, "max")
		if n := keys["max"]; n != nil {
			rule.Max = r.number(n, at+"/1/max", 0, 1)
		} else if keys != nil {
			r.add(options, at+"/1", CodeMissingKey, "rule %s needs \"max\", a share between 0 and 1", RuleNovelty)
		}
	} else if level != Off && rule.Max == 0 {
		r.add(n, at, CodeMissingKey, "rule %s needs its options here: [%s, {max: …}]", RuleNovelty, level)
	}
}

// diagnosis reads the level of a rule that has no options.
func (r *reader) diagnosis(n *yaml.Node, at, name string) Level {
	level, options := r.rule(n, at)
	if options != nil {
		r.add(options, at+"/1", CodeUnusedKey, "rule %s has no options", name)
	}
	return level
}

func diagnosisNames() []string {
	return slices.DeleteFunc(available(), func(name string) bool {
		return slices.Contains([]string{RulePredictedAccuracy, RuleAboveChance, RuleSevereDiagnosis,
			RuleNovelty, RuleParameters},
			name)
	})
}
