//go:build gpu && softcuda

package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/db"
)

// failAt breaks the software device at that launch of a process, or from the start.
const failAt = "PROBEWISE_SOFTCUDA_FAIL_AT"

// lostIn checks that a program said that its device is lost, and ended for it.
func lostIn(t *testing.T, err error, said string) {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitUnevaluated ||
		!strings.Contains(said, "device SOFTWARE DEVICE (no GPU) is lost: cuda: ") ||
		!strings.Contains(said, "; start the program again") {
		t.Errorf("ended with %v, want exit %d: %s", err, exitUnevaluated, said)
	}
}

// work lets a worker do what is queued, and returns how it ended and what it said.
func work(t *testing.T, dir, fails string) (string, error) {
	t.Helper()
	t.Setenv(failAt, fails)
	said, err := subprocess(t.Context(), t, "worker", "--drain", "--data-dir", dir).CombinedOutput()
	return string(said), err
}

// TestLostDevice: a GPU that fails ends service and worker, and the run goes back to the queue, for a new process to
// do; one that costs every worker its device fails.
func TestLostDevice(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(failAt, "100")
	s := serve(t, dir)
	s.ask(202, "POST", "/v1/runs",
		fmt.Sprintf(`{"architecture":%s,"kind":"full","budget":{"images":60,"epochs":1}}`, tiny))
	<-s.read
	lostIn(t, s.command.Wait(), s.log.String())
	state := func() advisor.Run {
		t.Helper()
		runs := storedRuns(t, dir)
		if len(runs) != 1 {
			t.Fatalf("runs %+v, want one", runs)
		}
		return runs[0]
	}
	for i := 1; i < db.MaxLostLeases; i++ { // the service was the first
		if r := state(); r.State != advisor.Queued {
			t.Fatalf("after %d losses the run is %s: %s", i, r.State, r.Error)
		}
		said, err := work(t, dir, "100")
		lostIn(t, err, said)
	}
	if r := state(); r.State != advisor.Failed || !strings.Contains(r.Error, "5 workers") ||
		!strings.Contains(r.Error, "is lost: cuda: ") || !strings.Contains(r.Error, "IllegalAddress") {
		t.Errorf("the run is %s: %s", r.State, r.Error)
	}
}

// TestUnavailableDevice: a device that cannot be had costs workers their process, and no run its chances.
func TestUnavailableDevice(t *testing.T) {
	dir := t.TempDir()
	file := write(t, "tiny.json", tiny)
	t.Setenv(failAt, "start")
	for range db.MaxLostLeases + 1 {
		said, err := subprocess(t.Context(), t, "train", file, "--images", "60", "--epochs", "1", "--data-dir",
			dir).CombinedOutput()
		lostIn(t, err, string(said))
	}
	if said, err := work(t, dir, ""); err != nil {
		t.Errorf("a sound device: %v: %s", err, said)
	}
	if runs := storedRuns(t, dir); len(runs) != 1 || runs[0].State != advisor.Succeeded {
		t.Errorf("runs %+v, want one that succeeded", runs)
	}
}
