package gate

import (
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/advisor/rule"
)

// judged is what one rule says.
func judged(t *testing.T, rules Rules, e Evidence, how Aggregate) (Result, Status) {
	t.Helper()
	e.Probed = true
	v := Judge(Policy{Rules: rules, Probe: Probe{Aggregate: how}}, e, date(t, "2026-01-02"))
	if len(v.Results) != 1 {
		t.Fatalf("%d results of one rule: %+v", len(v.Results), v.Results)
	}
	return v.Results[0], v.State
}

type probes = [][]advisor.Diagnosis

func TestDiagnosesAreRules(t *testing.T) {
	high := advisor.Diagnosis{Rule: "at-chance", Severity: advisor.High, Message: "The whole net: guesses."}
	low := advisor.Diagnosis{Rule: "wide-dense", Severity: advisor.Low, Message: "dense1: wide."}
	severe := func(s advisor.Severity, except ...string) Rules {
		return Rules{SevereDiagnosis: SevereDiagnosis{Error, s, except}}
	}
	named := func(name string) Rules { return Rules{Diagnoses: map[string]Level{name: Error}} }
	caused := []advisor.Diagnosis{{Rule: "rate-too-high", Severity: advisor.High, Message: "The whole net: too high.",
		Explains: []string{"at-chance"}}}
	none, one, both := []advisor.Diagnosis{}, []advisor.Diagnosis{low}, []advisor.Diagnosis{low, high}
	for name, c := range map[string]struct {
		rules Rules
		found probes
		how   Aggregate
		want  Status
		says  string
	}{
		"nothing found":       {severe(advisor.High), probes{none, none}, Pessimistic, Passed, "no diagnosis"},
		"only mild ones":      {severe(advisor.High), probes{one}, Pessimistic, Passed, "severity high"},
		"a severe one":        {severe(advisor.High), probes{both}, Pessimistic, Failed, "at-chance (high)"},
		"mild ones forbidden": {severe(advisor.Low), probes{one}, Pessimistic, Failed, "wide-dense (low)"},
		"let pass":            {severe(advisor.High, "at-chance"), probes{both}, Pessimistic, Passed, ""},
		"one probe of three": {severe(advisor.High), probes{none, both, none}, Pessimistic,
			Failed, "in 1 of 3 probes"},
		"one probe of three, by the mean": {severe(advisor.High), probes{none, both, none}, Mean, Passed, ""},
		"two probes of three":             {severe(advisor.High), probes{both, both, none}, Mean, Failed, "in 2 of 3 probes"},
		"by name":                         {named("wide-dense"), probes{one}, Pessimistic, Failed, "dense1: wide."},
		"another by name":                 {named("diverged"), probes{both}, Pessimistic, Passed, "not found"},
		"told with its cause":             {named("at-chance"), probes{caused}, Pessimistic, Failed, "rate-too-high (high)"},
		"no probe":                        {named("diverged"), nil, Pessimistic, Unevaluated, "no probe"},
	} {
		got, state := judged(t, c.rules, Evidence{Diagnoses: c.found}, c.how)
		if got.Status != c.want || !strings.Contains(got.Message, c.says) || state != c.want {
			t.Errorf("%s: %+v, state %s; want %s, %q", name, got, state, c.want, c.says)
		}
	}
	// Without a probe they are left out.
	v := Judge(Policy{Rules: Rules{Diagnoses: map[string]Level{"diverged": Error}, Parameters: Parameters{Error, 10}}},
		Evidence{Parameters: 1}, date(t, "2026-01-02"))
	if v.State != Passed || len(v.Results) != 1 {
		t.Errorf("without a probe: %+v", v)
	}
}

// TestBoundsThatCannotBeBelieved pass nothing: they are for a person to look at.
func TestBoundsThatCannotBeBelieved(t *testing.T) {
	accuracy := Rules{PredictedAccuracy: PredictedAccuracy{Error, 0.7, 0.8}}
	chance := Rules{AboveChance: AboveChance{Error, 1.5}}
	unknown, novel := forecast(0.8, 0.75, 0.85), forecast(0.8, 0.75, 0.85)
	unknown.LevelKnown, novel.Novelty = false, 0.97
	poor := forecast(0.3, 0.14, 0.4)
	novelPoor := poor
	novelPoor.Novelty = 0.97
	for name, c := range map[string]struct {
		rules  Rules
		of     advisor.Prediction
		chance float64
		want   Status
		says   string
	}{
		"a data set without runs":  {accuracy, unknown, 0.1, Unevaluated, "rests on other data sets"},
		"unlike the past runs":     {accuracy, novel, 0.1, Unevaluated, "novelty 0.97"},
		"poor all the same":        {chance, novelPoor, 0.1, Failed, "0.150"},
		"chance":                   {chance, poor, 0.1, Failed, "below 0.150, 1.5 times chance"},
		"chance of uneven classes": {chance, forecast(0.6, 0.55, 0.65), 0.47, Failed, "below 0.705"},
		"above it":                 {chance, forecast(0.8, 0.75, 0.85), 0.47, Passed, "at least 0.705"},
		"novelty asks for a person": {Rules{Novelty: Novelty{Warn, 0.9}}, novel, 0.1, Unevaluated,
			"novelty 0.97 is above 0.90"},
		"no novelty":                 {Rules{Novelty: Novelty{Warn, 0.9}}, poor, 0.1, Passed, "novelty 0.25"},
		"a rounding below the bound": {accuracy, forecast(0.8, 0.6951, 0.85), 0.1, Passed, "within 0.005 of"},
		"more than that":             {accuracy, forecast(0.8, 0.6949, 0.85), 0.1, Failed, "below"},
	} {
		got, _ := judged(t, c.rules, Evidence{Predictions: []advisor.Prediction{c.of}, Chance: c.chance}, Pessimistic)
		if got.Status != c.want || !strings.Contains(got.Message, c.says) {
			t.Errorf("%s: %+v, want %s, %q", name, got, c.want, c.says)
		}
	}
	if got, _ := judged(t, Rules{Novelty: Novelty{Warn, 0.9}}, Evidence{Reason: "none"}, Pessimistic); got.Status !=
		Unevaluated || got.Message != "no prediction: none" {
		t.Errorf("novelty without a prediction: %+v", got)
	}
}

// TestRecommendedRejectsWhatLearnsNothing: a net at chance fails whatever its interval says.
func TestRecommendedRejectsWhatLearnsNothing(t *testing.T) {
	guessing := []advisor.Diagnosis{{Rule: "at-chance", Severity: advisor.High, Message: "The whole net: guesses."}}
	b := &bench{low: map[string]float64{"chance": 0.39, "sound": 0.8},
		finds: map[string][]advisor.Diagnosis{"chance": guessing}}
	r, err := Check(t.Context(), b, parsed(t, "version: 1"), []File{net("chance", 16, 15), net("sound", 8, 15)}, Options{})
	if err != nil || r.Files[0].State != Failed || r.Files[1].State != Passed || r.ExitCode() != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestSchemaKnowsTheDiagnoses: the names in the schema are those of the rules.
func TestSchemaKnowsTheDiagnoses(t *testing.T) {
	for _, r := range rule.All() {
		if n := strings.Count(string(SchemaJSON()), `"`+r.Name+`"`); n != 2 {
			t.Errorf("%s stands %d times in the schema, want 2", r.Name, n)
		}
		if !slices.Contains(diagnosisNames(), r.Name) {
			t.Errorf("%s is no name of a policy's rule", r.Name)
		}
	}
}
