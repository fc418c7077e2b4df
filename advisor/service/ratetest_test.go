package service

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// oneByOne is a net that is trained in batches of one image: half an epoch of the 90 are 45 updates.
func oneByOne(t *testing.T) trainer.Architecture {
	a := sixLayers(t)
	a.Training.BatchSize = 1
	return a
}

// higherRate: five points for a learning rate between 0.004 and 0.009, where no other setting is.
func higherRate(s trainer.Spec, epoch float64) float64 {
	accuracy := 0.3 + 0.02*epoch
	if r := s.Architecture.Training.Optimizer.LearningRate; r > 0.004 && r < 0.009 {
		accuracy += 0.05
	}
	return accuracy
}

// TestRangeTestIsACandidate: it has the probe's seed and data, its suggestion is tried and verified as any other, and
// its cost is part of the budget.
func TestRangeTestIsACandidate(t *testing.T) {
	store := &fakeStore{}
	d := newService(store, fakeRules{})
	f := &fakeTrainer{accuracy: higherRate}
	d.Trainer = f
	a, err := askAbout(t, d, oneByOne(t), advisor.Request{Verify: true, Probe: advisor.ProbeRequest{Seed: 7}})
	if err != nil {
		t.Fatal(err)
	}
	nothingIsLeft(t, "at the end", d)
	if r := a.RateTest; r == nil || len(r.Points) != 45 || !r.Suggested.Known() || r.Reason != "" || r.Epochs != 0.5 {
		t.Fatalf("range test %+v", r)
	}
	if len(f.swept) != 1 || f.swept[0].Seed != 7 || f.swept[0].Data.ID != "id" || f.swept[0].Budget != (trainer.Budget{
		Images: 100, Epochs: 15}) || f.swept[0].Architecture.ID() != a.Architecture.ID() {
		t.Errorf("swept %+v", f.swept)
	}
	s := a.Suggestions[0]
	if !slices.Equal(s.Settings, []string{"learning-rate range test"}) || s.Verdict != advisor.Better ||
		s.Verified == nil ||
		a.Revised == nil || a.Revised.Architecture.Training.Optimizer.LearningRate != float64(a.RateTest.Suggested) ||
		!strings.Contains(s.Reason, "with rates from 1e-05 to 0.1") {
		t.Errorf("the first suggestion is %+v", s)
	}
	checkSpending(t, f, a)
	perEpoch := float64(a.Architecture.Cost().TrainingFLOPs) * 100
	if first := a.Search.Steps[0]; a.RateTest.FLOPs != perEpoch/2 ||
		math.Abs(first.Spent-(3+0.5+float64(len(first.Tried))/4)/15) > 0.1 || first.Spent < 3.5/15 {
		t.Errorf("the test took %g FLOPs, after the first step %g full trainings are spent", a.RateTest.FLOPs, first.Spent)
	}
}

// TestRangeTestIsLeftOut where it costs too much, or its suggestion would not be tried.
func TestRangeTestIsLeftOut(t *testing.T) {
	diverges := func(_ trainer.Spec, epoch float64) float64 {
		if epoch > 0.5 {
			return math.NaN()
		}
		return 0.1
	}
	for what, c := range map[string]struct {
		request  advisor.Request
		batch    int
		accuracy func(trainer.Spec, float64) float64
		swept    int
	}{
		"the default":           {advisor.Request{Verify: true}, 1, allTheSame, 1},
		"some rounds":           {advisor.Request{Verify: true, Budget: 8}, 1, inSteps, 1},
		"a probe that diverged": {advisor.Request{Verify: true}, 1, diverges, 1},
		"quick":                 {advisor.Request{Verify: true, Effort: advisor.Quick}, 1, allTheSame, 0},
		"nothing is tried":      {advisor.Request{}, 1, allTheSame, 0},
		"large batches":         {advisor.Request{Verify: true}, 64, allTheSame, 0},
		"a smaller net":         {advisor.Request{Verify: true, Goal: advisor.GoalShrink}, 1, allTheSame, 0},
		"a target to reach": {advisor.Request{Verify: true, Goal: advisor.GoalTarget, Target: 0.9}, 1,
			allTheSame, 1},
		"a target that is reached": {advisor.Request{Verify: true, Goal: advisor.GoalTarget, Target: 0.7}, 1,
			allTheSame, 0},
		"a rate that is to stay": {advisor.Request{Verify: true,
			Constraints: advisor.Constraints{Forbid: []string{knob.LearningRate}}}, 1, allTheSame, 0},
	} {
		d := newService(&fakeStore{}, fakeRules{narrow})
		f := &fakeTrainer{accuracy: c.accuracy}
		d.Trainer, d.Predictor = f, fakePredictor{accuracy: 0.8}
		net := sixLayers(t)
		net.Training.BatchSize = c.batch
		a, err := askAbout(t, d, net, c.request)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if len(f.swept) != c.swept || (a.RateTest != nil) != (c.swept > 0) {
			t.Errorf("%s: %d sweeps, %+v", what, len(f.swept), a.RateTest)
		}
	}
}

