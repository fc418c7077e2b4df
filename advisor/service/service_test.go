package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func units(a trainer.Architecture, name string) int {
	for _, l := range a.Layers {
		if l.Name == name {
			return l.Units
		}
	}
	return 0
}

// narrowerIsBetter: half a point for each unit that dense2 has fewer than 64.
func narrowerIsBetter(a trainer.Architecture, epoch int) float64 {
	return 0.3 + 0.1*float64(epoch) + 0.005*float64(64-units(a, "dense2"))
}

func ask(t *testing.T, d Service, r advisor.Request) (advisor.Advice, error) {
	t.Helper()
	r.Dataset = "made-up"
	a, err := d.SubmitAdvice(t.Context(), sixLayers(t).Canonical(), r, advisor.IdempotencyKey{})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Work(t.Context(), advisor.Lease{Kind: advisor.JobAdvice, ID: a.ID}, nil)
	return d.Store.(*fakeStore).advice, err
}

func TestAdviseRevisesWhatVerificationShows(t *testing.T) {
	store := &fakeStore{}
	d := Service{
		Store:     store,
		Datasets:  fakeDatasets{},
		Trainer:   &fakeTrainer{accuracy: narrowerIsBetter},
		Predictor: fakePredictor{reason: "no past runs"},
		Rules:     fakeRules{narrow, penalise},
	}
	a, err := ask(t, d, advisor.Request{Verify: true, Train: true})
	if err != nil {
		t.Fatal(err)
	}
	if a.State != advisor.Succeeded || a.Prediction != nil || a.PredictionReason != "no past runs" {
		t.Errorf("advice %+v", a)
	}
	if a.Revised == nil || units(a.Revised.Architecture, "dense2") != 16 || !a.Revised.Verified {
		t.Fatalf("revised %+v, want dense2 narrowed", a.Revised)
	}
	winner := a.Suggestions[a.Revised.Rank-1]
	if v := winner.Verified; v == nil || v.Epochs != 3 || math.Abs(float64(v.Observed)-0.24) > 1e-9 ||
		v.Gain.Known() || v.Reason == "" {
		t.Errorf("the winner's verification is %+v, want 24 points observed after 3 epochs", v)
	}
	verdicts := map[string]advisor.Verdict{}
	for _, s := range a.Suggestions {
		verdicts[s.Title] = s.Verdict
		if s.Verified != nil && store.runs[s.Verified.Run].State != advisor.Succeeded {
			t.Errorf("%s: its re-probe is %s", s.Title, store.runs[s.Verified.Run].State)
		}
	}
	if verdicts["narrow dense2"] != advisor.Gained || verdicts["penalise dense2"] != advisor.NoGain {
		t.Errorf("verdicts %v", verdicts)
	}
	if len(store.next) != 1 || *a.TrainingRun != store.next[0].ID || store.next[0].FromAdvice != a.ID ||
		store.next[0].Kind != advisor.Full {
		t.Errorf("the run that trains the revised architecture: %+v", store.next)
	}
	// 3 epochs of the probe; 1 + 1 + 1 of all three candidates, 2 more of the better two.
	if a.Compute.ProbeFLOPs <= 0 || a.Compute.VerificationFLOPs <= 2*a.Compute.ProbeFLOPs/3 {
		t.Errorf("compute %+v", a.Compute)
	}
}

