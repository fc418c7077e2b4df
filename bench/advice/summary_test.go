package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// small is a net whose only difference is its number of filters.
func small(filters int) trainer.Architecture {
	var a trainer.Architecture
	text := fmt.Sprintf(`{"version": 1, "input": [4, 4, 1], "classes": 10, "layers": [{"type": "conv", "filters": %d,
		"kernel": 3}, {"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}]}`, filters)
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		panic(err)
	}
	return a
}

// madeUp are results of which every figure can be worked by hand: before and after with each seed, of three flawed
// nets, two sound ones and three broken ones.
func madeUp() results {
	r := results{classes: 10}
	trained := func(net, arm string, a trainer.Architecture, accuracy ...float64) {
		for i, x := range accuracy {
			r.trainings = append(r.trainings, Training{
				Net: net, Arm: arm, Seed: proofSeeds[i], ArchitectureID: seedlessID(a), DatasetID: "d", TestImages: 50,
				Outcome: trainer.Outcome{TestAccuracy: trainer.Number(accuracy[i]), Diverged: x == 0},
			})
		}
	}
	revised := func(net, arm string, budget float64, a *trainer.Architecture, claim *Claim, list ...Finding) {
		r.revisions = append(r.revisions, Revision{Net: net, Arm: arm, Budget: budget, ComputeShare: .8 * budget,
			Revised: a, Claim: claim, Findings: list, Better: arm == identicalArm && net == "d/test/flawed/a.json"})
	}
	net := func(file string, filters int, c Cause) {
		r.nets = append(r.nets, Net{File: file, Cause: c, Architecture: small(filters)})
	}
	net("d/test/flawed/a.json", 1, rateTooHigh)
	net("d/test/flawed/b.json", 2, rateTooLow)
	net("d/test/flawed/c.json", 3, tooStrongL2)
	net("d/test/sound/d.json", 4, "")
	net("d/test/sound/e.json", 5, "")
	for i, c := range []Cause{rateTooLow, tooStrongL1, bottleneck} {
		net("d/test/broken/"+string(rune('f'+i))+".json", 6+i, c)
	}
	trained("d/test/flawed/a.json", baseArm, small(1), .50, .54)
	trained("d/test/flawed/b.json", baseArm, small(2), .60, 0) // diverged: chance, .1
	trained("d/test/flawed/c.json", baseArm, small(3), .70, .70)
	trained("d/test/sound/d.json", baseArm, small(4), .80, .80)
	trained("d/test/sound/e.json", baseArm, small(5), .90, .90)

	a, b, e := small(11), small(12), small(15)
	trained("d/test/flawed/a.json", oursArm, a, .60, .64) // +.10
	trained("d/test/flawed/b.json", oursArm, b, .40, .50) // +.10
	trained("d/test/sound/e.json", oursArm, e, .88, .88)  // −.02
	revised("d/test/flawed/a.json", oursArm, 1, &a, &Claim{.12, .05, .2, .8})
	revised("d/test/flawed/b.json", oursArm, 1, &b, &Claim{.04, .02, .06, .8})
	revised("d/test/flawed/c.json", oursArm, 1, nil, nil)
	revised("d/test/sound/d.json", oursArm, 1, nil, nil, Finding{"at-chance", advisor.High})
	revised("d/test/sound/e.json", oursArm, 1, &e, &Claim{.01, -.05, .03, .8}, Finding{"overfit", advisor.Low})
	revised("d/test/broken/f.json", oursArm, 1, nil, nil, Finding{"at-chance", advisor.High},
		Finding{"learns-too-slowly", advisor.Medium})
	revised("d/test/broken/g.json", oursArm, 1, nil, nil, Finding{"at-chance", advisor.High})
	revised("d/test/broken/h.json", oursArm, 1, nil, nil)

	other := small(21)
	trained("d/test/flawed/a.json", "wider", other, .52, .54) // +.01
	revised("d/test/flawed/a.json", "wider", 1, &other, nil)
	revised("d/test/flawed/b.json", "wider", 1, nil, nil)
	revised("d/test/flawed/a.json", oursArm, 2, &other, nil)
	revised("d/test/flawed/a.json", identicalArm, 1, nil, nil)
	revised("d/test/flawed/b.json", identicalArm, 1, nil, nil)
	return r
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s: %g, want %g", what, got, want)
	}
}

