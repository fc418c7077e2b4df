package gate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"probewise/advisor"
)

func date(t *testing.T, day string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var (
	recommended = Rules{AboveChance: AboveChance{Error, 1.5}, SevereDiagnosis: SevereDiagnosis{Error, advisor.High, nil},
		Novelty: Novelty{Warn, 0.95}, Parameters: Parameters{Warn, 10_000_000}}
	strict = Rules{PredictedAccuracy: PredictedAccuracy{Error, 0.5, 0.8}, AboveChance: AboveChance{Error, 2},
		SevereDiagnosis: SevereDiagnosis{Error, advisor.High, nil}, Novelty: Novelty{Error, 0.95},
		Parameters: Parameters{Error, 5_000_000}}
	usual = Probe{3, 3, Pessimistic, 1}
)

// with are rules with some of them changed.
func with(r Rules, change func(*Rules)) Rules { change(&r); return r }

func valid(t *testing.T) map[string]Policy {
	until := date(t, "2027-03-01")
	return map[string]Policy{
		"version: 1": {Extends: "recommended", Dataset: "fashion-mnist-sample", Probe: usual, Rules: recommended},
		`
version: 1
extends: strict
dataset: cifar10
probe: {epochs: 5, runs: 1, aggregate: mean, seed: 9007199254740991}
`: {Extends: "strict", Dataset: "cifar10", Probe: Probe{5, 1, Mean, 1<<53 - 1}, Rules: strict},
		`
version: 1
extends: recommended
rules:
  predicted-accuracy: [error, {min: 0.70, confidence: 0.8}]
  parameters:         [error, {max: 2_000_000}]
exceptions: [{rule: parameters, until: 2027-03-01, reason: " the old net "}]
`: {Extends: "recommended", Dataset: "fashion-mnist-sample", Probe: usual,
			Rules: with(recommended, func(r *Rules) {
				r.PredictedAccuracy, r.Parameters = PredictedAccuracy{Error, 0.7, 0.8}, Parameters{Error, 2_000_000}
			}),
			Exceptions: []Exception{{"parameters", until, "the old net"}}},
		// A level alone keeps the base's options; off needs none.
		"{version: 1, extends: strict, rules: {predicted-accuracy: warn, parameters: [off]}}": {Extends: "strict",
			Dataset: "fashion-mnist-sample",
			Probe:   usual, Rules: with(strict, func(r *Rules) { r.PredictedAccuracy.Level, r.Parameters.Level = Warn, Off })},
		// Diagnoses by name, and their options.
		`
version: 1
rules:
  at-chance: error
  dead-relu: [warn]
  overfit: off
  no-severe-diagnosis: [warn, {severity: medium, except: [overfit, wide-dense]}]
  above-chance: [warn, {times: 3}]
  novelty: off
`: {Extends: "recommended", Dataset: "fashion-mnist-sample", Probe: usual, Rules: with(recommended, func(r *Rules) {
			r.Diagnoses = map[string]Level{"at-chance": Error, "dead-relu": Warn, "overfit": Off}
			r.SevereDiagnosis = SevereDiagnosis{Warn, advisor.Medium, []string{"overfit", "wide-dense"}}
			r.AboveChance, r.Novelty.Level = AboveChance{Warn, 3}, Off
		})},
		// Aliases, and integers written as JSON tools do.
		`{"version": 1.0, "extends": "off", "rules": {"parameters": [&level error, {"max": 2e6}],
			"predicted-accuracy": [*level, {"min": 1}]}}`: {
			Extends: "off", Dataset: "fashion-mnist-sample", Probe: usual, Rules: Rules{
				PredictedAccuracy: PredictedAccuracy{Error, 1, 0.8}, Parameters: Parameters{Error, 2_000_000}}},
	}
}

func TestValidPolicies(t *testing.T) {
	schema := compiled(t)
	for document, want := range valid(t) {
		got, err := ParsePolicy([]byte(document))
		if err != nil {
			t.Errorf("%s\n%v", document, err)
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %+v\nwant %+v", document, got, want)
		}
		if err := schema.Validate(tree(t, document)); err != nil {
			t.Errorf("%s\nschema: %v", document, err)
		}
	}
}

// malformed policies, each with all that must be found: line, pointer and code. The schema does not see those that it
// says it does not see.
var malformed = []struct {
	name, document string
	want           []string
	unseen         bool
}{
	{name: "empty", document: "", want: []string{"0  invalid-yaml"}, unseen: true},
	{name: "comment alone", document: "# nothing", want: []string{"0  invalid-yaml"}, unseen: true},
	{name: "syntax", document: "version: 1\nrules: [", want: []string{"2  invalid-yaml"}, unseen: true},
	{name: "two documents", document: "version: 1\n---\nversion: 1", want: []string{"2  invalid-yaml"}, unseen: true},
	{name: "too large", document: "#" + strings.Repeat("-", 1<<20), want: []string{"0  too-large"}, unseen: true},
	{name: "a list", document: "[1]", want: []string{"1  wrong-type"}},
	{name: "null", document: "~", want: []string{"1  wrong-type"}},
	{name: "no version", document: "extends: strict", want: []string{"1  missing-key"}},
	{name: "version 2", document: "version: 2", want: []string{"1 /version out-of-range"}},
	{name: "version as text", document: "version: '1'", want: []string{"1 /version wrong-type"}},
	{name: "unknown keys", document: "version: 1\nrule: {}\nx~/y: 1",
		want: []string{"2 /rule unknown-key", "3 /x~0~1y unknown-key"}},
	{name: "twice", document: "version: 1\nextends: strict\nextends: off", want: []string{"3 /extends duplicate-key"},
		unseen: true},
	{name: "extends", document: "version: 1\nextends: stict\nrules: {parameters: warn}",
		want: []string{"2 /extends unknown-value"}},
	{name: "extends a list", document: "version: 1\nextends: [strict]", want: []string{"2 /extends wrong-type"}},
	{name: "dataset", document: "version: 1\ndataset: 10", want: []string{"2 /dataset wrong-type"}},
	{name: "blank dataset", document: "version: 1\ndataset: ' '", want: []string{"2 /dataset wrong-type"}},
	{name: "probe", document: "version: 1\nprobe:\n  epochs: 0\n  runs: 21\n  aggregate: best\n  seed: -1\n  epoch: 3",
		want: []string{"3 /probe/epochs out-of-range", "4 /probe/runs out-of-range", "5 /probe/aggregate unknown-value",
			"6 /probe/seed out-of-range", "7 /probe/epoch unknown-key"}},
	{name: "seed 0", document: "version: 1\nprobe: {seed: 0}", want: []string{"2 /probe/seed out-of-range"}},
	{name: "half an epoch", document: "version: 1\nprobe: {epochs: 1.5, runs: .nan}",
		want: []string{"2 /probe/epochs wrong-type", "2 /probe/runs out-of-range"}},
	{name: "probe is a number", document: "version: 1\nprobe: 3", want: []string{"2 /probe wrong-type"}},
	{name: "unknown rule", document: "version: 1\nrules:\n  predicted_accuracy: error\n  parameter: warn",
		want: []string{"3 /rules/predicted_accuracy unknown-key", "4 /rules/parameter unknown-key"}},
	{name: "rules to come",
		document: "version: 1\n" +
			"rules:\n" +
			"  no-worse-than-baseline: error\n" +
			"  forbid: [error, {}]",
		want: []string{"3 /rules/no-worse-than-baseline unavailable-rule", "4 /rules/forbid unavailable-rule"}},
	{name: "options of diagnoses",
		document: "version: 1\n" +
			"rules:\n" +
			"  at-chance: [error, {severity: high}]\n" +
			"  no-severe-diagnosis: [error, {severity: awful, except: [at-odds]}]\n" +
			"  above-chance: [error, {times: 0.5}]\n" +
			"  novelty: [warn, {}]",
		want: []string{"3 /rules/at-chance/1 unused-key", "4 /rules/no-severe-diagnosis/1/severity unknown-value",
			"4 /rules/no-severe-diagnosis/1/except/0 unknown-value", "5 /rules/above-chance/1/times out-of-range",
			"6 /rules/novelty/1 missing-key"}},
	{name: "level", document: "version: 1\nrules: {parameters: fatal, predicted-accuracy: [2]}",
		want: []string{"2 /rules/parameters unknown-value", "2 /rules/predicted-accuracy/0 unknown-value"}},
	{name: "rule's list", document: "version: 1\nrules: {parameters: [], predicted-accuracy: [off, {min: 0.1}, 3]}",
		want: []string{"2 /rules/parameters wrong-type", "2 /rules/predicted-accuracy wrong-type"}},
	{name: "options are no mapping", document: "version: 1\nrules: {parameters: [warn, 3]}",
		want: []string{"2 /rules/parameters/1 wrong-type"}},
	{name: "min", document: "version: 1\nrules:\n  predicted-accuracy: [error, {min: 70}]",
		want: []string{"3 /rules/predicted-accuracy/1/min out-of-range"}},
	{name: "no min", document: "version: 1\nrules:\n  predicted-accuracy: [error, {confidence: 0.8}]",
		want: []string{"3 /rules/predicted-accuracy/1 missing-key"}},
	{name: "confidence", document: "version: 1\nrules:\n  predicted-accuracy: [error, {min: 0.7, confidence: 0.9}]",
		want: []string{"3 /rules/predicted-accuracy/1/confidence out-of-range"}},
	{name: "confidence as text",
		document: "version: 1\nrules:\n  predicted-accuracy: [error, {min: 0.7, confidence: high}]",
		want:     []string{"3 /rules/predicted-accuracy/1/confidence wrong-type"}},
	{name: "max", document: "version: 1\nrules:\n  parameters: [error, {max: 0}]",
		want: []string{"3 /rules/parameters/1/max out-of-range"}},
	{name: "max and no max", document: "version: 1\nrules:\n  parameters: [error, {maximum: 1}]",
		want: []string{"3 /rules/parameters/1 missing-key", "3 /rules/parameters/1/maximum unknown-key"}},
	{name: "nothing to keep", document: "version: 1\nextends: off\nrules: {parameters: warn, predicted-accuracy: [error]}",
		want: []string{"3 /rules/parameters missing-key", "3 /rules/predicted-accuracy missing-key"}, unseen: true},
	{name: "nothing on", document: "version: 1\nextends: off", want: []string{"1 /rules no-rules"}, unseen: true},
	{name: "all off", document: "version: 1\nextends: off\nrules: {parameters: off, at-chance: off}",
		want: []string{"1 /rules no-rules"}, unseen: true},
	{name: "exceptions are a mapping", document: "version: 1\nexceptions: {rule: parameters}",
		want: []string{"2 /exceptions wrong-type"}},
	{name: "empty exceptions", document: "version: 1\nexceptions: [{}, 3]",
		want: []string{"2 /exceptions/0 missing-key", "2 /exceptions/0 missing-key", "2 /exceptions/0 missing-key",
			"2 /exceptions/1 wrong-type"}},
	{name: "no reason", document: "version: 1\nexceptions:\n- {rule: parameters, until: 2027-03-01}",
		want: []string{"3 /exceptions/0 missing-key"}},
	{name: "blank reason", document: "version: 1\nexceptions:\n- {rule: parameters, until: 2027-03-01, reason: ' '}",
		want: []string{"3 /exceptions/0/reason wrong-type"}},
	{name: "date", document: "version: 1\nexceptions:\n- {rule: parameters, until: next year, reason: r}",
		want: []string{"3 /exceptions/0/until out-of-range"}},
	{name: "no such day", document: "version: 1\nexceptions:\n- {rule: parameters, until: '2027-02-30', reason: r}",
		want: []string{"3 /exceptions/0/until out-of-range"}, unseen: true},
	{name: "layer", document: "version: 1\nexceptions:\n- {rule: parameters, layer: conv1, until: 2027-03-01, reason: r}",
		want: []string{"3 /exceptions/0/layer unused-key"}},
	{name: "exceptions from other rules",
		document: "version: 1\n" +
			"exceptions:\n" +
			"- {rule: forbid, layer: conv1, until: 2027-03-01, reason: r}\n" +
			"- {rule: parametres, until: 2027-03-01, reason: r}",
		want: []string{"3 /exceptions/0/rule unavailable-rule", "4 /exceptions/1/rule unknown-value"}},
}

func TestMalformedPolicies(t *testing.T) {
	schema := compiled(t)
	for _, c := range malformed {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParsePolicy([]byte(c.document))
			var invalid *PolicyError
			if !errors.As(err, &invalid) {
				t.Fatalf("error %v, want a *PolicyError", err)
			}
			var got []string
			for _, f := range invalid.Findings {
				got = append(got, fmt.Sprintf("%d %s %s", f.Line, f.Pointer, f.Code))
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %q\nwant %q\n%v", got, c.want, err)
			}
			if !c.unseen && schema.Validate(tree(t, c.document)) == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}

func TestMessagesHelp(t *testing.T) {
	for _, c := range []struct{ document, want string }{
		{"version: 1\nrules: {parametres: warn}",
			`invalid policy: line 2: /rules/parametres: there is no rule "parametres"; did you mean "parameters"?`},
		{"version: 1\nrules: {xyz: warn}",
			`line 2: /rules/xyz: there is no rule "xyz"; known here: predicted-accuracy, above-chance`},
		{"version: 1\nprobe: {epoch: 2}", `the probe has no key "epoch"; did you mean "epochs"?`},
		{"version: 1\nprobe: {seed: 0}",
			`line 2: /probe/seed: must be between 1 and 9007199254740991, not "0"`},
		{"version: 1\nrules: {forbid: warn}", `rule forbid is not available in this version`},
		{"version: 1\nrules: {predicted-accuracy: [warn, {min: 0.5, confidence: 0.95}]}",
			`confidence must be 0.8, not 0.95: the past runs calibrate the intervals for that alone`},
		{"version: 1\nrules: {predicted-accuracy: [warn, {min: 70}]}", `must be between 0 and 1, not "70"`},
		{"version: 1\n extends: off", `line 2: `},
		{"- 1\n---\n- 2\n", `line 2: a second YAML document begins here`},
	} {
		if _, err := ParsePolicy([]byte(c.document)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v\nwant %s", c.document, err, c.want)
		}
	}
}

func TestEmbeddedPoliciesAreValidBySchema(t *testing.T) {
	schema := compiled(t)
	for _, data := range [][]byte{recommendedYAML, strictYAML} {
		if err := schema.Validate(tree(t, string(data))); err != nil {
			t.Error(err)
		}
	}
	if !reflect.DeepEqual(base(Strict), strict) || !reflect.DeepEqual(base(Recommended), recommended) ||
		!reflect.DeepEqual(base(Nothing), Rules{}) {
		t.Errorf("strict %+v, recommended %+v, off %+v", base(Strict), base(Recommended), base(Nothing))
	}
}

func FuzzParsePolicy(f *testing.F) {
	for _, c := range malformed {
		if len(c.document) < 1000 {
			f.Add([]byte(c.document))
		}
	}
	f.Add(strictYAML)
	f.Add([]byte("version: &a [*a]\nrules: *a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePolicy(data)
		var invalid *PolicyError
		if err != nil && (!errors.As(err, &invalid) || len(invalid.Findings) == 0) {
			t.Fatalf("%v is no *PolicyError with findings", err)
		}
		if a, m := p.Rules.PredictedAccuracy, p.Rules.Parameters; err == nil &&
			(a.Level != Off && a.Confidence != 0.8 || m.Level != Off && m.Max < 1 || !p.Rules.anyOn()) {
			t.Fatalf("accepted: %+v", p)
		}
	})
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(SchemaJSON()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaID, document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// tree reads YAML as a schema validator for YAML does: days are strings.
func tree(t *testing.T, document string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(document), &v); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(days(v))
	if err != nil {
		return map[string]any{"not": "JSON"} // NaN
	}
	v, err = jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func days(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.Format(time.DateOnly)
	case map[string]any:
		for k := range v {
			v[k] = days(v[k])
		}
	case []any:
		for i := range v {
			v[i] = days(v[i])
		}
	}
	return v
}
