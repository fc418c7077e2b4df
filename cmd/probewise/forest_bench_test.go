package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	code, out, errOut := call(t, "forest", "bench", file, "--fit", "45", "--epochs", "1,2", "--repeats", "1",
		"--splits", splits, "--json")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var got struct{ Results []benchResult }
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Results) != 2 || got.Results[1].Epochs != 2 ||
		got.Results[1].R2 < 0.9 || got.Results[0].Tau < 0.9 {
		t.Errorf("%v: %s", err, out)
	}
	var rowsOf [][]int
	if data, err := os.ReadFile(splits); err != nil || json.Unmarshal(data, &rowsOf) != nil || len(rowsOf) != 1 ||
		len(rowsOf[0]) != 45 {
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
		if code, _, errOut := call(t, append([]string{"forest", "bench", name}, args...)...); code != exitUsage ||
			!strings.Contains(errOut, want) {
			t.Errorf("%v: exit %d, %s, want %q", args, code, errOut, want)
		}
	}
}
