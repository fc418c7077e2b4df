package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func newService(store *fakeStore, rules fakeRules) Service {
	return Service{
		Store:     store,
		Datasets:  fakeDatasets{},
		Trainer:   &fakeTrainer{accuracy: narrowerIsBetter},
		Predictor: fakePredictor{reason: "none"},
		Rules:     rules,
	}
}

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

	none, err := ask(t, newService(store, nil), advisor.Request{Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	var refused *RequestError
	if _, err := d.SubmitTraining(t.Context(), none.ID, advisor.IdempotencyKey{}); !errors.As(err, &refused) ||
		refused.Pointer != "/from_advice" {
		t.Errorf("training of advice without a revised architecture: %v", err)
	}
}

// TestEventsAreLogged: what happens is in the log in order, epochs without their layers, progress not at all.
func TestEventsAreLogged(t *testing.T) {
	store := &fakeStore{}
	d := newService(store, fakeRules{narrow})
	a, err := d.SubmitAdvice(t.Context(), sixLayers(t).Canonical(),
		advisor.Request{Dataset: "made-up", Probe: advisor.ProbeRequest{Epochs: 2}, Verify: true}, advisor.IdempotencyKey{})
	if err != nil {
		t.Fatal(err)
	}
	var seen int
	if err := d.Work(t.Context(), advisor.Lease{Kind: advisor.JobAdvice, ID: a.ID},
		func(advisor.Event) { seen++ }); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range store.events {
		switch e.Type {
		case advisor.EventState:
			got = append(got, fmt.Sprint(e.State, " ", e.Phase))
		case advisor.EventEpoch:
			if e.Record.Layers != nil {
				t.Error("a logged epoch has its layers")
			}
			got = append(got, fmt.Sprint(e.Phase, " ", e.Record.Epoch))
		case advisor.EventDiagnosis:
			got = append(got, e.Diagnosis.Rule)
		case advisor.EventSuggestion:
			got = append(got, string(e.Suggestion.Verdict))
		}
	}
	want := []string{"running probe", "probe 1", "probe 2", "wide-dense", "running verify 1 of 1", "verify 1 of 1 1",
		"verify 1 of 1 2", string(advisor.Gained)}
	if !slices.Equal(got, want) || len(store.events) != len(want) {
		t.Errorf("logged %q, want %q", got, want)
	}
	if more := 4 + 1; seen != len(want)+more { // progress of four epochs, done
		t.Errorf("the watcher heard of %d events, want %d", seen, len(want)+more)
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
	Trainer
	sound int // sessions before that
	lost  *trainer.DeviceLostError
}

func (b *brittle) Start(ctx context.Context, s trainer.Spec) (trainer.Session, error) {
	if b.sound == 0 {
		return nil, fmt.Errorf("prepare %s: %w", s.Architecture.Name, b.lost)
	}
	b.sound--
	return b.Trainer.Start(ctx, s)
}

// TestLostDevice: the job goes back to the queue, whatever it was at, and is charged for it unless the device was lost
// before.
func TestLostDevice(t *testing.T) {
	for _, c := range []struct {
		kind  advisor.JobKind
		sound int
	}{{advisor.JobRun, 0}, {advisor.JobAdvice, 0}, {advisor.JobAdvice, 1}} {
		for _, unused := range []bool{false, true} {
			store := &fakeStore{}
			d := newService(store, fakeRules{narrow})
			lost := &trainer.DeviceLostError{Device: "gpu:0", Unused: unused, Err: errors.New("IllegalAddress")}
			d.Trainer = &brittle{d.Trainer, c.sound, lost}
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
		}
	}
}

func TestSubmitRefuses(t *testing.T) {
	d := Service{Store: &fakeStore{}, Datasets: fakeDatasets{}}
	for name, r := range map[string]advisor.Request{
		"more images than there are": {Probe: advisor.ProbeRequest{Images: 101}},
		"too few images":             {Probe: advisor.ProbeRequest{Images: 10}},
		"a probe longer than a run":  {Probe: advisor.ProbeRequest{Epochs: 4}, Epochs: 3},
		"a negative probe":           {Probe: advisor.ProbeRequest{Epochs: -1}},
		"negative epochs":            {Epochs: -5},
		"a seed out of range":        {Probe: advisor.ProbeRequest{Seed: 1 << 60}},
		"negative suggestions":       {Suggestions: -3},
	} {
		if _, err := d.SubmitAdvice(t.Context(), sixLayers(t).Canonical(), r, advisor.IdempotencyKey{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var invalid *trainer.InvalidError
	if _, err := d.SubmitAdvice(t.Context(), []byte(`{}`), advisor.Request{},
		advisor.IdempotencyKey{}); !errors.As(err, &invalid) {
		t.Errorf("an empty document: %v", err)
	}
}
