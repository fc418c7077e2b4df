package service

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// sameAnswer compares what does not hang on ids and times.
func sameAnswer(t *testing.T, name string, got, want advisor.Advice) {
	t.Helper()
	plain := func(a advisor.Advice) advisor.Advice {
		a.ID, a.ProbeRun, a.TrainingRun = "", "", nil
		a.Created, a.Started, a.Finished = want.Created, nil, nil
		a.Suggestions = slices.Clone(a.Suggestions)
		for i := range a.Suggestions {
			s := &a.Suggestions[i]
			if s.Trial != nil {
				trial := *s.Trial
				trial.Run, s.Trial = "", &trial
			}
			if s.Verified != nil {
				verified := *s.Verified
				verified.Run, s.Verified = "", &verified
			}
		}
		return a
	}
	if got, want := plain(got), plain(want); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: the answer is\n%+v\n%+v, want\n%+v\n%+v", name, got, got.Search, want, want.Search)
	}
}

// noisy: dense2 of 16 units is best, and each run has some luck of its own.
func noisy(s trainer.Spec, epoch float64) float64 {
	luck := uint64(s.Architecture.Cost().Parameters)*2654435761 + (s.Seed+1)*40503 +
		uint64(s.Architecture.Training.BatchSize)
	return bestAt16(s, epoch) + 0.01*float64(luck%97)/97
}

// TestAnswersDoNotHangOnWhatRunsSideBySide: one after the other or many at once, on few or many threads.
func TestAnswersDoNotHangOnWhatRunsSideBySide(t *testing.T) {
	var want advisor.Advice
	for i, side := range []int{1, 2, 8, 0} {
		d := newService(&fakeStore{}, fakeRules{narrow, penalise})
		f := &fakeTrainer{accuracy: noisy}
		d.Trainer, d.SideBySide = f, side
		a, err := ask(t, d, advisor.Request{Verify: true, Budget: 3})
		if err != nil {
			t.Fatal(err)
		}
		nothingIsLeft(t, "side by side", d)
		if i == 0 {
			want = a
		}
		sameAnswer(t, "side by side", a, want)
	}
	if want.Search.Rounds < 2 {
		t.Errorf("only %d rounds", want.Search.Rounds)
	}
}

// key tells the trainings of one advice apart.
func key(s trainer.Spec) trialKey { return trialKey{s.Architecture.ID(), s.Seed} }

// TestInterruptedSearchGoesOn: whenever it is killed, the next worker comes to the same answer, trains nothing again
// that was finished, and leaves nothing open.
func TestInterruptedSearchGoesOn(t *testing.T) {
	request := advisor.Request{Dataset: "made-up", Verify: true, Budget: 2.5}
	var total atomic.Int64
	d := newService(&fakeStore{}, fakeRules{narrow, penalise})
	d.Trainer = &fakeTrainer{accuracy: noisy, before: func(trainer.Spec, float64) { total.Add(1) }}
	want, err := ask(t, d, request)
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(1); at <= total.Load(); at += 31 {
		ctx, cancel := context.WithCancel(t.Context())
		store := &fakeStore{}
		d := newService(store, fakeRules{narrow, penalise})
		var moments atomic.Int64
		f := &fakeTrainer{accuracy: noisy, before: func(trainer.Spec, float64) {
			if moments.Add(1) == at {
				cancel()
			}
		}}
		d.Trainer = f
		a, err := d.SubmitAdvice(ctx, sixLayers(t).Canonical(), request, advisor.IdempotencyKey{})
		if err != nil {
			t.Fatal(err)
		}
		l := advisor.Lease{Kind: advisor.JobAdvice, ID: a.ID, Token: "first"}
		if err := d.Work(ctx, l, nil); !errors.Is(err, context.Canceled) {
			t.Fatalf("killed at moment %d: %v", at, err)
		}
		if f.open != 0 || !store.released || store.advice.State.Finished() {
			t.Fatalf("killed at moment %d: %d sessions open, released %t", at, f.open, store.released)
		}
		finished := map[trialKey]bool{}
		for _, r := range store.runs {
			if r.State == advisor.Succeeded {
				finished[trialKey{r.ArchitectureID, r.Seed}] = true
			}
		}
		var mu sync.Mutex
		f.before = func(s trainer.Spec, epoch float64) {
			mu.Lock()
			defer mu.Unlock()
			if finished[key(s)] {
				t.Errorf("killed at moment %d: %s with seed %d was finished, and is trained again at epoch %g", at,
					s.Architecture.Name, s.Seed, epoch)
			}
		}
		l.Token = "second"
		if err := d.Work(t.Context(), l, nil); err != nil {
			t.Fatalf("after it was killed at moment %d: %v", at, err)
		}
		nothingIsLeft(t, "the second attempt", d)
		sameAnswer(t, "after it was killed", store.advice, want)
		if t.Failed() {
			t.Fatalf("killed at moment %d of %d", at, total.Load())
		}
	}
}

// TestSearchIsCancelledAtAnyMoment: also by the owner, and where the store fails.
func TestSearchIsCancelledAtAnyMoment(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, c := range []struct {
		method string
		fault  error
		state  advisor.State
	}{
		{"AppendEvent", advisor.ErrCancelRequested, advisor.Cancelled},
		{"AppendRecord", broken, advisor.Failed},
		{"AddChildRun", broken, advisor.Failed},
		{"FinishRun", broken, advisor.Failed},
		{"AddChildRun", advisor.ErrBusy, advisor.Queued},
		{"FinishRun", advisor.ErrStorageFull, advisor.Queued},
	} {
		for _, at := range []int64{14, 20, 40} { // the probe has 13
			store := &fakeStore{}
			d := newService(store, fakeRules{narrow, penalise})
			var moments atomic.Int64
			f := &fakeTrainer{accuracy: noisy, before: func(trainer.Spec, float64) {
				if moments.Add(1) == at {
					store.fail(c.method, c.fault)
				}
			}}
			d.Trainer = f
			a, err := ask(t, d, advisor.Request{Verify: true})
			if !errors.Is(err, c.fault) || a.State != c.state || f.open != 0 || store.released != (c.state == advisor.Queued) {
				t.Errorf("%s fails at moment %d: %v, advice %s, %d sessions open, released %t", c.method, at, err, a.State,
					f.open, store.released)
			}
		}
	}
}

// TestEarlierRunsThatWereShorterAreTrainedAnew: another version of the program, or more pairs, may decide otherwise.
func TestEarlierRunsThatWereShorterAreTrainedAnew(t *testing.T) {
	store := &fakeStore{}
	d := newService(store, fakeRules{narrow})
	want, err := ask(t, d, advisor.Request{Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	// all of its runs are kept, cut to the first quarter of an epoch
	store.advice.State, store.advice.Suggestions, store.advice.Diagnoses = advisor.Running, nil, []advisor.Diagnosis{}
	store.advice.Revised, store.advice.Search, store.advice.Summary = nil, nil, ""
	for id := range store.records {
		if id != want.ProbeRun {
			store.records[id] = store.records[id][:2]
		}
	}
	before := len(store.runs)
	if err := d.Work(t.Context(), advisor.Lease{Kind: advisor.JobAdvice, ID: want.ID}, nil); err != nil {
		t.Fatal(err)
	}
	nothingIsLeft(t, "the second attempt", d)
	sameAnswer(t, "with short runs of an earlier attempt", store.advice, want)
	if more := len(store.runs) - before; more == 0 || more >= before {
		t.Errorf("%d runs more than %d", more, before)
	}
}
