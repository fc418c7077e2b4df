package db_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/advisor/process"
	"probewise/db"
	"probewise/db/dbtest"
)

// adviceAtWork is advice at work: its probe and one verification finished, or the probe still running, and another
// verification that runs.
type adviceAtWork struct {
	lease              advisor.Lease
	advice             advisor.Advice
	verified, verifies string
}

func newAdviceAtWork(t *testing.T, d *db.DB, probeFinished bool) adviceAtWork {
	t.Helper()
	ctx := t.Context()
	h := adviceAtWork{}
	h.lease, h.advice = runningAdvice(t, d)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.StartRun(ctx, h.lease, h.advice.ProbeRun))
	must(d.AppendRecord(ctx, h.lease, h.advice.ProbeRun, dbtest.Record(0)))
	if probeFinished {
		must(d.FinishRun(ctx, h.lease, h.advice.ProbeRun, advisor.Succeeded, dbtest.Outcome(3), ""))
	}
	for _, id := range []*string{&h.verified, &h.verifies} {
		r := dbtest.Verification(t, h.advice.ID)
		*id = r.ID
		must(d.AddChildRun(ctx, h.lease, r))
		must(d.AppendRecord(ctx, h.lease, r.ID, dbtest.Record(0)))
	}
	must(d.FinishRun(ctx, h.lease, h.verified, advisor.Succeeded, dbtest.Outcome(1), ""))
	return h
}

