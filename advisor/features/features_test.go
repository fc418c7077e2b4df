package features

import (
	"math"
	"slices"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// tiny: conv1 (8 filters of 3×3 on 28×28×1, same), pool to 14×14, dense1 (16 units, L2, batch norm), dense2 (10).
const tiny = `{"version":1,"input":[28,28,1],"classes":10,"layers":[
	{"type":"conv","filters":8,"kernel":3,"padding":"same","activation":"relu","initializer":"he_normal"},
	{"type":"max_pool","size":2},
	{"type":"dropout","rate":0.1},{"type":"flatten"},
	{"type":"dense","units":16,"activation":"tanh","l2":1e-3,"batch_norm":true},{"type":"dropout","rate":0.5},
	{"type":"dense","units":10,"activation":"softmax"}],
	"training":{"optimizer":{"type":"rmsprop","learning_rate":0.001},"batch_size":128,"clip_norm":1}}`

func architecture(t *testing.T) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse([]byte(tiny), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}

// layer has the given weight variance, activation variance and maximum, gradient norm, zeros and dead units.
func layer(name string, weights, activations, largest, gradient, zeros, dead float64) trainer.LayerStatistics {
	return trainer.LayerStatistics{
		Layer:     name,
		DeadUnits: trainer.Number(dead),
		Weights:   trainer.Statistics{Variance: trainer.Number(weights), MaxAbs: 1},
		Activations: trainer.Statistics{
			Variance:  trainer.Number(activations),
			MaxAbs:    trainer.Number(largest),
			ShareZero: trainer.Number(zeros),
		},
		Gradients: trainer.Statistics{L2Norm: trainer.Number(gradient)},
	}
}

var records = []trainer.EpochRecord{
	{
		Epoch:              0,
		TrainLoss:          trainer.Missing,
		TrainAccuracy:      trainer.Missing,
		ValidationLoss:     2.3,
		ValidationAccuracy: 0.1,
		Layers: []trainer.LayerStatistics{layer("conv1", 1e-2, 1, 1, 1, 0, 0),
			layer("dense1", 1e-2, 1, 1, 1, 0, 0), layer("dense2", 1e-2, 1, 1, 1, 0, 0)},
	},
	{
		Epoch:              0.5,
		TrainLoss:          2,
		TrainAccuracy:      0.3,
		ValidationLoss:     5,
		ValidationAccuracy: 0.4,
		Layers: []trainer.LayerStatistics{layer("conv1", 1e-2, 1, 1, 1, 0, 0),
			layer("dense1", 1e-2, 1, 1, 1, 0, 0), layer("dense2", 1e-2, 1, 1, 1, 0, 0)},
	},
	{
		Epoch:              1,
		TrainLoss:          1.5,
		TrainAccuracy:      0.5,
		ValidationLoss:     1.25,
		ValidationAccuracy: 0.6,
		TestAccuracy:       0.99,
		Layers: []trainer.LayerStatistics{layer("conv1", 1e-1, 10, 100, 1e-3, 0.5, 0.25),
			layer("dense1", 1e-3, 10, 1, 1e-1, 0.1, 0), layer("dense2", 1e-1, 1e-1, 1, 1, 0, 0)},
	},
	{Epoch: 2, TrainLoss: 1, TrainAccuracy: 0.7, ValidationLoss: 1, ValidationAccuracy: 0.7},
}

// TestDefinitions works every feature of a one-epoch probe out by hand.
func TestDefinitions(t *testing.T) {
	const (
		parameters   = 80 + (1568*16 + 16 + 32) + 170 // conv 8·9+8; dense 8·14·14 → 16 with gamma and beta; dense 16 → 10
		multiplyAdds = 28*28*9*8 + 1568*16 + 160
		dense        = parameters - 80
		first        = 1568*16 + 16 + 32
		flops        = 2 * (3*multiplyAdds - 28*28*9*8) // no data gradient for conv1
	)
	want := map[string]float64{
		"validation_accuracy": 0.6, "reached_accuracy": 0.6, "logit_reached_accuracy": math.Log(1.5), "validation_loss": 1.25,
		"train_accuracy": 0.5, "train_loss": 1.5,
		"validation_accuracy_change": 0.2, "accuracy_gap": -0.1, "sum_train_loss": 1.5, "diverged": 0,
		"log_parameters": math.Log(parameters), "log_multiply_adds": math.Log(multiplyAdds),
		"flops_per_parameter": math.Log(float64(flops) / parameters),
		"conv_layers":         1, "dense_layers": 2, "pools": 1, "dense_share": float64(dense) / parameters,
		"largest_dense_share": float64(first) / parameters,
		"log_first_filters":   math.Log(8), "log_last_filters": math.Log(8), "filter_ladder": 0,
		"log_first_units": math.Log(16), "log_narrowest_units": math.Log(16), "unit_ladder": 0,
		"dropout_conv": 0.1, "dropout_dense": 0.5, "log_l1": -7, "log_l2": math.Log10(1e-3 + 1e-6),
		"batch_norm_share": 1.0 / 3, "batch_norm_share_higher": 0, // dense1 is the second of three: not in the higher half
		"rectified_share": 1.0 / 3, "he_share": 1.0 / 3,
		"log_learning_rate": -3, "adaptive": 1, "rmsprop": 1, "momentum": 0, "log_batch_size": 7, "decaying_rate": 0,
		"clipped": 1,
		"rate":    0, "rate_off": 0, "rate_off_squared": 0, "plain_sgd": 0, "adamw": 0, "cosine": 0, "step_schedule": 0,
		"warmup": 0, "flip": 0, "crop": 0, "decay": -6, "batch_norm_lower": 0, "saturating": 0.5, "elu": 0, "kernel": 3,
		"global_head": 0, "residuals": 0, "narrowest_filters": math.Log(8), "last_units": math.Log(16),
		"head": math.Log(1568),
		// Of conv1, dense1, dense2 after an epoch; what the records have as 0 stands at the least logarithm, −12.
		"least_gradient_norm": -3, "greatest_gradient_norm": 0, "least_activation_variance": -1,
		"greatest_activation_variance": 1,
		"least_activation_max":         0, "greatest_activation_max": 2, "least_activation_share_zero": 0,
		"greatest_activation_share_zero": 0.5,
		"least_dead_units":               0, "greatest_dead_units": 0.25,
		"least_gradient_variance": -12, "greatest_gradient_variance": -12, "least_gradient_max": -12,
		"greatest_gradient_max":   -12,
		"least_gradient_kurtosis": -12, "greatest_gradient_kurtosis": -12, "least_gradient_share_below": 0,
		"greatest_gradient_share_below": 0,
		"least_gradient_noise":          0, "greatest_gradient_noise": 0, "least_activation_share_below": 0,
		"greatest_activation_share_below": 0,
		"least_activation_kurtosis":       -12, "greatest_activation_kurtosis": -12,
	}
	v := Probe(architecture(t), records, trainer.Outcome{}, 1)
	if len(v.Names) != len(want) || len(v.Values) != len(want) || len(v.Linear) != len(want) {
		t.Errorf("%d features, want %d", len(v.Names), len(want))
	}
	for i, name := range v.Names {
		expected, known := want[name]
		if !known || math.Abs(v.Values[i]-expected) > 1e-9 {
			t.Errorf("%s = %g, want %g", name, v.Values[i], expected)
		}
		curve := slices.Contains([]string{"validation_accuracy", "reached_accuracy", "logit_reached_accuracy"}, name)
		if v.Linear[i] != curve {
			t.Errorf("%s: linear is %v", name, v.Linear[i])
		}
	}
}

// TestVectorsAreOfOneForm: whatever a run has or lacks, the names are the same, and what is missing is NaN.
func TestVectorsAreOfOneForm(t *testing.T) {
	a := architecture(t)
	whole := Probe(a, records, trainer.Outcome{}, 1)
	for name, v := range map[string]Vector{
		"diverged":         Probe(a, records[:1], trainer.Outcome{Diverged: true, DivergedEpoch: 1}, 1),
		"no records":       Probe(a, nil, trainer.Outcome{}, 1),
		"no dense layers":  Probe(globalPool(t), records[:1], trainer.Outcome{}, 3),
		"later divergence": Probe(a, records, trainer.Outcome{Diverged: true, DivergedEpoch: 2}, 1),
	} {
		if !slices.Equal(v.Names, whole.Names) || !slices.Equal(v.Linear, whole.Linear) {
			t.Errorf("%s: other features", name)
		}
		for i, x := range v.Values {
			if math.IsInf(x, 0) || v.Linear[i] && math.IsNaN(x) {
				t.Errorf("%s: %s = %g", name, v.Names[i], x)
			}
		}
	}
	later := Probe(a, records, trainer.Outcome{Diverged: true, DivergedEpoch: 2}, 1)
	if later.Values[slices.Index(later.Names, "diverged")] != 0 {
		t.Error("a probe of one epoch knows of a divergence in the second")
	}
	half := Probe(a, records[:2], trainer.Outcome{Diverged: true, DivergedEpoch: 1}, 0.5)
	if half.Values[0] != 0.4 || half.Values[slices.Index(half.Names, "diverged")] != 0 {
		t.Errorf("half an epoch knows of a divergence after it: %v", half.Values)
	}
	if v := Probe(a, records[:1], trainer.Outcome{Diverged: true, DivergedEpoch: 1}, 0.5); v.Values[0] != 0.1 {
		t.Errorf("a probe that diverged before its end stands at %g", v.Values[0])
	}
	v := Probe(a, records[:1], trainer.Outcome{Diverged: true, DivergedEpoch: 1}, 1)
	if v.Values[0] != 0.1 || v.Values[1] != 0.1 || v.Values[3] != lossCap {
		t.Errorf("a diverged probe stands at %v; want chance and the capped loss", v.Values[:4])
	}
}

func globalPool(t *testing.T) trainer.Architecture {
	t.Helper()
	return parse(t, `{"type":"conv","filters":8,"kernel":3},{"type":"global_avg_pool"},
		{"type":"dense","units":10,"activation":"softmax"}`)
}

// TestNoTestAccuracyAndNoTimeAmongTheFeatures changes what must not be a feature.
func TestNoTestAccuracyAndNoTimeAmongTheFeatures(t *testing.T) {
	a := architecture(t)
	other := slices.Clone(records)
	for i := range other {
		other[i].TestAccuracy, other[i].TestLoss, other[i].Seconds = 0.123, 4.5, 1e6
	}
	x := Probe(a, records, trainer.Outcome{TestAccuracy: 0.9, Seconds: 1}, 1)
	y := Probe(a, other, trainer.Outcome{TestAccuracy: 0.1, Seconds: 9, ParameterEfficiency: 3}, 1)
	if !slices.Equal(x.Values, y.Values) {
		t.Error("test accuracy or time changes a feature")
	}
	later := append(slices.Clone(records), trainer.EpochRecord{Epoch: 3, ValidationAccuracy: 0.9})
	if z := Probe(a, later, trainer.Outcome{}, 1); !slices.Equal(x.Values, z.Values) {
		t.Error("a later record changes a feature of a one-epoch probe")
	}
}

// epochs gives a record of each.
func epochs(at ...float64) []trainer.EpochRecord {
	var all []trainer.EpochRecord
	for _, e := range at {
		all = append(all, trainer.EpochRecord{Epoch: e})
	}
	return all
}

func TestHasRecordsUntil(t *testing.T) {
	shard := epochs(0, 0.25, 0.5, 0.75, 1, 2, 3, 4, 5, 9) // of a run of nine epochs
	for name, c := range map[string]struct {
		records  []trainer.EpochRecord
		diverged int // epoch; 0: sound
		covered  []float64
		not      []float64
	}{
		"shard":                   {records: shard, covered: []float64{1, 2, 5}, not: []float64{6, 8, 9, 10}},
		"whole run":               {records: epochs(0, 1, 2, 3), covered: []float64{1, 2, 3}, not: []float64{4}},
		"a gap":                   {records: epochs(0, 1, 3), covered: []float64{1}, not: []float64{2, 3}},
		"within the first epoch":  {records: epochs(0, 0.25, 0.5), not: []float64{1}},
		"quarters":                {records: epochs(0, 0.25, 0.5), covered: []float64{0, 0.25, 0.5}, not: []float64{0.75}},
		"a quarter of the second": {records: epochs(0, 1, 1.25), covered: []float64{1, 1.25}, not: []float64{1.5, 2}},
		"diverged in a quarter":   {records: epochs(0, 0.25), diverged: 1, covered: []float64{0, 0.25, 0.5, 2}},
		"no records":              {not: []float64{1}},
		"diverged at once":        {records: epochs(0), diverged: 1, covered: []float64{1, 5}},
		"diverged in the third":   {records: epochs(0, 1, 2), diverged: 3, covered: []float64{1, 2, 3, 9}},
		"diverged, records gone":  {records: epochs(0, 2), diverged: 3, not: []float64{1, 2, 3, 9}},
		"shard diverged in ninth": {
			records:  epochs(0, 1, 2, 3, 4, 5, 8),
			diverged: 9,
			covered:  []float64{5},
			not:      []float64{8, 9, 12},
		},
		"shard diverged in eighth": {records: shard[:9], diverged: 8, covered: []float64{5}, not: []float64{6, 8}},
	} {
		outcome := trainer.Outcome{Diverged: c.diverged > 0, DivergedEpoch: c.diverged}
		p := advisor.PastRun{Records: c.records, Outcome: outcome}
		for _, k := range c.covered {
			if !HasRecordsUntil(p, k) {
				t.Errorf("%s: does not cover %g epochs", name, k)
			}
		}
		for _, k := range c.not {
			if HasRecordsUntil(p, k) {
				t.Errorf("%s: covers %g epochs", name, k)
			}
		}
	}
}

func TestTarget(t *testing.T) {
	p := advisor.PastRun{Architecture: architecture(t), Outcome: trainer.Outcome{TestAccuracy: 0.77}}
	if Target(p) != 0.77 {
		t.Errorf("target %g", Target(p))
	}
	p.Outcome = trainer.Outcome{Diverged: true, DivergedEpoch: 3, TestAccuracy: trainer.Missing}
	if Target(p) != 0.1 {
		t.Errorf("target %g of a diverged run, want chance", Target(p))
	}
}

func TestGroup(t *testing.T) {
	a := architecture(t)
	first := GroupOf(a)
	a.Training.Seed = 99
	if GroupOf(a) != first || a.Training.Seed != 99 {
		t.Errorf("another seed: group %s, then %s; seed %d", first, GroupOf(a), a.Training.Seed)
	}
	a.Training.BatchSize = 32
	if GroupOf(a) == first {
		t.Error("another batch size, the same group")
	}
}
