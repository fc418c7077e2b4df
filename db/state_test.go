package db_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/db"
	"probewise/db/dbtest"
	"probewise/trainer"
)

var states = []advisor.State{advisor.Queued, advisor.Running, advisor.Succeeded, advisor.Failed, advisor.Cancelled}

// runIn is a stand-alone run in the state, with the lease that it has or had (or a made-up one).
func runIn(t *testing.T, d *db.DB, state advisor.State) (advisor.Lease, advisor.Run) {
	t.Helper()
	if state == advisor.Queued {
		r := dbtest.Run(t)
		if err := d.CreateRun(t.Context(), r, "", advisor.IdempotencyKey{}); err != nil {
			t.Fatal(err)
		}
		return advisor.Lease{Kind: advisor.JobRun, ID: r.ID, Token: "made up"}, r
	}
	l, r := runningRun(t, d)
	if state.Finished() {
		if err := d.FinishRun(t.Context(), l, r.ID, state, dbtest.Outcome(15), "reason"); err != nil {
			t.Fatal(err)
		}
	}
	return l, r
}

func stateOf(t *testing.T, d *db.DB, id string) advisor.State {
	t.Helper()
	r, err := d.Run(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r.State
}

// TestEveryMove tries all pairs of states against the drawing in advisor/state.go.
func TestEveryMove(t *testing.T) {
	allowed := map[[2]advisor.State]bool{
		{advisor.Queued, advisor.Running}: true, {advisor.Queued, advisor.Cancelled}: true,
		{advisor.Running, advisor.Queued}: true, {advisor.Running, advisor.Succeeded}: true,
		{advisor.Running, advisor.Failed}: true, {advisor.Running, advisor.Cancelled}: true,
	}
	d := dbtest.Open(t)
	for _, from := range states {
		for _, to := range states {
			_, r := runIn(t, d, from)
			err := d.MoveRun(t.Context(), r.ID, to)
			want := to
			if !allowed[[2]advisor.State{from, to}] {
				want = from
				var transition *advisor.TransitionError
				if !errors.As(err, &transition) || transition.From != from || transition.To != to {
					t.Errorf("%s to %s gave %v", from, to, err)
				}
				if errors.Is(err, advisor.ErrFinished) != from.Finished() {
					t.Errorf("%s to %s: finished or not? %v", from, to, err)
				}
			} else if err != nil {
				t.Errorf("%s to %s: %v", from, to, err)
			}
			if got := stateOf(t, d, r.ID); got != want {
				t.Errorf("%s to %s left %s", from, to, got)
			}
		}
	}
}

// TestEveryOperation tries each operation on a stand-alone run in each state.
func TestEveryOperation(t *testing.T) {
	const none = advisor.State("") // stays as it is
	finish := func(s advisor.State, o *trainer.Outcome, reason string) func(*db.DB, advisor.Lease, string) error {
		return func(d *db.DB, l advisor.Lease, id string) error { return d.FinishRun(t.Context(), l, id, s, o, reason) }
	}
	lost, finished, transition := advisor.ErrLeaseLost, advisor.ErrFinished, &advisor.TransitionError{}
	for _, c := range []struct {
		name string
		do   func(*db.DB, advisor.Lease, string) error
		// what a queued and a running run becomes; finished ones stay
		queued, running advisor.State
		// the errors from a queued, a running and a finished run
		ofQueued, ofRunning, ofFinished error
	}{
		{"claim", func(d *db.DB, _ advisor.Lease, id string) error {
			_, err := d.ClaimJob(t.Context(), advisor.JobRun, id, worker, inAnHour())
			return err
		}, advisor.Running, none, nil, transition, finished},
		{"start", func(d *db.DB, l advisor.Lease, id string) error { return d.StartRun(t.Context(), l, id) }, none, none,
			lost, nil, lost},
		{"append", func(d *db.DB, l advisor.Lease, id string) error {
			return d.AppendRecord(t.Context(), l, id, dbtest.Record(0))
		}, none, none, lost, nil, lost},
		{"log", func(d *db.DB, l advisor.Lease, _ string) error {
			return d.AppendEvent(t.Context(), l, advisor.Event{Type: advisor.EventState, State: advisor.Running})
		}, none, none, lost, nil, lost},
		{"succeed", finish(advisor.Succeeded, dbtest.Outcome(15), ""), none, advisor.Succeeded, lost, nil, lost},
		{"fail", finish(advisor.Failed, nil, "reason"), none, advisor.Failed, lost, nil, lost},
		{"end cancelled", finish(advisor.Cancelled, nil, ""), none, advisor.Cancelled, lost, nil, lost},
		{"cancelled", func(d *db.DB, l advisor.Lease, _ string) error { return d.Cancelled(t.Context(), l) }, none,
			advisor.Cancelled, lost, nil, lost},
		{"release", func(d *db.DB, l advisor.Lease, _ string) error { return d.Release(t.Context(), l) }, none,
			advisor.Queued, lost, nil, lost},
		{"heartbeat", func(d *db.DB, l advisor.Lease, _ string) error { return d.Heartbeat(t.Context(), l, inAnHour()) },
			none, none, lost, nil, lost},
		{"cancel", func(d *db.DB, _ advisor.Lease, id string) error { return d.Cancel(t.Context(), advisor.JobRun, id) },
			advisor.Cancelled, none, nil, nil, finished},
		{"recover", func(d *db.DB, _ advisor.Lease, _ string) error {
			_, err := d.Recover(t.Context(), time.Now().Add(2*time.Hour), nil)
			return err
		}, none, advisor.Queued, nil, nil, nil},
	} {
		for _, from := range states {
			d := dbtest.Open(t)
			l, r := runIn(t, d, from)
			before, err := d.Run(t.Context(), r.ID)
			if err != nil {
				t.Fatal(err)
			}
			err = c.do(d, l, r.ID)
			wantState, wantErr := none, c.ofFinished
			switch from {
			case advisor.Queued:
				wantState, wantErr = c.queued, c.ofQueued
			case advisor.Running:
				wantState, wantErr = c.running, c.ofRunning
			}
			if errors.As(wantErr, new(*advisor.TransitionError)) {
				if !errors.As(err, new(*advisor.TransitionError)) {
					t.Errorf("%s of a %s run: %v, want a transition error", c.name, from, err)
				}
			} else if !errors.Is(err, wantErr) {
				t.Errorf("%s of a %s run: %v, want %v", c.name, from, err, wantErr)
			}
			if from.Finished() && err != nil && !errors.Is(err, advisor.ErrFinished) {
				t.Errorf("%s of a %s run does not say that it is finished: %v", c.name, from, err)
			}
			if wantState == none {
				wantState = from
			}
			if got := stateOf(t, d, r.ID); got != wantState {
				t.Errorf("%s of a %s run left it %s, want %s", c.name, from, got, wantState)
			}
			if from.Finished() {
				after, err := d.Run(t.Context(), r.ID)
				if err != nil {
					t.Fatal(err)
				}
				sameJSON(t, c.name+" of a finished run", after, before)
			}
		}
	}
}

func TestEndings(t *testing.T) {
	d := dbtest.Open(t)
	l, r := runningRun(t, d)
	for _, c := range []struct {
		state   advisor.State
		outcome *trainer.Outcome
		reason  string
		want    string
	}{
		{advisor.Succeeded, nil, "", "without a result"},
		{advisor.Failed, dbtest.Outcome(1), "", "without a reason"},
		{advisor.Queued, dbtest.Outcome(1), "", "no final state"},
		{advisor.Running, dbtest.Outcome(1), "", "no final state"},
	} {
		err := d.FinishRun(t.Context(), l, r.ID, c.state, c.outcome, c.reason)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("finish as %s gave %v, want %q", c.state, err, c.want)
		}
	}
	diverged := &trainer.Outcome{
		Diverged:            true,
		DivergedEpoch:       2,
		Epochs:              1,
		TrainLoss:           trainer.Missing,
		TrainAccuracy:       0.1,
		ValidationLoss:      trainer.Missing,
		ValidationAccuracy:  0.1,
		TestLoss:            trainer.Missing,
		TestAccuracy:        0.1,
		ParameterEfficiency: trainer.Missing,
	}
	if err := d.FinishRun(t.Context(), l, r.ID, advisor.Succeeded, diverged, ""); err != nil {
		t.Fatal(err)
	}
	got, err := d.Run(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, "outcome", got.Outcome, diverged)
	if got.Started == nil || got.Finished == nil || got.Started.Before(got.Created) || got.Finished.Before(*got.Started) {
		t.Errorf("times: created %v, started %v, finished %v", got.Created, got.Started, got.Finished)
	}
}