// TestRangeTestWithoutACandidate: the reason is kept, what it took is counted, and the search goes on.
func TestRangeTestWithoutACandidate(t *testing.T) {
	flat := func(float64) float64 { return 2.3 }
	own := func(rate float64) float64 { return math.Abs(math.Log10(rate) - math.Log10(0.0035)) } // on average about 0.01
	for reason, f := range map[string]*fakeTrainer{
		"the loss falls at no learning rate":     {accuracy: bestAt16, sweep: flat},
		"the net's own rate, 0.001, is about":    {accuracy: bestAt16, sweep: own},
		"it failed: training the network needs ": {accuracy: bestAt16, refuses: &trainer.MemoryError{}},
		"it failed: out of order":                {accuracy: bestAt16, refuses: errors.New("out of order")},
	} {
		d := newService(&fakeStore{}, fakeRules{narrow})
		d.Trainer = f
		a, err := askAbout(t, d, oneByOne(t), advisor.Request{Verify: true, Suggestions: 100})
		if err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
		nothingIsLeft(t, reason, d)
		if a.RateTest == nil || !strings.HasPrefix(a.RateTest.Reason, reason) || a.RateTest.Epochs == 0 {
			t.Errorf("%s: %+v", reason, a.RateTest)
		}
		for _, s := range a.Suggestions {
			if slices.Contains(s.Settings, "learning-rate range test") {
				t.Errorf("%s: %q is a suggestion", reason, s.Title)
			}
		}
		if a.Revised == nil || a.Suggestions[0].Title != "narrow dense2" {
			t.Errorf("%s: revised %+v", reason, a.Revised)
		}
		checkSpending(t, f, a)
	}
}

// TestRangeTestIsOfItsNetAlone: it suggests nothing for the base of a later round.
func TestRangeTestIsOfItsNetAlone(t *testing.T) {
	net := oneByOne(t)
	p := Proposer{Tested: net, RateTest: &advisor.RateTest{Suggested: 0.01, Points: make([]advisor.RatePoint, 2)}}
	other := net.Clone()
	other.Training.ClipNorm = 1
	for want, base := range []trainer.Architecture{other, net} {
		diagnosed, others, err := p.Candidates(t.Context(), advisor.ProbeResult{Architecture: base})
		if err != nil || len(diagnosed) != want || len(others) == 0 {
			t.Errorf("%d diagnosed, want %d; %v", len(diagnosed), want, err)
		}
	}
}

// TestInterruptedRangeTestIsMadeAgain: the next worker makes it anew, from the probe that is kept, and comes to the
// same answer.
func TestInterruptedRangeTestIsMadeAgain(t *testing.T) {
	request := advisor.Request{Verify: true, Dataset: "made-up"}
	whole := newService(&fakeStore{}, fakeRules{narrow})
	whole.Trainer = &fakeTrainer{accuracy: noisy}
	want, err := askAbout(t, whole, oneByOne(t), request)
	if err != nil || want.RateTest == nil {
		t.Fatalf("%v, %+v", err, want.RateTest)
	}
	ctx, cancel := context.WithCancel(t.Context())
	store := &fakeStore{}
	d := newService(store, fakeRules{narrow})
	updates := 0
	f := &fakeTrainer{accuracy: noisy, before: func(_ trainer.Spec, epoch float64) {
		if epoch < 0 {
			if updates++; updates == 30 {
				cancel()
			}
		}
	}}
	d.Trainer = f
	a, err := d.SubmitAdvice(ctx, oneByOne(t).Canonical(), request, advisor.IdempotencyKey{})
	if err != nil {
		t.Fatal(err)
	}
	l := advisor.Lease{Kind: advisor.JobAdvice, ID: a.ID, Token: "first"}
	if err := d.Work(ctx, l, nil); !errors.Is(err, context.Canceled) || !store.released || updates != 30 {
		t.Fatalf("cancelled at update %d: %v, released %t", updates, err, store.released)
	}
	f.before = nil
	told := 0
	err = d.Work(t.Context(), l, func(e advisor.Event) {
		if e.Type == advisor.EventProgress && e.Phase == rangeTest {
			if told++; e.Progress.Batch != told || e.Progress.Batches != 45 || e.Run != a.ProbeRun {
				t.Errorf("told of %+v, run %s", *e.Progress, e.Run)
			}
		}
	})
	if err != nil || told != 45 || len(f.swept) != 2 {
		t.Errorf("%v, %d updates told, %d sweeps", err, told, len(f.swept))
	}
	nothingIsLeft(t, "the second attempt", d)
	sameAnswer(t, "after it was interrupted", store.advice, want)
}

// TestDeviceLostInARangeTest: the job goes to another worker.
func TestDeviceLostInARangeTest(t *testing.T) {
	store := &fakeStore{}
	d := newService(store, fakeRules{narrow})
	lost := &trainer.DeviceLostError{Device: "gpu:0", Err: errors.New("IllegalAddress")}
	d.Trainer = &fakeTrainer{accuracy: bestAt16, refuses: lost}
	if _, err := askAbout(t, d, oneByOne(t), advisor.Request{Verify: true}); !errors.Is(err, lost) ||
		store.advice.State.Finished() || store.reason == "" {
		t.Errorf("%v, advice %s, abandoned for %q", err, store.advice.State, store.reason)
	}
}
