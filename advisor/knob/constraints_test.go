package knob

import (
	"errors"
	"strings"
	"testing"

	"probewise/trainer"
)

func TestCheckNamesThePlace(t *testing.T) {
	a := example(t, "small-cnn.json")
	var all []string
	for _, k := range All() {
		all = append(all, k.Name)
	}
	for name, tt := range map[string]struct {
		of      Constraints
		pointer string // "": fine
		says    string
	}{
		"nothing":            {Constraints{}, "", ""},
		"layers and knobs":   {Constraints{Frozen: []string{"conv1", "flatten1"}, Forbid: []string{"recipe"}}, "", ""},
		"the least":          {Constraints{MaxParameters: 10, MaxTrainingFLOPs: 40, MaxMemory: 802816}, "", ""},
		"no such layer":      {Constraints{Frozen: []string{"conv1", "cnv2"}}, "/frozen/1", `did you mean "conv2"?`},
		"no such knob":       {Constraints{Forbid: []string{"learning_rate"}}, "/forbid/0", `did you mean "learning-rate"?`},
		"an unlike knob":     {Constraints{Forbid: []string{"x"}}, "/forbid/0", "known here: activation, batch-norm"},
		"negative":           {Constraints{MaxMemory: -1}, "/max_memory", "at most -1 bytes"},
		"fewer than classes": {Constraints{MaxParameters: 9}, "/max_parameters", "give at least 10"},
		"no compute":         {Constraints{MaxTrainingFLOPs: 39}, "/max_training_flops", "28×28×1 and 10 classes"},
		"no memory":          {Constraints{MaxMemory: 802815}, "/max_memory", "give at least 802816"},
		"everything":         {Constraints{Forbid: all}, "/forbid", "nothing is left"},
	} {
		err := tt.of.Check(a)
		var bad *ConstraintError
		switch {
		case tt.pointer == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.pointer != "" && (!errors.As(err, &bad) || bad.Pointer != tt.pointer ||
			!strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), bad.Pointer)):
			t.Errorf("%s: %v, want %q at %s", name, err, tt.says, tt.pointer)
		}
	}
}

func TestAllows(t *testing.T) {
	a := parse(t, join(bare8, norm, relu, `{"type":"dropout","rate":0.2}`, pool, conv8, pool, flatten, dense32), "")
	cost := a.Cost()
	wide := func(a *trainer.Architecture) { a.Layers[5].Filters = 16 }
	for name, tt := range map[string]struct {
		of     Constraints
		revise func(a *trainer.Architecture)
		want   bool
	}{
		"under the bound": {Constraints{MaxParameters: 2 * cost.Parameters}, wide, true},
		"over the bound":  {Constraints{MaxParameters: cost.Parameters}, wide, false},
		"over it already, no larger": {Constraints{MaxParameters: cost.Parameters / 2},
			func(a *trainer.Architecture) { a.Training.BatchSize = 32 }, true},
		"over it already, larger": {Constraints{MaxParameters: cost.Parameters / 2}, wide, false},
		"over it already, smaller": {Constraints{MaxParameters: cost.Parameters / 2},
			func(a *trainer.Architecture) { a.Layers[8].Units = 24 }, true},
		"more compute": {Constraints{MaxTrainingFLOPs: cost.TrainingFLOPs}, wide, false},
		"more memory": {Constraints{MaxMemory: cost.PeakMemory},
			func(a *trainer.Architecture) { a.Training.BatchSize = 128 }, false},

		"a frozen layer":   {Constraints{Frozen: []string{"conv2"}}, wide, false},
		"another one":      {Constraints{Frozen: []string{"conv1"}}, wide, true},
		"its batch norm":   {Constraints{Frozen: []string{"conv1"}}, remove([]string{"batch_norm1"}), false},
		"its dropout":      {Constraints{Frozen: []string{"conv1"}}, rated(map[string]float64{"dropout1": 0.1}), false},
		"its pool":         {Constraints{Frozen: []string{"conv1"}}, remove([]string{"max_pool1"}), true},
		"a frozen pool":    {Constraints{Frozen: []string{"max_pool1"}}, remove([]string{"max_pool1"}), false},
		"a frozen flatten": {Constraints{Frozen: []string{"flatten1"}}, Pooled("flatten1"), false},

		"a forbidden rate": {Constraints{Forbid: []string{"learning-rate"}},
			optimized(usualOptimizer(a, trainer.SGD)), false},
		"a forbidden optimizer": {Constraints{Forbid: []string{"optimizer"}}, rateOf(trainer.Adam, 0.1), true},
		"forbidden filters":     {Constraints{Forbid: []string{"filters"}}, wide, false},
		"forbidden pools":       {Constraints{Forbid: []string{"pools"}}, remove([]string{"max_pool1"}), false},
		"forbidden conv dropout": {Constraints{Forbid: []string{"conv-dropout"}},
			rated(map[string]float64{"dropout1": 0.1}), false},
		"forbidden dense dropout": {Constraints{Forbid: []string{"dense-dropout"}},
			rated(map[string]float64{"dropout1": 0.1}), true},
		"forbidden batch norm":   {Constraints{Forbid: []string{"batch-norm"}}, remove([]string{"batch_norm1"}), false},
		"forbidden dense layers": {Constraints{Forbid: []string{"dense-layers"}}, Removed([]string{"dense1"}), false},
		"a forbidden schedule":   {Constraints{Forbid: []string{"schedule"}}, warmedUp(1), true},
		"a forbidden warm-up":    {Constraints{Forbid: []string{"warm-up"}}, warmedUp(1), false},
	} {
		revised := After(a, tt.revise)
		if got := tt.of.Allows(a, revised); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
