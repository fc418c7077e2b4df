//go:build unix

package readme

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A Shell executes blocks.
type Shell struct {
	Dir     string        // working directory of every block
	Env     []string      // the whole environment
	Timeout time.Duration // for one block
}

// Run executes a block in a bash of its own and returns an error, with the output, unless it ends with b.Exit in time.
// Whatever the block leaves running is killed.
func (s Shell) Run(ctx context.Context, b Block) error {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", b.Script)
	cmd.Dir, cmd.Env = s.Dir, s.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that the children of bash can be reached
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	output, err := cmd.CombinedOutput()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the group is gone when all went well
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("not done after %v: %w", s.Timeout, ctx.Err())
	case err != nil && !errors.As(err, &exit):
	case cmd.ProcessState.ExitCode() != b.Exit:
		err = fmt.Errorf("exit code %d, want %d", cmd.ProcessState.ExitCode(), b.Exit)
	default:
		return nil
	}
	return fmt.Errorf("line %d: %w\n--- commands\n%s--- output\n%s", b.Line, err, b.Script, output)
}

// Environment returns the present environment with bin first on PATH and an empty place for Probewise's data, without
// settings that would make the program behave otherwise than for a reader at a terminal.
func Environment(bin, data string) []string {
	var env []string
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "PROBEWISE_") && !strings.HasPrefix(setting, "GITHUB_") {
			env = append(env, setting)
		}
	}
	return append(env,
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"PROBEWISE_DATA_DIR="+data,
		"NO_COLOR=1")
}
