package features

import (
	"math"
	"testing"

	"probewise/trainer"
)

// norms are records of a net of five layers, whose gradient norms are powers of ten; conv layers first.
func norms(rows ...[6]float64) []trainer.EpochRecord {
	var records []trainer.EpochRecord
	for _, row := range rows {
		r := trainer.EpochRecord{Epoch: row[0]}
		for i, exponent := range row[1:] {
			l := trainer.LayerStatistics{Type: trainer.Conv}
			l.Gradients.L2Norm = trainer.Number(math.Pow(10, exponent))
			if i > 2 {
				l.Type = trainer.Dense
			}
			r.Layers = append(r.Layers, l)
		}
		records = append(records, r)
	}
	return records
}

// TestAggregatesByHand: positions by the last record, forms by the mean over all layers: 0, 1, 3, 2 at epochs 0, ½, 1,
// 2.
func TestAggregatesByHand(t *testing.T) {
	records := norms([6]float64{0, 0, 0, 0, 0, 0}, [6]float64{0.5, 1, 1, 1, 1, 1}, [6]float64{1, 3, 3, 3, 3, 3},
		[6]float64{2, 1, 2, 2.5, 2, 2.5})
	norm := trainer.StatisticNamed("gradient_l2_norm")
	for position, want := range map[trainer.LayerSet]float64{
		trainer.AllLayers: 2, trainer.FirstTwo: 1.5, trainer.MiddleLayers: 2.5, trainer.LastTwo: 2.25,
		trainer.ConvLayers: 5.5 / 3, trainer.DenseLayers: 2.25,
	} {
		if got := Aggregate(records, norm, position, Level); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: %g, want %g", position, got, want)
		}
	}
	// Slope: t − 7/8, x − 3/2: Σ(t−t̄)x = −3/8·1 + 1/8·3 + 9/8·2 = 9/4; Σ(t−t̄)² = (49+9+1+81)/64 = 35/16.
	// Acceleration: m is the second of four: (2−1)/(2−½) − 1/½. Differences by epoch: 2, 4, −1.
	for form, want := range map[Form]float64{Level: 2, Change: 2, Slope: 36.0 / 35, Acceleration: 2.0/3 - 2,
		Volatility: math.Sqrt((4+16+1)/3.0 - 25.0/9)} {
		if got := Aggregate(records, norm, trainer.AllLayers, form); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: %g, want %g", form, got, want)
		}
	}
	three := norms([6]float64{0, 0, 0, 0, 0, 0}, [6]float64{1, 1, 1, 1, 1, 1}, [6]float64{2, 3, 3, 3, 3, 3})
	if got := Aggregate(three, norm, trainer.AllLayers, Acceleration); math.Abs(got-1) > 1e-12 {
		t.Errorf("second difference %g, want 1", got)
	}
}

// TestAggregatesOfTooLittle: too few records or layers give NaN, and a record without the statistic is left out.
func TestAggregatesOfTooLittle(t *testing.T) {
	norm := trainer.StatisticNamed("gradient_l2_norm")
	two := norms([6]float64{0, 1, 1, 1, 1, 1}, [6]float64{1, 3, 3, 3, 3, 3})
	for form, known := range map[Form]bool{
		Level: true, Change: true, Slope: true, Acceleration: false, Volatility: false,
	} {
		if got := Aggregate(two, norm, trainer.AllLayers, form); math.IsNaN(got) == known {
			t.Errorf("%s of two records: %g", form, got)
		}
	}
	small := []trainer.EpochRecord{{Layers: two[0].Layers[:3]}}
	for position, known := range map[trainer.LayerSet]bool{
		trainer.AllLayers: true, trainer.FirstTwo: true, trainer.MiddleLayers: false, trainer.LastTwo: true,
		trainer.ConvLayers: true, trainer.DenseLayers: false,
	} {
		if got := Aggregate(small, norm, position, Level); math.IsNaN(got) == known {
			t.Errorf("%s of three layers: %g", position, got)
		}
	}
	ratio := trainer.StatisticNamed("update_ratio")
	two[0].Layers[0].UpdateRatio = trainer.Missing
	for i := range two[0].Layers {
		two[0].Layers[i].UpdateRatio, two[1].Layers[i].UpdateRatio = trainer.Missing, 0.01
	}
	level, change := Aggregate(two, ratio, trainer.AllLayers, Level), Aggregate(two, ratio, trainer.AllLayers, Change)
	if math.Abs(level+2) > 1e-12 || !math.IsNaN(change) {
		t.Errorf("of one record with the statistic: level %g, change %g", level, change)
	}
	if got := Aggregate(nil, norm, trainer.AllLayers, Level); !math.IsNaN(got) {
		t.Errorf("of no records: %g", got)
	}
}

