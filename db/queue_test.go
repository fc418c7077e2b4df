package db_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/advisor/process"
	"probewise/db"
	"probewise/db/dbtest"
)

func TestClaimInOrder(t *testing.T) {
	d := dbtest.Open(t)
	start := time.Date(2026, 1, 2, 3, 4, 5, 999_999_999, time.FixedZone("east", 3600))
	var want []string
	for i := range 4 { // advice and run by turns, the later ones made first
		at := start.Add(time.Duration(-i) * time.Nanosecond)
		if i%2 == 0 {
			a, probe := dbtest.Advice(t)
			a.Created, probe.Created = at, at.Add(-time.Hour) // the probe is no job
			if err := d.CreateAdvice(t.Context(), a, probe, "", advisor.IdempotencyKey{}); err != nil {
				t.Fatal(err)
			}
			want = append([]string{"advice " + a.ID}, want...)
		} else {
			r := dbtest.Run(t)
			r.Created = at
			if err := d.CreateRun(t.Context(), r, "", advisor.IdempotencyKey{}); err != nil {
				t.Fatal(err)
			}
			want = append([]string{"run " + r.ID}, want...)
		}
	}
	var got []string
	tokens := map[string]bool{}
	for {
		l, found, err := d.Claim(t.Context(), worker, inAnHour())
		if err != nil {
			t.Fatal(err)
		}
		if !found {
			break
		}
		got = append(got, fmt.Sprintf("%s %s", l.Kind, l.ID))
		tokens[l.Token] = true
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("claimed %v, want %v", got, want)
	}
	if len(tokens) != len(want) || tokens[""] {
		t.Errorf("tokens: %v", tokens)
	}
}