// records is how many records the run has, -1 where there is no such run.
func records(t *testing.T, d *db.DB, run string) int {
	t.Helper()
	r, err := d.Records(t.Context(), run)
	if errors.Is(err, advisor.ErrNotFound) {
		return -1
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(r)
}

func TestBackToTheQueue(t *testing.T) {
	for _, c := range []struct {
		name string
		back func(*db.DB, advisor.Lease) error
		lost int
	}{
		{"release", func(d *db.DB, l advisor.Lease) error { return d.Release(t.Context(), l) }, 0},
		{"expiry", func(d *db.DB, _ advisor.Lease) error {
			_, err := d.Recover(t.Context(), time.Now().Add(2*time.Hour), func(advisor.Worker) bool { return false })
			return err
		}, 1},
		{"gone", func(d *db.DB, _ advisor.Lease) error {
			_, err := d.Recover(t.Context(), time.Now(), func(w advisor.Worker) bool { return w == worker })
			return err
		}, 1},
	} {
		for _, probeFinished := range []bool{true, false} {
			d := dbtest.Open(t)
			h := newAdviceAtWork(t, d, probeFinished)
			if err := c.back(d, h.lease); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			a, err := d.Advice(t.Context(), h.advice.ID)
			if err != nil || a.State != advisor.Queued || a.Started != nil {
				t.Errorf("%s: the advice is %s, started %v, %v", c.name, a.State, a.Started, err)
			}
			wantState, wantRecords := advisor.Queued, 0
			if probeFinished {
				wantState, wantRecords = advisor.Succeeded, 1
			}
			if state, n := stateOf(t, d, a.ProbeRun), records(t, d, a.ProbeRun); state != wantState || n != wantRecords {
				t.Errorf("%s: the probe is %s with %d records, want %s with %d", c.name, state, n, wantState, wantRecords)
			}
			if n := records(t, d, h.verified); n != 1 {
				t.Errorf("%s: the finished verification has %d records", c.name, n)
			}
			if n := records(t, d, h.verifies); n != -1 {
				t.Errorf("%s: the unfinished verification has %d records and should be gone", c.name, n)
			}
			if got := query[int](t, d, "SELECT count(*) FROM layer_statistics"); got != 6*(1+wantRecords) {
				t.Errorf("%s: %d statistics left", c.name, got)
			}
			if got := query[int](t, d, "SELECT lost_leases FROM advice"); got != c.lost {
				t.Errorf("%s: %d lost leases counted, want %d", c.name, got, c.lost)
			}
		}
	}
}

func TestRecoverLeavesOthers(t *testing.T) {
	d := dbtest.Open(t)
	h := newAdviceAtWork(t, d, false)
	runningRun(t, d)
	before := dump(t, d)
	n, err := d.Recover(t.Context(), time.Now(), func(w advisor.Worker) bool { return w != worker })
	if n != 0 || err != nil {
		t.Errorf("recovered %d, %v", n, err)
	}
	if after := dump(t, d); after != before {
		t.Errorf("changed:\n%s\nwas\n%s", after, before)
	}
	if err := d.Heartbeat(t.Context(), h.lease, inAnHour()); err != nil {
		t.Error(err)
	}
}

func TestTooManyLostLeases(t *testing.T) {
	d := dbtest.Open(t)
	h := newAdviceAtWork(t, d, true)
	_, r := runningRun(t, d)
	everyone := func(advisor.Worker) bool { return true }
	for i := 1; i <= db.MaxLostLeases; i++ {
		if n, err := d.Recover(t.Context(), time.Now(), everyone); n != 2 || err != nil {
			t.Fatalf("recovered %d, %v", n, err)
		}
		a, err := d.Advice(t.Context(), h.advice.ID)
		if err != nil {
			t.Fatal(err)
		}
		state := stateOf(t, d, r.ID)
		if i < db.MaxLostLeases {
			if a.State != advisor.Queued || state != advisor.Queued {
				t.Fatalf("after %d lost leases: %s, %s", i, a.State, state)
			}
			for _, job := range []advisor.Lease{{Kind: advisor.JobAdvice, ID: a.ID}, {Kind: advisor.JobRun, ID: r.ID}} {
				l, err := d.ClaimJob(t.Context(), job.Kind, job.ID, worker, inAnHour())
				if err != nil {
					t.Fatal(err)
				}
				if l.Kind != advisor.JobAdvice {
					continue
				}
				v := dbtest.Verification(t, a.ID)
				h.verifies = v.ID
				if err := d.AddChildRun(t.Context(), l, v); err != nil {
					t.Fatal(err)
				}
			}
			continue
		}
		if a.State != advisor.Failed || state != advisor.Failed || stateOf(t, d, h.verifies) != advisor.Failed {
			t.Errorf("after %d lost leases: advice %s, run %s, verification %s", i, a.State, state, stateOf(t, d, h.verifies))
		}
		if !strings.Contains(a.Error, "5 workers") || !strings.Contains(a.Error, worker.Host) || a.Finished == nil {
			t.Errorf("the reason is %q, finished %v", a.Error, a.Finished)
		}
		if state := stateOf(t, d, h.verified); state != advisor.Succeeded {
			t.Errorf("the finished verification is %s", state)
		}
	}
}

// TestAbandonCounts: a job that costs its workers their devices fails in the end, and says of what; one that is
// released does not.
func TestAbandonCounts(t *testing.T) {
	d := dbtest.Open(t)
	l, r := runningRun(t, d)
	for i := 1; i <= db.MaxLostLeases; i++ {
		if i > 1 {
			var err error
			if l, err = d.ClaimJob(t.Context(), advisor.JobRun, r.ID, worker, inAnHour()); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Abandon(t.Context(), l, "device gpu:0 is lost"); err != nil {
			t.Fatal(err)
		}
		want := advisor.Queued
		if i == db.MaxLostLeases {
			want = advisor.Failed
		}
		if state := stateOf(t, d, r.ID); state != want {
			t.Errorf("after %d times it is %s, want %s", i, state, want)
		}
	}
	r, err := d.Run(t.Context(), r.ID)
	if err != nil || !strings.Contains(r.Error, "5 workers") || !strings.Contains(r.Error, "device gpu:0 is lost") {
		t.Errorf("the reason is %q, %v", r.Error, err)
	}
}

// TestKilledWorker kills a process in the middle of a probe; only then its job is taken back.
func TestKilledWorker(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	d := dbtest.OpenFile(t, path)
	a, probe := dbtest.Advice(t)
	if err := d.CreateAdvice(t.Context(), a, probe, "the same command", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	c := startChild(t, "begin the probe", path)
	c.begin(t)
	var l advisor.Lease
	if err := c.out.Decode(&l); err != nil {
		t.Fatal(err)
	}
	if n := records(t, d, probe.ID); n != 1 {
		t.Errorf("the child wrote %d records", n)
	}
	if n, err := d.Recover(t.Context(), time.Now(), process.Gone); n != 0 || err != nil {
		t.Fatalf("while the child lives: recovered %d, %v", n, err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // "signal: killed"
	if n, err := d.Recover(t.Context(), time.Now(), process.Gone); n != 1 || err != nil {
		t.Fatalf("after the kill: recovered %d, %v", n, err)
	}
	found, ok, err := d.FindUnfinishedAdvice(t.Context(), "the same command")
	if err != nil || !ok || found.ID != a.ID || found.State != advisor.Queued {
		t.Errorf("the same command finds %v %q %s, %v", ok, found.ID, found.State, err)
	}
	again, err := d.ClaimJob(t.Context(), advisor.JobAdvice, a.ID, process.This(), inAnHour())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.StartRun(t.Context(), again, probe.ID); err != nil {
		t.Error(err)
	}
	if err := d.AppendRecord(t.Context(), again, probe.ID, dbtest.Record(0)); err != nil {
		t.Error(err)
	}
	if err := d.Heartbeat(t.Context(), l, inAnHour()); !errors.Is(err, advisor.ErrLeaseLost) {
		t.Errorf("the dead child's lease: %v", err)
	}
}
