package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"probewise/advisor"
)

// Remember keeps what a request with an idempotency key was answered with, where nothing was created for it. A key in
// use gives advisor.ErrSubmitted.
func (d *DB) Remember(ctx context.Context, s advisor.Submission) error {
	return d.write(ctx, fmt.Sprintf("remember the submission of %s %s", s.Kind, s.ID), func(tx *sql.Tx) error {
		if s.Key == "" {
			return errors.New("a submission needs a key")
		}
		t, _, err := findJob(ctx, tx, s.Kind, s.ID)
		if err != nil {
			return err
		}
		return insertSubmission(ctx, tx, s.IdempotencyKey, t, s.ID)
	})
}

// insertSubmission does nothing without a key.
func insertSubmission(ctx context.Context, tx *sql.Tx, once advisor.IdempotencyKey, t table, id string) error {
	if once.Key == "" {
		return nil
	}
	result, err := tx.ExecContext(ctx,
		`INSERT INTO submissions (key, digest, `+t.reference()+`) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING`,
		once.Key, once.Digest, id)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fmt.Errorf("key %q: %w", once.Key, advisor.ErrSubmitted)
}

// FindSubmission returns what the request with the idempotency key made.
func (d *DB) FindSubmission(ctx context.Context, key string) (s advisor.Submission, found bool, err error) {
	err = d.read(ctx, "find a submission", func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT key, digest, iif(run IS NULL, 'advice', 'run'), coalesce(run, advice)
			FROM submissions WHERE key = ?`, key).Scan(&s.Key, &s.Digest, &s.Kind, &s.ID)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		found = err == nil
		return err
	})
	return s, found, err
}
