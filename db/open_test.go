package db_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/db"
	"probewise/db/dbtest"
)

// query returns the one value that the query gives on the writing connection.
func query[T any](t *testing.T, d *db.DB, text string, args ...any) (v T) {
	t.Helper()
	if err := d.Writer().QueryRowContext(t.Context(), text, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func execute(t *testing.T, d *db.DB, text string, args ...any) {
	t.Helper()
	if _, err := d.Writer().ExecContext(t.Context(), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd name %41?&#;.db")
	r := dbtest.Run(t)
	for i := range 3 {
		d, err := db.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if v := query[int](t, d, "PRAGMA user_version"); v != latest(t) {
			t.Errorf("schema version %d, want %d", v, latest(t))
		}
		if i == 0 {
			if err := d.CreateRun(t.Context(), r, "f", advisor.IdempotencyKey{}); err != nil {
				t.Error(err)
			}
		}
		if got, err := d.Run(t.Context(), r.ID); err != nil || got.ID != r.ID {
			t.Errorf("open no. %d: %v, %v", i, got.ID, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file has another name: %v", err)
	}
}

func TestPragmasOfEveryConnection(t *testing.T) {
	d := dbtest.Open(t)
	want := map[string]string{"busy_timeout": "10000", "foreign_keys": "1", "journal_mode": "wal", "synchronous": "2"}
	for _, pool := range []struct {
		pool        *sql.DB
		connections int
	}{{d.Writer(), 1}, {d.Reader(), 4}} {
		for range pool.connections {
			c, err := pool.pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close() // all at once, so that each is another one
			for pragma, want := range want {
				var got string
				if err := c.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s = %q, %v; want %q", pragma, got, err, want)
				}
			}
		}
	}
}

func TestReadersCannotWrite(t *testing.T) {
	d := dbtest.Open(t)
	if _, err := d.Reader().ExecContext(t.Context(), "DELETE FROM runs"); err == nil {
		t.Error("a reading connection wrote")
	}
}

func TestOpenAtTheSameTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			d, err := db.Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := d.ListRuns(t.Context(), advisor.RunFilter{}); err != nil {
				t.Error(err)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestOpenBadFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := filepath.Join(dir, "other.db")
	o, err := sql.Open("sqlite", other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.ExecContext(t.Context(), "CREATE TABLE runs (x)"); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path string
		want       error
	}{
		{"text", write("text.db", []byte(strings.Repeat("no database, ", 1000))), db.ErrDamaged},
		{"cut short", write("short.db", []byte("SQLite format 3\x00 and no more")), db.ErrDamaged},
		{"of another program", other, db.ErrNotOurs},
		{"in a folder that is not there", filepath.Join(dir, "missing", "x.db"), nil},
		{"a folder", dir, nil},
	} {
		d, err := db.Open(t.Context(), c.path)
		if err == nil {
			_ = d.Close()
		}
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("a file that is %s gave %v, want %v and the path", c.name, err, c.want)
		}
	}
	if content, err := os.ReadFile(filepath.Join(dir, "text.db")); err != nil ||
		!strings.HasPrefix(string(content), "no database") {
		t.Errorf("the text file was changed: %v", err)
	}
}

func TestDamagedPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	d, err := db.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	r := dbtest.Run(t)
	if err := d.CreateRun(t.Context(), r, "", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil { // writes the log back to the file
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for i := page; i < len(content); i++ { // the first page stays: the file still looks right
		content[i] = 0xa5
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err = db.Open(t.Context(), path); err == nil {
		_, err = d.Run(t.Context(), r.ID)
		_ = d.Close()
	}
	if !errors.Is(err, db.ErrDamaged) {
		t.Errorf("damaged pages gave %v", err)
	}
}

func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	holder := dbtest.OpenFile(t, path)
	tx, err := holder.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.OpenImpatient(t.Context(), path, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r := dbtest.Run(t)
	if err := d.CreateRun(t.Context(), r, "", advisor.IdempotencyKey{}); !errors.Is(err, db.ErrLocked) ||
		!strings.Contains(err.Error(), r.ID) {
		t.Errorf("a locked file gave %v", err)
	}
	if _, err := d.ListRuns(t.Context(), advisor.RunFilter{}); err != nil {
		t.Errorf("reading waits for the writer: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := d.CreateRun(t.Context(), r, "", advisor.IdempotencyKey{}); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

func TestContextEnds(t *testing.T) {
	d := dbtest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := dbtest.Run(t)
	if err := d.CreateRun(ctx, r, "", advisor.IdempotencyKey{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a write after the context's end gave %v", err)
	}
	if _, err := d.Run(ctx, r.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("a read after the context's end gave %v", err)
	}
	if err := d.CreateRun(t.Context(), r, "", advisor.IdempotencyKey{}); err != nil {
		t.Errorf("the next write: %v", err)
	}
}

func TestPing(t *testing.T) {
	d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := d.CreateRun(t.Context(), dbtest.Run(t), "", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	if err := d.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Ping(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context's end: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "ping") {
		t.Errorf("a closed database gave %v", err)
	}
}

// TestFull lets no page be added to the file: a record with many statistics fails and leaves nothing behind.
func TestFull(t *testing.T) {
	d := dbtest.Open(t)
	l, r := runningRun(t, d)
	record := dbtest.Record(0)
	for range 200 {
		record.Layers = append(record.Layers, record.Layers[0])
	}
	pages := query[int](t, d, "PRAGMA page_count")
	execute(t, d, "PRAGMA max_page_count = 1") // SQLite takes the present size instead
	if got := query[int](t, d, "PRAGMA max_page_count"); got != pages {
		t.Fatalf("max_page_count %d, want %d", got, pages)
	}
	if err := d.AppendRecord(t.Context(), l, r.ID, record); !errors.Is(err, db.ErrFull) ||
		!strings.Contains(err.Error(), r.ID) {
		t.Errorf("a full database gave %v", err)
	}
	if got := counts(t, d); got != [2]int{0, 0} {
		t.Errorf("records and statistics left behind: %v", got)
	}
	execute(t, d, "PRAGMA max_page_count = 100000")
	if err := d.AppendRecord(t.Context(), l, r.ID, record); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if got := counts(t, d); got != [2]int{1, 3 * 202} {
		t.Errorf("records and statistics: %v", got)
	}
}

// counts returns how many records and layer statistics there are.
func counts(t *testing.T, d *db.DB) [2]int {
	t.Helper()
	return [2]int{query[int](t, d, "SELECT count(*) FROM records"),
		query[int](t, d, "SELECT count(*) FROM layer_statistics")}
}
