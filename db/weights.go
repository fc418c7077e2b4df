package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"probewise/advisor"
)

// The files with weights are beside the database: weights/RUN.safetensors. One that is being written has more after its
// name.
const (
	weightsFolder = "weights"
	weightsSuffix = ".safetensors"
	partSuffix    = ".part"
)

func (d *DB) weightsFile(run string) string { return filepath.Join(d.weights, run+weightsSuffix) }

// KeepWeights stores the weights that a running run had at the end of an epoch, in a file whose content write writes.
// The file is on the disk before it gets its name, and gets it in the transaction that checks the lease and makes the
// run's record say so. Where the process ends in between, a file is left that the next try replaces, or SweepWeights
// removes.
func (d *DB) KeepWeights(ctx context.Context, l advisor.Lease, run string, epoch int,
	write func(io.Writer) error) error {
	operation := "keep the weights of run " + run
	part, kept, err := d.writePart(run, write)
	if err != nil {
		return fmt.Errorf("db: %s: %w", operation, explain(err))
	}
	defer func() { _ = os.Remove(part) }() // unless it has its name by now
	kept.Epoch = epoch
	return d.write(ctx, operation, func(tx *sql.Tx) error {
		if err := checkRun(ctx, tx, l, run); err != nil {
			return err
		}
		text, err := jsonText(kept)
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `UPDATE runs SET weights = ? WHERE id = ? AND state = 'running'`, text, run)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errors.New("the run is not running"))
		}
		if err := os.Rename(part, d.weightsFile(run)); err != nil {
			return err
		}
		syncFolder(d.weights)
		return nil
	})
}

// writePart writes a file under a name of its own and makes it last.
func (d *DB) writePart(run string, write func(io.Writer) error) (name string, w advisor.Weights, err error) {
	if err := os.MkdirAll(d.weights, 0o700); err != nil {
		return "", w, err
	}
	f, err := os.CreateTemp(d.weights, run+weightsSuffix+".*"+partSuffix) // for this user alone
	if err != nil {
		return "", w, err
	}
	digest := sha256.New()
	counter := &counting{}
	err = write(io.MultiWriter(f, digest, counter))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", w, errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), advisor.Weights{Bytes: counter.bytes, SHA256: hex.EncodeToString(digest.Sum(nil))}, nil
}

// counting counts what is written to it.
type counting struct{ bytes int64 }

// Write implements io.Writer.
func (c *counting) Write(p []byte) (int, error) { c.bytes += int64(len(p)); return len(p), nil }

// syncFolder makes a rename lasting where the platform can; it has no effect where folders cannot be synced.
func syncFolder(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}

// Weights opens the weights of a run, after it has made sure that they are what was written. advisor.ErrNotFound: there
// is no such run; advisor.ErrUnfinished: it has not ended; advisor.ErrNoWeights: it has ended without;
// advisor.ErrDamagedWeights: they are lost or damaged.
func (d *DB) Weights(ctx context.Context, run string) (io.ReadCloser, advisor.Weights, error) {
	r, err := d.Run(ctx, run)
	if err != nil {
		return nil, advisor.Weights{}, err
	}
	failed := func(err error) (io.ReadCloser, advisor.Weights, error) {
		return nil, advisor.Weights{}, fmt.Errorf("db: read the weights of run %s: %w", run, err)
	}
	switch {
	case !r.State.Finished():
		return failed(fmt.Errorf("it is %s: %w", r.State, advisor.ErrUnfinished))
	case r.Weights == nil:
		return failed(advisor.ErrNoWeights)
	}
	f, err := os.Open(d.weightsFile(run))
	if errors.Is(err, fs.ErrNotExist) {
		return failed(fmt.Errorf("%w: %w", advisor.ErrDamagedWeights, err))
	} else if err != nil {
		return failed(err)
	}
	if err := unchanged(f, *r.Weights); err != nil {
		_, _, err := failed(err)
		return nil, advisor.Weights{}, errors.Join(err, f.Close())
	}
	return f, *r.Weights, nil
}

// unchanged reads the file to its end, and goes back to its start.
func unchanged(f *os.File, w advisor.Weights) error {
	digest := sha256.New()
	n, err := io.Copy(digest, f)
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(digest.Sum(nil)); n != w.Bytes || got != w.SHA256 {
		return fmt.Errorf("%w: %s has %d bytes with SHA-256 %s; written were %d with %s",
			advisor.ErrDamagedWeights, f.Name(), n, got, w.Bytes, w.SHA256)
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// SweepWeights removes the files that killed processes, or deletions that were cut short, have left: those of runs that
// are gone or have ended without weights, and parts that nobody writes any more. It leaves all other names alone.
func (d *DB) SweepWeights(ctx context.Context) error {
	files, err := os.ReadDir(d.weights) // before the records are read: what is written from now on is not among them
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("db: sweep the weights: %w", err)
	}
	return d.read(ctx, "sweep the weights", func(tx *sql.Tx) error {
		for _, f := range files {
			run, rest, _ := strings.Cut(f.Name(), weightsSuffix)
			part := strings.HasSuffix(rest, partSuffix)
			if uuid.Validate(run) != nil || rest != "" && !part || f.Name() == run {
				continue
			}
			needed, err := neededFile(ctx, tx, run, part)
			if err == nil && !needed {
				err = os.Remove(filepath.Join(d.weights, f.Name()))
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		return nil
	})
}

// neededFile says whether a run needs its file, or may be writing a part of it.
func neededFile(ctx context.Context, tx *sql.Tx, run string, part bool) (bool, error) {
	var state advisor.State
	var kept bool
	err := tx.QueryRowContext(ctx, `SELECT state, weights IS NOT NULL FROM runs WHERE id = ?`, run).Scan(&state, &kept)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case part:
		return state == advisor.Running, err
	}
	return kept || !state.Finished(), err
}
