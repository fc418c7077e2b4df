package gate

import (
	"cmp"
	_ "embed" // the base policies
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"probewise/advisor"
)

// Policy is what architectures are judged by, with the rules of the policy that it extends taken in.
type Policy struct {
	Extends    string // "strict", "recommended" (the default) or "off"
	Dataset    string // name; default advisor.DefaultDataset
	Probe      Probe
	Rules      Rules
	Exceptions []Exception
}

// Probe says how the probes are trained that the prediction comes from.
type Probe struct {
	Epochs    int       // 1…1000, default 3
	Runs      int       // 1…20, default 3: with seeds Seed, Seed+1 …
	Aggregate Aggregate // default pessimistic
	Seed      uint64    // 1…2⁵³-1, default 1; 0 would stand for the architecture's own seed
}

// Aggregate says how several predictions become one.
type Aggregate string

// The aggregates.
const (
	Pessimistic Aggregate = "pessimistic" // the prediction with the lowest lower bound
	Mean        Aggregate = "mean"        // the means of accuracy, bounds and novelty
)

// Level says what it means that a rule is broken. The zero value is Off.
type Level string

// The levels.
const (
	Off   Level = ""
	Warn  Level = "warn"  // reported; one that could not be evaluated weighs as much as an error
	Error Level = "error" // rejected
)

// The names of the rules.
const (
	RulePredictedAccuracy = "predicted-accuracy"
	RuleParameters        = "parameters"
)

var (
	available = []string{RulePredictedAccuracy, RuleParameters}
	planned   = []string{"activation-variance", "dead-units", "no-worse-than-baseline", "forbid"}
)

// Rules holds every rule's options.
type Rules struct {
	PredictedAccuracy PredictedAccuracy
	Parameters        Parameters
}

// PredictedAccuracy bounds the test accuracy that full training would reach from below.
type PredictedAccuracy struct {
	Level      Level
	Min        float64 // share 0…1, for the lower bound of the prediction's interval
	Confidence float64 // of the interval: 0.8
}

// Parameters bounds the number of trainable parameters.
type Parameters struct {
	Level Level
	Max   int64
}

// Exception suspends a rule until a date. It needs a reason.
type Exception struct {
	Rule   string
	Until  time.Time // the last day on which it holds
	Reason string
}

// holds says whether the exception still holds on the day of the given moment, in that moment's own time zone.
func (e Exception) holds(today time.Time) bool {
	return today.Format(time.DateOnly) <= e.Until.Format(time.DateOnly)
}

// The policies that others extend.
const (
	Strict      = "strict"
	Recommended = "recommended"
	Nothing     = "off"
)

//go:embed recommended.yaml
var recommendedYAML []byte

//go:embed strict.yaml
var strictYAML []byte

// Confidence is the only confidence that the intervals of predictions are calibrated for.
const Confidence = 0.8

const (
	maxEpochs      = 1000
	maxRuns        = 20
	largestInteger = 1<<53 - 1 // that JSON and YAML tools keep exactly
	maxBytes       = 1 << 20
)

// ParsePolicy reads a policy. The error is a *PolicyError with all findings in document order.
//
// A rule is written "level", [level] or [level, {options}], level being error, warn or off. An own rule replaces the
// one of the policy that is extended; a level alone keeps that one's options.
func ParsePolicy(data []byte) (Policy, error) {
	root, finding := readDocument(data)
	if finding != nil {
		return Policy{}, &PolicyError{Findings: []Finding{*finding}}
	}
	var r reader
	p := Policy{
		Extends: Recommended,
		Dataset: advisor.DefaultDataset,
		Probe:   Probe{Epochs: 3, Runs: 3, Aggregate: Pessimistic, Seed: 1},
	}
	top := r.mapping(root, "", "the policy", "version", "extends", "dataset", "probe", "rules", "exceptions")
	if n := top["version"]; n != nil {
		r.integer(n, "/version", 1, 1)
	} else if top != nil {
		r.add(root, "", CodeMissingKey, "the policy has no \"version\"; this program reads version 1")
	}
	if n := top["extends"]; n != nil {
		p.Extends = r.choice(n, "/extends", Strict, Recommended, Nothing)
	}
	if n := top["dataset"]; n != nil {
		p.Dataset = r.text(n, "/dataset")
	}
	r.probe(top["probe"], &p.Probe)
	p.Rules = base(cmp.Or(p.Extends, Recommended))
	r.rules(top["rules"], &p.Rules)
	r.exceptions(top["exceptions"], &p)
	if len(r.findings) == 0 && p.Rules.PredictedAccuracy.Level == Off && p.Rules.Parameters.Level == Off {
		r.add(root, "/rules", CodeNoRules, "no rule is on, so the gate would check nothing")
	}
	return p, r.err()
}

// base returns the rules of an embedded policy.
func base(name string) Rules {
	data := map[string][]byte{Strict: strictYAML, Recommended: recommendedYAML}[name]
	if data == nil {
		return Rules{}
	}
	p, err := ParsePolicy(data)
	if err != nil {
		panic("embedded policy " + name + ": " + err.Error()) // a test reads both
	}
	return p.Rules
}

func (r *reader) probe(n *yaml.Node, p *Probe) {
	keys := r.mapping(n, "/probe", "the probe", "epochs", "runs", "aggregate", "seed")
	if n := keys["epochs"]; n != nil {
		p.Epochs = int(r.integer(n, "/probe/epochs", 1, maxEpochs))
	}
	if n := keys["runs"]; n != nil {
		p.Runs = int(r.integer(n, "/probe/runs", 1, maxRuns))
	}
	if n := keys["aggregate"]; n != nil {
		p.Aggregate = Aggregate(r.choice(n, "/probe/aggregate", string(Pessimistic), string(Mean)))
	}
	if n := keys["seed"]; n != nil {
		p.Seed = uint64(r.integer(n, "/probe/seed", 1, largestInteger))
	}
}

func (r *reader) rules(n *yaml.Node, rules *Rules) {
	for name, n := range r.mapping(n, "/rules", "", slices.Concat(available, planned)...) {
		at := "/rules/" + name
		switch name {
		case RulePredictedAccuracy:
			r.predictedAccuracy(n, at, &rules.PredictedAccuracy)
		case RuleParameters:
			r.parameters(n, at, &rules.Parameters)
		default:
			r.unavailable(n, at, name)
		}
	}
}

func (r *reader) unavailable(n *yaml.Node, pointer, rule string) {
	r.add(n, pointer, CodeUnavailableRule, "rule %s is not available in this version", rule)
}

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
