package db_test

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"probewise/advisor"
	"probewise/db"
	"probewise/db/dbtest"
	"probewise/trainer"
	"probewise/trainer/patch"
)

func eventsOf(t *testing.T, d *db.DB, kind advisor.JobKind, id string) []advisor.Event {
	t.Helper()
	events, err := d.Events(t.Context(), kind, id, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(events); i++ {
		if events[i].ID <= events[i-1].ID {
			t.Errorf("event %d comes after event %d", events[i].ID, events[i-1].ID)
		}
	}
	return events
}

// eventTexts is a job's log in short.
func eventTexts(t *testing.T, d *db.DB, kind advisor.JobKind, id string) string {
	t.Helper()
	var words []string
	for _, e := range eventsOf(t, d, kind, id) {
		words = append(words, strings.TrimSpace(fmt.Sprintf("%s %s", e.Type, e.State)))
	}
	return strings.Join(words, ", ")
}

// everyEvent is one event of each type that a worker logs.
func everyEvent() []advisor.Event {
	record := dbtest.Record(0.25)
	record.Layers, record.TestLoss = nil, trainer.Missing
	return []advisor.Event{
		{Type: advisor.EventState, State: advisor.Running, Phase: "probe", Run: "r"},
		{Type: advisor.EventEpoch, Phase: "probe", Run: "r", Record: &record},
		{
			Type: advisor.EventDiagnosis,
			Diagnosis: &advisor.Diagnosis{
				Rule:      "wide-dense",
				Layer:     "dense1",
				Statistic: "share",
				Value:     0.9,
				Threshold: trainer.Missing,
				Severity:  advisor.High,
				Message:   "“…”",
			},
		},
		{
			Type: advisor.EventSuggestion,
			Suggestion: &advisor.Suggestion{
				Rank:    1,
				Rules:   []string{"wide-dense"},
				Verdict: "not tried",
				Edits:   []patch.Edit{{Op: "add", Path: "/layers/3/l2", Value: 0.001}},
			},
		},
	}
}

func TestEventsRoundTrip(t *testing.T) {
	d := dbtest.Open(t)
	l, a := runningAdvice(t, d)
	other, r := runningRun(t, d)
	for i, e := range everyEvent() {
		e.ID = 99 // the log gives its own
		if err := d.AppendEvent(t.Context(), l, e); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 { // another job's events come between
			if err := d.AppendEvent(t.Context(), other, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := append([]advisor.Event{{Type: advisor.EventState, State: advisor.Queued},
		{Type: advisor.EventState, State: advisor.Running}},
		everyEvent()...)
	got := eventsOf(t, d, advisor.JobAdvice, a.ID)
	sameJSON(t, "events", got, want)
	for i := range min(len(got), len(want)) {
		if got[i].Type != want[i].Type || got[i].ID < 1 {
			t.Errorf("event %d is %d %q, want %q", i, got[i].ID, got[i].Type, want[i].Type)
		}
	}
	text := query[string](t, d, "SELECT document FROM events WHERE type = 'epoch'")
	if strings.Contains(text, `"layers"`) || strings.Contains(text, `"type"`) {
		t.Errorf("an epoch is kept as %s", text)
	}
	begun := "state queued, state running, state running, diagnosis"
	if got := eventTexts(t, d, advisor.JobRun, r.ID); got != begun {
		t.Errorf("the begun job: %s, want %s", got, begun)
	}

	for _, c := range []struct{ after, limit, from, to int }{
		{0, 2, 0, 2}, {2, 2, 2, 4}, {4, 2, 4, 6}, {4, 100, 4, 6}, {3, 0, 3, 6}, {6, 0, 6, 6}, {6, 1, 6, 6}, {0, -1, 0, 6},
	} {
		var after int64
		if c.after > 0 {
			after = got[c.after-1].ID
		}
		page, err := d.Events(t.Context(), advisor.JobAdvice, a.ID, after, c.limit)
		if err != nil || page == nil || len(page) != c.to-c.from ||
			len(page) > 0 && !reflect.DeepEqual(page[0].ID, got[c.from].ID) {
			t.Errorf("at most %d after the first %d: %v, %v, want %d to %d", c.limit, c.after, page, err, c.from, c.to)
		}
	}
}

func TestEventsOfNoJob(t *testing.T) {
	d := dbtest.Open(t)
	h := newAdviceAtWork(t, d, true)
	for _, c := range []struct {
		kind advisor.JobKind
		id   string
		want error
	}{
		{advisor.JobAdvice, "none", advisor.ErrNotFound},
		{advisor.JobRun, "none", advisor.ErrNotFound},
		{advisor.JobRun, h.advice.ID, advisor.ErrNotFound},
		{advisor.JobAdvice, h.verified, advisor.ErrNotFound},
		{advisor.JobRun, h.verified, advisor.ErrServesAdvice},
		{advisor.JobRun, h.advice.ProbeRun, advisor.ErrServesAdvice},
	} {
		if _, err := d.Events(t.Context(), c.kind, c.id, 0, 0); !errors.Is(err, c.want) ||
			!strings.Contains(err.Error(), c.id) {
			t.Errorf("%s %s gave %v, want %v", c.kind, c.id, err, c.want)
		}
	}
	if _, err := d.Events(t.Context(), "gate", "none", 0, 0); err == nil || !strings.Contains(err.Error(), `"gate"`) {
		t.Errorf("an unknown kind of job gave %v", err)
	}
	if got := query[int](t, d, "SELECT count(*) FROM events WHERE run IS NOT NULL"); got != 0 {
		t.Errorf("%d events of runs that serve advice", got)
	}
}

func TestRefusedEvents(t *testing.T) {
	d := dbtest.Open(t)
	l, r := runningRun(t, d)
	before := dump(t, d)
	record := dbtest.Record(1)
	record.Seconds = math.Inf(1)
	for _, e := range []advisor.Event{
		{Type: advisor.EventDone, State: advisor.Succeeded},
		{Type: advisor.EventState, State: advisor.Queued},
		{Type: advisor.EventState},
		{Type: advisor.EventProgress, Progress: &trainer.Progress{}},
		{Type: "gossip"},
		{},
		{Type: advisor.EventEpoch, Record: &record},
	} {
		if err := d.AppendEvent(t.Context(), l, e); err == nil || !strings.Contains(err.Error(), r.ID) {
			t.Errorf("event %q %q gave %v", e.Type, e.State, err)
		}
	}
	if after := dump(t, d); after != before {
		t.Errorf("something was written:\n%s\nwas\n%s", after, before)
	}
}

func TestEventOfAJobThatShouldStop(t *testing.T) {
	d := dbtest.Open(t)
	l, a := runningAdvice(t, d)
	if err := d.Cancel(t.Context(), advisor.JobAdvice, a.ID); err != nil {
		t.Fatal(err)
	}
	for _, e := range everyEvent() {
		if err := d.AppendEvent(t.Context(), l, e); !errors.Is(err, advisor.ErrCancelRequested) ||
			errors.Is(err, advisor.ErrLeaseLost) {
			t.Errorf("event %q gave %v", e.Type, err)
		}
	}
	if err := d.Cancelled(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if got, want := eventTexts(t, d, advisor.JobAdvice, a.ID), "state queued, state running, done cancelled"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := d.AppendEvent(t.Context(), l, everyEvent()[0]); !errors.Is(err, advisor.ErrLeaseLost) ||
		!errors.Is(err, advisor.ErrFinished) {
		t.Errorf("an event after the last gave %v", err)
	}
}

// TestFollow reads on after the last event seen while several handles write: nothing is missed, nothing comes twice.
func TestFollow(t *testing.T) {
	const jobs, rounds = 3, 20
	path := filepath.Join(t.TempDir(), "test.db")
	d := dbtest.OpenFile(t, path)
	var group sync.WaitGroup
	for range jobs {
		l, r := runningRun(t, d)
		handle := dbtest.OpenFile(t, path)
		group.Go(func() {
			for i := range rounds {
				e := advisor.Event{Type: advisor.EventState, State: advisor.Running, Phase: fmt.Sprint(i)}
				if err := handle.AppendEvent(t.Context(), l, e); err != nil {
					t.Error(err)
				}
			}
			if err := handle.FinishRun(t.Context(), l, r.ID, advisor.Succeeded, dbtest.Outcome(15), ""); err != nil {
				t.Error(err)
			}
		})
		group.Go(func() {
			var last int64
			var phases []string
			for {
				events, err := d.Events(t.Context(), advisor.JobRun, r.ID, last, 3)
				if err != nil {
					t.Error(err)
					return
				}
				for _, e := range events {
					if e.ID <= last {
						t.Errorf("event %d comes after event %d", e.ID, last)
					}
					last = e.ID
					if e.Phase != "" {
						phases = append(phases, e.Phase)
					}
					if e.Type != advisor.EventDone {
						continue
					}
					for i := range rounds {
						if len(phases) != rounds || phases[i] != fmt.Sprint(i) {
							t.Errorf("phases %v", phases)
							break
						}
					}
					return
				}
			}
		})
	}
	group.Wait()
}
