package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"probewise/advisor"
)

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	valid, broken := write(t, "tiny.json", tiny),
		write(t, "broken.json", `{"version":1,"layers":[{"type":"conv","filter":8,"kernel":0}]}`)
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
		{"no budget", []string{"advise", valid, "--budget", "0"}, exitUsage, "--budget 0"},
		{"a budget too large", []string{"advise", valid, "--budget", "21"}, exitUsage, "a budget of 21 full trainings"},
		{"no seeds", []string{"advise", valid, "--seeds", "0"}, exitUsage, "--seeds 0"},
		{"an unknown effort", []string{"advise", valid, "--effort", "huge"}, exitUsage, "standard or quick"},
		{"no probes", []string{"advise", valid, "--probe-seeds", "-1"}, exitUsage, "give 1 to 8"},
		{"an unknown metric", []string{"advise", valid, "--metric", "fame"}, exitUsage, "balanced_accuracy or macro_f1"},
		{"an unknown goal", []string{"advise", valid, "--goal", "fame"}, exitUsage, "accuracy, shrink or target"},
		{"a goal without its target", []string{"advise", valid, "--goal", "target"}, exitUsage, "needs --target"},
		{"a target without its goal", []string{"advise", valid, "--target", "0.9"}, exitUsage, "the goal is accuracy"},
		{"a target below chance", []string{"advise", valid, "--goal", "target", "--target", "0.05"}, exitUsage,
			"above chance"},
		{"a bound that nothing keeps", []string{"advise", valid, "--max-parameters", "3"}, exitUsage, "give at least 10"},
		{"a frozen layer that is not there", []string{"advise", valid, "--freeze", "conv1", "--freeze", "conv9"}, exitUsage,
			"no layer \"conv9\""},
		{"an unknown knob", []string{"advise", valid, "--forbid", "optimiser"}, exitUsage, "did you mean \"optimizer\""},
		{"gains at no moment", []string{"forest", "gains", "--epochs", "0.7"}, exitUsage, "--epochs 0.7"},
		{"gains of no pairs", []string{"forest", "gains", "--dataset", "nothing"}, exitUnevaluated, "0 pairs of runs"},
		{"unknown subcommand", []string{"forest", "grow"}, exitUsage, "grow"},
		{"a negative design", []string{"corpus", "build", "--design", "-1"}, exitUsage, "--design -1: give 1 to 30"},
		{"a design beside runs", []string{"corpus", "build", "--design", "5", "--runs", "3"}, exitUsage,
			"picks the runs itself"},
		{"too few images for a corpus", []string{"corpus", "build", "--images", "3"}, exitUsage, "--images 3"},
		{"a corpus extended by nothing", []string{"corpus", "extend", "--runs", "0"}, exitUsage, "--runs must be at least 1"},
		{"unknown device", []string{"version", "--device", "tpu"}, exitUsage, "tpu"},
		{"a memory limit that is none", []string{"version", "--memory-limit", "much"}, exitUsage, "--memory-limit much"},
		{"over the memory limit", []string{"train", valid, "--images", "500", "--memory-limit", "1MiB"}, exitUnevaluated,
			"more than the limit of 1 MiB (1048576 bytes)"},
		{"a folder for weights", []string{"train", valid, "--weights", dir}, exitUsage, "give the name of a file"},
		{"no folder for weights", []string{"train", valid, "--weights", filepath.Join(dir, "none", "w.safetensors")},
			exitUsage, "make it first"},
		{"weights of nothing", []string{"advise", valid, "--weights", filepath.Join(dir, "w.safetensors")}, exitUsage,
			"--weights needs --train"},
		{"no folder for data", []string{"train", valid, "--data-dir", valid}, exitUnevaluated, "data folder"},
		{"version", []string{"version"}, exitOK, ""},
		{"rules", []string{"rules"}, exitOK, ""},
		{"knobs", []string{"knobs"}, exitOK, ""},
		{"knobs as JSON", []string{"knobs", "--json"}, exitOK, ""},
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

// TestCorpusExport: the table has a line for each run that the forest is fitted on, with the same numbers in both
// forms.
func TestCorpusExport(t *testing.T) {
	dir := t.TempDir()
	code, out, errOut := call(t, "corpus", "export", "--epochs", "0", "--data-dir", dir)
	lines, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if code != exitOK || err != nil || len(lines) < 40 {
		t.Fatalf("exit %d, %v: %s", code, err, errOut)
	}
	_, text, _ := call(t, "corpus", "export", "--epochs", "0", "--json", "--data-dir", dir)
	var e export
	if err := json.Unmarshal([]byte(text), &e); err != nil || len(e.Runs) != len(lines)-1 || e.Key.Images != 10_000 {
		t.Fatalf("%d lines, %d runs of %v, %v", len(lines)-1, len(e.Runs), e.Key, err)
	}
	if header := lines[0]; header[0] != "architecture" || header[len(header)-1] != "test_accuracy" ||
		!slices.Equal(header[1:len(header)-1], e.Features) {
		t.Errorf("header %v", header)
	}
	missing := 0
	for i, run := range e.Runs {
		line := lines[i+1]
		if line[0] != run.Architecture || line[len(line)-1] != fmt.Sprint(run.TestAccuracy) {
			t.Errorf("run %d: %s … %s, want %s … %g", i, line[0], line[len(line)-1], run.Architecture, run.TestAccuracy)
		}
		for j, v := range run.Values {
			if !v.Known() {
				missing++
			}
			if x, err := strconv.ParseFloat(line[j+1], 64); v.Known() != (err == nil) || v.Known() && x != float64(v) {
				t.Errorf("run %d, %s: %q, want %v", i, e.Features[j], line[j+1], v)
			}
		}
	}
	if missing == 0 {
		t.Error("nothing is missing; every net seems to have every layer")
	}
	for want, args := range map[string][]string{"no past runs": {"--dataset", "nothing"},
		"must not be negative": {"--epochs", "-1"}, "7 epochs": {"--epochs", "7"}} {
		if code, _, errOut := call(t, append([]string{"corpus", "export", "--data-dir", dir}, args...)...); code == exitOK ||
			!strings.Contains(errOut, want) {
			t.Errorf("%v: exit %d, %s", args, code, errOut)
		}
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
