package db_test

import (
	"errors"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/db"
	"probewise/db/dbtest"
)

// rowsLeft is how many rows each table has: advice, runs, records, statistics, events, submissions.
func rowsLeft(t *testing.T, d *db.DB) (n [6]int) {
	t.Helper()
	for i, table := range []string{"advice", "runs", "records", "layer_statistics", "events", "submissions"} {
		n[i] = query[int](t, d, "SELECT count(*) FROM "+table)
	}
	return n
}

// endJob cancels a running job.
func endJob(t *testing.T, d *db.DB, l advisor.Lease) {
	t.Helper()
	if err := d.Cancelled(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

func remember(t *testing.T, d *db.DB, key string, kind advisor.JobKind, id string) {
	t.Helper()
	s := advisor.Submission{IdempotencyKey: advisor.IdempotencyKey{Key: key}, Kind: kind, ID: id}
	if err := d.Remember(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func TestDeleteAdvice(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	other := newAdviceAtWork(t, d, true) // stays as it is
	remember(t, d, "other", advisor.JobAdvice, other.advice.ID)
	endJob(t, d, other.lease)
	before := rowsLeft(t, d)

	h := newAdviceAtWork(t, d, true)
	remember(t, d, "key", advisor.JobAdvice, h.advice.ID)
	training := dbtest.Run(t)
	training.FromAdvice = h.advice.ID
	h.advice.State, h.advice.TrainingRun = advisor.Succeeded, &training.ID
	if err := d.FinishAdvice(ctx, h.lease, h.advice, training); err != nil {
		t.Fatal(err)
	}
	if err := d.Delete(ctx, advisor.JobAdvice, h.advice.ID); err != nil {
		t.Fatal(err)
	}
	want := before
	want[1], want[4] = want[1]+1, want[4]+1 // the training and its event
	if got := rowsLeft(t, d); got != want {
		t.Errorf("advice, runs, records, statistics, events, submissions left: %v, want %v", got, want)
	}
	if _, err := d.Advice(ctx, h.advice.ID); !errors.Is(err, advisor.ErrNotFound) {
		t.Errorf("the advice: %v", err)
	}
	if _, err := d.Events(ctx, advisor.JobAdvice, h.advice.ID, 0, 0); !errors.Is(err, advisor.ErrNotFound) {
		t.Errorf("its events: %v", err)
	}
	for _, run := range []string{h.advice.ProbeRun, h.verified, h.verifies} {
		if n := records(t, d, run); n != -1 {
			t.Errorf("run %s is left with %d records", run, n)
		}
	}
	if err := d.Delete(ctx, advisor.JobAdvice, h.advice.ID); !errors.Is(err, advisor.ErrNotFound) {
		t.Errorf("deleted again: %v", err)
	}
	remember(t, d, "key", advisor.JobRun, training.ID) // the key is free again

	l, found, err := d.Claim(ctx, worker, inAnHour())
	if err != nil || !found || l.ID != training.ID {
		t.Errorf("the training cannot be claimed: %v %q, %v", found, l.ID, err)
	}
	if got, err := d.ListRuns(ctx, advisor.RunFilter{FromAdvice: h.advice.ID}); err != nil || len(got) != 1 {
		t.Errorf("runs made from the advice: %v, %v", got, err)
	}
}

func TestDeleteRun(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	_, other := runningRun(t, d) // stays as it is
	remember(t, d, "other", advisor.JobRun, other.ID)
	for _, state := range []advisor.State{advisor.Succeeded, advisor.Failed, advisor.Cancelled} {
		before := rowsLeft(t, d)
		l, r := runningRun(t, d)
		remember(t, d, "key", advisor.JobRun, r.ID)
		for _, epoch := range []float64{0, 1} {
			if err := d.AppendRecord(ctx, l, r.ID, dbtest.Record(epoch)); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.FinishRun(ctx, l, r.ID, state, dbtest.Outcome(15), "reason"); err != nil {
			t.Fatal(err)
		}
		if err := d.Delete(ctx, advisor.JobRun, r.ID); err != nil {
			t.Errorf("%s: %v", state, err)
		}
		if got := rowsLeft(t, d); got != before {
			t.Errorf("%s: advice, runs, records, statistics, events, submissions left: %v, want %v", state, got, before)
		}
		if _, err := d.Run(ctx, r.ID); !errors.Is(err, advisor.ErrNotFound) {
			t.Errorf("the run: %v", err)
		}
	}
}

func TestRefusedDeletion(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	queued, probe := dbtest.Advice(t)
	if err := d.CreateAdvice(ctx, queued, probe, "", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	_, waiting := runIn(t, d, advisor.Queued)
	h := newAdviceAtWork(t, d, true)
	_, r := runningRun(t, d)
	before := dump(t, d)
	for _, c := range []struct {
		kind advisor.JobKind
		id   string
		want error
	}{
		{advisor.JobAdvice, queued.ID, advisor.ErrUnfinished},
		{advisor.JobAdvice, h.advice.ID, advisor.ErrUnfinished},
		{advisor.JobRun, waiting.ID, advisor.ErrUnfinished},
		{advisor.JobRun, r.ID, advisor.ErrUnfinished},
		{advisor.JobRun, h.verified, advisor.ErrServesAdvice},
		{advisor.JobRun, probe.ID, advisor.ErrServesAdvice},
		{advisor.JobRun, "none", advisor.ErrNotFound},
		{advisor.JobAdvice, "none", advisor.ErrNotFound},
		{advisor.JobAdvice, r.ID, advisor.ErrNotFound},
	} {
		if err := d.Delete(ctx, c.kind, c.id); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.id) {
			t.Errorf("%s %s gave %v, want %v", c.kind, c.id, err, c.want)
		}
	}
	if err := d.Delete(ctx, "gate", r.ID); err == nil || !strings.Contains(err.Error(), `"gate"`) {
		t.Errorf("an unknown kind of job gave %v", err)
	}
	if after := dump(t, d); after != before {
		t.Errorf("something was deleted:\n%s\nwas\n%s", after, before)
	}
}

// TestEventIDsAreNotUsedAgain deletes the job that has the last event.
func TestEventIDsAreNotUsedAgain(t *testing.T) {
	d := dbtest.Open(t)
	l, r := runningRun(t, d)
	endJob(t, d, l)
	events := eventsOf(t, d, advisor.JobRun, r.ID)
	last := events[len(events)-1].ID
	if err := d.Delete(t.Context(), advisor.JobRun, r.ID); err != nil {
		t.Fatal(err)
	}
	_, next := runningRun(t, d)
	if got := eventsOf(t, d, advisor.JobRun, next.ID)[0].ID; got <= last {
		t.Errorf("event %d comes after event %d", got, last)
	}
}

// planOf tells how SQLite would go about a query.
func planOf(t *testing.T, d *db.DB, text string) string {
	t.Helper()
	rows, err := d.Writer().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text,
		[]any{"x", 1, 1}[:strings.Count(text, "?")]...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var step string
		if err := rows.Scan(new(int), new(int), new(int), &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "; ")
}

// TestIndexes holds what happens often, or in large tables, to one search without sorting.
func TestIndexes(t *testing.T) {
	d := dbtest.Open(t)
	for _, c := range []struct{ query, index string }{
		{"SELECT id FROM runs WHERE TRUE AND from_advice = ? ORDER BY created DESC, id DESC LIMIT ?", "runs_by_source"},
		{"SELECT id FROM events WHERE advice = ? AND id > ? ORDER BY id LIMIT ?", "events_by_advice"},
		{"SELECT id FROM events WHERE run = ? AND id > ? ORDER BY id LIMIT ?", "events_by_run"},
		{"DELETE FROM submissions WHERE advice = ?", "submissions_by_advice"}, // as the foreign keys do
		{"DELETE FROM submissions WHERE run = ?", "submissions_by_run"},
	} {
		plan := planOf(t, d, c.query)
		if !strings.HasPrefix(plan, "SEARCH ") || strings.Contains(plan, ";") || !strings.Contains(plan, c.index) {
			t.Errorf("%s: %s, want %s alone", c.query, plan, c.index)
		}
	}
}
