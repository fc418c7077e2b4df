package analysis

import (
	"context"
	"math"
	"slices"
	"testing"

	"probewise/advisor/features"
	"probewise/advisor/pastruns/pastrunstest"
	"probewise/forest"
	"probewise/trainer"
)

// relater notes the tables that it is asked to relate, and knows nothing of their columns but the first.
func relater(tables *[]forest.Table) func(context.Context, forest.Table) (forest.Related, error) {
	return func(_ context.Context, t forest.Table) (forest.Related, error) {
		*tables = append(*tables, t)
		if len(t.Y) < forest.MinPastRuns {
			return forest.Related{}, forest.ErrTooFewRuns
		}
		return forest.Related{
			LinearInSample: 0.9,
			LinearHeldOut:  0.2,
			Relations: []forest.Relation{
				{Name: t.Names[0], Correlation: -0.5, Beta: math.NaN(), PValue: math.NaN(), Reason: "few"},
			},
		}, nil
	}
}

// TestStatistics: one table for each position that has layers, of the accuracy and the moment that were asked for, each
// related once.
func TestStatistics(t *testing.T) {
	var tables []forest.Table
	a := newAnalyst(t, source{key: runs(t, 25)}, pastrunstest.Fitter{OnRelate: relater(&tables)})
	one := 1.0
	for range 2 {
		got, err := a.Statistics(t.Context(), StatisticsQuery{Dataset: key.Dataset, Probe: &one})
		if err != nil {
			t.Fatal(err)
		}
		// Every net has one layer, which is of conv: nothing stands in the middle, and there is no dense one.
		var positions []trainer.LayerSet
		for _, p := range got.Positions {
			positions = append(positions, p.Position)
		}
		if want := []trainer.LayerSet{trainer.AllLayers, trainer.FirstTwo, trainer.LastTwo,
			trainer.ConvLayers}; !slices.Equal(positions, want) {
			t.Errorf("positions %v, want %v", positions, want)
		}
		if got.PastRuns != 25 || got.Target != Test || got.Reason == "" {
			t.Errorf("got %+v", got)
		}
		first := got.Positions[0]
		if first.Runs != 25 || first.Linear != (Fit{0.9, 0.2}) || first.Statistics[0].Name != "weight_variance" ||
			first.Statistics[0].Beta.Known() || first.Statistics[0].Correlation != -0.5 {
			t.Errorf("got %+v", first)
		}
	}
	if fitted := len(tables); fitted > 8 { // the two that fail are tried again
		t.Errorf("related %d tables", fitted)
	}
	test, last := tables[0], len(tables)
	if _, err := a.Statistics(t.Context(),
		StatisticsQuery{Dataset: key.Dataset, Target: Validation, Runs: 22}); err != nil {
		t.Fatal(err)
	}
	if whole := tables[last]; len(whole.Y) != 22 || slices.Equal(whole.X[0], test.X[0]) {
		t.Errorf("%d runs; at the end the statistics are %v, after one epoch %v", len(whole.Y), whole.X[0], test.X[0])
	}
	a.Past = source{}
	if got, err := a.Statistics(t.Context(), StatisticsQuery{Dataset: key.Dataset}); err != nil || got.Reason == "" ||
		len(got.Positions) != 0 {
		t.Errorf("without past runs: %+v (%v)", got, err)
	}
}

// TestHyperparameters: a table for each statistic that the runs have, of what is known before training.
func TestHyperparameters(t *testing.T) {
	var tables []forest.Table
	all := runs(t, 25)
	for i := range all {
		for j := range all[i].Records {
			for k := range all[i].Records[j].Layers {
				all[i].Records[j].Layers[k].UpdateRatio = trainer.Missing
			}
		}
	}
	a := newAnalyst(t, source{key: all}, pastrunstest.Fitter{OnRelate: relater(&tables)})
	got, err := a.Hyperparameters(t.Context(), StatisticsQuery{Dataset: key.Dataset}, trainer.AllLayers)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Statistics) != len(features.Statistics())-1 || got.Reason == "" ||
		got.Statistics[0].Statistic != "weight_variance" || got.Statistics[0].Runs != 25 {
		t.Errorf("%d statistics: %+v", len(got.Statistics), got)
	}
	if names := features.Architecture(all[0].Architecture).Names; !slices.Equal(tables[0].Names, names) {
		t.Errorf("columns %v, want %v", tables[0].Names, names)
	}
}
