package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/advisor/predict"
)

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	valid, broken := write(t, "tiny.json", tiny), write(t, "broken.json", `{"version":1,"layers":[{"type":"conv","filter":8,"kernel":0}]}`)
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no command", []string{}, exitOK, ""},
		{"unknown command", []string{"advize"}, exitUsage, "advize"},
		{"unknown flag", []string{"advise", valid, "--probe-epoch", "1"}, exitUsage, "probe-epoch"},
		{"no file", []string{"advise"}, exitUsage, "accepts 1 arg"},
		{"missing file", []string{"advise", filepath.Join(dir, "none.json")}, exitUsage, "none.json"},
		{"broken architecture", []string{"advise", broken}, exitUsage, "/layers/0/filter"},
		{"unknown data set", []string{"advise", valid, "--dataset", "imagenet"}, exitUsage, "imagenet"},
		{"too many images", []string{"train", valid, "--images", "20000"}, exitUsage, "20000 images"},
		{"probe longer than the run", []string{"advise", valid, "--probe-epochs", "16"}, exitUsage, "16"},
		{"negative epochs", []string{"train", valid, "--epochs", "-5"}, exitUsage, "/training/epochs"},
		{"a seed out of range", []string{"train", valid, "--seed", "9007199254740993"}, exitUsage, "/training/seed"},
		{"negative suggestions", []string{"advise", valid, "--suggestions", "-3"}, exitUsage, "suggestions"},
		{"unknown subcommand", []string{"forest", "fit"}, exitUsage, "fit"},
		{"too few images for a corpus", []string{"corpus", "build", "--images", "3"}, exitUsage, "--images 3"},
		{"a corpus extended by nothing", []string{"corpus", "extend", "--runs", "0"}, exitUsage, "--runs must be at least 1"},
		{"unknown device", []string{"version", "--device", "tpu"}, exitUsage, "tpu"},
		{"a memory limit that is none", []string{"version", "--memory-limit", "much"}, exitUsage, "--memory-limit much"},
		{"over the memory limit", []string{"train", valid, "--images", "500", "--memory-limit", "1MiB"}, exitUnevaluated, "more than the limit of 1 MiB (1048576 bytes)"},
		{"no folder for data", []string{"train", valid, "--data-dir", valid}, exitUnevaluated, "data folder"},
		{"version", []string{"version"}, exitOK, ""},
		{"rules", []string{"rules"}, exitOK, ""},
		{"schema", []string{"schema"}, exitOK, ""},
		{"healthcheck", []string{"healthcheck"}, exitOK, ""},
		{"data sets", []string{"dataset", "list"}, exitOK, ""},
		{"nothing queued", []string{"worker", "--drain"}, exitOK, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := c.args
			if !strings.Contains(strings.Join(args, " "), "--data-dir") && len(args) > 0 {
				args = append(args, "--data-dir", dir)
			}
			code, _, errOut := call(t, args...)
			if code != c.code || !strings.Contains(errOut, c.says) {
				t.Errorf("exit %d, want %d with %q: %s", code, c.code, c.says, errOut)
			}
		})
	}
}

// TestBrokenArchitectureAsJSON: with --json the findings are the document.
func TestBrokenArchitectureAsJSON(t *testing.T) {
	broken := write(t, "broken.json", `{"version":1,"layers":[{"type":"conv","filter":8,"kernel":0}]}`)
	code, out, _ := call(t, "train", broken, "--json", "--data-dir", t.TempDir())
	var document struct {
		File   string
		Errors []struct{ Pointer, Code, Message string }
	}
	if err := json.Unmarshal([]byte(out), &document); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	if code != exitUsage || document.File != broken || len(document.Errors) < 2 {
		t.Errorf("exit %d, %+v", code, document)
	}
}

// TestTrainIsRepeatable trains the same architecture twice: the same accuracies, two past runs.
func TestTrainIsRepeatable(t *testing.T) {
	file, dir := write(t, "tiny.json", tiny), t.TempDir()
	var outcomes []advisor.Run
	for range 2 {
		code, out, errOut := call(t, "train", file, "--images", "500", "--epochs", "2", "--json", "--data-dir", dir)
		if code != exitOK {
			t.Fatalf("exit %d: %s", code, errOut)
		}
		var run advisor.Run
		if err := json.Unmarshal([]byte(out), &run); err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		outcomes = append(outcomes, run)
	}
	a, b := outcomes[0].Outcome, outcomes[1].Outcome
	if a.TestLoss != b.TestLoss || a.TrainLoss != b.TrainLoss || a.ValidationAccuracy != b.ValidationAccuracy {
		t.Errorf("two runs differ: %+v, %+v", a, b)
	}
	_, out, _ := call(t, "corpus", "show", "--json", "--data-dir", dir)
	var past []pastRun
	if err := json.Unmarshal([]byte(out), &past); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, p := range past {
		if p.Key.Images == 500 && p.ArchitectureID == outcomes[0].ArchitectureID {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%d of the two full runs are past runs", found)
	}
}

// TestSettings: defaults < file < environment < flags.
func TestSettings(t *testing.T) {
	config := write(t, "config.yaml", "json: true\n")
	_, out, _ := call(t, "version", "--config", config)
	if !strings.HasPrefix(out, "{") {
		t.Errorf("the file's json: true gave %q", out)
	}
	t.Setenv("PROBEWISE_JSON", "false")
	if _, out, _ := call(t, "version", "--config", config); strings.HasPrefix(out, "{") {
		t.Errorf("PROBEWISE_JSON=false gave %q", out)
	}
	if _, out, _ := call(t, "version", "--config", config, "--json"); !strings.HasPrefix(out, "{") {
		t.Errorf("--json gave %q", out)
	}
	wrong := write(t, "wrong.yaml", "jason: true\n")
	if code, _, errOut := call(t, "version", "--config", wrong); code != exitUsage || !strings.Contains(errOut, "jason") {
		t.Errorf("an unknown key gave exit %d: %s", code, errOut)
	}
}

// TestForestShow prints held-out figures for the shipped past runs, fitted in a child process.
func TestForestShow(t *testing.T) {
	code, out, errOut := call(t, "forest", "show", "--repeats", "1", "--splits", "1", "--epochs", "1,3", "--json", "--data-dir", t.TempDir())
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var c predict.Cards
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatal(err)
	}
	if c.PastRuns < 40 || c.Images != 10_000 || c.Epochs != 15 || len(c.Probe) != 2 || len(c.Ablation) != 8 {
		t.Fatalf("card %+v", c)
	}
	for _, e := range c.Probe {
		if e.R2 < 0.3 || e.Tau < 0.3 || len(e.Alternatives) != 5 || e.Alternatives[0].R2 < 0.3 || e.Coverage80 < 0.6 || e.Width80 <= 0 || e.Runs != c.PastRuns {
			t.Errorf("at %g epochs: %+v", e.Epochs, e)
		}
	}
	code, out, _ = call(t, "forest", "show", "--dataset", "nothing", "--data-dir", t.TempDir())
	if code != exitOK || !strings.Contains(out, "no past runs") {
		t.Errorf("a data set without past runs: exit %d, %q", code, out)
	}
}

// TestStandardInput reads the architecture from a pipe.
func TestStandardInput(t *testing.T) {
	a := app{in: strings.NewReader("content")}
	if data, err := a.read("-"); err != nil || string(data) != "content" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := a.read(filepath.Join(t.TempDir(), "none")); !os.IsNotExist(err) {
		t.Errorf("error %v", err)
	}
}
