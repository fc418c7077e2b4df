package db

import (
	"context"
	"database/sql"
	"io/fs"
	"time"

	"probewise/advisor"
)

// OpenImpatient opens a database that waits no longer than this for locks of others.
func OpenImpatient(ctx context.Context, path string, busyTimeout time.Duration) (*DB, error) {
	all, err := readMigrations(migrationFiles)
	if err != nil {
		return nil, err
	}
	return open(ctx, path, settings{busyTimeout: busyTimeout, migrations: all})
}

// OpenMigrated opens a database with these migrations instead of ours.
func OpenMigrated(ctx context.Context, path string, files fs.FS) (*DB, error) {
	all, err := readMigrations(files)
	if err != nil {
		return nil, err
	}
	return open(ctx, path, settings{busyTimeout: 10 * time.Second, migrations: all})
}

// Writer and Reader are the pools beneath.
func (d *DB) Writer() *sql.DB { return d.writer }
func (d *DB) Reader() *sql.DB { return d.reader }

// MoveRun changes the state of a run as the package does.
func (d *DB) MoveRun(ctx context.Context, id string, next advisor.State) error {
	return d.write(ctx, "move", func(tx *sql.Tx) error { return move(ctx, tx, runTable, id, next, "reason") })
}

// Migrations are ours.
var Migrations fs.FS = migrationFiles
