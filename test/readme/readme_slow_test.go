//go:build unix && slow

package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"probewise/test/tree"
)

// perBlock is far above what the slowest block takes, and below the ten minutes that go test gives the package.
const perBlock = 4 * time.Minute

// TestREADME executes every block that is not left out.
func TestREADME(t *testing.T) {
	root := tree.Root(t)
	blocks := readBlocks(t, filepath.Join(root, "README.md"))
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o",
		filepath.Join(bin, "probewise"), "./cmd/probewise")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	shell := Shell{Dir: root, Env: Environment(bin, t.TempDir()), Timeout: perBlock}
	if executed := execute(t, shell, blocks); executed == 0 {
		t.Error("README.md has no command that is executed")
	}
}
