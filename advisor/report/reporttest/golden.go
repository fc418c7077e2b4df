package reporttest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

var update = flag.Bool("update", false, "write the golden files")

// Advices are all that there are, by name.
var Advices = map[string]func(*testing.T) (advisor.Advice, []trainer.EpochRecord){
	"advised": Advised, "unpredicted": Unpredicted, "diverged": Diverged, "sound": Sound, "failed": Failed, "deep": Deep,
	"crowded": Crowded,
}

// Runs are all that there are, by name.
var Runs = map[string]func(*testing.T) (advisor.Run, []trainer.EpochRecord){"trained": Trained, "broken": Broken}

// Golden compares with a file of the package's testdata; with -update it writes the file.
func Golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s; run with -update and look at the difference\n%s", path, got)
	}
}
