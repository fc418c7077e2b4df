package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"probewise/advisor"
)

// table holds the records of a kind of job. The values are part of SQL texts.
type table string

const (
	adviceTable table = "advice"
	runTable    table = "runs"
)

// reference is the column of events and submissions that names a record of the table.
func (t table) reference() string {
	if t == runTable {
		return "run"
	}
	return "advice"
}

// unfinished are the records that an equal request takes up: those that have not ended, advice also while its
// revised architecture is trained.
func (t table) unfinished() string {
	if t == runTable {
		return `fingerprint <> '' AND state IN ('queued', 'running') AND advice IS NULL`
	}
	return `fingerprint <> '' AND (state IN ('queued', 'running') OR EXISTS (
		SELECT 1 FROM runs WHERE runs.from_advice = advice.id AND runs.state IN ('queued', 'running')))`
}

// checkOnlyUnfinished refuses a new record where another with its fingerprint is unfinished. In the transaction that
// creates it, of requests at the same time one is taken.
func checkOnlyUnfinished(ctx context.Context, tx *sql.Tx, t table, id, fingerprint string) error {
	var other string
	err := tx.QueryRowContext(ctx,
		`SELECT id FROM `+string(t)+` WHERE fingerprint = ? AND id <> ? AND `+t.unfinished()+` LIMIT 1`,
		fingerprint, id).Scan(&other)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%w: %s", advisor.ErrUnfinishedEqual, other)
}

func tableOf(kind advisor.JobKind) (table, error) {
	switch kind {
	case advisor.JobAdvice:
		return adviceTable, nil
	case advisor.JobRun:
		return runTable, nil
	}
	return "", fmt.Errorf("%q is no kind of job", kind)
}

