package db_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"probewise/advisor"
	"probewise/db"
	"probewise/db/dbtest"
)

// firstMigration is what makes a database of schema 1.
func firstMigration(t *testing.T) *fstest.MapFile {
	t.Helper()
	text, err := fs.ReadFile(db.Migrations, "migrations/0001_runs_and_advice.sql")
	if err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: text}
}

// latest is the schema's version.
func latest(t *testing.T) int {
	t.Helper()
	names, err := fs.Glob(db.Migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// migrationsUntil are our first n.
func migrationsUntil(t *testing.T, n int) fstest.MapFS {
	t.Helper()
	names, err := fs.Glob(db.Migrations, "migrations/*.sql")
	if err != nil || len(names) < n {
		t.Fatalf("%d migrations, %v", len(names), err)
	}
	files := fstest.MapFS{}
	for _, name := range names[:n] {
		text, err := fs.ReadFile(db.Migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	return files
}

func TestMigrations(t *testing.T) {
	step := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	one := firstMigration(t)
	path := filepath.Join(t.TempDir(), "test.db")
	if d, err := db.OpenMigrated(t.Context(), path, fstest.MapFS{"migrations/0001_a.sql": one}); err != nil {
		t.Fatal(err)
	} else if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	// The second step of this one fails: the first of its two statements must not stay.
	_, err := db.OpenMigrated(t.Context(), path, fstest.MapFS{
		"migrations/0001_a.sql": one, "migrations/0002_b.sql": step("CREATE TABLE b (x); CREATE TABLE runs (x);")})
	if err == nil || !strings.Contains(err.Error(), "0002_b.sql") || !strings.Contains(err.Error(), path) {
		t.Fatalf("a broken migration gave %v", err)
	}
	newer := fstest.MapFS{"migrations/0001_a.sql": one} // by one step
	for i := range latest(t) {
		newer[fmt.Sprintf("migrations/%04d_more.sql", i+2)] = step(fmt.Sprintf("CREATE TABLE more%d (x);", i))
	}
	d, err := db.OpenMigrated(t.Context(), path, newer)
	if err != nil {
		t.Fatal(err)
	}
	if v := query[int](t, d, "PRAGMA user_version"); v != latest(t)+1 {
		t.Errorf("schema version %d, want %d", v, latest(t)+1)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}

	_, err = db.Open(t.Context(), path)
	if !errors.Is(err, db.ErrTooNew) || !strings.Contains(err.Error(), fmt.Sprintf("version %d", latest(t)+1)) ||
		!strings.Contains(err.Error(), fmt.Sprintf("up to %d", latest(t))) {
		t.Errorf("a newer schema gave %v", err)
	}
	_, err = db.OpenMigrated(t.Context(), path, fstest.MapFS{"migrations/0001_a.sql": one, "migrations/0003_c.sql": one})
	if err == nil || !strings.Contains(err.Error(), "0002") {
		t.Errorf("a gap in the migrations gave %v", err)
	}
}

// oldDatabase is a database that an earlier program left, as testdata/schema1.sql tells.
func oldDatabase(t *testing.T) (path string) {
	t.Helper()
	text, err := os.ReadFile("testdata/schema1.sql")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "old.db")
	d, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.SetMaxOpenConns(1)
	if _, err := d.ExecContext(t.Context(), string(text)); err != nil {
		t.Fatal(err)
	}
	return path
}

// rowsOf returns the rows of a table as texts, by the columns' names, in the order of the first column.
func rowsOf(t *testing.T, d *db.DB, table string) []map[string]string {
	t.Helper()
	rows, err := d.Writer().QueryContext(t.Context(), "SELECT * FROM "+table+" ORDER BY 1, 2, 3")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		row := map[string]string{}
		for i, c := range columns {
			row[c] = fmt.Sprintf("%T %v", values[i], values[i])
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestOldDatabaseStays compares each row before and after the migrations.
func TestOldDatabaseStays(t *testing.T) {
	path := oldDatabase(t)
	tables := map[string]int{"advice": 2, "runs": 7, "records": 4, "layer_statistics": 24}
	const schema = `SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)`
	before := map[string][]map[string]string{}
	old, err := db.OpenMigrated(t.Context(), path, fstest.MapFS{"migrations/0001_a.sql": firstMigration(t)})
	if err != nil {
		t.Fatal(err)
	}
	for table, n := range tables {
		if before[table] = rowsOf(t, old, table); len(before[table]) != n {
			t.Fatalf("%d rows of %s, want %d", len(before[table]), table, n)
		}
	}
	oldSchema := query[string](t, old, schema)
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	fresh, err := db.OpenMigrated(t.Context(), filepath.Join(t.TempDir(), "fresh.db"),
		fstest.MapFS{"migrations/0001_a.sql": firstMigration(t)})
	if err != nil {
		t.Fatal(err)
	}
	if got := query[string](t, fresh, schema); got != oldSchema {
		t.Errorf("the first migration was edited: it makes\n%s\nand made\n%s", got, oldSchema)
	}
	if err := fresh.Close(); err != nil {
		t.Fatal(err)
	}

	d := dbtest.OpenFile(t, path)
	if v := query[int](t, d, "PRAGMA user_version"); v != latest(t) {
		t.Errorf("schema version %d, want %d", v, latest(t))
	}
	added := map[string]map[string]string{
		"runs":             {"warnings": "string []", "weights": "<nil> <nil>", "predicted": "<nil> <nil>"},
		"layer_statistics": {}, "records": {"norm_batches": "int64 0", "validation_by_class": "<nil> <nil>"},
	}
	for _, column := range []string{"kurtosis", "q01", "q50", "q99", "histogram", "update_ratio", "gradient_noise"} {
		added["layer_statistics"][column] = "<nil> <nil>"
	}
	for table := range tables {
		for _, row := range before[table] {
			maps.Copy(row, added[table])
		}
		if after := rowsOf(t, d, table); !reflect.DeepEqual(after, before[table]) {
			t.Errorf("%s:\n%v\nwas\n%v", table, after, before[table])
		}
	}
	if got := query[string](t, d, "PRAGMA integrity_check"); got != "ok" {
		t.Errorf("integrity check: %s", got)
	}
	if got := rowsOf(t, d, "pragma_foreign_key_check"); got != nil {
		t.Errorf("foreign keys: %v", got)
	}
}

// TestOldDatabaseGoesOn works on with what an earlier program left.
func TestOldDatabaseGoesOn(t *testing.T) {
	d := dbtest.OpenFile(t, oldDatabase(t))
	ctx := t.Context()
	runs, err := d.ListRuns(ctx, advisor.RunFilter{})
	if err != nil || len(runs) != 7 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	for _, r := range runs {
		if r.Warnings == nil || len(r.Warnings) != 0 {
			t.Errorf("run %s: warnings %#v", r.ID, r.Warnings)
		}
	}
	if got, err := d.ListRuns(ctx, advisor.RunFilter{FromAdvice: "advice-done"}); err != nil || len(got) != 1 ||
		got[0].ID != "training" {
		t.Errorf("the runs made from the advice: %v, %v", got, err)
	}
	for _, c := range []struct {
		kind     advisor.JobKind
		id, want string
	}{
		{advisor.JobAdvice, "advice-done", "state queued, state running, done succeeded"},
		{advisor.JobAdvice, "advice-queued", "state queued"},
		{advisor.JobRun, "training", "state queued"},
		{advisor.JobRun, "run-running", "state queued, state running"},
		{advisor.JobRun, "run-failed", "state queued, state running, done failed"},
	} {
		if got := eventTexts(t, d, c.kind, c.id); got != c.want {
			t.Errorf("%s: %s, want %s", c.id, got, c.want)
		}
	}
	if n, err := d.Recover(ctx, time.Now(), func(advisor.Worker) bool { return true }); n != 1 || err != nil {
		t.Errorf("recovered %d, %v", n, err)
	}
	want := "state queued, state running, state queued"
	if got := eventTexts(t, d, advisor.JobRun, "run-running"); got != want {
		t.Errorf("a run taken back: %s, want %s", got, want)
	}
	a, found, err := d.FindUnfinishedAdvice(ctx, "the same command")
	if err != nil || !found || a.ID != "advice-queued" {
		t.Fatalf("found %v %q, %v", found, a.ID, err)
	}
	k := advisor.Submission{IdempotencyKey: advisor.IdempotencyKey{Key: "k"}, Kind: advisor.JobAdvice, ID: a.ID}
	if err := d.Remember(ctx, k); err != nil {
		t.Error(err)
	}
	l, err := d.ClaimJob(ctx, advisor.JobAdvice, a.ID, worker, inAnHour())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.StartRun(ctx, l, a.ProbeRun); err != nil {
		t.Error(err)
	}
	if err := d.Delete(ctx, advisor.JobAdvice, "advice-done"); err != nil {
		t.Error(err)
	}
	if got := stateOf(t, d, "training"); got != advisor.Queued {
		t.Errorf("after its advice was deleted, the training is %s", got)
	}
}
