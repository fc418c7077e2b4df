package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"probewise/advisor"
	"probewise/trainer"
)

// CreateRun queues a stand-alone run. The fingerprint of the request finds it again while it is unfinished, and
// another with it gives advisor.ErrUnfinishedEqual. An idempotency key in use gives advisor.ErrSubmitted.
func (d *DB) CreateRun(ctx context.Context, r advisor.Run, fingerprint string, once advisor.IdempotencyKey) error {
	return d.write(ctx, "create run "+r.ID, func(tx *sql.Tx) error {
		if err := queueStandalone(ctx, tx, r, fingerprint); err != nil {
			return err
		}
		if err := insertSubmission(ctx, tx, once, runTable, r.ID); err != nil {
			return err
		}
		return checkOnlyUnfinished(ctx, tx, runTable, r.ID, fingerprint)
	})
}

func queueStandalone(ctx context.Context, tx *sql.Tx, r advisor.Run, fingerprint string) error {
	if r.State != advisor.Queued || r.Advice != "" {
		return fmt.Errorf("run %s: a new stand-alone run is queued and serves no advice; got state %q, advice %q",
			r.ID, r.State, r.Advice)
	}
	return insertRun(ctx, tx, r, fingerprint)
}

// AddChildRun stores a running verification run of the advice that the lease is for.
func (d *DB) AddChildRun(ctx context.Context, l advisor.Lease, r advisor.Run) error {
	return d.write(ctx, fmt.Sprintf("add run %s to %s %s", r.ID, l.Kind, l.ID), func(tx *sql.Tx) error {
		if l.Kind != advisor.JobAdvice || r.Advice != l.ID || r.State != advisor.Running {
			return fmt.Errorf("a verification run is running and serves the advice; got state %q, advice %q", r.State, r.Advice)
		}
		if _, err := checkLease(ctx, tx, l); err != nil {
			return err
		}
		r.State = advisor.Queued // for the moment: move sets the time
		if err := insertRun(ctx, tx, r, ""); err != nil {
			return err
		}
		return move(ctx, tx, runTable, r.ID, advisor.Running, "")
	})
}

func insertRun(ctx context.Context, tx *sql.Tx, r advisor.Run, fingerprint string) error {
	if r.ID == "" || r.Created.IsZero() {
		return fmt.Errorf("run %q: a new run needs an id and a time of creation", r.ID)
	}
	architecture, err := jsonText(r.Architecture)
	if err != nil {
		return err
	}
	warnings := "[]"
	if len(r.Warnings) > 0 {
		if warnings, err = jsonText(r.Warnings); err != nil {
			return err
		}
	}
	predicted := ""
	if r.Predicted != nil {
		if predicted, err = jsonText(r.Predicted); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO runs (id, kind, state, fingerprint, architecture, architecture_id, dataset, dataset_id, images, epochs,
			stop_after, seed, advice, from_advice, predicted, warnings, version, created)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Kind, r.State, fingerprint, architecture, r.ArchitectureID, r.Dataset, r.DatasetID, r.Budget.Images,
		r.Budget.Epochs, r.StopAfter, strconv.FormatUint(r.Seed, 10), textOrNull(r.Advice), r.FromAdvice,
		textOrNull(predicted), warnings, r.Version, timeText(r.Created))
	if err != nil {
		return err
	}
	return logState(ctx, tx, runTable, r.ID, r.State)
}

const selectRun = `SELECT id, kind, state, architecture, architecture_id, dataset, dataset_id, images, epochs,
	stop_after, seed, coalesce(advice, ''), from_advice, predicted, warnings, version, outcome, weights, error, created,
	started, finished FROM runs `

func scanRun(row interface{ Scan(...any) error }) (advisor.Run, error) {
	var r advisor.Run
	err := row.Scan(&r.ID, &r.Kind, &r.State, jsonColumn{&r.Architecture}, &r.ArchitectureID, &r.Dataset, &r.DatasetID,
		&r.Budget.Images, &r.Budget.Epochs, &r.StopAfter, seedColumn{&r.Seed}, &r.Advice, &r.FromAdvice,
		jsonColumn{&r.Predicted}, jsonColumn{&r.Warnings}, &r.Version, jsonColumn{&r.Outcome}, jsonColumn{&r.Weights},
		&r.Error, timeColumn{&r.Created}, optionalTimeColumn{&r.Started}, optionalTimeColumn{&r.Finished})
	return r, err
}

