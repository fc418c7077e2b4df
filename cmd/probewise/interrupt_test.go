//go:build unix

package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"testing"

	"probewise/advisor"
)

// TestInterruptedRunGoesBackToTheQueue stops the program with SIGINT in the middle of a run.
func TestInterruptedRunGoesBackToTheQueue(t *testing.T) {
	file, dir := write(t, "tiny.json", tiny), dataDir(t)
	c := subprocess(t.Context(), t, "train", file, "--images", "1000", "--data-dir", dir)
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	lines.Scan() // the first record
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // until it ends
	}
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("the program ended with %v, want exit %d", err, exitInterrupted)
	}
	runs := storedRuns(t, dir)
	if len(runs) != 1 || runs[0].State != advisor.Queued {
		t.Errorf("runs %+v, want one in the queue", runs)
	}
}
