package advisor

import (
	"math"
	"testing"

	"probewise/trainer"
)

// series returns records whose weight variance of conv1 takes the values at the epochs.
func series(values map[float64]float64) []trainer.EpochRecord {
	var records []trainer.EpochRecord
	for _, epoch := range []float64{0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75, 3, 4} {
		if v, ok := values[epoch]; ok {
			l := trainer.LayerStatistics{Layer: "conv1", DeadUnits: 0.25}
			l.Weights.Variance, l.Gradients.MaxAbs, l.Activations.L2Norm = trainer.Number(v), 2, 3
			records = append(records, trainer.EpochRecord{Epoch: epoch, Layers: []trainer.LayerStatistics{l}})
		}
	}
	return records
}

func TestMeasure(t *testing.T) {
	whole := map[float64]float64{0: 9, 0.5: 1, 0.75: 1, 1: 1, 2: 2, 2.5: 8, 2.75: 9, 3: 6}
	for _, c := range []struct {
		name    string
		q       Quantity
		records []trainer.EpochRecord
		layer   string
		want    float64
	}{
		{"plain", Quantity{Statistic: trainer.StatisticNamed("weight_variance"), Epoch: 2}, series(whole), "conv1", 2},
		{"gradients", Quantity{Statistic: trainer.StatisticNamed("gradient_max_abs"), Epoch: 2}, series(whole), "conv1", 2},
		{"activations", Quantity{Statistic: trainer.StatisticNamed("activation_l2_norm"), Epoch: 2},
			series(whole), "conv1", 3},
		{"dead units", Quantity{Statistic: trainer.StatisticNamed("dead_units"), Epoch: 2}, series(whole), "conv1", 0.25},
		{"no such layer", Quantity{Statistic: trainer.StatisticNamed("weight_variance"), Epoch: 2}, series(whole),
			"conv2", math.NaN()},
		{"no such epoch", Quantity{Statistic: trainer.StatisticNamed("weight_variance"), Epoch: 5}, series(whole),
			"conv1", math.NaN()},
		// Whole epochs 1, 2, 3: (6 − 4 + 1) / 3 = 1.
		{"whole epochs first", Quantity{Statistic: trainer.StatisticNamed("weight_variance"), Epoch: 3, Acceleration: true},
			series(whole), "conv1", 1},
		// Epochs 0, 1, 2 would take initialisation in; quarters: (4 − 4 + 1) / (7/3) = 3/7.
		{"quarters where epochs are too few",
			Quantity{Statistic: trainer.StatisticNamed("weight_variance"), Epoch: 2, Acceleration: true},
			series(map[float64]float64{0: 1, 1: 1, 1.5: 1, 1.75: 2, 2: 4}), "conv1", 3.0 / 7},
		{"decelerating", Quantity{Statistic: trainer.StatisticNamed("weight_variance"), Epoch: 1, Acceleration: true},
			series(map[float64]float64{0.5: 1, 0.75: 3, 1: 4}), "conv1", -3.0 / 8},
		{"not rising", Quantity{Statistic: trainer.StatisticNamed("weight_variance"), Epoch: 1, Acceleration: true},
			series(map[float64]float64{0.5: 5, 0.75: 1, 1: 5}), "conv1", 0},
		{"initialisation left out",
			Quantity{Statistic: trainer.StatisticNamed("weight_variance"), Epoch: 0.5, Acceleration: true},
			series(map[float64]float64{0: 1, 0.25: 2, 0.5: 4}), "conv1", math.NaN()},
		{"uneven", Quantity{Statistic: trainer.StatisticNamed("weight_variance"), Epoch: 4, Acceleration: true},
			series(map[float64]float64{1: 1, 3: 2, 4: 4}), "conv1", math.NaN()},
	} {
		got := float64(c.q.Measure(c.records, c.layer))
		if math.Abs(got-c.want) > 1e-12 || math.IsNaN(got) != math.IsNaN(c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestQuantityName(t *testing.T) {
	for want, q := range map[string]Quantity{
		"weight_variance":                  {Statistic: trainer.StatisticNamed("weight_variance")},
		"gradient_max_abs":                 {Statistic: trainer.StatisticNamed("gradient_max_abs")},
		"activation_variance_acceleration": {Statistic: trainer.StatisticNamed("activation_variance"), Acceleration: true},
		"dead_units":                       {Statistic: trainer.StatisticNamed("dead_units")},
	} {
		if got := q.Name(); got != want {
			t.Errorf("%+v: got %q, want %q", q, got, want)
		}
	}
}