// TestClaimOnce lets goroutines on several handles and two more processes claim from one file.
func TestClaimOnce(t *testing.T) {
	const jobs, handles, goroutines = 40, 3, 2
	path := filepath.Join(t.TempDir(), "test.db")
	d := dbtest.OpenFile(t, path)
	for i := range jobs {
		if i%2 == 0 {
			a, probe := dbtest.Advice(t)
			if err := d.CreateAdvice(t.Context(), a, probe, "", advisor.IdempotencyKey{}); err != nil {
				t.Fatal(err)
			}
		} else if err := d.CreateRun(t.Context(), dbtest.Run(t), "", advisor.IdempotencyKey{}); err != nil {
			t.Fatal(err)
		}
	}
	var mutex sync.Mutex
	claimed := map[string]int{}
	count := func(l advisor.Lease) {
		mutex.Lock()
		defer mutex.Unlock()
		claimed[l.ID]++
	}
	var group sync.WaitGroup
	for range 2 {
		c := startChild(t, "claim all", path)
		c.begin(t)
		if err := c.in.Close(); err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			for {
				var l advisor.Lease
				if c.out.Decode(&l) != nil { // the output ended
					break
				}
				count(l)
			}
			if err := c.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	for range handles {
		handle := dbtest.OpenFile(t, path)
		for range goroutines {
			group.Go(func() {
				for {
					l, found, err := handle.Claim(t.Context(), process.This(), inAnHour())
					if err != nil {
						t.Error(err)
					}
					if err != nil || !found {
						return
					}
					count(l)
				}
			})
		}
	}
	group.Wait()
	if len(claimed) != jobs {
		t.Errorf("%d jobs claimed, want %d", len(claimed), jobs)
	}
	for id, times := range claimed {
		if times != 1 {
			t.Errorf("job %s claimed %d times", id, times)
		}
	}
}

// TestLeaseLost lets a second worker take a job over, and the first one go on.
func TestLeaseLost(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	run, r := runningRun(t, d)
	advice, a := runningAdvice(t, d)
	if n, err := d.Recover(ctx, time.Now().Add(2*time.Hour), nil); n != 2 || err != nil {
		t.Fatalf("recovered %d, %v", n, err)
	}
	for range 2 {
		if _, found, err := d.Claim(ctx, worker, inAnHour()); !found || err != nil {
			t.Fatal(found, err)
		}
	}
	before := dump(t, d)
	done := a
	done.State = advisor.Succeeded
	for name, err := range map[string]error{
		"heartbeat run":    d.Heartbeat(ctx, run, inAnHour()),
		"heartbeat advice": d.Heartbeat(ctx, advice, inAnHour()),
		"release":          d.Release(ctx, advice),
		"cancelled":        d.Cancelled(ctx, advice),
		"abandon":          d.Abandon(ctx, run, "reason"),
		"start":            d.StartRun(ctx, run, r.ID),
		"start probe":      d.StartRun(ctx, advice, a.ProbeRun),
		"append":           d.AppendRecord(ctx, run, r.ID, dbtest.Record(0)),
		"append to probe":  d.AppendRecord(ctx, advice, a.ProbeRun, dbtest.Record(0)),
		"finish run":       d.FinishRun(ctx, run, r.ID, advisor.Succeeded, dbtest.Outcome(15), ""),
		"add":              d.AddChildRun(ctx, advice, dbtest.Verification(t, a.ID)),
		"log":              d.AppendEvent(ctx, advice, advisor.Event{Type: advisor.EventState, State: advisor.Running}),
		"finish advice":    d.FinishAdvice(ctx, advice, done, dbtest.Run(t)),
	} {
		if !errors.Is(err, advisor.ErrLeaseLost) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := dump(t, d); after != before {
		t.Errorf("something was written:\n%s\nwas\n%s", after, before)
	}
}

// dump is everything that can be written.
func dump(t *testing.T, d *db.DB) string {
	t.Helper()
	jobs := func(table, columns string) string {
		return query[string](t, d, `SELECT coalesce(group_concat(concat_ws(' ', id, state, error, started, finished,
			lease_token, lease_until, lost_leases, cancel_requested, `+columns+`), char(10)), '')
			FROM (SELECT * FROM `+table+` ORDER BY id)`)
	}
	return fmt.Sprint(counts(t, d), jobs("runs", "outcome"), jobs("advice", "document"),
		rowsOf(t, d, "events"), rowsOf(t, d, "submissions"))
}

// TestForeignLease uses a good lease for runs that are no part of its job.
func TestForeignLease(t *testing.T) {
	d := dbtest.Open(t)
	run, r := runningRun(t, d)
	other, _ := runningRun(t, d)
	advice, a := runningAdvice(t, d)
	_, b := runningAdvice(t, d)
	for _, c := range []struct {
		l    advisor.Lease
		run  string
		want error
	}{
		{run, other.ID, advisor.ErrLeaseLost},
		{run, a.ProbeRun, advisor.ErrLeaseLost},
		{advice, r.ID, advisor.ErrLeaseLost},
		{advice, b.ProbeRun, advisor.ErrLeaseLost},
		{advice, "none", advisor.ErrNotFound},
		{advisor.Lease{Kind: advisor.JobRun, ID: "none", Token: run.Token}, r.ID, advisor.ErrNotFound},
		{advisor.Lease{Kind: advisor.JobRun, ID: r.ID}, r.ID, advisor.ErrLeaseLost},
	} {
		if err := d.StartRun(t.Context(), c.l, c.run); !errors.Is(err, c.want) {
			t.Errorf("start %s under %v: %v, want %v", c.run, c.l, err, c.want)
		}
	}
	if err := d.Heartbeat(t.Context(), advisor.Lease{Kind: "gate", ID: r.ID}, inAnHour()); err == nil ||
		!strings.Contains(err.Error(), `"gate"`) {
		t.Errorf("an unknown kind of job gave %v", err)
	}
}

func TestHeartbeatExtends(t *testing.T) {
	d := dbtest.Open(t)
	l, r := runningRun(t, d)
	now := time.Now()
	if err := d.Heartbeat(t.Context(), l, now.Add(3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Recover(t.Context(), now.Add(3*time.Hour-time.Nanosecond), nil); n != 0 || err != nil {
		t.Errorf("before the lease's end: recovered %d, %v", n, err)
	}
	if n, err := d.Recover(t.Context(), now.Add(3*time.Hour), nil); n != 1 || err != nil {
		t.Errorf("at the lease's end: recovered %d, %v", n, err)
	}
	if got := stateOf(t, d, r.ID); got != advisor.Queued {
		t.Errorf("the run is %s", got)
	}
}

func TestCancel(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	state := func(id string) advisor.State {
		t.Helper()
		a, err := d.Advice(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return a.State
	}

	queued, probe := dbtest.Advice(t)
	if err := d.CreateAdvice(ctx, queued, probe, "", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []error{d.Cancel(ctx, advisor.JobRun, probe.ID), claimError(t, d, probe.ID)} {
		if !errors.Is(kind, advisor.ErrServesAdvice) || !strings.Contains(kind.Error(), queued.ID) {
			t.Errorf("the probe of advice by itself gave %v", kind)
		}
	}
	if err := d.Cancel(ctx, advisor.JobAdvice, queued.ID); err != nil {
		t.Fatal(err)
	}
	if state(queued.ID) != advisor.Cancelled || stateOf(t, d, probe.ID) != advisor.Cancelled {
		t.Errorf("a queued advice is %s, its probe %s", state(queued.ID), stateOf(t, d, probe.ID))
	}
	if err := d.Cancel(ctx, advisor.JobAdvice, queued.ID); !errors.Is(err, advisor.ErrFinished) {
		t.Errorf("again: %v", err)
	}
	if err := d.Cancel(ctx, advisor.JobAdvice, "none"); !errors.Is(err, advisor.ErrNotFound) {
		t.Errorf("an unknown advice: %v", err)
	}
	if err := d.Cancel(ctx, advisor.JobRun, "none"); !errors.Is(err, advisor.ErrNotFound) {
		t.Errorf("an unknown run: %v", err)
	}

	// A running one is told by the heartbeat, which keeps the lease meanwhile, and ended by its worker.
	for name, stop := range map[string]func(advisor.Lease) error{
		"cancelled": func(l advisor.Lease) error { return d.Cancelled(ctx, l) },
		"release":   func(l advisor.Lease) error { return d.Release(ctx, l) },
		"abandon":   func(l advisor.Lease) error { return d.Abandon(ctx, l, "reason") },
		"recover": func(advisor.Lease) error {
			_, err := d.Recover(ctx, time.Now().Add(4*time.Hour), nil)
			return err
		},
	} {
		l, a := runningAdvice(t, d)
		if err := d.StartRun(ctx, l, a.ProbeRun); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d.Cancel(ctx, advisor.JobAdvice, a.ID); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Heartbeat(ctx, l, time.Now().Add(3*time.Hour)); !errors.Is(err, advisor.ErrCancelRequested) ||
			errors.Is(err, advisor.ErrLeaseLost) {
			t.Errorf("%s: heartbeat gave %v", name, err)
		}
		if n, err := d.Recover(ctx, time.Now().Add(2*time.Hour), nil); n != 0 || err != nil ||
			state(a.ID) != advisor.Running {
			t.Errorf("%s: the heartbeat kept no lease: %d, %v", name, n, err)
		}
		if err := stop(l); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if state(a.ID) != advisor.Cancelled || stateOf(t, d, a.ProbeRun) != advisor.Cancelled {
			t.Errorf("%s: the advice is %s, its probe %s", name, state(a.ID), stateOf(t, d, a.ProbeRun))
		}
	}
}

func claimError(t *testing.T, d *db.DB, run string) error {
	t.Helper()
	_, err := d.ClaimJob(t.Context(), advisor.JobRun, run, worker, inAnHour())
	return err
}