// move is the only place where a state changes. Whoever leaves the running state loses the lease. The error text is
// kept for failed and cancelled records. A job's log tells its state.
func move(ctx context.Context, tx *sql.Tx, t table, id string, next advisor.State, errText string) error {
	var from advisor.State
	err := tx.QueryRowContext(ctx, `SELECT state FROM `+string(t)+` WHERE id = ?`, id).Scan(&from)
	if errors.Is(err, sql.ErrNoRows) {
		return advisor.ErrNotFound
	}
	if err != nil {
		return err
	}
	if err := check(from, next); err != nil {
		return err
	}
	now := timeText(time.Now())
	set, args := "started = ?", []any{now} // running
	if next != advisor.Running {
		set, args = `lease_token = NULL, lease_until = NULL, worker_host = NULL, worker_pid = NULL, worker_started = NULL,
			error = ?, `, []any{errText}
		if t == runTable && next != advisor.Succeeded {
			set += "weights = NULL, " // the file is written again, or swept
		}
		if next == advisor.Queued {
			set += "started = NULL"
		} else {
			set += "finished = ?"
			args = append(args, now)
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE `+string(t)+` SET state = ?, `+set+` WHERE id = ?`,
		append(append([]any{next}, args...), id)...)
	if err != nil {
		return err
	}
	return logState(ctx, tx, t, id, next)
}

// check is advisor's table of states, with ErrFinished where the record has ended.
func check(from, next advisor.State) error {
	err := from.Check(next)
	if err != nil && from.Finished() {
		return fmt.Errorf("%w: %w", advisor.ErrFinished, err)
	}
	return err
}

// findJob returns where a job is kept and its state. ErrServesAdvice says that the run is no job of its own.
func findJob(ctx context.Context, tx *sql.Tx, kind advisor.JobKind, id string) (table, advisor.State, error) {
	t, err := tableOf(kind)
	if err != nil {
		return "", "", err
	}
	serves := "NULL"
	if t == runTable {
		serves = "advice"
	}
	var state advisor.State
	var advice sql.NullString
	err = tx.QueryRowContext(ctx, `SELECT state, `+serves+` FROM `+string(t)+` WHERE id = ?`, id).Scan(&state, &advice)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", "", advisor.ErrNotFound
	case err != nil:
		return "", "", err
	case advice.Valid:
		return "", "", fmt.Errorf("%w: advice %s", advisor.ErrServesAdvice, advice.String)
	}
	return t, state, nil
}

// checkLease returns ErrLeaseLost where the job is not the lease's, with ErrFinished where it has ended.
func checkLease(ctx context.Context, tx *sql.Tx, l advisor.Lease) (table, error) {
	t, err := tableOf(l.Kind)
	if err != nil {
		return "", err
	}
	var state advisor.State
	var token sql.NullString
	err = tx.QueryRowContext(ctx, `SELECT state, lease_token FROM `+string(t)+` WHERE id = ?`, l.ID).Scan(&state, &token)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", advisor.ErrNotFound
	case err != nil:
		return "", err
	case token.Valid && token.String == l.Token:
		return t, nil
	case state.Finished():
		return "", fmt.Errorf("%w: %w", advisor.ErrLeaseLost, advisor.ErrFinished)
	}
	return "", advisor.ErrLeaseLost
}

// checkRun checks the lease, and that the run is the job itself or serves the job's advice.
func checkRun(ctx context.Context, tx *sql.Tx, l advisor.Lease, run string) error {
	if _, err := checkLease(ctx, tx, l); err != nil || l.Kind == advisor.JobRun && l.ID == run {
		return err
	}
	var advice sql.NullString
	err := tx.QueryRowContext(ctx, `SELECT advice FROM runs WHERE id = ?`, run).Scan(&advice)
	if errors.Is(err, sql.ErrNoRows) {
		return advisor.ErrNotFound
	}
	if err != nil {
		return err
	}
	if l.Kind != advisor.JobAdvice || advice.String != l.ID {
		return fmt.Errorf("the run is no part of the job: %w", advisor.ErrLeaseLost)
	}
	return nil
}

// requeue puts a running job back: its training starts afresh, finished trainings of advice stay.
func requeue(ctx context.Context, tx *sql.Tx, t table, id string) error {
	if t == runTable {
		return restart(ctx, tx, id)
	}
	var probe string
	if err := tx.QueryRowContext(ctx, `SELECT probe_run FROM advice WHERE id = ?`, id).Scan(&probe); err != nil {
		return err
	}
	children, err := unfinishedChildren(ctx, tx, id)
	if err != nil {
		return err
	}
	for run, state := range children {
		if run == probe && state == advisor.Running {
			err = restart(ctx, tx, run)
		} else if run != probe {
			_, err = tx.ExecContext(ctx, `DELETE FROM runs WHERE id = ?`, run)
		}
		if err != nil {
			return err
		}
	}
	return move(ctx, tx, adviceTable, id, advisor.Queued, "")
}

// restart puts a running run back into the queue, without what it recorded.
func restart(ctx context.Context, tx *sql.Tx, run string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM records WHERE run = ?`, run); err != nil {
		return err
	}
	return move(ctx, tx, runTable, run, advisor.Queued, "")
}

// finish finishes a job. Nothing that serves a finished advice goes on: its running runs fail with a failed advice,
// what else is unfinished is cancelled.
func finish(ctx context.Context, tx *sql.Tx, t table, id string, state advisor.State, errText string) error {
	if t == adviceTable {
		children, err := unfinishedChildren(ctx, tx, id)
		if err != nil {
			return err
		}
		for run, at := range children {
			next := advisor.Cancelled
			if state == advisor.Failed && at == advisor.Running {
				next = advisor.Failed
			}
			if err := move(ctx, tx, runTable, run, next, errText); err != nil {
				return fmt.Errorf("run %s: %w", run, err)
			}
		}
	}
	return move(ctx, tx, t, id, state, errText)
}

// unfinishedChildren returns the states of the runs that serve the advice and have not ended, by id.
func unfinishedChildren(ctx context.Context, tx *sql.Tx, advice string) (map[string]advisor.State, error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT id, state FROM runs WHERE advice = ? AND state IN ('queued', 'running')`, advice)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	children := map[string]advisor.State{}
	for rows.Next() {
		var id string
		var state advisor.State
		if err := rows.Scan(&id, &state); err != nil {
			return nil, err
		}
		children[id] = state
	}
	return children, rows.Err()
}