// TestFrozen goes past the package, straight to the tables.
func TestFrozen(t *testing.T) {
	d := dbtest.Open(t)
	l, r := runningRun(t, d)
	if err := d.AppendRecord(t.Context(), l, r.ID, dbtest.Record(0)); err != nil {
		t.Fatal(err)
	}
	if err := d.FinishRun(t.Context(), l, r.ID, advisor.Succeeded, dbtest.Outcome(15), ""); err != nil {
		t.Fatal(err)
	}
	if err := d.Remember(t.Context(),
		advisor.Submission{IdempotencyKey: advisor.IdempotencyKey{Key: "used"}, Kind: advisor.JobRun, ID: r.ID}); err != nil {
		t.Fatal(err)
	}
	la, a := runningAdvice(t, d)
	a.State = advisor.Succeeded
	if err := d.FinishAdvice(t.Context(), la, a); err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{
		"UPDATE runs SET error = 'x' WHERE state = 'succeeded'",
		"UPDATE runs SET state = 'queued' WHERE state = 'succeeded'",
		"UPDATE advice SET document = '{}'",
		"UPDATE records SET train_loss = 0",
		"UPDATE layer_statistics SET mean = 0",
		"INSERT INTO records (run, epoch, seconds) SELECT id, 9, 9 FROM runs WHERE state = 'succeeded'",
		"UPDATE runs SET state = 'resting'",
		"UPDATE events SET type = 'done'",
		"UPDATE submissions SET digest = 'x'",
		"INSERT INTO events (type, document) VALUES ('state', '{}')",
		"INSERT INTO events (run, type, document) VALUES ('none', 'state', '{}')",
		"INSERT INTO submissions (key, digest, run) VALUES ('k', '', 'none')",
	} {
		if _, err := d.Writer().ExecContext(t.Context(), change); err == nil {
			t.Errorf("the tables allow %s", change)
		}
	}
}
