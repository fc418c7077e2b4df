package trainer

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestValidateIsParse: what Validate says of an architecture is what Parse says of its canonical form.
func TestValidateIsParse(t *testing.T) {
	base := func() Architecture {
		p, err := Parse([]byte(`{"version":1,"name":"n","input":[28,28,1],"classes":10,"layers":[
			{"type":"conv","filters":8,"kernel":3,"activation":"leaky_relu","batch_norm":true},{"type":"max_pool","size":2},
			{"type":"residual","body":[{"type":"conv","filters":8,"kernel":3,"padding":"same"}],
			 "shortcut":{"type":"conv","filters":8,"kernel":1}},
			{"type":"dropout","rate":0.25},{"type":"flatten"},{"type":"dense","units":32,"activation":"relu","l2":0.001},
			{"type":"dense","units":10,"activation":"softmax"}],
			"training":{"optimizer":{"type":"adamw","learning_rate":3e-7},"schedule":{"type":"step",
				"every":3}}}`), ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return p.Architecture
	}
	for name, change := range map[string]func(*Architecture){
		"valid":              func(*Architecture) {},
		"names are given":    func(a *Architecture) { a.Name, a.Layers[0].Name, a.Layers[5].Name = "", "", "" },
		"a softmax is added": func(a *Architecture) { a.Layers[6].Activation = Linear },
		"words are defaults": func(a *Architecture) { a.Layers[0].Padding, a.Layers[0].Activation = "", "" },
		"other optimizer":    func(a *Architecture) { a.Training.Optimizer = Optimizer{Type: SGD, LearningRate: 1e-21} },
		"negative filters":   func(a *Architecture) { a.Layers[0].Filters = -1 },
		"several findings": func(a *Architecture) {
			a.Layers[0].Kernel, a.Layers[3].Rate,
				a.Classes = [2]int{0, 99}, 1, 1
		},
		"a name twice": func(a *Architecture) { a.Layers[0].Name = "flatten1" },
		"unknown words": func(a *Architecture) {
			a.Layers[5].Activation,
				a.Training.Schedule.Type = "rely", "cosines"
		},
		"shrinks to zero":      func(a *Architecture) { a.Layers[1].Size = [2]int{40, 40} },
		"no layers":            func(a *Architecture) { a.Layers = nil },
		"needs flatten":        func(a *Architecture) { a.Layers = slices.Delete(a.Layers, 4, 5) },
		"shapes differ":        func(a *Architecture) { a.Layers[2].Shortcut[0].Filters = 9 },
		"too many parameters":  func(a *Architecture) { a.Layers[5].Units = 1 << 20 },
		"a rate of minus zero": func(a *Architecture) { a.Layers[3].Rate = math.Copysign(0, -1) },
		"an unsigned seed":     func(a *Architecture) { a.Training.Seed = 1 << 60 },
	} {
		a := base()
		change(&a)
		got, err := Validate(a, Limits{})
		parsed, want := Parse(a.Canonical(), ParseOptions{})
		if !reflect.DeepEqual(err, want) || !reflect.DeepEqual(got, parsed.Architecture) {
			t.Errorf("%s: %v, %+v\nwant %v, %+v", name, err, got, want, parsed.Architecture)
		}
	}
}

// oneLayer has 130 parameters.
func oneLayer() Architecture {
	return Architecture{
		Version: Version,
		Input:   [3]int{8, 8, 1},
		Classes: 2,
		Layers:  []Layer{{Type: Flatten}, {Type: Dense, Units: 2, Bias: true, Activation: Softmax}},
		Training: Training{
			Optimizer: Optimizer{Type: SGD, LearningRate: 0.1},
			Schedule:  Schedule{Type: Constant},
			BatchSize: 1,
			Epochs:    1,
		},
	}
}

// TestValidateKnowsLimits: the caps are the caller's.
func TestValidateKnowsLimits(t *testing.T) {
	a := oneLayer()
	if _, err := Validate(a, Limits{}); err != nil {
		t.Error(err)
	}
	var invalid *InvalidError
	if _, err := Validate(a, Limits{MaxParameters: 100}); !errors.As(err, &invalid) ||
		invalid.Findings[0].Code != CodeTooManyParameters {
		t.Errorf("130 parameters within a cap of 100: %v", err)
	}
}

// TestValidateRefusesWhatJSONCannotWrite: such numbers come from computed settings alone.
func TestValidateRefusesWhatJSONCannotWrite(t *testing.T) {
	a := oneLayer()
	a.Layers[1].L2 = math.NaN()
	a.Training.Optimizer.LearningRate = math.Inf(1)
	_, err := Validate(a, Limits{})
	if err == nil || !strings.Contains(err.Error(), "/layers/1/l2: must be a number, not NaN") ||
		!strings.Contains(err.Error(), "/training/optimizer/learning_rate: must be a number, not +Inf") {
		t.Error(err)
	}
}
