package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// applicationID marks the file as ours: the first migration writes it.
const applicationID = 0x50424157

// migration is one step of the schema; its version is the number that its file name begins with.
type migration struct {
	version int
	name    string
	sql     string
}

// readMigrations lists the migrations, whose numbers count from 1 without a gap.
func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var all []migration
	for i, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s: want number %04d", name, i+1)
		}
		all = append(all, migration{version, name, string(text)})
	}
	return all, nil
}

// migrate brings the schema up to date, each step in one transaction. Another process may do the same at the same time.
func (d *DB) migrate(ctx context.Context, all []migration) error {
	for {
		current, err := d.schemaVersion(ctx, d.writer)
		if err != nil {
			return err
		}
		if current > len(all) {
			return fmt.Errorf("%w: its schema has version %d, this program knows versions up to %d: use a newer Probewise",
				ErrTooNew, current, len(all))
		}
		if current == len(all) {
			return nil
		}
		next := all[current]
		err = d.inTransaction(ctx, func(tx *sql.Tx) error {
			if now, err := d.schemaVersion(ctx, tx); err != nil || now != current {
				return err // another process was faster
			}
			_, err := tx.ExecContext(ctx, next.sql+fmt.Sprintf("\nPRAGMA user_version = %d;", next.version))
			return err
		})
		if err != nil {
			return fmt.Errorf("migration %s: %w", next.name, err)
		}
	}
}

// schemaVersion returns how many migrations the file has had: 0 for an empty one. It refuses databases of others.
func (d *DB) schemaVersion(ctx context.Context, q querier) (version int, err error) {
	var application, tables int64
	err = q.QueryRowContext(ctx, `SELECT (SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)`).
		Scan(&version, &application, &tables)
	if err != nil {
		return 0, explain(err)
	}
	empty := version == 0 && application == 0 && tables == 0
	if !empty && application != applicationID {
		return 0, fmt.Errorf("%w: it is an SQLite database of another program", ErrNotOurs)
	}
	return version, nil
}
