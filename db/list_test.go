package db_test

import (
	"strings"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/advisor/service"
	"probewise/db/dbtest"
)

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
