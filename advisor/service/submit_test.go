package service

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// TestOnce: an idempotency key stands for one request and its answer.
func TestOnce(t *testing.T) {
	d, key := newService(&fakeStore{}, nil), advisor.IdempotencyKey{Key: "k", Digest: "a"}
	architecture, request := sixLayers(t).Canonical(), advisor.Request{Dataset: "made-up"}
	first, err := d.SubmitAdvice(t.Context(), architecture, request, key)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.SubmitAdvice(t.Context(), architecture, request, key)
	if err != nil || again.ID != first.ID {
		t.Errorf("the same request got advice %s, %v; want %s", again.ID, err, first.ID)
	}
	if _, err := d.SubmitAdvice(t.Context(), architecture, request,
		advisor.IdempotencyKey{Key: "k", Digest: "b"}); !errors.Is(err, advisor.ErrKeyReused) {
		t.Errorf("another request with the key: %v", err)
	}
	if _, err := d.SubmitRun(t.Context(), architecture, RunRequest{Dataset: "made-up"}, key); !errors.Is(err,
		advisor.ErrKeyReused) {
		t.Errorf("a run with the key of advice: %v", err)
	}
}

func TestSubmitRun(t *testing.T) {
	for name, c := range map[string]struct {
		request RunRequest
		kind    advisor.Kind
		stop    int
		pointer string
	}{
		"full":                 {RunRequest{}, advisor.Full, 15, ""},
		"full, epochs given":   {RunRequest{Budget: trainer.Budget{Epochs: 4}, StopAfter: 4}, advisor.Full, 4, ""},
		"probe":                {RunRequest{Kind: advisor.Probe}, advisor.Probe, 3, ""},
		"probe of one epoch":   {RunRequest{Kind: advisor.Probe, StopAfter: 1}, advisor.Probe, 1, ""},
		"probe too long":       {RunRequest{Kind: advisor.Probe, StopAfter: 16}, "", 0, "/stop_after"},
		"probe of a short run": {RunRequest{Kind: advisor.Probe, Budget: trainer.Budget{Epochs: 2}}, "", 0, "/stop_after"},
		"full that stops":      {RunRequest{StopAfter: 3}, "", 0, "/stop_after"},
		"another kind":         {RunRequest{Kind: "half"}, "", 0, "/kind"},
		"too many images":      {RunRequest{Budget: trainer.Budget{Images: 101}}, "", 0, "/images"},
	} {
		c.request.Dataset = "made-up"
		run, err := newService(&fakeStore{}, nil).SubmitRun(t.Context(), sixLayers(t).Canonical(), c.request,
			advisor.IdempotencyKey{})
		var refused *RequestError
		if errors.As(err, &refused) {
			if refused.Pointer != c.pointer {
				t.Errorf("%s: refused at %q, want %q", name, refused.Pointer, c.pointer)
			}
			continue
		}
		if err != nil || run.Kind != c.kind || run.StopAfter != c.stop || run.State != advisor.Queued || run.Warnings == nil {
			t.Errorf("%s: %+v, %v; want kind %s, %d epochs", name, run, err, c.kind, c.stop)
		}
	}
}

