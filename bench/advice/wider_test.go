package main

import (
	"encoding/json"
	"testing"

	"probewise/trainer"
)

func TestWidenedTakesTheBudget(t *testing.T) {
	for _, n := range mustNets(t) {
		if n.Set() != devSet || n.Group() == broken {
			continue
		}
		for _, budget := range []float64{.4, 2} {
			r, err := widened(n.Architecture, budget)
			if err != nil {
				t.Fatalf("%s: %v", n.File, err)
			}
			if r.ComputeShare > budget || r.Revised != nil && r.ComputeShare <= 0 {
				t.Errorf("%s: %g spent of %g", n.File, r.ComputeShare, budget)
			}
			if r.Revised == nil && r.Better {
				t.Errorf("%s: better than itself", n.File)
			}
			if budget == 2 && r.ComputeShare < 1 {
				t.Errorf("%s: %g spent of 2", n.File, r.ComputeShare)
			}
		}
	}
}

func TestScaled(t *testing.T) {
	var a, want trainer.Architecture
	for text, to := range map[string]*trainer.Architecture{
		`{"version": 1, "input": [8, 8, 1], "classes": 10, "layers": [
			{"type": "conv", "filters": 4, "kernel": 3, "padding": "same"},
			{"type": "residual", "body": [{"type": "conv", "filters": 6, "kernel": 3, "padding": "same"}],
				"shortcut": [{"type": "conv", "filters": 6, "kernel": 1}]},
			{"type": "flatten"}, {"type": "dense", "units": 5},
			{"type": "dense", "units": 10}, {"type": "activation", "activation": "softmax"}]}`: &a,
		`{"version": 1, "input": [8, 8, 1], "classes": 10, "layers": [
			{"type": "conv", "filters": 6, "kernel": 3, "padding": "same"},
			{"type": "residual", "body": [{"type": "conv", "filters": 9, "kernel": 3, "padding": "same"}],
				"shortcut": [{"type": "conv", "filters": 9, "kernel": 1}]},
			{"type": "flatten"}, {"type": "dense", "units": 8},
			{"type": "dense", "units": 10}, {"type": "activation", "activation": "softmax"}]}`: &want,
	} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			t.Fatal(err)
		}
	}
	before := a.ID()
	if got := scaled(a, 1.5); got.ID() != want.ID() {
		t.Errorf("got %s", got.Canonical())
	}
	if a.ID() != before {
		t.Error("the net itself has changed")
	}
}