// TestEarlyGainIsNotVerified: what gained after one epoch counts only when it still does at the probe's length.
func TestEarlyGainIsNotVerified(t *testing.T) {
	fades := func(a trainer.Architecture, epoch int) float64 {
		if epoch > 1 {
			return 0.005 * float64(units(a, "dense2"))
		}
		return 0.3 + 0.005*float64(64-units(a, "dense2"))
	}
	to := func(n int) advisor.Proposal {
		return proposal("wide-dense", advisor.Stabilise, fmt.Sprint("dense2 to ", n), func(a *trainer.Architecture) {
			named(a, "dense2", func(l *trainer.Layer) { l.Units = min(l.Units, n) })
		})
	}
	d := Service{
		Store:     &fakeStore{},
		Datasets:  fakeDatasets{},
		Trainer:   &fakeTrainer{accuracy: fades},
		Predictor: fakePredictor{reason: "none"},
		Rules:     fakeRules{to(16), to(32), to(48)},
	}
	a, err := ask(t, d, advisor.Request{Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]advisor.Verdict{}
	for _, s := range a.Suggestions {
		got[s.Title] = s.Verdict
	}
	want := map[string]advisor.Verdict{"dense2 to 16": advisor.NoGain, "dense2 to 32": advisor.NoGain,
		"dense2 to 48": advisor.Early}
	if !maps.Equal(got, want) || a.Revised != nil || !strings.Contains(a.RevisedReason, "none gained") {
		t.Errorf("verdicts %v, want %v; revised %+v, %q", got, want, a.Revised, a.RevisedReason)
	}
}

// TestPredictionDecidesWhereThereIsOne: the predictor prefers fewer units; observed accuracy says the opposite.
func TestPredictionDecidesWhereThereIsOne(t *testing.T) {
	wider := func(a trainer.Architecture, epoch int) float64 { return 0.01 * float64(units(a, "dense2")) / 2 }
	d := Service{
		Store:     &fakeStore{},
		Datasets:  fakeDatasets{},
		Trainer:   &fakeTrainer{accuracy: wider},
		Predictor: fakePredictor{},
		Rules:     fakeRules{narrow},
	}
	a, err := ask(t, d, advisor.Request{Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	if a.Prediction == nil || a.Revised == nil || a.Revised.Prediction == nil {
		t.Fatalf("prediction %+v, revised %+v", a.Prediction, a.Revised)
	}
	v := a.Suggestions[0].Verified
	want := a.Revised.Prediction.TestAccuracy - a.Prediction.TestAccuracy
	if math.Abs(float64(v.Gain)-want) > 1e-12 || v.Gain <= 0 || v.Observed >= 0 {
		t.Errorf("verification %+v, want a gain of %g in spite of the observed loss", v, want)
	}
}

func TestAdviseAdvisesNoChange(t *testing.T) {
	worse := func(a trainer.Architecture, _ int) float64 { return 0.005 * float64(units(a, "dense2")) }
	divergesWhenNarrow := func(a trainer.Architecture, _ int) float64 {
		if units(a, "dense2") < 64 {
			return math.NaN()
		}
		return 0.05
	}
	for name, c := range map[string]struct {
		trainer *fakeTrainer
		rules   fakeRules
		request advisor.Request
		reason  string
	}{
		"nothing found": {&fakeTrainer{accuracy: worse}, nil, advisor.Request{Verify: true}, "no rule found"},
		"nothing gained": {&fakeTrainer{accuracy: worse}, fakeRules{narrow}, advisor.Request{Verify: true},
			"1 suggestions were tried, none gained"},
		"only divergence": {&fakeTrainer{accuracy: divergesWhenNarrow}, fakeRules{narrow},
			advisor.Request{Verify: true}, "none gained"},
		"not asked to look": {&fakeTrainer{accuracy: worse}, fakeRules{narrow}, advisor.Request{}, "not asked for"},
	} {
		a, err := ask(t, Service{
			Store:     &fakeStore{},
			Datasets:  fakeDatasets{},
			Trainer:   c.trainer,
			Predictor: fakePredictor{reason: "none"},
			Rules:     c.rules,
		}, c.request)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if a.Revised != nil || !strings.Contains(a.RevisedReason, c.reason) {
			t.Errorf("%s: revised %+v, reason %q, want %q", name, a.Revised, a.RevisedReason, c.reason)
		}
	}
}

func TestFailureIsKept(t *testing.T) {
	fault := errors.New("out of memory")
	store := &fakeStore{}
	a, err := ask(t, Service{
		Store:     store,
		Datasets:  fakeDatasets{},
		Trainer:   &fakeTrainer{fault: fault},
		Predictor: fakePredictor{},
		Rules:     fakeRules{},
	}, advisor.Request{})
	if !errors.Is(err, fault) || a.State != advisor.Failed ||
		!strings.Contains(a.Error, "out of memory") || a.Finished == nil {
		t.Errorf("error %v, advice %+v", err, a)
	}
	if r := store.runs[a.ProbeRun]; r.State != advisor.Failed {
		t.Errorf("the probe is %s", r.State)
	}
}

// TestInterruptedWorkGoesBackToTheQueue: shutdown is no failure.
func TestInterruptedWorkGoesBackToTheQueue(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store := &fakeStore{}
	s := &fakeTrainer{accuracy: narrowerIsBetter, before: func(epoch int) {
		if epoch == 2 {
			cancel()
		}
	}}
	d := Service{Store: store, Datasets: fakeDatasets{}, Trainer: s, Predictor: fakePredictor{}, Rules: fakeRules{}}
	a, err := d.SubmitAdvice(ctx, sixLayers(t).Canonical(), advisor.Request{Dataset: "made-up"}, advisor.IdempotencyKey{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Work(ctx, advisor.Lease{Kind: advisor.JobAdvice, ID: a.ID}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if !store.released || store.advice.State.Finished() || store.runs[a.ProbeRun].State != advisor.Running {
		t.Errorf("released %v, advice %s, probe %s", store.released, store.advice.State, store.runs[a.ProbeRun].State)
	}
}

func sixLayers(t *testing.T) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse([]byte(`{"version":1,"input":[28,28,1],"classes":10,"layers":[
		{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"max_pool","size":2},
		{"type":"flatten"},{"type":"dense","units":32,"activation":"relu"},{"type":"dense","units":64,"activation":"relu"},
		{"type":"dense","units":10,"activation":"softmax"}]}`), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}
