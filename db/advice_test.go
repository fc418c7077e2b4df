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
	a.Diagnoses = []advisor.Diagnosis{{Rule: "wide-dense", Layer: "dense1", Value: 0.9, Threshold: 0.6,
		Percentile: trainer.Missing, Epoch: trainer.Missing, Severity: advisor.High, Message: "…"}}
	a.Suggestions = []advisor.Suggestion{{Rank: 1, Edits: []patch.Edit{{Op: "add", Path: "/layers/3/l2", Value: 0.001}},
		Verified: &advisor.Verification{Run: "r", Gain: trainer.Missing, Low: trainer.Missing, High: trainer.Missing,
			Observed: 0.01}}}
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

func TestLists(t *testing.T) {
	d := dbtest.Open(t)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var runs, advice, probes []string // newest first
	place := map[string]advisor.Place{}
	for i := range 5 {
		r := dbtest.Run(t)
		r.Created = at.Add(time.Duration(i/2) * time.Nanosecond) // pairs of the same time: the id decides
		r.FromAdvice = []string{"", "source"}[i%2]
		a, probe := dbtest.Advice(t)
		a.Created, probe.Created = r.Created, r.Created
		if err := d.CreateRun(t.Context(), r, "", advisor.IdempotencyKey{}); err != nil {
			t.Fatal(err)
		}
		if err := d.CreateAdvice(t.Context(), a, probe, "", advisor.IdempotencyKey{}); err != nil {
			t.Fatal(err)
		}
		runs, advice = append([]string{r.ID}, runs...), append([]string{a.ID}, advice...)
		place[r.ID], place[a.ID] = advisor.Place{Created: r.Created, ID: r.ID}, advisor.Place{Created: a.Created, ID: a.ID}
		probes = append([]string{probe.ID}, probes...)
	}
	if err := d.Cancel(t.Context(), advisor.JobRun, runs[1]); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		filter advisor.RunFilter
		want   []string
	}{
		{"full runs", advisor.RunFilter{Kind: advisor.Full}, runs},
		{"first page", advisor.RunFilter{Kind: advisor.Full, Limit: 2}, runs[:2]},
		{"second page", advisor.RunFilter{Kind: advisor.Full, Limit: 2, After: place[runs[1]]}, runs[2:4]},
		{"last page", advisor.RunFilter{Kind: advisor.Full, Limit: 2, After: place[runs[3]]}, runs[4:]},
		{"after the last", advisor.RunFilter{Kind: advisor.Full, Limit: 2, After: place[runs[4]]}, nil},
		{"cancelled", advisor.RunFilter{State: advisor.Cancelled}, runs[1:2]},
		{"of advice", advisor.RunFilter{Advice: advice[2]}, probes[2:3]},
		{"made from advice", advisor.RunFilter{FromAdvice: "source"}, []string{runs[1], runs[3]}},
		{"the latest made from it", advisor.RunFilter{FromAdvice: "source", Limit: 1}, runs[1:2]},
		{"made from it, waiting", advisor.RunFilter{FromAdvice: "source", State: advisor.Queued}, runs[3:4]},
		{"made from none", advisor.RunFilter{FromAdvice: "none"}, nil},
		{"of no advice", advisor.RunFilter{Advice: "none"}, nil},
	} {
		got, err := d.ListRuns(t.Context(), c.filter)
		if err != nil {
			t.Fatal(err)
		}
		ids := []string{}
		for _, r := range got {
			ids = append(ids, r.ID)
		}
		if strings.Join(ids, " ") != strings.Join(c.want, " ") {
			t.Errorf("%s: %v, want %v", c.name, ids, c.want)
		}
	}
	if got, err := d.ListRuns(t.Context(), advisor.RunFilter{}); err != nil || len(got) != 10 {
		t.Errorf("all: %d, %v", len(got), err)
	}
	got, err := d.ListAdvice(t.Context(), advisor.AdviceFilter{State: advisor.Queued, Limit: 3, After: place[advice[0]]})
	if err != nil || len(got) != 3 || got[0].ID != advice[1] || got[2].ID != advice[3] {
		t.Errorf("advice: %v, %v", got, err)
	}
	for _, id := range []string{runs[1], advice[0]} { // their places stay
		kind := map[bool]advisor.JobKind{true: advisor.JobRun, false: advisor.JobAdvice}[id == runs[1]]
		if kind == advisor.JobAdvice {
			if err := d.Cancel(t.Context(), kind, id); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Delete(t.Context(), kind, id); err != nil {
			t.Fatal(err)
		}
	}
	after, err := d.ListRuns(t.Context(), advisor.RunFilter{Kind: advisor.Full, Limit: 2, After: place[runs[1]]})
	if err != nil || len(after) != 2 || after[0].ID != runs[2] {
		t.Errorf("after a run that was deleted: %v, %v", after, err)
	}
	got, err = d.ListAdvice(t.Context(), advisor.AdviceFilter{Limit: 1, After: place[advice[0]]})
	if err != nil || len(got) != 1 || got[0].ID != advice[1] {
		t.Errorf("after advice that was deleted: %v, %v", got, err)
	}
}

// TestListNamesTheTraining: a list names the run that trains the revised architecture, as the single record's reader
// does.
func TestListNamesTheTraining(t *testing.T) {
	d := dbtest.Open(t)
	l, a := runningAdvice(t, d)
	asked, later := dbtest.Run(t), dbtest.Run(t)
	asked.FromAdvice, later.FromAdvice = a.ID, a.ID
	later.Created = asked.Created.Add(time.Second)
	a.State, a.TrainingRun = advisor.Succeeded, &asked.ID
	if err := d.FinishAdvice(t.Context(), l, a, asked); err != nil {
		t.Fatal(err)
	}
	if err := d.CreateRun(t.Context(), later, "", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	check := func(want string) {
		t.Helper()
		list, err := d.ListAdvice(t.Context(), advisor.AdviceFilter{})
		if err != nil || len(list) != 1 || list[0].TrainingRun == nil || *list[0].TrainingRun != want {
			t.Errorf("listed %+v, %v; want the training %s", list, err, want)
		}
		answer, err := service.Service{Store: d}.Answer(t.Context(), a.ID)
		if err != nil || answer.TrainingRun == nil || *answer.TrainingRun != want {
			t.Errorf("the single record: %+v, %v", answer.TrainingRun, err)
		}
	}
	check(asked.ID)
	if err := d.Cancel(t.Context(), advisor.JobRun, asked.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.Delete(t.Context(), advisor.JobRun, asked.ID); err != nil {
		t.Fatal(err)
	}
	check(later.ID)
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
	if _, err := d.Writer().ExecContext(t.Context(), "UPDATE runs SET fingerprint = 'same' WHERE id = ?",
		second.ID); err != nil {
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
