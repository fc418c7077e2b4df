package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"probewise/advisor"
)

// What can be wrong with the file; every error of this package that comes from it wraps one of these.
var (
	ErrLocked  = error(sqliteError{"the database is locked by another process", advisor.ErrBusy})
	ErrFull    = error(sqliteError{"the disk, or the database, is full", advisor.ErrStorageFull})
	ErrDamaged = errors.New("the file is damaged, or no database")
	ErrNotOurs = errors.New("not a Probewise database")
	ErrTooNew  = errors.New("the database was written by a newer Probewise")
)

// sqliteError is an error of the file that the rest of the program knows by another name.
type sqliteError struct {
	text string
	name error
}

func (f sqliteError) Error() string { return f.text }
func (f sqliteError) Unwrap() error { return f.name }

// readers is the number of connections that only read: with WAL they wait for nobody.
const readers = 4

// DB is an open database. It is safe for use by many goroutines, and the file by many processes on one machine.
type DB struct {
	writer  *sql.DB // one connection: writes queue up here and not in SQLite's busy handler
	reader  *sql.DB
	weights string // folder
}

// settings are those that tests vary.
type settings struct {
	busyTimeout time.Duration // how long a statement waits for a lock of another process
	migrations  []migration
}

// Open opens the database file, creates it where it is missing (its folder has to exist), and brings its schema up to
// date.
func Open(ctx context.Context, path string) (*DB, error) {
	all, err := readMigrations(migrationFiles)
	if err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	return open(ctx, path, settings{busyTimeout: 10 * time.Second, migrations: all})
}

func open(ctx context.Context, path string, s settings) (*DB, error) {
	failed := func(err error) error { return fmt.Errorf("db: open %s: %w", path, err) }
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, failed(err)
	}
	d := &DB{weights: filepath.Join(filepath.Dir(absolute), weightsFolder)}
	if d.writer, err = sql.Open("sqlite", dsn(absolute, s, "_txlock=immediate")); err != nil {
		return nil, failed(err)
	}
	d.writer.SetMaxOpenConns(1)
	if d.reader, err = sql.Open("sqlite", dsn(absolute, s, "_query_only=1")); err != nil {
		return nil, failed(errors.Join(err, d.writer.Close()))
	}
	d.reader.SetMaxOpenConns(readers)
	d.reader.SetMaxIdleConns(readers)
	if err := d.migrate(ctx, s.migrations); err != nil {
		return nil, failed(errors.Join(err, d.Close()))
	}
	return d, nil
}

// dsn carries every pragma, so that each connection of the pools has them; the driver sets the busy timeout first.
func dsn(path string, s settings, more string) string {
	slashes := "/" + strings.TrimPrefix(filepath.ToSlash(path), "/")
	return "file://" + (&url.URL{Path: slashes}).EscapedPath() + fmt.Sprintf(
		"?_busy_timeout=%d&_foreign_keys=1&_journal_mode=WAL&_synchronous=FULL&_dqs=0&_error_rc=1&%s",
		s.busyTimeout.Milliseconds(), more)
}

// Close closes all connections. Work still under way ends with an error.
func (d *DB) Close() error {
	return errors.Join(d.reader.Close(), d.writer.Close())
}

// Ping says whether the database can be read.
func (d *DB) Ping(ctx context.Context) error {
	return d.read(ctx, "ping", func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM runs)`).Scan(new(bool))
	})
}

// querier is what *sql.DB and *sql.Tx have in common for reading.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// write runs f in one transaction that nobody else writes in; an error rolls it back. The operation and its operands
// go before the error.
func (d *DB) write(ctx context.Context, operation string, f func(*sql.Tx) error) error {
	if err := d.inTransaction(ctx, f); err != nil {
		return fmt.Errorf("db: %s: %w", operation, err)
	}
	return nil
}

// read runs f on one unchanging state of the database.
func (d *DB) read(ctx context.Context, operation string, f func(*sql.Tx) error) error {
	tx, err := d.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err == nil {
		err = f(tx)
		_ = tx.Rollback() // nothing was written
	}
	if err != nil {
		return fmt.Errorf("db: %s: %w", operation, explain(err))
	}
	return nil
}

func (d *DB) inTransaction(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := f(tx); err != nil {
		return explain(err)
	}
	return explain(tx.Commit())
}

// explain puts what a person can act on before SQLite's own words, or the system's.
func explain(err error) error {
	var lite *sqlite.Error
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	if !errors.As(err, &lite) {
		return err
	}
	switch lite.Code() & 0xff { // the primary code; the rest says more exactly where
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: %w", ErrLocked, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
