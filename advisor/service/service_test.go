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

func units(a trainer.Architecture, name string) int {
	for _, l := range a.Layers {
		if l.Name == name {
			return l.Units
		}
	}
	return 0
}

// bestAt16: five points for a dense2 of 16 units, whatever the seed.
func bestAt16(s trainer.Spec, epoch float64) float64 {
	accuracy := 0.3 + 0.02*epoch
	if units(s.Architecture, "dense2") == 16 {
		accuracy += 0.05
	}
	return accuracy
}

// allTheSame: nothing makes a difference.
func allTheSame(trainer.Spec, float64) float64 { return 0.5 }

func newService(store *fakeStore, rules fakeRules) Service {
	return Service{
		Store:      store,
		Datasets:   fakeDatasets{},
		Trainer:    &fakeTrainer{accuracy: bestAt16},
		Predictor:  fakePredictor{reason: "no past runs"},
		Rules:      rules,
		Judge:      fakeJudge{},
		SideBySide: 3,
	}
}

func ask(t *testing.T, d Service, r advisor.Request) (advisor.Advice, error) {
	t.Helper()
	return askAbout(t, d, sixLayers(t), r)
}

func askAbout(t *testing.T, d Service, net trainer.Architecture, r advisor.Request) (advisor.Advice, error) {
	t.Helper()
	r.Dataset = "made-up"
	a, err := d.SubmitAdvice(t.Context(), net.Canonical(), r, advisor.IdempotencyKey{})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Work(t.Context(), advisor.Lease{Kind: advisor.JobAdvice, ID: a.ID}, nil)
	return d.Store.(*fakeStore).advice, err
}

// nothingIsLeft: no session is open, and no run of the advice unfinished when it ended.
func nothingIsLeft(t *testing.T, name string, d Service) {
	t.Helper()
	if open := d.Trainer.(*fakeTrainer).open; open != 0 {
		t.Errorf("%s: %d sessions are open at the end", name, open)
	}
	if left := d.Store.(*fakeStore).left; left != 0 {
		t.Errorf("%s: %d runs were unfinished when the advice ended", name, left)
	}
}

func TestAdviseRevisesWhatFreshSeedsShow(t *testing.T) {
	store := &fakeStore{}
	d := newService(store, fakeRules{narrow, penalise})
	a, err := ask(t, d, advisor.Request{Verify: true, Train: true})
	if err != nil {
		t.Fatal(err)
	}
	nothingIsLeft(t, "at the end", d)
	if a.State != advisor.Succeeded || a.Prediction != nil || a.PredictionReason != "no past runs" ||
		len(a.Diagnoses) != 2 {
		t.Errorf("advice %+v", a)
	}
	if a.Revised == nil || units(a.Revised.Architecture, "dense2") != 16 || !a.Revised.Verified || a.Revised.Rank != 1 {
		t.Fatalf("revised %+v (%s), want dense2 narrowed", a.Revised, a.RevisedReason)
	}
	checkWinner(t, store, a)
	checkSpending(t, d.Trainer.(*fakeTrainer), a)
	if failed := store.count(advisor.Failed); failed != 0 || store.count(advisor.Succeeded) < 8 {
		t.Errorf("%d runs failed, %d succeeded", failed, store.count(advisor.Succeeded))
	}
	if len(store.next) != 1 || *a.TrainingRun != store.next[0].ID || store.next[0].FromAdvice != a.ID ||
		store.next[0].Kind != advisor.Full {
		t.Errorf("the run that trains the revised architecture: %+v", store.next)
	}
	if want := "Better: 1 change gains an expected +5.0 points of test accuracy; " +
		"trials with 1 fresh seed show +5.0 points after 3 epochs."; a.Summary != want {
		t.Errorf("summary %q, want %q", a.Summary, want)
	}
}