func TestSummarise(t *testing.T) {
	s, err := summarise(madeUp())
	if err != nil {
		t.Fatal(err)
	}
	f := s.Flawed
	if f.Nets != 3 || f.Revised != 2 || s.Sound.Nets != 2 || s.Sound.SevereDiagnoses != 1 {
		t.Errorf("flawed %+v, sound %+v", f, s.Sound)
	}
	near(t, "win rate", f.WinRate, 2./3)
	near(t, "mean gain", f.MeanGain, .2/3)
	near(t, "median gain", f.MedianGain, .1)
	near(t, "compute", f.ComputeShare, .8)
	near(t, "harm of flawed", f.HarmRate, 0)
	near(t, "harm of sound", s.Sound.HarmRate, .5)
	near(t, "gain of sound", s.Sound.MeanGain, -.01)
	if i := f.GainInterval; i == nil || i.Low > .03 || i.High != .1 && math.Abs(i.High-.1) > 1e-9 {
		t.Errorf("interval %+v", i)
	}
	// Shown .12, .04, .01 and reached .10, .10, −.02.
	c := s.Calibration
	if c.Nets != 3 {
		t.Errorf("calibration of %d nets", c.Nets)
	}
	near(t, "bias", c.Bias, .17/3-.18/3)
	near(t, "coverage", c.Coverage, 2./3)
	near(t, "nominal", c.Nominal, .8)
	near(t, "slope", c.Slope, 84./97) // Σ(x−x̄)(y−ȳ) / Σ(x−x̄)² with x = 12, 4, 1 and y = 10, 10, −2
	if *s.Identical != (Identical{2, 1, .5}) {
		t.Errorf("identical %+v", s.Identical)
	}
	if s.Broken.Nets != 3 || s.Broken.Seen != 2 || s.Broken.Named != 1 {
		t.Errorf("broken %+v", s.Broken)
	}
	var arms []string
	for _, a := range s.Arms {
		arms = append(arms, a.Arm)
	}
	if got := strings.Join(arms, " "); got != "ours ours wider" {
		t.Fatalf("arms %s", got)
	}
	d := s.Arms[2].Difference
	if s.Arms[0].Difference != nil || d.Nets != 2 {
		t.Errorf("differences %+v, %+v", s.Arms[0].Difference, d)
	}
	near(t, "difference", d.Mean, (.09+.1)/2)
	if len(s.Rows) != 2*(5+2+1) {
		t.Errorf("%d rows", len(s.Rows))
	}
}

func TestSummariseLeavesNothingOut(t *testing.T) {
	for _, arm := range []string{baseArm, oursArm} {
		r := madeUp()
		for i, training := range r.trainings {
			if training.Arm == arm {
				r.trainings = append(r.trainings[:i], r.trainings[i+1:]...)
				break
			}
		}
		if _, err := summarise(r); err == nil || !strings.Contains(err.Error(), "no training with seed") {
			t.Errorf("without a training of %s: %v", arm, err)
		}
	}
}

func TestSummariseSaysWhatWasNotLookedAt(t *testing.T) {
	r := madeUp()
	r.revisions = slices.DeleteFunc(r.revisions, func(v Revision) bool { return v.Arm != "wider" })
	s, err := summarise(r)
	if err != nil {
		t.Fatal(err)
	}
	if s.Calibration != nil || s.Identical != nil || s.Broken != nil || s.Flawed.Nets != 0 || len(s.Arms) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestBootstrap(t *testing.T) {
	if bootstrap([]float64{1}) != nil {
		t.Error("an interval of one value")
	}
	var values []float64
	for i := range 100 {
		values = append(values, float64(i%2)) // mean .5, standard error .05
	}
	i := bootstrap(values)
	if math.Abs(i.Low-.4) > .015 || math.Abs(i.High-.6) > .015 {
		t.Errorf("interval %+v, want about .4 … .6", i)
	}
	if *bootstrap(values) != *i {
		t.Error("another interval the second time")
	}
}
