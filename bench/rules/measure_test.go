package main

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/trainer"
)

func ended(accuracy float64, found ...string) judged {
	j := judged{accuracy: accuracy, found: map[string]advisor.Severity{}}
	for _, name := range found {
		j.found[name] = advisor.Low
	}
	return j
}

// TestScore: of the 2·3 pairs of a run with the finding and one without, 5 have it lower and 1 is even. The best
// quarter begins at the fourth of the five accuracies, .6.
func TestScore(t *testing.T) {
	all := []judged{ended(0.5, "a"), ended(0.7), ended(0.3, "a"), ended(0.5), ended(0.6)}
	if s, want := scoreOf("a", all), (score{runs: 5, fires: 2, best: 2, auc: 5.5 / 6}); s != want {
		t.Errorf("got %+v, want %+v", s, want)
	}
	if s := scoreOf("none", all); !math.IsNaN(s.auc) || s.fires != 0 {
		t.Errorf("got %+v of a rule that never fires", s)
	}
}

func TestLateRise(t *testing.T) {
	var c advisor.Case
	// quarters of their own: 2 2 2 2, then 1, 1.5
	for i, loss := range []trainer.Number{2, 2, 2, 2, 1, 1.25} {
		c.Records = append(c.Records, trainer.EpochRecord{Epoch: float64(i+1) / 4, TrainLoss: loss})
	}
	if got := lateRise(c); math.Abs(got-0.5) > 1e-12 {
		t.Errorf("got %g, want 0.5", got)
	}
}

func TestPoints(t *testing.T) {
	// mean 2 points, standard deviation √2 points, of two: error 1 point
	if got := points([]float64{0.01, 0.03}); got != "+2.0 ± 1.0" {
		t.Errorf("got %q", got)
	}
}

// TestUsefulnessNamesEveryRule runs on the first shipped past runs of both data sets.
func TestUsefulnessNamesEveryRule(t *testing.T) {
	shipped, err := corpus.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	var few []corpus.Entry
	for _, k := range keys {
		n := 0
		for _, e := range shipped {
			if e.Key == k && n < 8 {
				few = append(few, e)
				n++
			}
		}
	}
	var out bytes.Buffer
	if err := usefulness(t.Context(), &out, few); err != nil {
		t.Fatal(err)
	}
	for _, r := range separate() {
		if !strings.Contains(out.String(), "| "+r.Name+" |") {
			t.Errorf("no line of %s in\n%s", r.Name, out.String())
		}
	}
}
