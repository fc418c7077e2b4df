package trainer

import (
	"encoding/json"
	"testing"
)

// TestStatisticsOfOlderRecords: what an older version did not measure is missing, not 0.
func TestStatisticsOfOlderRecords(t *testing.T) {
	var l LayerStatistics
	old := `{"layer":"conv1","type":"conv","weights":{"mean":0.5,"variance":null}}`
	if err := json.Unmarshal([]byte(old), &l); err != nil {
		t.Fatal(err)
	}
	if l.Layer != "conv1" || l.Weights.Mean != 0.5 {
		t.Errorf("got %+v", l)
	}
	for name, n := range map[string]Number{
		"variance": l.Weights.Variance, "kurtosis": l.Weights.Kurtosis, "median": l.Weights.Q50,
		"gradient":     l.Gradients.Mean,
		"update ratio": l.UpdateRatio, "noise": l.GradientNoise, "dead units": l.DeadUnits} {
		if n.Known() {
			t.Errorf("%s is %v, want it missing", name, n)
		}
	}
}

func TestGradientRatio(t *testing.T) {
	layer := func(norm Number) LayerStatistics { return LayerStatistics{Gradients: Statistics{L2Norm: norm}} }
	if r := (EpochRecord{Layers: []LayerStatistics{layer(0.5), layer(7), layer(2)}}).GradientRatio(); r != 0.25 {
		t.Errorf("ratio %v", r)
	}
	for _, r := range []EpochRecord{
		{}, {Layers: []LayerStatistics{layer(1), layer(0)}}, {Layers: []LayerStatistics{layer(Missing), layer(1)}},
	} {
		if ratio := r.GradientRatio(); ratio.Known() {
			t.Errorf("ratio %v of %v", ratio, r.Layers)
		}
	}
}