// Run returns a run, or advisor.ErrNotFound.
func (d *DB) Run(ctx context.Context, id string) (r advisor.Run, err error) {
	err = d.read(ctx, "read run "+id, func(tx *sql.Tx) error {
		r, err = scanRun(tx.QueryRowContext(ctx, selectRun+`WHERE id = ?`, id))
		if errors.Is(err, sql.ErrNoRows) {
			return advisor.ErrNotFound
		}
		return err
	})
	return r, err
}

// FindUnfinishedRun returns the oldest queued or running stand-alone run with the fingerprint, a queued one first.
func (d *DB) FindUnfinishedRun(ctx context.Context, fingerprint string) (r advisor.Run, found bool, err error) {
	err = d.read(ctx, "find an unfinished run", func(tx *sql.Tx) error {
		r, err = scanRun(tx.QueryRowContext(ctx, selectRun+`
			WHERE fingerprint = ? AND `+runTable.unfinished()+`
			ORDER BY state, created, id LIMIT 1`, fingerprint))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		found = err == nil
		return err
	})
	return r, found, err
}

// ListRuns returns runs, newest first.
func (d *DB) ListRuns(ctx context.Context, f advisor.RunFilter) ([]advisor.Run, error) {
	where := newPage(f.State, f.Limit, f.After)
	where.equal("kind", string(f.Kind))
	where.equal("advice", f.Advice)
	where.equal("from_advice", f.FromAdvice)
	where.equal("fingerprint", f.Fingerprint)
	runs := []advisor.Run{}
	err := d.read(ctx, "list runs", func(tx *sql.Tx) error {
		return where.each(ctx, tx, selectRun, func(rows *sql.Rows) error {
			r, err := scanRun(rows)
			runs = append(runs, r)
			return err
		})
	})
	return runs, err
}

// StartRun starts the training of the advice's queued probe. A stand-alone run was started by its claim, and is left as
// it is.
func (d *DB) StartRun(ctx context.Context, l advisor.Lease, run string) error {
	return d.write(ctx, "start run "+run, func(tx *sql.Tx) error {
		if err := checkRun(ctx, tx, l, run); err != nil || l.Kind == advisor.JobRun {
			return err
		}
		return move(ctx, tx, runTable, run, advisor.Running, "")
	})
}

// FinishRun ends a running run. A succeeded one has an outcome (which may say that it diverged), a failed one a reason.
func (d *DB) FinishRun(ctx context.Context, l advisor.Lease, run string, s advisor.State, o *trainer.Outcome,
	reason string) error {
	return d.write(ctx, "finish run "+run, func(tx *sql.Tx) error {
		if err := checkEnding(s, o != nil, reason); err != nil {
			return err
		}
		if err := checkRun(ctx, tx, l, run); err != nil {
			return err
		}
		if o != nil {
			if err := setOutcome(ctx, tx, run, *o); err != nil {
				return err
			}
		}
		return move(ctx, tx, runTable, run, s, reason)
	})
}

// setOutcome leaves finished runs to move's error.
func setOutcome(ctx context.Context, tx *sql.Tx, run string, o trainer.Outcome) error {
	text, err := jsonText(o)
	if err != nil {
		return fmt.Errorf("outcome: %w", err)
	}
	_, err = tx.ExecContext(ctx, `UPDATE runs SET outcome = ? WHERE id = ? AND state = 'running'`, text, run)
	return err
}

func checkEnding(s advisor.State, result bool, reason string) error {
	switch {
	case !s.Finished():
		return fmt.Errorf("%q is no final state", s)
	case s == advisor.Succeeded && !result:
		return errors.New("succeeded without a result")
	case s == advisor.Failed && reason == "":
		return errors.New("failed without a reason")
	}
	return nil
}
