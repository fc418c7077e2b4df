package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asProgram makes the test binary the program itself, for tests that need a process (and for the forest's child).
const asProgram = "PROBEWISE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Unsetenv("PROBEWISE_DATA_DIR")
		main()
	}
	os.Setenv(asProgram, "1") // for children
	if forests = os.Getenv("PROBEWISE_TEST_FORESTS"); forests == "" {
		var err error
		if forests, err = os.MkdirTemp("", "forests"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(forests)
	}
	m.Run()
}

// forests are fitted once for all tests whose folder is a dataDir: with the race detector a fit takes a minute. With
// PROBEWISE_TEST_FORESTS, a folder that is there, they are kept for the next run of the tests, too.
var forests string

// dataDir is a data folder that is new but for fitted forests.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(forests, filepath.Join(dir, "forests")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// call runs the command line in this process.
func call(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// subprocess prepares the command line as a process of its own.
func subprocess(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, binary, args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}
