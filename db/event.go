package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"probewise/advisor"
)

// AppendEvent logs what happened in a running job. ErrCancelRequested says that nothing was written, because the job
// should stop: end it with Cancelled. Changes of state are logged where they are made.
func (d *DB) AppendEvent(ctx context.Context, l advisor.Lease, e advisor.Event) error {
	return d.write(ctx, leaseOperation(fmt.Sprintf("log event %q of", e.Type), l), func(tx *sql.Tx) error {
		if err := checkEvent(e); err != nil {
			return err
		}
		t, err := checkLease(ctx, tx, l)
		if err != nil {
			return err
		}
		if cancel, err := cancelRequested(ctx, tx, t, l.ID); err != nil {
			return err
		} else if cancel {
			return advisor.ErrCancelRequested
		}
		return logEvent(ctx, tx, t, l.ID, e)
	})
}

// checkEvent refuses what a worker has no business to log: progress, and states that the job is not in.
func checkEvent(e advisor.Event) error {
	switch e.Type {
	case advisor.EventEpoch, advisor.EventDiagnosis, advisor.EventSuggestion:
		return nil
	case advisor.EventState:
		if e.State == advisor.Running {
			return nil
		}
	}
	return fmt.Errorf("a worker logs no %q event with state %q", e.Type, e.State)
}

// logState logs the state that a record came into.
func logState(ctx context.Context, tx *sql.Tx, t table, id string, state advisor.State) error {
	e := advisor.Event{Type: advisor.EventState, State: state}
	if state.Finished() {
		e.Type = advisor.EventDone
	}
	return logEvent(ctx, tx, t, id, e)
}

// logEvent does nothing for a run that serves advice: it is no job.
func logEvent(ctx context.Context, tx *sql.Tx, t table, id string, e advisor.Event) error {
	document, err := jsonText(e)
	if err != nil {
		return err
	}
	job := `SELECT id, ?, ? FROM ` + string(t) + ` WHERE id = ?`
	if t == runTable {
		job += ` AND advice IS NULL`
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO events (`+t.reference()+`, type, document) `+job, e.Type, document, id)
	return err
}

// Events returns at most limit events of a job whose ID is greater than after, in the order in which they happened; a
// limit of 0 asks for all. ErrNotFound says that there is no such job, ErrServesAdvice that the run's events are in its
// advice's log.
func (d *DB) Events(ctx context.Context, kind advisor.JobKind, id string, after int64, limit int) (
	[]advisor.Event, error,
) {
	if limit <= 0 {
		limit = -1 // all
	}
	events := []advisor.Event{}
	err := d.read(ctx, fmt.Sprintf("read the events of %s %s", kind, id), func(tx *sql.Tx) error {
		t, _, err := findJob(ctx, tx, kind, id)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx,
			`SELECT id, type, document FROM events WHERE `+t.reference()+` = ? AND id > ? ORDER BY id LIMIT ?`,
			id, after, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var e advisor.Event
			if err := rows.Scan(&e.ID, &e.Type, jsonColumn{&e}); err != nil {
				return err
			}
			events = append(events, e)
		}
		return rows.Err()
	})
	return events, err
}

// LastEvent returns the latest event of a job; the zero value where it has none. The errors are those of Events.
func (d *DB) LastEvent(ctx context.Context, kind advisor.JobKind, id string) (e advisor.Event, err error) {
	err = d.read(ctx, fmt.Sprintf("read the last event of %s %s", kind, id), func(tx *sql.Tx) error {
		t, _, err := findJob(ctx, tx, kind, id)
		if err != nil {
			return err
		}
		err = tx.QueryRowContext(ctx,
			`SELECT id, type, document FROM events WHERE `+t.reference()+` = ? ORDER BY id DESC LIMIT 1`, id).
			Scan(&e.ID, &e.Type, jsonColumn{&e})
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return e, err
}