func checkWinner(t *testing.T, store *fakeStore, a advisor.Advice) {
	t.Helper()
	winner := a.Suggestions[0]
	if winner.Title != "narrow dense2" || winner.Verdict != advisor.Better ||
		!slices.Equal(winner.Rules, []string{"wide-dense"}) || winner.Gain == nil || winner.Gain.Seeds != 1 {
		t.Errorf("the first suggestion is %+v", winner)
	}
	v := winner.Verified
	if v == nil || v.Epochs != 3 || math.Abs(float64(v.Observed)-0.05) > 1e-9 || math.Abs(float64(v.Gain)-0.05) > 1e-9 {
		t.Fatalf("its verification is %+v, want 5 points after 3 epochs", v)
	}
	for _, id := range []string{v.Run, winner.Trial.Run} {
		r := store.runs[id]
		if r.State != advisor.Succeeded || r.ArchitectureID != a.Revised.Architecture.ID() || r.Advice != a.ID {
			t.Errorf("its run is %+v", r)
		}
		if fresh := r.Seed != store.runs[a.ProbeRun].Seed; fresh != (id == v.Run) || id == v.Run && r.Seed != v.Seeds[0] {
			t.Errorf("run %s has seed %d, the probe's is %d", id, r.Seed, store.runs[a.ProbeRun].Seed)
		}
	}
	if len(a.Suggestions) != advisor.DefaultSuggestions {
		t.Errorf("%d suggestions, want %d", len(a.Suggestions), advisor.DefaultSuggestions)
	}
	for i, s := range a.Suggestions {
		if s.Rank != i+1 || s.Trial == nil || s.Gain == nil || len(s.Edits) == 0 || len(s.Diff) == 0 ||
			i > 0 && s.Verdict != advisor.NoDifference {
			t.Errorf("suggestion %d is %+v", i+1, s)
		}
	}
}

// checkSpending: what the search says that it took is what the trainer did, and no more than was allowed.
func checkSpending(t *testing.T, s *fakeTrainer, a advisor.Advice) {
	t.Helper()
	if a.Search == nil || a.Search.Rounds != 1 || a.Search.Spent > a.Search.Budget || len(a.Search.Steps) < 3 {
		t.Fatalf("search %+v", a.Search)
	}
	perEpoch := float64(a.Architecture.Cost().TrainingFLOPs) * float64(a.Request.Probe.Images)
	if got := a.Compute.ProbeFLOPs; got != 3*perEpoch {
		t.Errorf("the probe took %g FLOPs, want %g", got, 3*perEpoch)
	}
	if want := 15*a.Search.Spent*perEpoch - a.Compute.ProbeFLOPs; math.Abs(a.Compute.VerificationFLOPs/want-1) > 1e-9 {
		t.Errorf("the search took %g FLOPs, want %g", a.Compute.VerificationFLOPs, want)
	}
	if got := s.flops * float64(a.Request.Probe.Images); math.Abs(got/15/perEpoch-a.Search.Spent) > 1e-9 {
		t.Errorf("the trainer did %g full trainings, the search says %g", got/15/perEpoch, a.Search.Spent)
	}
	last := a.Search.Steps[len(a.Search.Steps)-1]
	if first := a.Search.Steps[0]; first.Epochs != 0.25 || len(first.Tried) < 4 || first.Spent >= last.Spent ||
		!last.Confirm || last.Epochs != 3 {
		t.Errorf("steps %+v", a.Search.Steps)
	}
}

// TestNotVerified: suggestions are listed with what is foretold of them, and nothing is trained.
func TestNotVerified(t *testing.T) {
	d := newService(&fakeStore{}, fakeRules{narrow})
	a, err := ask(t, d, advisor.Request{Suggestions: 3})
	if err != nil {
		t.Fatal(err)
	}
	nothingIsLeft(t, "at the end", d)
	if len(a.Suggestions) != 3 || a.Search != nil || a.Compute.VerificationFLOPs != 0 || a.Revised != nil ||
		d.Store.(*fakeStore).count(advisor.Succeeded) != 0 || !strings.Contains(a.RevisedReason, "not asked for") {
		t.Errorf("advice %+v", a)
	}
	for _, s := range a.Suggestions {
		if s.Verdict != advisor.NotTried || s.Trial != nil || s.Verified != nil || s.Gain == nil {
			t.Errorf("suggestion %+v", s)
		}
	}
}

