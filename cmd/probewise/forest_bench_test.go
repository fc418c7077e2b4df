package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"probewise/advisor/analysis"
)

// TestForestBench predicts made-up curves, in child processes, and names what is wrong with a file.
func TestForestBench(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var rows strings.Builder
	rows.WriteString("net,acc_1,acc_2,acc_3\n")
	for i := range 70 {
		end := 0.2 + 0.6*r.Float64()
		fmt.Fprintf(&rows, "net %d,%.4f,%.4f,%.4f\n", i, 0.5*end, 0.8*end, end)
	}
	file, splits := write(t, "curves.csv", rows.String()), filepath.Join(t.TempDir(), "splits.json")
	code, out, errOut := call(t, "forest", "bench", file, "--fit", "45", "--epochs", "1,2", "--repeats", "1", "--splits", splits, "--json")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var got struct{ Results []benchResult }
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Results) != 2 || got.Results[1].Epochs != 2 || got.Results[1].R2 < 0.9 || got.Results[0].Tau < 0.9 {
		t.Errorf("%v: %s", err, out)
	}
	var rowsOf [][]int
	if data, err := os.ReadFile(splits); err != nil || json.Unmarshal(data, &rowsOf) != nil || len(rowsOf) != 1 || len(rowsOf[0]) != 45 {
		t.Errorf("splits %v (%v)", rowsOf, err)
	}
	for want, args := range map[string][]string{
		"no accuracies of at most 3": {"--epochs", "3"},
		"must not be negative":       {"--epochs", "-1"},
		"must leave 20 to predict":   {"--fit", "60", "--epochs", "1"},
		"none.csv":                   nil,
	} {
		name := file
		if args == nil {
			name = filepath.Join(t.TempDir(), "none.csv")
		}
		if code, _, errOut := call(t, append([]string{"forest", "bench", name}, args...)...); code != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%v: exit %d, %s, want %q", args, code, errOut, want)
		}
	}
}

// TestForestBenchOnPastRuns predicts shipped runs from half an epoch; with shuffled targets nothing is left.
func TestForestBenchOnPastRuns(t *testing.T) {
	dir := t.TempDir()
	bench := func(args ...string) benchResult {
		t.Helper()
		code, out, errOut := call(t, append([]string{"forest", "bench", "--dataset", "cifar10", "--epochs", "0.5", "--repeats", "2", "--json", "--data-dir", dir}, args...)...)
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
		if code, _, errOut := call(t, append([]string{"forest", "bench", "--data-dir", dir}, args...)...); code == exitOK || !strings.Contains(errOut, want) {
			t.Errorf("%v: exit %d, %s, want %q", args, code, errOut, want)
		}
	}
}

// TestForestExpect expects the statistics of an example by the shipped runs; a second call only reads the forests.
func TestForestExpect(t *testing.T) {
	dir := t.TempDir()
	args := []string{"forest", "expect", filepath.Join("..", "..", "examples", "flawed.json"), "--probe", "1", "--position", "conv", "--json", "--data-dir", dir}
	code, out, errOut := call(t, args...)
	var got analysis.ExpectedStatistics
	if err := json.Unmarshal([]byte(out), &got); code != exitOK || err != nil || len(got.Statistics) != 18 || got.Position != "conv" {
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
		if !(e.Low < e.Mean && e.Mean < e.High) {
			t.Errorf("%+v", e)
		}
	}
	if _, again, _ := call(t, args...); again != out {
		t.Errorf("once more: %s", again)
	}
	bad := write(t, "bad.json", `{"version":1,"layers":[]}`)
	if code, _, errOut := call(t, "forest", "expect", bad, "--data-dir", dir); code != exitUsage || !strings.Contains(errOut, "/layers") {
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
		if len(p.Statistics) != 20 || p.Linear.InSample < p.Linear.HeldOut || p.Forest.InSample < p.Forest.HeldOut || p.Forest.HeldOut <= 0 {
			t.Errorf("%s: %+v, %+v, %d statistics", p.Position, p.Linear, p.Forest, len(p.Statistics))
		}
	}
	for want, args := range map[string][]string{"--target all": {"--target", "all"}, "--position top": {"--position", "top"}, "--runs": {"--runs", "-1"}} {
		if code, _, errOut := call(t, append([]string{"forest", "statistics", "--data-dir", dir}, args...)...); code != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%v: exit %d, %s", args, code, errOut)
		}
	}
}
