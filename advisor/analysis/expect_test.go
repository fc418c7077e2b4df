package analysis

import (
	"math"
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/advisor/pastruns/pastrunstest"
	"probewise/trainer"
)

// TestExpect: where a statistic follows from the architecture, what is expected of a net comes near it, on the
// statistic's own scale, whether the net is among the past runs or not.
func TestExpect(t *testing.T) {
	filters := func(a trainer.Architecture) float64 { return float64(a.Layers[0].Filters) }
	all := runs(t, 60)
	for i := range all {
		for j := range all[i].Records {
			for k := range all[i].Records[j].Layers {
				l := &all[i].Records[j].Layers[k]
				// a logarithm is taken of it
				l.Gradients.Variance = trainer.Number(1e-6 * math.Pow(filters(all[i].Architecture), 2))
				l.DeadUnits = trainer.Number(filters(all[i].Architecture) / 100)
				l.UpdateRatio = trainer.Missing
				l.Weights.MaxAbs = 0.5
			}
		}
	}
	analyst := newAnalyst(t, source{key: all}, pastrunstest.Fitter{})
	a := all[25].Architecture
	got, err := analyst.Expect(t.Context(), a, StatisticsQuery{Dataset: key.Dataset}, trainer.ConvLayers)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]ExpectedStatistic{}
	for _, e := range got.Statistics {
		found[e.Name] = e
	}
	for name, want := range map[string]float64{"gradient_variance": 1e-6 * math.Pow(filters(a), 2),
		"dead_units": filters(a) / 100} {
		e := found[name]
		if math.Abs(e.Mean/want-1) > 0.1 || e.Low > want || e.High < want || e.Low >= e.Mean || e.Mean >= e.High ||
			e.HeldOutR2 < 0.9 || e.Confidence != 0.8 {
			t.Errorf("%s: %+v, want %g", name, e, want)
		}
		if e.Runs != 59 { // without its own
			t.Errorf("%s: expected from %d past runs", name, e.Runs)
		}
	}
	for _, name := range []string{"weight_update_ratio", "weight_max"} { // not there, always the same
		if _, there := found[name]; there || got.Reason == "" {
			t.Errorf("%s: %+v, reason %q", name, found[name], got.Reason)
		}
	}
	if middle, err := analyst.Expect(t.Context(), a, StatisticsQuery{Dataset: key.Dataset},
		trainer.MiddleLayers); err != nil || len(middle.Statistics) != 0 ||
		middle.Reason != "the architecture has no layers there (middle)" {
		t.Errorf("of layers that it has not: %+v (%v)", middle, err)
	}
	analyst.Forests.Fitter = nil // all is fitted
	if again, err := analyst.Expect(t.Context(), a, StatisticsQuery{Dataset: key.Dataset},
		trainer.ConvLayers); err != nil || len(again.Statistics) != len(got.Statistics) {
		t.Errorf("once more: %+v (%v)", again, err)
	}
	analyst.Past = source{}
	if got, err := analyst.Expect(t.Context(), a, StatisticsQuery{Dataset: "none"}, trainer.AllLayers); err != nil ||
		got.Reason == "" || len(got.Statistics) != 0 {
		t.Errorf("without past runs: %+v (%v)", got, err)
	}
	analyst.Past = source{key: []advisor.PastRun{all[0]}}
	if got, err := analyst.Expect(t.Context(), a, StatisticsQuery{Dataset: key.Dataset}, trainer.AllLayers); err != nil ||
		len(got.Statistics) != 0 || !strings.Contains(got.Reason, "weight_variance, weight_max") {
		t.Errorf("with one past run: %+v (%v)", got, err)
	}
}

// TestExpectWarnsOfTheUnseen: as predictions do.
func TestExpectWarnsOfTheUnseen(t *testing.T) {
	all := runs(t, 41)
	net := all[40].Architecture
	net.Training.Augment = trainer.Augment{Flip: true, Crop: 2}
	e, err := newAnalyst(t, source{key: all[:40]}, pastrunstest.Fitter{}).Expect(t.Context(), net,
		StatisticsQuery{Dataset: key.Dataset}, trainer.AllLayers)
	if err != nil || len(e.Statistics) == 0 ||
		!slices.ContainsFunc(e.Statistics[0].Warnings, func(w string) bool { return strings.Contains(w, "flipped images") }) {
		t.Errorf("expected without a warning: %+v, %v", e, err)
	}
}