// TestExtremes leaves out the layers that lack the statistic.
func TestExtremes(t *testing.T) {
	layers := []trainer.LayerStatistics{
		{DeadUnits: trainer.Missing}, {DeadUnits: 0.3}, {DeadUnits: trainer.Missing}, {DeadUnits: 0.1}, {DeadUnits: 0.2}}
	dead := trainer.StatisticNamed("dead_units")
	if least, greatest := Extremes(layers, dead); least != 0.1 || greatest != 0.3 {
		t.Errorf("least %g, greatest %g", least, greatest)
	}
	if least, greatest := Extremes(layers[:1], dead); !math.IsNaN(least) || !math.IsNaN(greatest) {
		t.Errorf("of layers without it: %g, %g", least, greatest)
	}
}

// TestStatistics holds what each statistic is taken from, and on which scale: every figure of the layer is another one.
func TestStatistics(t *testing.T) {
	of := func(base float64) trainer.Statistics {
		n := func(i float64) trainer.Number { return trainer.Number(base + i/100) }
		return trainer.Statistics{
			Mean:       n(1),
			Variance:   n(2),
			MaxAbs:     n(3),
			ShareBelow: n(4),
			ShareZero:  n(5),
			L2Norm:     n(6),
			Kurtosis:   n(7),
			Q01:        n(8),
			Q50:        n(10),
			Q99:        n(19),
		}
	}
	l := trainer.LayerStatistics{
		Weights:       of(1),
		Gradients:     of(2),
		Activations:   of(3),
		UpdateRatio:   4,
		GradientNoise: 5,
		DeadUnits:     6,
	}
	log := math.Log10
	want := map[string]float64{
		"weight_variance": log(1.02), "weight_max": log(1.03), "weight_share_below": 1.04, "weight_kurtosis": log(1.07),
		"weight_spread": log(0.11), "weight_update_ratio": log(4),
		"gradient_variance": log(2.02), "gradient_max": log(2.03), "gradient_share_below": 2.04, "gradient_norm": log(2.06),
		"gradient_kurtosis": log(2.07), "gradient_noise": 5,
		"activation_variance": log(3.02), "activation_max": log(3.03), "activation_share_below": 3.04,
		"activation_share_zero": 3.05, "activation_kurtosis": log(3.07), "dead_units": 6,
	}
	for _, s := range Statistics() {
		if expected, known := want[s.Feature]; !known || math.Abs(scaled(s, &l)-expected) > 1e-12 {
			t.Errorf("%s = %g, want %g", s.Feature, scaled(s, &l), expected)
		}
		delete(want, s.Feature)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestHasLayersAt(t *testing.T) {
	const conv = `{"type":"conv","filters":8,"kernel":3},`
	five := parse(t, conv+conv+conv+conv+`{"type":"global_avg_pool"},{"type":"dense","units":10,"activation":"softmax"}`)
	for _, position := range trainer.LayerSets() {
		if !five.HasLayersAt(position) {
			t.Errorf("nothing stands at %s of five layers", position)
		}
	}
	if globalPool(t).HasLayersAt(trainer.MiddleLayers) {
		t.Error("one of two layers stands in the middle")
	}
}

// TestGradientRatio: the first layer's norm over the last's, 10⁻¹ at the start and 10⁻³ an epoch later; without layers
// there is none.
func TestGradientRatio(t *testing.T) {
	records := norms([6]float64{0, 1, 0, 0, 0, 2}, [6]float64{1, -1, 5, 5, 5, 2})
	for form, want := range map[Form]float64{Level: -3, Change: -2, Slope: -2} {
		if got := GradientRatio(records, form); math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: %g, want %g", form, got, want)
		}
	}
	records[0].Layers = nil
	if got := GradientRatio(records[:1], Level); !math.IsNaN(got) {
		t.Errorf("of no layers: %g", got)
	}
}
