//go:build unix

package readme

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"probewise/test/tree"
)

// TestLeftOut names the blocks that TestREADME leaves out; run it with -v.
func TestLeftOut(t *testing.T) {
	for _, b := range readBlocks(t, filepath.Join(tree.Root(t), "README.md")) {
		if b.LeftOut != "" {
			t.Logf("README.md:%d left out (%s):\n%s", b.Line, b.LeftOut, b.Script)
		}
	}
}

func TestFixture(t *testing.T) {
	bin := t.TempDir()
	program := "#!/bin/sh\necho \"the fixture's program\"\n"
	if err := os.WriteFile(filepath.Join(bin, "probewise"), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	shell := Shell{Dir: tree.Root(t), Env: Environment(bin, t.TempDir()), Timeout: time.Minute}
	if executed := execute(t, shell, readBlocks(t, "testdata/README.md")); executed != 3 {
		t.Errorf("executed %d blocks, want 3", executed)
	}
}

func TestRunFaults(t *testing.T) {
	tests := []struct {
		name    string
		block   Block
		timeout time.Duration
		want    string
	}{
		{"command fails", Block{Line: 4, Script: "echo said; false; echo unreached\n"}, time.Minute,
			"line 4: exit code 1, want 0"},
		{"failure in a pipe", Block{Script: "false | true\n"}, time.Minute, "exit code 1, want 0"},
		{"unset variable", Block{Script: "echo $no_such_variable\n"}, time.Minute, "no_such_variable: unbound"},
		{"succeeds against its marker", Block{Script: "true\n", Exit: 1}, time.Minute, "exit code 0, want 1"},
		{"other code than its marker", Block{Script: "exit 2\n", Exit: 1}, time.Minute, "exit code 2, want 1"},
		{"never ends", Block{Script: "tail -f /dev/null | cat\n"}, 50 * time.Millisecond, "not done after 50ms"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			shell := Shell{Dir: t.TempDir(), Env: append(os.Environ(), "LC_ALL=C"), Timeout: tt.timeout}
			err := shell.Run(t.Context(), tt.block)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "\nunreached") {
				t.Error("the block went on after a failure")
			}
		})
	}
}

func TestRunIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (Shell{Dir: t.TempDir(), Timeout: time.Minute}).Run(ctx, Block{Script: "true\n"}); err == nil {
		t.Error("no error from a cancelled context")
	}
}

func TestEnvironmentHidesSettings(t *testing.T) {
	t.Setenv("PROBEWISE_SEED", "7")
	t.Setenv("GITHUB_STEP_SUMMARY", "summary.md")
	env := strings.Join(Environment("/bin-first", "/data"), "\n") + "\n"
	for _, hidden := range []string{"PROBEWISE_SEED", "GITHUB_STEP_SUMMARY"} {
		if strings.Contains(env, hidden) {
			t.Errorf("%s reaches the commands", hidden)
		}
	}
	for _, set := range []string{"PATH=/bin-first:", "PROBEWISE_DATA_DIR=/data\n"} {
		if !strings.Contains(env, set) {
			t.Errorf("%q is missing", set)
		}
	}
}

// execute runs the blocks in order, stopping at the first that fails, and returns how many it ran.
func execute(t *testing.T, shell Shell, blocks []Block) int {
	t.Helper()
	executed := 0
	for _, b := range blocks {
		if b.LeftOut != "" {
			continue
		}
		start := time.Now()
		if err := shell.Run(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		t.Logf("line %d: %.1f s", b.Line, time.Since(start).Seconds())
		executed++
	}
	return executed
}

func readBlocks(t *testing.T, file string) []Block {
	t.Helper()
	markdown, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := Blocks(string(markdown))
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(file), err)
	}
	return blocks
}
