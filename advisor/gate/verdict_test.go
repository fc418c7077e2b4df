package gate

import (
	"math"
	"reflect"
	"testing"

	"probewise/advisor"
)

func forecast(mean, low, high float64, warnings ...string) advisor.Prediction {
	return advisor.Prediction{
		Target:       advisor.Target{Images: 10_000, Epochs: 15},
		TestAccuracy: mean,
		Low:          low,
		High:         high,
		Confidence:   0.8,
		Novelty:      0.25,
		PastRuns:     43,
		LevelKnown:   true,
		Forest:       "f1",
		Warnings:     warnings,
	}
}

func wider(p advisor.Prediction) advisor.Prediction { p.Confidence = 0.9; return p }

func policy(accuracy, size Level) Policy {
	return Policy{Probe: Probe{3, 3, Pessimistic, 1},
		Rules: Rules{PredictedAccuracy: PredictedAccuracy{accuracy, 0.7, 0.8}, Parameters: Parameters{size, 2_000_000}}}
}

// Whether an unevaluated rule passes, and which of failure and unevaluated wins, is the gate's promise.
func TestJudgeStates(t *testing.T) {
	good, bad := []advisor.Prediction{forecast(0.8, 0.75, 0.85)}, []advisor.Prediction{forecast(0.72, 0.69, 0.75)}
	exact := []advisor.Prediction{forecast(0.8, 0.7, 0.9)}
	for _, c := range []struct {
		name           string
		accuracy, size Level
		predictions    []advisor.Prediction
		reason         string
		parameters     int64
		want           Status
		statuses       []Status
	}{
		{"all well", Error, Error, good, "", 2_000_000, Passed, []Status{Passed, Passed}},
		{"on the bound", Error, Error, exact, "", 1, Passed, []Status{Passed, Passed}},
		{"lower bound", Error, Error, bad, "", 1, Failed, []Status{Failed, Passed}},
		{"size", Error, Error, good, "", 2_000_001, Failed, []Status{Passed, Failed}},
		{"warnings", Warn, Warn, bad, "", 2_000_001, Passed, []Status{Failed, Failed}},
		{"no prediction", Error, Error, nil, "3 past runs", 1, Unevaluated, []Status{Unevaluated, Passed}},
		{"no prediction, no reason", Error, Error, nil, "", 1, Unevaluated, []Status{Unevaluated, Passed}},
		{"a reason beside predictions", Error, Error, good, "seed 2 diverged", 1, Unevaluated, []Status{Unevaluated, Passed}},
		{"no prediction, a warning", Warn, Error, nil, "3 past runs", 1, Unevaluated, []Status{Unevaluated, Passed}},
		{"no prediction, warnings alone", Warn, Warn, nil, "3 past runs", 2_000_001, Unevaluated,
			[]Status{Unevaluated, Failed}},
		{"another confidence, a warning", Warn, Off, []advisor.Prediction{wider(good[0])}, "", 1, Unevaluated,
			[]Status{Unevaluated}},
		{"failure wins over a warning not judged", Warn, Error, nil, "3 past runs", 2_000_001, Failed,
			[]Status{Unevaluated, Failed}},
		{"failure wins", Error, Error, nil, "3 past runs", 2_000_001, Failed, []Status{Unevaluated, Failed}},
		{"a failed warning does not", Error, Warn, nil, "3 past runs", 2_000_001, Unevaluated, []Status{Unevaluated, Failed}},
		{"another confidence", Error, Off, []advisor.Prediction{wider(good[0])}, "", 1, Unevaluated, []Status{Unevaluated}},
		{"not a number", Error, Off, []advisor.Prediction{good[0], forecast(0.8, math.NaN(), 0.9)}, "", 1, Unevaluated,
			[]Status{Unevaluated}},
		{"infinite", Error, Off, []advisor.Prediction{forecast(0.8, 0.75, math.Inf(1))}, "", 1, Unevaluated,
			[]Status{Unevaluated}},
		{"size alone", Off, Error, nil, "no rule asks for one", 1, Passed, []Status{Passed}},
		{"nothing judged", Off, Off, good, "", 1, Unevaluated, nil},
	} {
		e := Evidence{File: "a.json", Parameters: c.parameters, Predictions: c.predictions, Reason: c.reason, Probed: true}
		v := Judge(policy(c.accuracy, c.size), e, date(t, "2026-01-02"))
		var statuses []Status
		for _, r := range v.Results {
			statuses = append(statuses, r.Status)
		}
		if v.State != c.want || !reflect.DeepEqual(statuses, c.statuses) {
			t.Errorf("%s: %s %v, want %s %v", c.name, v.State, statuses, c.want, c.statuses)
		}
		if (v.Prediction == nil) != (len(v.Runs) == 0) {
			t.Errorf("%s: prediction %v of runs %v", c.name, v.Prediction, v.Runs)
		}
	}
}

