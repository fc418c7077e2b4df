//go:build slow

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"probewise/advisor/analysis"
)

// TestForestShow prints held-out figures for the shipped past runs, fitted in a child process.
func TestForestShow(t *testing.T) {
	code, out, errOut := call(t, "forest", "show", "--repeats", "1", "--splits", "1", "--epochs", "1,3", "--json",
		"--data-dir", t.TempDir())
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var c analysis.Cards
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatal(err)
	}
	if c.PastRuns < 40 || c.Images != 10_000 || c.Epochs != 15 || len(c.Probe) != 2 || len(c.Ablation) != 8 {
		t.Fatalf("card %+v", c)
	}
	for _, e := range c.Probe {
		if e.R2 < 0.3 || e.Tau < 0.3 || len(e.Members) != 5 || e.Members[0].R2 < 0.3 || e.Coverage80 < 0.6 ||
			e.Width80 <= 0 || e.Runs != c.PastRuns {
			t.Errorf("at %g epochs: %+v", e.Epochs, e)
		}
	}
	code, out, _ = call(t, "forest", "show", "--dataset", "nothing", "--data-dir", t.TempDir())
	if code != exitOK || !strings.Contains(out, "no past runs") {
		t.Errorf("a data set without past runs: exit %d, %q", code, out)
	}
}

// TestForestFit fits in a child process, keeps the forest, and finds it the second time; what cannot be fitted has its
// reason.
func TestForestFit(t *testing.T) {
	dir := t.TempDir()
	fit := func() []fittedForest {
		t.Helper()
		code, out, errOut := call(t, "forest", "fit", "--epochs", "1,7", "--json", "--data-dir", dir)
		var list []fittedForest
		if err := json.Unmarshal([]byte(out), &list); code != exitOK || err != nil || len(list) != 2 {
			t.Fatalf("exit %d, %v: %s%s", code, err, out, errOut)
		}
		return list
	}
	first := fit()
	if f := first[0]; f.Forest == "" || f.PastRuns < 40 || f.R2 == nil || *f.R2 < 0.3 || f.Probe != 1 {
		t.Errorf("got %+v", f)
	}
	if f := first[1]; f.R2 != nil || !strings.Contains(f.Reason, "7 epochs") {
		t.Errorf("of a probe that is longer than the records: %+v", f)
	}
	kept, err := filepath.Glob(filepath.Join(dir, "*", "*.forest"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v, %v", kept, err)
	}
	before, err := os.Stat(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	again := fit()
	after, err := os.Stat(kept[0])
	if err != nil || again[0].Forest != first[0].Forest || !os.SameFile(before, after) {
		t.Errorf("the second time %+v, %v", again[0], err)
	}
	if code, _, errOut := call(t, "forest", "fit", "--dataset", "nothing", "--data-dir", dir); code != exitUnevaluated ||
		!strings.Contains(errOut, "no past runs") {
		t.Errorf("a data set without past runs: exit %d, %s", code, errOut)
	}
}

// TestForestBenchOnPastRuns predicts shipped runs from half an epoch; with shuffled targets nothing is left.
func TestForestBenchOnPastRuns(t *testing.T) {
	dir := t.TempDir()
	bench := func(args ...string) benchResult {
		t.Helper()
		code, out, errOut := call(t,
			append([]string{
				"forest", "bench", "--dataset", "cifar10", "--epochs", "0.5", "--repeats", "2", "--json", "--data-dir", dir,
			}, args...)...)
		var got struct{ Results []benchResult }
		if err := json.Unmarshal([]byte(out), &got); code != exitOK || err != nil || len(got.Results) != 1 {
			t.Fatalf("exit %d, %v: %s%s", code, err, out, errOut)
		}
		return got.Results[0]
	}
	if r := bench(); r.R2 < 0.5 || r.Epochs != 0.5 || r.Coverage80 < 0.6 || r.Coverage80 > 0.95 {
		t.Errorf("got %+v", r)
	}
	if r := bench("--shuffle"); r.R2 > 0.05 {
		t.Errorf("with shuffled targets %+v", r)
	}
	for want, args := range map[string][]string{
		"name a file":     {},
		"no past runs":    {"--dataset", "nope"},
		"0.1 epochs":      {"--dataset", "cifar10", "--epochs", "0.1"},
		"a data set with": {"curves.csv", "--dataset", "cifar10"},
	} {
		if code, _, errOut := call(t, append([]string{"forest", "bench", "--data-dir", dir}, args...)...); code == exitOK ||
			!strings.Contains(errOut, want) {
			t.Errorf("%v: exit %d, %s, want %q", args, code, errOut, want)
		}
	}
}

// TestForestExpect expects the statistics of an example by the shipped runs; a second call only reads the forests.
func TestForestExpect(t *testing.T) {
	dir := t.TempDir()
	args := []string{"forest", "expect", filepath.Join("..", "..", "examples", "flawed.json"), "--probe", "1",
		"--position", "conv", "--json", "--data-dir", dir}
	code, out, errOut := call(t, args...)
	var got analysis.ExpectedStatistics
	if err := json.Unmarshal([]byte(out), &got); code != exitOK || err != nil || len(got.Statistics) != 18 ||
		got.Position != "conv" {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errOut)
	}
	for _, e := range got.Statistics {
		most, shares := map[string]float64{"gradient_noise": 2, "dead_units": 1}[e.Name], strings.Contains(e.Name, "share")
		if shares {
			most = 1
		}
		if most > 0 && !(e.Low >= 0 && e.High <= most) {
			t.Errorf("%s can be from 0 to %g: %+v", e.Name, most, e)
		}
		if !(e.Low <= e.Mean && e.Mean <= e.High && e.Low < e.High) { // shares are cut at 0 and 1
			t.Errorf("%+v", e)
		}
	}
	if _, again, _ := call(t, args...); again != out {
		t.Errorf("once more: %s", again)
	}
	bad := write(t, "bad.json", `{"version":1,"layers":[]}`)
	if code, _, errOut := call(t, "forest", "expect", bad, "--data-dir", dir); code != exitUsage ||
		!strings.Contains(errOut, "/layers") {
		t.Errorf("exit %d: %s", code, errOut)
	}
}

// TestForestStatistics relates the statistics of the shipped runs on CIFAR-10.
func TestForestStatistics(t *testing.T) {
	dir := t.TempDir()
	code, out, errOut := call(t, "forest", "statistics", "--dataset", "cifar10", "--json", "--data-dir", dir)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var got analysis.StatisticsTable
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.PastRuns < 60 || len(got.Positions) != 6 {
		t.Fatalf("%v: %+v", err, got)
	}
	for _, p := range got.Positions {
		if len(p.Statistics) != 20 || p.Linear.InSample < p.Linear.HeldOut || p.Forest.InSample < p.Forest.HeldOut ||
			p.Forest.HeldOut <= 0 {
			t.Errorf("%s: %+v, %+v, %d statistics", p.Position, p.Linear, p.Forest, len(p.Statistics))
		}
	}
	for want, args := range map[string][]string{"--target all": {"--target", "all"},
		"--position top": {"--position", "top"}, "--runs": {"--runs", "-1"}} {
		if code, _, errOut := call(t,
			append([]string{"forest", "statistics", "--data-dir", dir},
				args...)...); code != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%v: exit %d, %s", args, code, errOut)
		}
	}
}