func TestAdviseAdvisesNoChange(t *testing.T) {
	var forbidAll advisor.Constraints
	for _, k := range knob.All() {
		if k.Name != "shortcuts" { // for which the net has too few layers
			forbidAll.Forbid = append(forbidAll.Forbid, k.Name)
		}
	}
	diverges := func(s trainer.Spec, epoch float64) float64 {
		if s.Architecture.ID() != sixLayers(t).ID() && epoch > 0.25 {
			return math.NaN()
		}
		return 0.4
	}
	for name, c := range map[string]struct {
		accuracy func(trainer.Spec, float64) float64
		judge    fakeJudge
		past     fakePredictor
		request  advisor.Request
		reason   string
		untried  bool // suggestions are listed all the same
	}{
		"nothing gains": {allTheSame, fakeJudge{}, fakePredictor{reason: "-"}, advisor.Request{},
			"changes tried, none", false},
		"all diverge": {diverges, fakeJudge{}, fakePredictor{reason: "-"}, advisor.Request{},
			"changes tried, none", false},
		"too small a budget": {bestAt16, fakeJudge{}, fakePredictor{reason: "-"}, advisor.Request{Budget: 0.25},
			"the budget of 0.25 full trainings leaves too little", true},
		"less than the probe": {bestAt16, fakeJudge{}, fakePredictor{reason: "-"}, advisor.Request{Budget: 0.1},
			"the budget of 0.1 full trainings leaves too little", true},
		"a judge that cannot say": {bestAt16, fakeJudge{none: true}, fakePredictor{reason: "-"}, advisor.Request{},
			"no gain is foretold: 3 pairs", true},
		"the target is reached": {bestAt16, fakeJudge{}, fakePredictor{accuracy: 0.9},
			advisor.Request{Goal: advisor.GoalTarget, Target: 0.85}, "predicted to reach the target as it is", false},
		"constraints": {bestAt16, fakeJudge{}, fakePredictor{reason: "-"}, advisor.Request{Constraints: forbidAll},
			"the constraints allow no other net", false},
	} {
		d := newService(&fakeStore{}, fakeRules{narrow})
		d.Trainer, d.Judge, d.Predictor = &fakeTrainer{accuracy: c.accuracy}, c.judge, c.past
		c.request.Verify = true
		a, err := ask(t, d, c.request)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		nothingIsLeft(t, name, d)
		if a.Revised != nil || !strings.Contains(a.RevisedReason, c.reason) ||
			!strings.Contains(a.Summary, strings.TrimPrefix(c.reason, "no ")) {
			t.Errorf("%s: revised %+v, reason %q, want %q; summary %q", name, a.Revised, a.RevisedReason, c.reason, a.Summary)
		}
		if c.untried && (len(a.Suggestions) == 0 || a.Suggestions[0].Verdict != advisor.NotTried ||
			(a.Suggestions[0].Gain == nil) != c.judge.none) {
			t.Errorf("%s: suggestions %+v", name, a.Suggestions)
		}
	}
}

func TestFailureIsKept(t *testing.T) {
	fault := errors.New("out of order")
	store := &fakeStore{}
	d := newService(store, fakeRules{})
	d.Trainer = &fakeTrainer{fault: fault}
	a, err := ask(t, d, advisor.Request{})
	if !errors.Is(err, fault) || a.State != advisor.Failed || !strings.Contains(a.Error, "out of order") ||
		a.Finished == nil {
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
	d := newService(store, fakeRules{})
	d.Trainer = &fakeTrainer{accuracy: bestAt16, before: func(_ trainer.Spec, epoch float64) {
		if epoch == 2 {
			cancel()
		}
	}}
	a, err := d.SubmitAdvice(ctx, sixLayers(t).Canonical(), advisor.Request{Dataset: "made-up"}, advisor.IdempotencyKey{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Work(ctx, advisor.Lease{Kind: advisor.JobAdvice, ID: a.ID}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if !store.released || store.advice.State.Finished() || store.runs[a.ProbeRun].State != advisor.Queued {
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