func TestAggregates(t *testing.T) {
	runs := []advisor.Prediction{forecast(0.8, 0.7, 0.9, "a"), forecast(0.7, 0.68, 0.72, "b", "a"),
		forecast(0.6, 0.69, 0.9)}
	runs[1].Novelty, runs[2].PastRuns = 0.75, 41
	p := policy(Error, Off)
	v := Judge(p, Evidence{Predictions: runs}, date(t, "2026-01-02"))
	if !reflect.DeepEqual(*v.Prediction, runs[1]) {
		t.Errorf("pessimistic: %+v", v.Prediction)
	}

	p.Probe.Aggregate = Mean
	m := Judge(p, Evidence{Predictions: runs}, date(t, "2026-01-02")).Prediction
	for _, c := range []struct{ got, want float64 }{ // by hand
		{m.TestAccuracy, 0.7}, {m.Low, 0.69}, {m.High, 0.84}, {m.Novelty, 1.25 / 3},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("mean: %v, want %v", c.got, c.want)
		}
	}
	if m.PastRuns != 41 || !reflect.DeepEqual(m.Warnings, []string{"a", "b"}) || m.Confidence != 0.8 {
		t.Errorf("mean: %+v", m)
	}

	equal := []advisor.Prediction{forecast(0.8, 0.7, 0.9), forecast(0.8, 0.7, 0.9), forecast(0.8, 0.7, 0.9)}
	if v := Judge(p, Evidence{Predictions: equal}, date(t, "2026-01-02")); v.State != Passed {
		t.Errorf("three lower bounds on the bound: %v", v.Results)
	}
}

func TestExceptions(t *testing.T) {
	p := policy(Error, Error)
	p.Exceptions = []Exception{{RuleParameters, date(t, "2025-12-31"), "old"},
		{RuleParameters, date(t, "2027-03-01"), "wide on purpose"}}
	e := Evidence{Parameters: 3_000_000, Reason: "3 past runs"}

	v := Judge(p, e, date(t, "2027-03-01"))
	if r := v.Results[1]; r.Status != Excepted ||
		r.Message != "3,000,000 parameters are more than 2,000,000; excepted until 2027-03-01: wide on purpose" {
		t.Errorf("on the last day: %+v", r)
	}
	if v.State != Unevaluated {
		t.Errorf("state %s", v.State)
	}

	v = Judge(p, e, date(t, "2027-03-02"))
	if r := v.Results[1]; r.Status != Failed ||
		r.Message != "3,000,000 parameters are more than 2,000,000; the exception from this rule expired after 2027-03-01" {
		t.Errorf("a day later: %+v", r)
	}
	if got := p.Expired(date(t, "2026-01-01")); len(got) != 1 ||
		got[0] != "the exception from rule parameters has expired: it held until 2025-12-31 (old)" {
		t.Errorf("expired: %q", got)
	}

	p.Exceptions[1].Rule = RulePredictedAccuracy
	e.Parameters = 1
	if v := Judge(p, e, date(t, "2026-01-01")); v.State != Passed || v.Results[0].Status != Excepted ||
		v.Results[1].Status != Passed {
		t.Errorf("without a prediction, excepted: %+v", v)
	}
}

func TestMessagesTellNumbersApart(t *testing.T) {
	for _, c := range []struct {
		low  float64
		want string
	}{
		{0.852, "lower bound 0.852 of the predicted test accuracy is at least 0.700"},
		{0.69996, "lower bound 0.69996 of the predicted test accuracy is within 0.005 of 0.70000"},
		{0.69496, "lower bound 0.695 of the predicted test accuracy is below 0.700"},
		{0.7, "lower bound 0.700 of the predicted test accuracy is at least 0.700"},
	} {
		v := Judge(policy(Error, Off), Evidence{Predictions: []advisor.Prediction{forecast(0.9, c.low, 0.95)}},
			date(t, "2026-01-02"))
		if got := v.Results[0].Message; got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
