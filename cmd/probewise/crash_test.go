package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/db"
)

// tiny trains in well under a second an epoch, and has something to be said about it.
const tiny = `{"version":1,"name":"tiny","layers":[
	{"type":"conv","filters":4,"kernel":3,"activation":"relu"},{"type":"max_pool","size":2},
	{"type":"conv","filters":4,"kernel":3,"activation":"relu"},{"type":"max_pool","size":2},
	{"type":"flatten"},{"type":"dense","units":16,"activation":"relu"},{"type":"dense","units":32,"activation":"relu"},
	{"type":"dense","units":10,"activation":"softmax"}],
	"training":{"epochs":15,"seed":7}}`

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// killAt starts the program and kills it with SIGKILL when it prints a line that begins with the given words.
func killAt(t *testing.T, words string, args ...string) {
	t.Helper()
	c := subprocess(t.Context(), t, args...)
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said = append(said, lines.Text())
		if strings.HasPrefix(lines.Text(), words) {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := c.Wait(); err == nil {
				t.Fatal("the program ended well before it was killed")
			}
			return
		}
	}
	t.Fatalf("the program never said %q, but %q", words, said)
}

// TestWorkerTakesOverAKilledAdvice lets another process, a draining worker, finish what a kill left.
func TestWorkerTakesOverAKilledAdvice(t *testing.T) {
	file, dir := write(t, "tiny.json", tiny), dataDir(t)
	killAt(t, "train: epoch 0", "train", file, "--images", "500", "--epochs", "4", "--data-dir", dir)
	if code, _, errOut := call(t, "worker", "--drain", "--data-dir", dir); code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	runs := storedRuns(t, dir)
	if len(runs) != 1 || runs[0].State != advisor.Succeeded || !runs[0].Outcome.TestAccuracy.Known() {
		t.Errorf("runs %+v, want one that succeeded", runs)
	}
	if kept, err := filepath.Glob(filepath.Join(dir, "weights", "*")); err != nil || len(kept) != 1 ||
		runs[0].Weights == nil {
		t.Errorf("its weights are %+v, in %q (%v)", runs[0].Weights, kept, err)
	}
}

// hot diverges in its first epoch.
const hot = `{"version":1,"name":"hot","layers":[
	{"type":"conv","filters":4,"kernel":3,"activation":"linear"},{"type":"max_pool","size":4},{"type":"flatten"},
	{"type":"dense","units":16,"activation":"linear"},{"type":"dense","units":10,"activation":"softmax"}],
	"training":{"optimizer":{"type":"sgd","learning_rate":1000},"epochs":15}}`

func storedRuns(t *testing.T, dir string) []advisor.Run {
	t.Helper()
	store, err := db.Open(t.Context(), filepath.Join(dir, "probewise.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	runs, err := store.ListRuns(t.Context(), advisor.RunFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func advice(t *testing.T, document string) advisor.Advice {
	t.Helper()
	var a advisor.Advice
	if err := json.Unmarshal([]byte(document), &a); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	return a
}

// timeless is the advice as a document without ids and times.
func timeless(t *testing.T, a advisor.Advice) map[string]any {
	t.Helper()
	encoded, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(encoded, &d); err != nil {
		t.Fatal(err)
	}
	return withoutTimes(d)
}

func withoutTimes(d map[string]any) map[string]any {
	for _, key := range []string{"id", "probe_run", "created", "started", "finished"} {
		delete(d, key)
	}
	for _, s := range d["suggestions"].([]any) {
		for _, of := range []string{"trial", "verified"} {
			if v, ok := s.(map[string]any)[of].(map[string]any); ok {
				delete(v, "run")
			}
		}
	}
	return d
}
