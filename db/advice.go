package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"probewise/advisor"
)

// CreateAdvice queues advice and its probe. The fingerprint of the request finds it again while it is unfinished,
// and another with it gives advisor.ErrUnfinishedEqual. An idempotency key in use gives advisor.ErrSubmitted.
func (d *DB) CreateAdvice(ctx context.Context, a advisor.Advice, probe advisor.Run, fingerprint string,
	once advisor.IdempotencyKey) error {
	return d.write(ctx, "create advice "+a.ID, func(tx *sql.Tx) error {
		switch {
		case a.ID == "" || a.Created.IsZero():
			return errors.New("a new advice needs an id and a time of creation")
		case a.State != advisor.Queued || probe.State != advisor.Queued:
			return fmt.Errorf("a new advice and its probe are queued; got %q and %q", a.State, probe.State)
		case a.ProbeRun != probe.ID || probe.Advice != a.ID:
			return fmt.Errorf("the advice names probe %q, and probe %q names advice %q", a.ProbeRun, probe.ID, probe.Advice)
		}
		document, err := jsonText(a)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO advice (id, state, fingerprint, probe_run, document, created)
			VALUES (?, ?, ?, ?, ?, ?)`, a.ID, a.State, fingerprint, a.ProbeRun, document, timeText(a.Created))
		if err != nil {
			return err
		}
		if err := logState(ctx, tx, adviceTable, a.ID, a.State); err != nil {
			return err
		}
		if err := insertRun(ctx, tx, probe, ""); err != nil {
			return err
		}
		if err := insertSubmission(ctx, tx, once, adviceTable, a.ID); err != nil {
			return err
		}
		return checkOnlyUnfinished(ctx, tx, adviceTable, a.ID, fingerprint)
	})
}

const (
	adviceColumns = `document, id, state, error, probe_run, created, started, finished`
	selectAdvice  = `SELECT ` + adviceColumns + ` FROM advice `
	// selectAnswers adds the run that service.Service.Answer names: the one that the request asked for while it is there,
	// else the latest that was started from the advice.
	selectAnswers = `SELECT ` + adviceColumns + `, coalesce(
		(SELECT runs.id FROM runs WHERE runs.id = json_extract(document, '$.training_run')),
		(SELECT runs.id FROM runs WHERE runs.from_advice = advice.id ORDER BY runs.created DESC, runs.id DESC LIMIT 1))
		FROM advice `
)

func scanAdvice(row interface{ Scan(...any) error }, more ...any) (advisor.Advice, error) {
	var a advisor.Advice
	columns := []any{jsonColumn{&a}, &a.ID, &a.State, &a.Error, &a.ProbeRun,
		timeColumn{&a.Created}, optionalTimeColumn{&a.Started}, optionalTimeColumn{&a.Finished}}
	err := row.Scan(append(columns, more...)...)
	return a, err
}

// Advice returns the advice, or advisor.ErrNotFound.
func (d *DB) Advice(ctx context.Context, id string) (a advisor.Advice, err error) {
	err = d.read(ctx, "read advice "+id, func(tx *sql.Tx) error {
		a, err = scanAdvice(tx.QueryRowContext(ctx, selectAdvice+`WHERE id = ?`, id))
		if errors.Is(err, sql.ErrNoRows) {
			return advisor.ErrNotFound
		}
		return err
	})
	return a, err
}

// FindUnfinishedAdvice returns the oldest queued or running advice with the fingerprint, a queued one first, or else
// one that is finished but for the training of its revised architecture.
func (d *DB) FindUnfinishedAdvice(ctx context.Context, fingerprint string) (a advisor.Advice, found bool, err error) {
	err = d.read(ctx, "find an unfinished advice", func(tx *sql.Tx) error {
		a, err = scanAdvice(tx.QueryRowContext(ctx, selectAdvice+`
			WHERE fingerprint = ? AND `+adviceTable.unfinished()+`
			ORDER BY state, created, id LIMIT 1`, fingerprint))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		found = err == nil
		return err
	})
	return a, found, err
}

// ListAdvice returns advice with their training runs, newest first.
func (d *DB) ListAdvice(ctx context.Context, f advisor.AdviceFilter) ([]advisor.Advice, error) {
	where := newPage(f.State, f.Limit, f.After)
	list := []advisor.Advice{}
	err := d.read(ctx, "list advice", func(tx *sql.Tx) error {
		return where.each(ctx, tx, selectAnswers, func(rows *sql.Rows) error {
			var training *string
			a, err := scanAdvice(rows, &training)
			if training != nil {
				a.TrainingRun = training
			}
			list = append(list, a)
			return err
		})
	})
	return list, err
}

// FinishAdvice writes the result and the final state that a has, and queues the stand-alone runs that follow from it
// (the training of the revised architecture), in one transaction. Runs of the advice that are unfinished end with it.
func (d *DB) FinishAdvice(ctx context.Context, l advisor.Lease, a advisor.Advice, next ...advisor.Run) error {
	return d.write(ctx, "finish advice "+a.ID, func(tx *sql.Tx) error {
		if l.Kind != advisor.JobAdvice || l.ID != a.ID {
			return fmt.Errorf("the lease is for %s %s: %w", l.Kind, l.ID, advisor.ErrLeaseLost)
		}
		if err := checkEnding(a.State, true, a.Error); err != nil {
			return err
		}
		if _, err := checkLease(ctx, tx, l); err != nil {
			return err
		}
		document, err := jsonText(a)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE advice SET document = ? WHERE id = ?`, document, a.ID); err != nil {
			return err
		}
		for _, r := range next {
			if err := queueStandalone(ctx, tx, r, ""); err != nil {
				return err
			}
		}
		return finish(ctx, tx, adviceTable, a.ID, a.State, a.Error)
	})
}
