package db_test

import (
	"errors"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/db"
	"probewise/db/dbtest"
)

// TestEventsOfALife leads jobs through every change of state.
func TestEventsOfALife(t *testing.T) {
	ctx := t.Context()
	const begun = "state queued, state running"
	recovered := func(d *db.DB) error {
		_, err := d.Recover(ctx, time.Now().Add(2*time.Hour), nil)
		return err
	}
	for _, c := range []struct {
		name        string
		advice, run string // after "queued" and "running"
		advises     func(*db.DB, advisor.Lease, advisor.Advice) error
		trains      func(*db.DB, advisor.Lease, advisor.Run) error
	}{
		{"succeeded", ", done succeeded", ", done succeeded", func(d *db.DB, l advisor.Lease, a advisor.Advice) error {
			a.State = advisor.Succeeded
			return d.FinishAdvice(ctx, l, a)
		}, func(d *db.DB, l advisor.Lease, r advisor.Run) error {
			return d.FinishRun(ctx, l, r.ID, advisor.Succeeded, dbtest.Outcome(15), "")
		}},
		{"failed", ", done failed", ", done failed", func(d *db.DB, l advisor.Lease, a advisor.Advice) error {
			a.State, a.Error = advisor.Failed, "reason"
			return d.FinishAdvice(ctx, l, a)
		}, func(d *db.DB, l advisor.Lease, r advisor.Run) error {
			return d.FinishRun(ctx, l, r.ID, advisor.Failed, nil, "reason")
		}},
		{"cancelled", ", done cancelled", ", done cancelled",
			func(d *db.DB, l advisor.Lease, _ advisor.Advice) error { return d.Cancelled(ctx, l) },
			func(d *db.DB, l advisor.Lease, _ advisor.Run) error { return d.Cancelled(ctx, l) }},
		{"released", ", state queued", ", state queued",
			func(d *db.DB, l advisor.Lease, _ advisor.Advice) error { return d.Release(ctx, l) },
			func(d *db.DB, l advisor.Lease, _ advisor.Run) error { return d.Release(ctx, l) }},
		{"abandoned", ", state queued", ", state queued",
			func(d *db.DB, l advisor.Lease, _ advisor.Advice) error { return d.Abandon(ctx, l, "reason") },
			func(d *db.DB, l advisor.Lease, _ advisor.Run) error { return d.Abandon(ctx, l, "reason") }},
		{"released when it should stop", ", done cancelled", ", done cancelled",
			func(d *db.DB, l advisor.Lease, a advisor.Advice) error {
				return errors.Join(d.Cancel(ctx, l.Kind, a.ID), d.Release(ctx, l))
			}, func(d *db.DB, l advisor.Lease, r advisor.Run) error {
				return errors.Join(d.Cancel(ctx, l.Kind, r.ID), d.Release(ctx, l))
			}},
		{"taken back", ", state queued", ", state queued",
			func(d *db.DB, _ advisor.Lease, _ advisor.Advice) error { return recovered(d) },
			func(d *db.DB, _ advisor.Lease, _ advisor.Run) error { return recovered(d) }},
		{"cancelled in the queue", ", state queued, done cancelled", ", state queued, done cancelled",
			func(d *db.DB, l advisor.Lease, a advisor.Advice) error {
				return errors.Join(d.Release(ctx, l), d.Cancel(ctx, l.Kind, a.ID))
			}, func(d *db.DB, l advisor.Lease, r advisor.Run) error {
				return errors.Join(d.Release(ctx, l), d.Cancel(ctx, l.Kind, r.ID))
			}},
	} {
		d := dbtest.Open(t)
		h := newAdviceAtWork(t, d, false) // its runs change state as well, which the log does not tell
		if err := c.advises(d, h.lease, h.advice); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := eventTexts(t, d, advisor.JobAdvice, h.advice.ID); got != begun+c.advice {
			t.Errorf("advice %s: %s, want %s", c.name, got, begun+c.advice)
		}
		l, r := runningRun(t, d)
		if err := c.trains(d, l, r); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := eventTexts(t, d, advisor.JobRun, r.ID); got != begun+c.run {
			t.Errorf("run %s: %s, want %s", c.name, got, begun+c.run)
		}
		if got := query[int](t, d, "SELECT count(DISTINCT run) FROM events"); got != 1 {
			t.Errorf("%s: %d runs have events, want the stand-alone one", c.name, got)
		}
	}
}

// TestEventsAcrossTheQueue claims a job again and again, until it is given up.
func TestEventsAcrossTheQueue(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	l, a := runningAdvice(t, d)
	want := "state queued, state running, state running, epoch, diagnosis, suggestion"
	for i := 1; ; i++ {
		for _, e := range everyEvent() {
			if err := d.AppendEvent(ctx, l, e); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := d.Recover(ctx, time.Now(), func(advisor.Worker) bool { return true }); n != 1 || err != nil {
			t.Fatalf("recovered %d, %v", n, err)
		}
		if i == db.MaxLostLeases {
			break
		}
		want += ", state queued, state running, state running, epoch, diagnosis, suggestion"
		var err error
		if l, err = d.ClaimJob(ctx, advisor.JobAdvice, a.ID, worker, inAnHour()); err != nil {
			t.Fatal(err)
		}
	}
	if got := eventTexts(t, d, advisor.JobAdvice, a.ID); got != want+", done failed" {
		t.Errorf("%s, want %s, done failed", got, want)
	}
}

func TestTrainingThatFollowsHasEvents(t *testing.T) {
	d := dbtest.Open(t)
	l, a := runningAdvice(t, d)
	training := dbtest.Run(t)
	training.FromAdvice, a.State = a.ID, advisor.Succeeded
	if err := d.FinishAdvice(t.Context(), l, a, training); err != nil {
		t.Fatal(err)
	}
	if got := eventTexts(t, d, advisor.JobRun, training.ID); got != "state queued" {
		t.Errorf("the training: %s", got)
	}
}
