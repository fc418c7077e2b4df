package db_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/advisor/service"
	"probewise/db"
	"probewise/db/dbtest"
	"probewise/trainer"
	"probewise/trainer/patch"
)

func TestRunRoundTrip(t *testing.T) {
	d := dbtest.Open(t)
	r := dbtest.Run(t)
	r.Seed, r.FromAdvice, r.Warnings = math.MaxUint64, "another", []string{"/layers/1: \"odd\"", "…"}
	if err := d.CreateRun(t.Context(), r, "f", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	got, err := d.Run(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, "run", got, r)
	none := dbtest.Run(t)
	none.Warnings = nil
	if err := d.CreateRun(t.Context(), none, "", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Run(t.Context(), none.ID); err != nil || got.Warnings == nil || len(got.Warnings) != 0 {
		t.Errorf("no warnings came back as %#v, %v", got.Warnings, err)
	}
	if got.Architecture.ID() != r.ArchitectureID {
		t.Error("the architecture changed on the way")
	}
	if err := d.CreateRun(t.Context(), r, "f", advisor.IdempotencyKey{}); err == nil {
		t.Error("the same run was created twice")
	}
	if _, err := d.Run(t.Context(), "none"); !errors.Is(err, advisor.ErrNotFound) ||
		!strings.Contains(err.Error(), "none") {
		t.Errorf("an unknown run gave %v", err)
	}
}

func TestAdviceRoundTrip(t *testing.T) {
	d := dbtest.Open(t)
	l, a := runningAdvice(t, d)
	got, err := d.Advice(t.Context(), a.ID)
	if err != nil || got.State != advisor.Running || got.Started == nil {
		t.Fatalf("claimed: %s, started %v, %v", got.State, got.Started, err)
	}
	training := dbtest.Run(t)
	training.FromAdvice = a.ID
	a = got
	a.State = advisor.Succeeded
	a.Diagnoses = []advisor.Diagnosis{{
		Rule:       "wide-dense",
		Layer:      "dense1",
		Value:      0.9,
		Threshold:  0.6,
		Percentile: trainer.Missing,
		Epoch:      trainer.Missing,
		Severity:   advisor.High,
		Message:    "…",
	}}
	a.Suggestions = []advisor.Suggestion{{
		Rank:  1,
		Edits: []patch.Edit{{Op: "add", Path: "/layers/3/l2", Value: 0.001}},
		Verified: &advisor.Verification{
			Run:      "r",
			Gain:     trainer.Missing,
			Low:      trainer.Missing,
			High:     trainer.Missing,
			Observed: 0.01,
		},
	}}
	a.Revised = &advisor.Revised{Architecture: a.Architecture, Rank: 1}
	a.TrainingRun = &training.ID
	if err := d.FinishAdvice(t.Context(), l, a, training); err != nil {
		t.Fatal(err)
	}
	got, err = d.Advice(t.Context(), a.ID)
	if err != nil || got.Finished == nil || got.Finished.Before(*got.Started) {
		t.Fatalf("finished: %v, %v", got.Finished, err)
	}
	a.Finished = got.Finished
	sameJSON(t, "advice", got, a)
	if state := stateOf(t, d, a.ProbeRun); state != advisor.Cancelled {
		t.Errorf("a probe that was never started is %s", state)
	}
	if state := stateOf(t, d, training.ID); state != advisor.Queued {
		t.Errorf("the training that follows is %s", state)
	}
	if err := d.FinishAdvice(t.Context(), l, a); !errors.Is(err, advisor.ErrFinished) {
		t.Errorf("finished twice: %v", err)
	}
}

// TestFinishAdviceWholly has a training run that cannot be queued: nothing of the result may stay.
func TestFinishAdviceWholly(t *testing.T) {
	d := dbtest.Open(t)
	l, a := runningAdvice(t, d)
	before := dump(t, d)
	taken := dbtest.Run(t)
	taken.ID = a.ProbeRun
	a.State, a.RevisedReason = advisor.Succeeded, "no change advised"
	if err := d.FinishAdvice(t.Context(), l, a, taken); err == nil {
		t.Error("two runs with one id")
	}
	a.State = advisor.Failed
	if err := d.FinishAdvice(t.Context(), l, a); err == nil || !strings.Contains(err.Error(), "without a reason") {
		t.Errorf("failed without a reason: %v", err)
	}
	a.State = advisor.Queued
	if err := d.FinishAdvice(t.Context(), l, a); err == nil || !strings.Contains(err.Error(), "no final state") {
		t.Errorf("finished as queued: %v", err)
	}
	if after := dump(t, d); after != before {
		t.Errorf("something was written:\n%s\nwas\n%s", after, before)
	}
}

func TestRefusedCreation(t *testing.T) {
	d := dbtest.Open(t)
	for name, change := range map[string]func(*advisor.Advice, *advisor.Run){
		"no id":            func(a *advisor.Advice, r *advisor.Run) { a.ID, r.Advice = "", "" },
		"no time":          func(a *advisor.Advice, _ *advisor.Run) { a.Created = time.Time{} },
		"running":          func(a *advisor.Advice, _ *advisor.Run) { a.State = advisor.Running },
		"running probe":    func(_ *advisor.Advice, r *advisor.Run) { r.State = advisor.Running },
		"another probe":    func(a *advisor.Advice, _ *advisor.Run) { a.ProbeRun = "x" },
		"another's probe":  func(_ *advisor.Advice, r *advisor.Run) { r.Advice = "x" },
		"probe of no kind": func(_ *advisor.Advice, r *advisor.Run) { r.Kind = "" },
		"probe no time":    func(_ *advisor.Advice, r *advisor.Run) { r.Created = time.Time{} },
	} {
		a, probe := dbtest.Advice(t)
		change(&a, &probe)
		if err := d.CreateAdvice(t.Context(), a, probe, "", advisor.IdempotencyKey{}); err == nil {
			t.Errorf("%s: created", name)
		}
	}
	for name, change := range map[string]func(*advisor.Run){
		"serves advice": func(r *advisor.Run) { r.Advice = "x" },
		"finished":      func(r *advisor.Run) { r.State = advisor.Succeeded },
		"no id":         func(r *advisor.Run) { r.ID = "" },
	} {
		r := dbtest.Run(t)
		change(&r)
		if err := d.CreateRun(t.Context(), r, "", advisor.IdempotencyKey{}); err == nil {
			t.Errorf("run that %s: created", name)
		}
	}
	l, a := runningAdvice(t, d)
	run, _ := runningRun(t, d)
	stranger, queued := dbtest.Verification(t, "x"), dbtest.Verification(t, a.ID)
	queued.State = advisor.Queued
	for name, err := range map[string]error{
		"another advice":   d.AddChildRun(t.Context(), l, stranger),
		"queued":           d.AddChildRun(t.Context(), l, queued),
		"lease of no kind": d.AddChildRun(t.Context(), run, dbtest.Verification(t, a.ID)),
	} {
		if err == nil {
			t.Errorf("verification run: %s: added", name)
		}
	}
	if got := query[int](t, d, "SELECT (SELECT count(*) FROM runs) * 10 + (SELECT count(*) FROM advice)"); got != 21 {
		t.Errorf("10·runs + advice = %d, want 21", got)
	}
}

func TestFindUnfinished(t *testing.T) {
	d := dbtest.Open(t)
	find := func(fingerprint string) string {
		t.Helper()
		r, found, err := d.FindUnfinishedRun(t.Context(), fingerprint)
		if err != nil || found != (r.ID != "") {
			t.Fatalf("found %v %q, %v", found, r.ID, err)
		}
		return r.ID
	}
	first, second, third := dbtest.Run(t), dbtest.Run(t), dbtest.Run(t)
	if err := d.CreateRun(t.Context(), first, "same", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	err := d.CreateRun(t.Context(), second, "same", advisor.IdempotencyKey{})
	if !errors.Is(err, advisor.ErrUnfinishedEqual) {
		t.Fatalf("an equal run: %v", err)
	}
	if err := d.CreateRun(t.Context(), second, "", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	// As older versions could store it.
	if _, err := d.Writer().ExecContext(t.Context(),
		"UPDATE runs SET fingerprint = 'same' WHERE id = ?", second.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.CreateRun(t.Context(), third, "", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	if got := find("same"); got != first.ID {
		t.Errorf("found %q, want the oldest, %q", got, first.ID)
	}
	claim := func(id string) advisor.Lease {
		t.Helper()
		l, err := d.ClaimJob(t.Context(), advisor.JobRun, id, worker, inAnHour())
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := claim(first.ID)
	if got := find("same"); got != second.ID {
		t.Errorf("found %q, want the queued one, %q", got, second.ID)
	}
	if err := d.Cancel(t.Context(), advisor.JobRun, second.ID); err != nil {
		t.Fatal(err)
	}
	if got := find("same"); got != first.ID {
		t.Errorf("found %q, want the running one, %q", got, first.ID)
	}
	if err := d.FinishRun(t.Context(), l, first.ID, advisor.Succeeded, dbtest.Outcome(15), ""); err != nil {
		t.Fatal(err)
	}
	for _, fingerprint := range []string{"same", "other", ""} {
		if got := find(fingerprint); got != "" {
			t.Errorf("%q found %q", fingerprint, got)
		}
	}
	if _, found, err := d.FindUnfinishedAdvice(t.Context(), ""); found || err != nil {
		t.Errorf("advice without a fingerprint: %v, %v", found, err)
	}
}

var _ service.Store = (*db.DB)(nil)
