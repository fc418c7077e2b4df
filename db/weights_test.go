package db_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/db"
	"probewise/db/dbtest"
)

// weightsOf is the file of a run's weights in a folder.
func weightsOf(dir, run string) string { return filepath.Join(dir, "weights", run+".safetensors") }

// keep stores the text as the weights of a run's epoch.
func keep(ctx context.Context, d *db.DB, l advisor.Lease, run string, epoch int, text string) error {
	return d.KeepWeights(ctx, l, run, epoch, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// openFolder opens a database in a folder that the test can look into.
func openFolder(t *testing.T) (*db.DB, string) {
	t.Helper()
	dir := t.TempDir()
	return dbtest.OpenFile(t, filepath.Join(dir, "test.db")), dir
}

// filesIn lists the files with weights.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "weights"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWeights(t *testing.T) {
	d, dir := openFolder(t)
	ctx := t.Context()
	l, r := runningRun(t, d)
	if _, _, err := d.Weights(ctx, r.ID); !errors.Is(err, advisor.ErrUnfinished) {
		t.Errorf("of a running run: %v", err)
	}
	for _, text := range []string{"first", "second"} { // a later one replaces it
		if err := keep(ctx, d, l, r.ID, 12, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.FinishRun(ctx, l, r.ID, advisor.Succeeded, dbtest.Outcome(15), ""); err != nil {
		t.Fatal(err)
	}
	// printf second | sha256sum
	want := advisor.Weights{Epoch: 12, Bytes: 6,
		SHA256: "16367aacb67a4a017c8da8ab95682ccb390863780f7114dda0a0e0c55644c7c4"}
	if got, err := d.Run(ctx, r.ID); err != nil || got.Weights == nil || *got.Weights != want {
		t.Errorf("the record says %+v (%v), want %+v", got.Weights, err, want)
	}
	f, about, err := d.Weights(ctx, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil || string(text) != "second" || about != want {
		t.Errorf("read %q, %+v, %v", text, about, err)
	}
	info, err := os.Stat(weightsOf(dir, r.ID))
	if err != nil || info.Mode().Perm() != 0o600 || len(filesIn(t, dir)) != 1 {
		t.Errorf("the file has mode %v (%v); there are %q", info.Mode(), err, filesIn(t, dir))
	}
	if err := keep(ctx, d, l, r.ID, 1, "late"); !errors.Is(err, advisor.ErrLeaseLost) {
		t.Errorf("after its end: %v", err)
	}
	if err := d.SweepWeights(ctx); err != nil || !slices.Equal(filesIn(t, dir), []string{r.ID + ".safetensors"}) {
		t.Errorf("swept: %v; there are %q", err, filesIn(t, dir))
	}
	if err := d.Delete(ctx, advisor.JobRun, r.ID); err != nil || len(filesIn(t, dir)) != 0 {
		t.Errorf("deleted: %v; there are %q", err, filesIn(t, dir))
	}
	if _, _, err := d.Weights(ctx, r.ID); !errors.Is(err, advisor.ErrNotFound) {
		t.Errorf("of a deleted run: %v", err)
	}
	_, without := runIn(t, d, advisor.Succeeded)
	if _, _, err := d.Weights(ctx, without.ID); !errors.Is(err, advisor.ErrNoWeights) {
		t.Errorf("of a run without: %v", err)
	}
}

// TestDamagedWeights: what was not written is not given out.
func TestDamagedWeights(t *testing.T) {
	d, dir := openFolder(t)
	l, r := runningRun(t, d)
	if err := keep(t.Context(), d, l, r.ID, 1, "weights"); err != nil {
		t.Fatal(err)
	}
	if err := d.FinishRun(t.Context(), l, r.ID, advisor.Succeeded, dbtest.Outcome(15), ""); err != nil {
		t.Fatal(err)
	}
	file := weightsOf(dir, r.ID)
	for name, spoil := range map[string]func() error{
		"lost":    func() error { return os.Remove(file) },
		"cut off": func() error { return os.WriteFile(file, []byte("weight"), 0o600) },
		"changed": func() error { return os.WriteFile(file, []byte("weightS"), 0o600) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		_, _, err := d.Weights(t.Context(), r.ID)
		if !errors.Is(err, advisor.ErrDamagedWeights) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWeightsThatAreNotWritten leave nothing behind.
func TestWeightsThatAreNotWritten(t *testing.T) {
	d, dir := openFolder(t)
	ctx := t.Context()
	l, r := runningRun(t, d)
	full := func(w io.Writer) error {
		_, err := io.WriteString(w, "some")
		return errors.Join(err, &fs.PathError{Op: "write", Path: "weights", Err: syscall.ENOSPC})
	}
	if err := d.KeepWeights(ctx, l, r.ID, 1, full); !errors.Is(err, advisor.ErrStorageFull) {
		t.Errorf("on a full disk: %v", err)
	}
	stranger := l
	stranger.Token = "another"
	if err := keep(ctx, d, stranger, r.ID, 1, "text"); !errors.Is(err, advisor.ErrLeaseLost) {
		t.Errorf("without the lease: %v", err)
	}
	if got := filesIn(t, dir); len(got) > 0 {
		t.Errorf("files are left: %q", got)
	}
	if got, err := d.Run(ctx, r.ID); err != nil || got.Weights != nil {
		t.Errorf("the record says %+v, %v", got.Weights, err)
	}
}

// TestWeightsOfWorkThatWasCut: the record forgets them with the training that they came from.
func TestWeightsOfWorkThatWasCut(t *testing.T) {
	ctx := t.Context()
	for name, cut := range map[string]func(*db.DB, advisor.Lease) error{
		"released": func(d *db.DB, l advisor.Lease) error { return d.Release(ctx, l) },
		"recovered": func(d *db.DB, _ advisor.Lease) error {
			_, err := d.Recover(ctx, time.Now(), func(advisor.Worker) bool { return true })
			return err
		},
		"cancelled": func(d *db.DB, l advisor.Lease) error { return d.Cancelled(ctx, l) },
		"failed": func(d *db.DB, l advisor.Lease) error {
			return d.FinishRun(ctx, l, l.ID, advisor.Failed, nil, "reason")
		},
	} {
		d, dir := openFolder(t)
		l, r := runningRun(t, d)
		if err := keep(ctx, d, l, r.ID, 15, "weights"); err != nil {
			t.Fatal(err)
		}
		if err := cut(d, l); err != nil {
			t.Fatal(err)
		}
		got, err := d.Run(ctx, r.ID)
		if err != nil || got.Weights != nil {
			t.Errorf("%s: the record says %+v, %v", name, got.Weights, err)
		}
		if err := d.SweepWeights(ctx); err != nil {
			t.Error(err)
		}
		if left := len(filesIn(t, dir)); left != 0 && got.State.Finished() {
			t.Errorf("%s: %d files are left", name, left)
		}
	}
}

// TestSweepWeights: a killed process may leave a file without a record, a part, or both.
func TestSweepWeights(t *testing.T) {
	d, dir := openFolder(t)
	if err := d.SweepWeights(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, running := runningRun(t, d)
	if err := keep(t.Context(), d, l, running.ID, 1, "weights"); err != nil {
		t.Fatal(err)
	}
	_, queued := runIn(t, d, advisor.Queued)
	_, failed := runIn(t, d, advisor.Failed)
	_, ended := runIn(t, d, advisor.Succeeded)
	gone := dbtest.Run(t).ID
	stays := []string{running.ID + ".safetensors", running.ID + ".safetensors.1.part", queued.ID + ".safetensors",
		"mine.safetensors", "notes.txt", gone}
	goes := []string{queued.ID + ".safetensors.1.part", failed.ID + ".safetensors", ended.ID + ".safetensors",
		ended.ID + ".safetensors.2.part", gone + ".safetensors", gone + ".safetensors.3.part"}
	for _, name := range slices.Concat(stays, goes) {
		if err := os.WriteFile(filepath.Join(dir, "weights", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.SweepWeights(t.Context()); err != nil {
		t.Fatal(err)
	}
	slices.Sort(stays)
	if got := filesIn(t, dir); !slices.Equal(got, stays) {
		t.Errorf("left are\n%q, want\n%q", got, stays)
	}
}

// TestKilledWhileWritingWeights kills a process with SIGKILL that writes the weights of a run: the next one trains the
// run again and keeps its own.
func TestKilledWhileWritingWeights(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "test.db")
	d := dbtest.OpenFile(t, path)
	ctx := t.Context()
	_, r := runIn(t, d, advisor.Queued)
	c := startChild(t, "write weights", path)
	c.begin(t)
	var began string
	if err := c.out.Decode(&began); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Process.Kill(), c.in.Close()); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	parts := filesIn(t, dir)
	if len(parts) != 1 || !strings.HasPrefix(parts[0], r.ID+".safetensors.") {
		t.Fatalf("the killed process left %q", parts)
	}
	if n, err := d.Recover(ctx, time.Now(), func(advisor.Worker) bool { return true }); n != 1 || err != nil {
		t.Fatalf("recovered %d, %v", n, err)
	}
	if err := d.SweepWeights(ctx); err != nil || len(filesIn(t, dir)) != 0 {
		t.Errorf("swept: %v; there are %q", err, filesIn(t, dir))
	}
	l, err := d.ClaimJob(ctx, advisor.JobRun, r.ID, worker, inAnHour())
	if err != nil {
		t.Fatal(err)
	}
	if err := keep(ctx, d, l, r.ID, 15, "whole"); err != nil {
		t.Fatal(err)
	}
	if err := d.FinishRun(ctx, l, r.ID, advisor.Succeeded, dbtest.Outcome(15), ""); err != nil {
		t.Fatal(err)
	}
	f, _, err := d.Weights(ctx, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if text, err := io.ReadAll(f); err != nil || !bytes.Equal(text, []byte("whole")) {
		t.Errorf("read %q, %v", text, err)
	}
}

// TestPredictionOfARun is kept with it, also when the advice is deleted.
func TestPredictionOfARun(t *testing.T) {
	d := dbtest.Open(t)
	r := dbtest.Run(t)
	r.FromAdvice = "deleted since"
	r.Predicted = &advisor.Prediction{TestAccuracy: 0.7, Low: 0.65, High: 0.75, Confidence: 0.8, Warnings: []string{"w"}}
	if err := d.CreateRun(t.Context(), r, "", advisor.IdempotencyKey{}); err != nil {
		t.Fatal(err)
	}
	got, err := d.Run(t.Context(), r.ID)
	if err != nil || got.Predicted == nil || got.Predicted.TestAccuracy != 0.7 || got.Predicted.Low != 0.65 ||
		len(got.Predicted.Warnings) != 1 {
		t.Errorf("predicted %+v, %v", got.Predicted, err)
	}
}

// TestOldRunsGetTheirPrediction: that of their advice, also where they have ended, and they stay frozen.
func TestOldRunsGetTheirPrediction(t *testing.T) {
	path := oldDatabase(t)
	predicted := `UPDATE advice SET document = json_set(document, '$.revised.prediction', json(` +
		`'{"test_accuracy":0.71,"low":0.66,"high":0.75,"confidence":0.8}'));`
	text, err := os.ReadFile("testdata/schema1.sql")
	if err != nil || !strings.Contains(string(text), `"prediction":null,"verified"`) {
		t.Fatalf("no advice with a revision: %v", err)
	}
	old, err := db.OpenMigrated(t.Context(), path, migrationsUntil(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{
		"DROP TRIGGER finished_advice_is_frozen;", predicted,
		"UPDATE runs SET state = 'running' WHERE id = 'training';", "UPDATE runs SET state = 'failed' WHERE id = 'training';",
	} {
		if _, err := old.Writer().ExecContext(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	d := dbtest.OpenFile(t, path)
	got, err := d.Run(t.Context(), "training")
	if err != nil || got.Predicted == nil || got.Predicted.TestAccuracy != 0.71 || got.Predicted.High != 0.75 {
		t.Errorf("predicted %+v, %v", got.Predicted, err)
	}
	if _, err := d.Writer().ExecContext(t.Context(), "UPDATE runs SET predicted = NULL"); err == nil {
		t.Error("a finished run could be changed")
	}
}
