package gate

import (
	"cmp"
	_ "embed" // the base policies
	"maps"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"probewise/advisor"
	"probewise/advisor/rule"
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
	RuleAboveChance       = "above-chance"
	RuleSevereDiagnosis   = "no-severe-diagnosis"
	RuleNovelty           = "novelty"
	RuleParameters        = "parameters"
)

var planned = []string{"no-worse-than-baseline", "forbid"}

// available are the names of the rules: those above, and those of diagnoses, each of which forbids its own.
func available() []string {
	names := []string{RulePredictedAccuracy, RuleAboveChance, RuleSevereDiagnosis, RuleNovelty, RuleParameters}
	for _, r := range rule.All() {
		names = append(names, r.Name)
	}
	return names
}

// Rules holds every rule's options.
type Rules struct {
	PredictedAccuracy PredictedAccuracy
	AboveChance       AboveChance
	SevereDiagnosis   SevereDiagnosis
	Novelty           Novelty
	Parameters        Parameters
	Diagnoses         map[string]Level // forbidden ones, by their rule's name
}

// anyOn says whether some rule is on.
func (r Rules) anyOn() bool { return r.predicts() || r.probes() || r.Parameters.Level != Off }

// predicts says whether a rule needs a prediction.
func (r Rules) predicts() bool {
	return r.PredictedAccuracy.Level != Off || r.AboveChance.Level != Off || r.Novelty.Level != Off
}

// probes says whether a rule needs what a probe shows.
func (r Rules) probes() bool {
	for _, level := range r.Diagnoses {
		if level != Off {
			return true
		}
	}
	return r.SevereDiagnosis.Level != Off
}

// PredictedAccuracy bounds the test accuracy that full training would reach from below.
type PredictedAccuracy struct {
	Level      Level
	Min        float64 // share 0…1, for the lower bound of the prediction's interval
	Confidence float64 // of the interval: 0.8
}

// AboveChance bounds the lower bound of the prediction from below by what is reached without learning: always answering
// the class with the most validation images. Without a probe classes count as equal.
type AboveChance struct {
	Level Level
	Times float64 // of chance, above 1
}

// SevereDiagnosis forbids what the rules of diagnoses find in a probe.
type SevereDiagnosis struct {
	Level    Level
	Severity advisor.Severity // and above
	Except   []string         // rules of diagnoses that are let pass
}

// Novelty bounds how unlike the past runs an architecture may be. A prediction for one that is more so cannot be
// believed: that is for a person to look at.
type Novelty struct {
	Level Level
	Max   float64 // share 0…1 of the past runs that are less unusual
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
	maxTimes       = 1000      // chance
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
	if len(r.findings) == 0 && !p.Rules.anyOn() {
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
	known := available()
	for name, n := range r.mapping(n, "/rules", "", slices.Concat(known, planned)...) {
		at := "/rules/" + name
		switch {
		case name == RulePredictedAccuracy:
			r.predictedAccuracy(n, at, &rules.PredictedAccuracy)
		case name == RuleAboveChance:
			r.aboveChance(n, at, &rules.AboveChance)
		case name == RuleSevereDiagnosis:
			r.severeDiagnosis(n, at, &rules.SevereDiagnosis)
		case name == RuleNovelty:
			r.novelty(n, at, &rules.Novelty)
		case name == RuleParameters:
			r.parameters(n, at, &rules.Parameters)
		case slices.Contains(known, name):
			rules.Diagnoses = maps.Clone(rules.Diagnoses)
			if rules.Diagnoses == nil {
				rules.Diagnoses = map[string]Level{}
			}
			rules.Diagnoses[name] = r.diagnosis(n, at, name)
		default:
			r.unavailable(n, at, name)
		}
	}
}

func (r *reader) unavailable(n *yaml.Node, pointer, rule string) {
	r.add(n, pointer, CodeUnavailableRule, "rule %s is not available in this version", rule)
}