// TestSubmitTraining: only advice that has an answer can be trained, and the answer then names the run.
func TestSubmitTraining(t *testing.T) {
	store := &fakeStore{}
	d := newService(store, fakeRules{narrow})
	queued, err := d.SubmitAdvice(t.Context(), sixLayers(t).Canonical(), advisor.Request{Dataset: "made-up"},
		advisor.IdempotencyKey{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.SubmitTraining(t.Context(), queued.ID, advisor.IdempotencyKey{}); !errors.Is(err,
		advisor.ErrUnfinished) {
		t.Errorf("training of a queued advice: %v", err)
	}
	a, err := ask(t, d, advisor.Request{Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	probe := store.runs[a.ProbeRun]
	run, err := d.SubmitTraining(t.Context(), a.ID, advisor.IdempotencyKey{})
	if err != nil || run.Kind != advisor.Full || run.FromAdvice != a.ID ||
		run.ArchitectureID != a.Revised.Architecture.ID() || run.Budget != probe.Budget || run.Seed != probe.Seed {
		t.Errorf("run %+v, %v", run, err)
	}
	answer, err := d.Answer(t.Context(), a.ID)
	if err != nil || answer.Training == nil || answer.Training.ID != run.ID || answer.TrainingRun == nil {
		t.Errorf("answer %+v, %v; want the training run", answer, err)
	}

	d.Trainer = &fakeTrainer{accuracy: allTheSame}
	none, err := ask(t, d, advisor.Request{Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	var refused *RequestError
	if _, err := d.SubmitTraining(t.Context(), none.ID, advisor.IdempotencyKey{}); !errors.As(err, &refused) ||
		refused.Pointer != "/from_advice" {
		t.Errorf("training of advice without a revised architecture: %v", err)
	}
}

// TestEventsAreLogged: what happens is in the log, epochs without their layers, progress not at all; the watcher hears
// of one event at a time.
func TestEventsAreLogged(t *testing.T) {
	store := &fakeStore{}
	d := newService(store, fakeRules{narrow})
	a, err := d.SubmitAdvice(t.Context(), sixLayers(t).Canonical(),
		advisor.Request{Dataset: "made-up", Suggestions: 2, Verify: true}, advisor.IdempotencyKey{})
	if err != nil {
		t.Fatal(err)
	}
	var inside atomic.Int32
	var seen []advisor.EventType
	err = d.Work(t.Context(), advisor.Lease{Kind: advisor.JobAdvice, ID: a.ID}, func(e advisor.Event) {
		if inside.Add(1) > 1 {
			t.Error("the watcher is told of two events at once")
		}
		seen = append(seen, e.Type)
		runtime.Gosched()
		inside.Add(-1)
	})
	if err != nil {
		t.Fatal(err)
	}
	count := map[advisor.EventType]int{}
	started := map[string]bool{}
	for _, e := range store.events {
		count[e.Type]++
		switch e.Type {
		case advisor.EventState:
			probe := e.Run == a.ProbeRun
			if e.State != advisor.Running || probe != (e.Phase == "probe") || !probe && !strings.HasPrefix(e.Phase, "search") {
				t.Errorf("event %+v", e)
			}
			started[e.Run] = true
		case advisor.EventEpoch:
			if e.Record.Layers != nil || !started[e.Run] {
				t.Errorf("event %+v with record %+v", e, e.Record)
			}
		}
	}
	records := 0
	for _, r := range store.records {
		records += len(r)
	}
	if len(started) != len(store.runs) || count[advisor.EventEpoch] != records || count[advisor.EventDiagnosis] != 1 ||
		count[advisor.EventSuggestion] != 2 || count[advisor.EventProgress] != 0 {
		t.Errorf("logged %v of %d runs with %d records", count, len(store.runs), records)
	}
	more := records + 1 // progress, done
	if len(seen) != len(store.events)+more || seen[len(seen)-1] != advisor.EventDone {
		t.Errorf("the watcher heard of %d events, want %d", len(seen), len(store.events)+more)
	}
}

// TestRecordsComeFirst: who hears of an epoch finds its record in the store.
func TestRecordsComeFirst(t *testing.T) {
	store := &fakeStore{}
	d := newService(store, nil)
	r, err := d.SubmitRun(t.Context(), sixLayers(t).Canonical(), RunRequest{Dataset: "made-up", Kind: advisor.Probe},
		advisor.IdempotencyKey{})
	if err != nil {
		t.Fatal(err)
	}
	r.State = advisor.Running
	store.runs[r.ID] = r
	heard := 0
	err = d.Work(t.Context(), advisor.Lease{Kind: advisor.JobRun, ID: r.ID}, func(e advisor.Event) {
		if e.Type != advisor.EventEpoch {
			return
		}
		heard++
		if n := len(store.records[r.ID]); n != heard {
			t.Errorf("at epoch event %d there are %d records", heard, n)
		}
	})
	if err != nil || heard == 0 {
		t.Errorf("%d epochs, %v", heard, err)
	}
}

// TestStoreFaults: what the store cannot write now goes back to the queue, what it never will fails.
func TestStoreFaults(t *testing.T) {
	never := errors.New("the event breaks a rule of the store")
	for _, c := range []struct {
		method   string
		fault    error
		released bool
	}{
		{"AppendEvent", never, false},
		{"AppendEvent", fmt.Errorf("db: %w", advisor.ErrBusy), true},
		{"AppendRecord", fmt.Errorf("db: %w", advisor.ErrBusy), true},
		{"AppendRecord", fmt.Errorf("db: %w", advisor.ErrStorageFull), true},
		{"AppendRecord", never, false},
		{"FinishRun", fmt.Errorf("db: %w", advisor.ErrBusy), true},
		{"FinishAdvice", fmt.Errorf("db: %w", advisor.ErrBusy), true},
	} {
		for _, kind := range []advisor.JobKind{advisor.JobAdvice, advisor.JobRun} {
			if kind == advisor.JobRun && c.method == "FinishAdvice" {
				continue
			}
			store := &fakeStore{}
			d := newService(store, fakeRules{narrow})
			l := claimed(t, d, store, kind)
			store.faults = map[string]error{c.method: c.fault}
			err := d.Work(t.Context(), l, nil)
			failed := store.advice.State == advisor.Failed
			if kind == advisor.JobRun {
				failed = store.runs[l.ID].State == advisor.Failed
			}
			if !errors.Is(err, c.fault) || store.released != c.released || failed == c.released {
				t.Errorf("%s of %s, %v: %v, released %t, failed %t", c.method, kind, c.fault, err, store.released, failed)
			}
		}
	}
}

// claimed submits a job, which then is a worker's.
func claimed(t *testing.T, d Service, store *fakeStore, kind advisor.JobKind) advisor.Lease {
	t.Helper()
	if kind == advisor.JobAdvice {
		a, err := d.SubmitAdvice(t.Context(), sixLayers(t).Canonical(), advisor.Request{Dataset: "made-up", Verify: true},
			advisor.IdempotencyKey{})
		if err != nil {
			t.Fatal(err)
		}
		return advisor.Lease{Kind: kind, ID: a.ID}
	}
	r, err := d.SubmitRun(t.Context(), sixLayers(t).Canonical(), RunRequest{Dataset: "made-up", Kind: advisor.Probe},
		advisor.IdempotencyKey{})
	if err != nil {
		t.Fatal(err)
	}
	r.State = advisor.Running
	store.runs[r.ID] = r
	return advisor.Lease{Kind: kind, ID: r.ID}
}

// brittle is a trainer whose device is lost with a session.
type brittle struct {
	*fakeTrainer
	sound atomic.Int32 // sessions before that
	lost  *trainer.DeviceLostError
}

func (b *brittle) Start(ctx context.Context, s trainer.Spec) (trainer.Session, error) {
	if b.sound.Add(-1) < 0 {
		return nil, fmt.Errorf("prepare %s: %w", s.Architecture.Name, b.lost)
	}
	return b.fakeTrainer.Start(ctx, s)
}

// TestLostDevice: the job goes back to the queue, whatever it was at, and is charged for it unless the device was lost
// before.
func TestLostDevice(t *testing.T) {
	for _, c := range []struct {
		kind  advisor.JobKind
		sound int32
	}{
		{advisor.JobRun, 0}, {advisor.JobAdvice, 0}, {advisor.JobAdvice, 1}, {advisor.JobAdvice, 4},
	} {
		for _, unused := range []bool{false, true} {
			store := &fakeStore{}
			d := newService(store, fakeRules{narrow})
			lost := &trainer.DeviceLostError{Device: "gpu:0", Unused: unused, Err: errors.New("IllegalAddress")}
			sound := &fakeTrainer{accuracy: bestAt16}
			device := &brittle{fakeTrainer: sound, lost: lost}
			device.sound.Store(c.sound)
			d.Trainer = device
			l := claimed(t, d, store, c.kind)
			if err := d.Work(t.Context(), l, nil); !errors.Is(err, lost) {
				t.Errorf("%s: %v", c.kind, err)
			}
			if store.released != unused || strings.Contains(store.reason, "device gpu:0 is lost: IllegalAddress") == unused ||
				store.advice.State.Finished() {
				t.Errorf("%s, %d sessions before: released %t, abandoned for %q, advice %s", c.kind, c.sound, store.released,
					store.reason, store.advice.State)
			}
			for _, r := range store.runs {
				if r.State == advisor.Failed {
					t.Errorf("%s, %d sessions before: a run failed", c.kind, c.sound)
				}
			}
			if sound.open != 0 {
				t.Errorf("%s, %d sessions before: %d are open at the end", c.kind, c.sound, sound.open)
			}
		}
	}
}
