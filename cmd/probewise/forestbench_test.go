package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// madeCurves are runs whose end follows from rate and top, with a column of text.
func madeCurves(n int) string {
	r := rand.New(rand.NewPCG(4, 4))
	var b strings.Builder
	b.WriteString("net,acc_10,rate,acc_2,acc_1\n")
	for i := range n {
		rate, top := math.Exp(r.NormFloat64()/2-1), 0.5+0.3*r.Float64()
		at := func(epoch float64) float64 { return top*(1-math.Exp(-rate*epoch)) + 0.005*r.NormFloat64() + 0.02 }
		fmt.Fprintf(&b, "\"net %d, wide\",%.4f,%.4f,%.4f,%.4f\n", i, at(10), rate, at(2), at(1))
	}
	return b.String()
}

func TestForestBench(t *testing.T) {
	file := write(t, "curves.csv", madeCurves(90))
	folds := filepath.Join(t.TempDir(), "folds.json")
	bench := func(more ...string) (answer benchAnswer) {
		t.Helper()
		args := append([]string{"forest", "bench", file, "--fit", "40", "--repeats", "2", "--json"}, more...)
		code, out, errOut := call(t, args...)
		if code != exitOK || json.Unmarshal([]byte(out), &answer) != nil || !strings.Contains(out, "\n  \"results\": [") {
			t.Fatalf("exit %d: %s%s", code, out, errOut)
		}
		return answer
	}
	answer := bench("--epochs", "1,2", "--write-folds", folds)
	if len(answer.Results) != 2 || answer.Held != 50 || answer.Results[0].Epochs != 1 {
		t.Fatalf("%+v", answer)
	}
	if first, second := answer.Results[0], answer.Results[1]; first.R2 < 0.5 || second.R2 < first.R2 || second.CaughtWorstFifth <= 0 {
		t.Errorf("%+v", answer.Results)
	}
	if again := bench("--epochs", "2"); fmt.Sprint(again.Results[0]) != fmt.Sprint(answer.Results[1]) {
		t.Errorf("same seed: %+v, then %+v", answer.Results[1], again.Results[0])
	}
	if data, err := os.ReadFile(folds); err != nil || !strings.HasPrefix(string(data), `[{"Fit":[`) {
		t.Errorf("folds %.40s, %v", data, err)
	}
	if shuffled := bench("--epochs", "2", "--shuffle"); shuffled.Results[0].R2 > 0.05 || !shuffled.Shuffle {
		t.Errorf("shuffled targets: %+v", shuffled.Results)
	}
	code, out, _ := call(t, "forest", "bench", file, "--fit", "40", "--repeats", "1", "--epochs", "2", "--only", "ridge")
	if code != exitOK || !strings.Contains(out, "worst fifth caught") || !strings.Contains(out, "50 held out") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestForestBenchErrors(t *testing.T) {
	good := madeCurves(60)
	lines := strings.Split(strings.TrimSpace(good), "\n")
	with := func(line int, text string) string {
		changed := append([]string{}, lines...)
		changed[line-1] = text
		return strings.Join(changed, "\n")
	}
	for name, c := range map[string]struct {
		csv  string
		args []string
		says string
	}{
		"no file":           {"", []string{"none.csv"}, "none.csv"},
		"empty":             {"", nil, "empty"},
		"no acc columns":    {"a,b\n1,2\n", nil, "no columns acc_1"},
		"ragged":            {with(3, "x,0.5,0.1,0.3"), nil, "line 3"},
		"text":              {with(4, "x,0.5,0.1,much,0.2"), nil, `line 4, column "acc_2": "much" is not a number`},
		"text feature":      {with(5, "x,0.5,fast,0.3,0.2"), nil, `line 5, column "rate": "fast" is not a number`},
		"NaN":               {with(6, "x,0.5,0.1,NaN,0.2"), nil, `line 6, column "acc_2": "NaN" is not finite`},
		"infinite":          {with(7, "x,0.5,Inf,0.3,0.2"), nil, `line 7, column "rate": "Inf" is not finite`},
		"too large":         {with(7, "x,0.5,1e999,0.3,0.2"), nil, `"1e999" is not finite`},
		"percent":           {with(8, "x,50,0.1,0.3,0.2"), nil, `line 8, column "acc_10": 50 is not an accuracy of 0…1`},
		"two of one epoch":  {"acc_1,acc_01\n1,1\n", nil, "two columns for epoch 1"},
		"too few runs":      {good, []string{"--fit", "41"}, "60 runs; fitting on 41 takes at least 61"},
		"at the last epoch": {good, []string{"--fit", "40", "--epochs", "10"}, "--epochs 10: the target is the accuracy after 10 epochs"},
		"before the first":  {good, []string{"--fit", "40", "--epochs", "0"}, "--epochs 0: no accuracy up to there"},
		"tiny fit":          {good, []string{"--fit", "19"}, "--fit must be at least 20"},
		"no repeats":        {good, []string{"--repeats", "0"}, "--repeats"},
		"alternative":       {good, []string{"--fit", "40", "--only", "best"}, `alternative "best"`},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"forest", "bench"}
			if name != "no file" {
				args = append(args, write(t, "curves.csv", c.csv))
			}
			code, _, errOut := call(t, append(args, c.args...)...)
			if code == exitOK || !strings.Contains(errOut, c.says) {
				t.Errorf("exit %d, want %q: %s", code, c.says, errOut)
			}
		})
	}
}
