package service

import (
	"context"
	"math"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// fromCurve predicts what the probe has reached.
type fromCurve struct{ fakePredictor }

func (p fromCurve) Snapshot(context.Context, advisor.Key) (advisor.Forecaster, error) { return p, nil }
func (p fromCurve) Without(...trainer.Architecture) advisor.Forecaster                { return p }
func (p fromCurve) FromProbe(_ context.Context, r advisor.ProbeResult) (advisor.Prediction, error) {
	reached := float64(r.Records[len(r.Records)-1].ValidationAccuracy)
	return advisor.Prediction{TestAccuracy: reached, Low: reached - 0.1, High: reached + 0.1, Confidence: 0.8,
		Novelty: 0.5, Warnings: []string{"only a test"}}, nil
}

// TestProbesWithMoreSeeds: the prediction is the mean of what each probe lets expect; the runs are kept with the
// advice, and their cost is in the answer.
func TestProbesWithMoreSeeds(t *testing.T) {
	accuracy := func(s trainer.Spec, _ float64) float64 { return 0.5 + float64(s.Seed>>32)/100 }
	answer := func(seeds int) advisor.Advice {
		d := newService(&fakeStore{}, fakeRules{})
		d.Trainer, d.Predictor = &fakeTrainer{accuracy: accuracy}, fromCurve{}
		a, err := ask(t, d, advisor.Request{Probe: advisor.ProbeRequest{Seeds: seeds}})
		if err != nil {
			t.Fatal(err)
		}
		nothingIsLeft(t, "after some probes", d)
		return a
	}
	one, three := answer(0), answer(3)
	if p := one.Prediction; p.Probes != 1 || math.Abs(p.TestAccuracy-0.5) > 1e-9 {
		t.Errorf("one probe: %+v", p)
	}
	if p := three.Prediction; p.Probes != 3 || math.Abs(p.TestAccuracy-0.51) > 1e-9 || math.Abs(p.Low-0.41) > 1e-9 ||
		len(p.Warnings) != 1 {
		t.Errorf("three probes: %+v", p)
	}
	if three.Compute.ProbeFLOPs != 3*one.Compute.ProbeFLOPs {
		t.Errorf("three probes took %g, one %g", three.Compute.ProbeFLOPs, one.Compute.ProbeFLOPs)
	}
}
