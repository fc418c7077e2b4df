package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"probewise/advisor"
)

// MaxLostLeases is how often a job may lose its worker, or the worker its device, before it fails: it may be the job
// that kills them.
const MaxLostLeases = 5

// Claim takes the oldest queued advice or stand-alone run for the worker; false says that nothing waits.
func (d *DB) Claim(ctx context.Context, w advisor.Worker, until time.Time) (l advisor.Lease, found bool, err error) {
	err = d.write(ctx, "claim a job", func(tx *sql.Tx) error {
		var kind advisor.JobKind
		var id string
		err := tx.QueryRowContext(ctx, `
			SELECT 'advice' AS kind, id, created FROM advice WHERE state = 'queued'
			UNION ALL
			SELECT 'run', id, created FROM runs WHERE state = 'queued' AND advice IS NULL
			ORDER BY created, id LIMIT 1`).Scan(&kind, &id, new(string))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		l, err = claim(ctx, tx, kind, id, w, until)
		return err
	})
	if err != nil {
		return advisor.Lease{}, false, err
	}
	return l, found, nil
}

// ClaimJob takes this job for the worker. A job that is not queued gives an *advisor.TransitionError, with
// advisor.ErrFinished where it has ended.
func (d *DB) ClaimJob(ctx context.Context, kind advisor.JobKind, id string, w advisor.Worker,
	until time.Time) (l advisor.Lease, err error) {
	err = d.write(ctx, fmt.Sprintf("claim %s %s", kind, id), func(tx *sql.Tx) error {
		if _, _, err := findJob(ctx, tx, kind, id); err != nil {
			return err
		}
		l, err = claim(ctx, tx, kind, id, w, until)
		return err
	})
	if err != nil {
		return advisor.Lease{}, err
	}
	return l, nil
}

func claim(ctx context.Context, tx *sql.Tx, kind advisor.JobKind, id string, w advisor.Worker,
	until time.Time) (advisor.Lease, error) {
	t, err := tableOf(kind)
	if err != nil {
		return advisor.Lease{}, err
	}
	if err := move(ctx, tx, t, id, advisor.Running, ""); err != nil {
		return advisor.Lease{}, err
	}
	l := advisor.Lease{Kind: kind, ID: id, Token: rand.Text()}
	_, err = tx.ExecContext(ctx, `UPDATE `+string(t)+`
		SET lease_token = ?, lease_until = ?, worker_host = ?, worker_pid = ?, worker_started = ? WHERE id = ?`,
		l.Token, timeText(until), w.Host, w.PID, w.Started, id)
	return l, err
}

// Heartbeat extends the lease. ErrLeaseLost says that the job is no longer the lease's, ErrCancelRequested that it is
// and should stop: end it with Cancelled.
func (d *DB) Heartbeat(ctx context.Context, l advisor.Lease, until time.Time) error {
	cancel := false
	err := d.write(ctx, leaseOperation("heartbeat of", l), func(tx *sql.Tx) error {
		t, err := checkLease(ctx, tx, l)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `UPDATE `+string(t)+` SET lease_until = ? WHERE id = ? RETURNING cancel_requested`,
			timeText(until), l.ID).Scan(&cancel)
	})
	if err == nil && cancel {
		return fmt.Errorf("db: %s: %w", leaseOperation("heartbeat of", l), advisor.ErrCancelRequested)
	}
	return err
}

// Release gives a running job back at shutdown, uncharged: it is queued again, without the records of the training that
// was cut short, or cancelled where that was asked for.
func (d *DB) Release(ctx context.Context, l advisor.Lease) error {
	return d.write(ctx, leaseOperation("release", l), func(tx *sql.Tx) error {
		t, err := checkLease(ctx, tx, l)
		if err != nil {
			return err
		}
		return putBack(ctx, tx, t, l.ID)
	})
}

// Abandon gives a running job back, as Recover does: that its worker cannot go on counts as a lost lease. A job that
// fails for it has the reason.
func (d *DB) Abandon(ctx context.Context, l advisor.Lease, reason string) error {
	return d.write(ctx, leaseOperation("abandon", l), func(tx *sql.Tx) error {
		t, err := checkLease(ctx, tx, l)
		if err != nil {
			return err
		}
		j := leasedJob{table: t, id: l.ID}
		err = tx.QueryRowContext(ctx, `SELECT lost_leases, cancel_requested FROM `+string(t)+` WHERE id = ?`, l.ID).
			Scan(&j.lost, &j.cancel)
		if err != nil {
			return err
		}
		return takeFromWorker(ctx, tx, j, "the last one: "+reason)
	})
}

// Cancelled ends a running job as cancelled, with the runs that serve it.
func (d *DB) Cancelled(ctx context.Context, l advisor.Lease) error {
	return d.write(ctx, leaseOperation("end the cancelled", l), func(tx *sql.Tx) error {
		t, err := checkLease(ctx, tx, l)
		if err != nil {
			return err
		}
		return finish(ctx, tx, t, l.ID, advisor.Cancelled, "")
	})
}

// putBack requeues a running job, or cancels it where that was asked for.
func putBack(ctx context.Context, tx *sql.Tx, t table, id string) error {
	if cancel, err := cancelRequested(ctx, tx, t, id); err != nil {
		return err
	} else if cancel {
		return finish(ctx, tx, t, id, advisor.Cancelled, "")
	}
	return requeue(ctx, tx, t, id)
}

func cancelRequested(ctx context.Context, tx *sql.Tx, t table, id string) (cancel bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT cancel_requested FROM `+string(t)+` WHERE id = ?`, id).Scan(&cancel)
	return cancel, err
}

// Cancel ends a queued job at once. A running one is told at its worker's next heartbeat or event.
func (d *DB) Cancel(ctx context.Context, kind advisor.JobKind, id string) error {
	return d.write(ctx, fmt.Sprintf("cancel %s %s", kind, id), func(tx *sql.Tx) error {
		t, _, err := findJob(ctx, tx, kind, id)
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx,
			`UPDATE `+string(t)+` SET cancel_requested = 1 WHERE id = ? AND state = 'running'`, id)
		if err != nil {
			return err
		}
		if running, err := result.RowsAffected(); err != nil || running == 1 {
			return err
		}
		return finish(ctx, tx, t, id, advisor.Cancelled, "")
	})
}

// Delete removes a finished job with all that belongs to it: records, events, submissions, weights, and the runs that
// serve an advice. The runs that train its revised architecture stay. ErrUnfinished says that the job has not ended,
// ErrServesAdvice that the run goes with its advice.
func (d *DB) Delete(ctx context.Context, kind advisor.JobKind, id string) error {
	err := d.write(ctx, fmt.Sprintf("delete %s %s", kind, id), func(tx *sql.Tx) error {
		t, state, err := findJob(ctx, tx, kind, id)
		if err != nil {
			return err
		}
		if !state.Finished() {
			return fmt.Errorf("it is %s: %w", state, advisor.ErrUnfinished)
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM `+string(t)+` WHERE id = ?`, id)
		return err
	})
	if err == nil && kind == advisor.JobRun {
		_ = os.Remove(d.weightsFile(id)) // there may be none; what cannot be removed is swept
	}
	return err
}

func leaseOperation(verb string, l advisor.Lease) string {
	return fmt.Sprintf("%s %s %s", verb, l.Kind, l.ID)
}
