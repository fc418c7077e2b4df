package trainer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// known is the data set that tests choose.
var known = ParseOptions{Input: [3]int{28, 28, 1}, Classes: 10, Dataset: "clothes"}

// net wraps layers into a document for 28×28×1 images and 10 classes.
func net(layers ...string) string {
	return `{"version": 1, "input": [28, 28, 1], "classes": 10, "layers": [` + strings.Join(layers, ", ") + `]}`
}

// trained is a small sound network with training settings.
func trained(training string) string {
	return strings.TrimSuffix(net(conv, flatten, out), "}") + `, "training": ` + training + `}`
}

// Layers that are fine.
const (
	conv    = `{"type": "conv", "filters": 4, "kernel": 3}`
	flatten = `{"type": "flatten"}`
	hidden  = `{"type": "dense", "units": 16, "activation": "relu"}`
	out     = `{"type": "dense", "units": 10, "activation": "softmax"}`
	same    = `{"type": "conv", "filters": 1, "kernel": 3, "padding": "same"}` // keeps the shape of the images
)

// residual is a residual block around the body, with a shortcut where that is not empty.
func residual(shortcut string, body ...string) string {
	if shortcut != "" {
		shortcut = `, "shortcut": ` + shortcut
	}
	return `{"type": "residual", "body": [` + strings.Join(body, ", ") + `]` + shortcut + `}`
}

// validDocuments are sound documents, by name; those without input or classes need the data set of known.
func validDocuments() map[string]string {
	return map[string]string{
		"smallest":          net(flatten, out),
		"from the data set": `{"layers": [` + flatten + `, ` + out + `]}`,
		"schema key":        `{"$schema": "` + SchemaID + `", "layers": [` + flatten + `, ` + out + `]}`,
		"integer as 3.0":    net(`{"type": "conv", "filters": 4.0, "kernel": 3e0}`, flatten, out),
		"even kernel":       net(`{"type": "conv", "filters": 4, "kernel": 2, "padding": "same"}`, flatten, out),
		"oblong kernel":     net(`{"type": "conv", "filters": 4, "kernel": [1, 28]}`, flatten, out),
		"kernel over same":  net(`{"type": "conv", "filters": 4, "kernel": 31, "padding": "same"}`, flatten, out),
		"names":             net(`{"type": "conv", "filters": 4, "kernel": 3, "name": "größte/~"}`, flatten, out),
		"leaky": net(
			`{"type": "conv", "filters": 4, "kernel": 3, "activation": "leaky_relu", "negative_slope": 0.1}`, flatten, out),
		"leaky layer": net(conv, `{"type": "activation", "activation": "leaky_relu"}`, flatten, out),
		"every image layer": net(`{"type": "zero_pad", "padding": [1, 0]}`, conv, `{"type": "batch_norm"}`,
			`{"type": "avg_pool"}`, `{"type": "spatial_dropout", "rate": 0.1}`, `{"type": "global_max_pool"}`, out),
		"all convolutional": net(conv, `{"type": "conv", "filters": 10, "kernel": 1}`, `{"type": "global_avg_pool"}`,
			`{"type": "activation", "activation": "softmax"}`),
		"no softmax":       net(conv, flatten, `{"type": "dense", "units": 10}`),
		"no softmax layer": net(`{"type": "conv", "filters": 10, "kernel": 3}`, `{"type": "global_avg_pool"}`),
		"softmax in between": net(
			`{"type": "conv", "filters": 4, "kernel": 3, "activation": "softmax"}`, flatten, hidden, out),
		"optimizer by name": trained(`{"optimizer": "rmsprop"}`),
		"optimizer no type": trained(`{"optimizer": {"learning_rate": 0.01}}`),
		"sgd": trained(`{"optimizer": {"type": "sgd", "momentum": 0.9, "nesterov": true},
			"clip_norm": 1}`),
		"adamw": trained(`{"optimizer": {"type": "adamw", "beta_1": 0, "weight_decay": 0.01}, "epochs": 1}`),
		"step":  trained(`{"schedule": {"type": "step", "every": 5}}`),
		"cosine": trained(`{"schedule": {"type": "cosine", "minimum": 0.01}, "augment": {"flip": true, ` +
			`"crop": 14}}`),
		"warm-up":        trained(`{"schedule": {"type": "step", "every": 5, "warmup": 2.5}, "epochs": 5}`),
		"empty settings": trained(`{"schedule": {}, "augment": {}, "optimizer": {}}`),
		"identity":       net(residual("", same, `{"type": "activation", "activation": "relu"}`, same), flatten, out),
		"projection": net(residual(`{"type": "conv", "filters": 8, "kernel": 1, "stride": 2, "batch_norm": true}`,
			`{"type": "conv", "filters": 8, "kernel": 3, "padding": "same", "stride": 2}`), flatten, out),
		"shortcut as a list": net(residual(`[{"type": "avg_pool"}, {"type": "conv", "filters": 4, "kernel": 1}]`,
			`{"type": "conv", "filters": 4, "kernel": 2, "stride": 2}`), flatten, out),
		"shortcut empty":    net(residual(`[]`, same), flatten, out),
		"body of one layer": net(`{"type": "residual", "name": "r", "body": `+same+`}`, flatten, out),
		"flat sum":          net(flatten, hidden, residual("", `{"type": "dropout", "rate": 0.5}`, hidden), out),
		"image and flat":    net(residual(flatten, same, flatten), out),
		"greatest seed":     trained(`{"seed": 9007199254740991}`),
	}
}

func mustParse(t testing.TB, document string, o ParseOptions) Parsed {
	t.Helper()
	parsed, err := Parse([]byte(document), o)
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return parsed
}

func TestDefaults(t *testing.T) {
	got := mustParse(t, `{"layers": [
		{"type": "conv", "filters": 8, "kernel": [3, 5], "batch_norm": true},
		{"type": "max_pool", "size": 3},
		{"type": "batch_norm"},
		{"type": "conv", "filters": 8, "kernel": 3, "padding": "same", "stride": [2, 1], "activation": "leaky_relu",
		"l2": 1e-4, "name": "top"},
		{"type": "zero_pad"},
		{"type": "flatten"},
		{"type": "dense", "units": 10, "activation": "softmax", "bias": false, "initializer": "he_normal"}]}`, known)
	want := Architecture{
		Version: 1,
		Input:   [3]int{28, 28, 1},
		Classes: 10,
		Layers: []Layer{
			{
				Type:        Conv,
				Name:        "conv1",
				Filters:     8,
				Kernel:      [2]int{3, 5},
				Stride:      [2]int{1, 1},
				Padding:     Valid,
				Bias:        true,
				Initializer: GlorotUniform,
				BatchNorm:   true,
				Activation:  Linear,
				Momentum:    0.99,
				Epsilon:     1e-3,
			},
			{Type: MaxPool, Name: "max_pool1", Size: [2]int{3, 3}, Stride: [2]int{3, 3}, Padding: Valid},
			{Type: BatchNorm, Name: "batch_norm1", Momentum: 0.99, Epsilon: 1e-3},
			{
				Type:          Conv,
				Name:          "top",
				Filters:       8,
				Kernel:        [2]int{3, 3},
				Stride:        [2]int{2, 1},
				Padding:       Same,
				Bias:          true,
				Initializer:   GlorotUniform,
				L2:            1e-4,
				Activation:    LeakyReLU,
				NegativeSlope: 0.3,
			},
			{Type: ZeroPad, Name: "zero_pad1", Pad: [2]int{1, 1}},
			{Type: Flatten, Name: "flatten1"},
			{Type: Dense, Name: "dense1", Units: 10, Initializer: HeNormal, Activation: Softmax},
		},
		Training: Training{
			ClassWeights: NoClassWeights,
			Optimizer:    Optimizer{Type: Adam, LearningRate: 0.001, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7},
			Schedule:     Schedule{Type: Constant},
			BatchSize:    64,
			Epochs:       15,
			Seed:         1,
		},
	}
	if g, w := fmt.Sprintf("%+v", got.Architecture), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
	if !slices.Equal(got.Defaults, []string{"/training"}) || got.Warnings != nil {
		t.Errorf("defaults %v, warnings %v", got.Defaults, got.Warnings)
	}
}

func TestTrainingDefaults(t *testing.T) {
	tests := []struct {
		training string
		want     Training
		defaults []string
	}{
		{`{"optimizer": "sgd", "batch_size": 32, "epochs": 3, "seed": 7, "clip_norm": 1, "augment": {"crop": 2}, ` +
			`"schedule": {"type": "constant"}}`, Training{
			Optimizer:    Optimizer{Type: SGD, LearningRate: 0.01},
			Schedule:     Schedule{Type: Constant},
			ClipNorm:     1,
			BatchSize:    32,
			Epochs:       3,
			Seed:         7,
			Augment:      Augment{Crop: 2},
			ClassWeights: NoClassWeights,
		},
			[]string{"/training/augment/flip", "/training/optimizer/learning_rate", "/training/optimizer/momentum",
				"/training/optimizer/nesterov"}},
		{`{"optimizer": {"type": "rmsprop", "learning_rate": 0.01}, "schedule": {"type": "step", "every": 4}, ` +
			`"batch_size": 8, "epochs": 2, "seed": 0, "clip_norm": 0}`, Training{
			Optimizer:    Optimizer{Type: RMSprop, LearningRate: 0.01, Rho: 0.9, Epsilon: 1e-7},
			Schedule:     Schedule{Type: StepDown, Every: 4, Factor: 0.1},
			BatchSize:    8,
			Epochs:       2,
			ClassWeights: NoClassWeights,
		},
			[]string{"/training/augment", "/training/optimizer/epsilon", "/training/optimizer/momentum",
				"/training/optimizer/rho", "/training/schedule/factor"}},
		{`{"optimizer": "adamw", "schedule": {"type": "cosine"}, "class_weights": "balanced"}`, Training{
			ClassWeights: BalancedClasses,
			Optimizer: Optimizer{Type: AdamW, LearningRate: 0.001, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7,
				WeightDecay: 0.004},
			Schedule:  Schedule{Type: Cosine},
			BatchSize: 64,
			Epochs:    15,
			Seed:      1,
		}, []string{
			"/training/augment", "/training/batch_size", "/training/clip_norm", "/training/epochs", "/training/optimizer/beta_1",
			"/training/optimizer/beta_2", "/training/optimizer/epsilon", "/training/optimizer/learning_rate",
			"/training/optimizer/weight_decay", "/training/schedule/minimum", "/training/seed",
		}},
	}
	for _, tt := range tests {
		got := mustParse(t, trained(tt.training), ParseOptions{})
		if got.Architecture.Training != tt.want {
			t.Errorf("%s: got\n%+v\nwant\n%+v", tt.training, got.Architecture.Training, tt.want)
		}
		if !slices.Equal(got.Defaults, tt.defaults) {
			t.Errorf("%s: defaults %v\nwant %v", tt.training, got.Defaults, tt.defaults)
		}
	}
}

func TestMissingSoftmax(t *testing.T) {
	dense := mustParse(t, net(conv, flatten, `{"type": "dense", "units": 10}`), known)
	if last := dense.Architecture.Layers[2]; last.Activation != Softmax {
		t.Errorf("last layer %+v", last)
	}
	if len(dense.Warnings) != 1 || dense.Warnings[0].Code != CodeSoftmaxAdded ||
		dense.Warnings[0].Pointer != "/layers/2" {
		t.Errorf("warnings %v", dense.Warnings)
	}
	pool := mustParse(t,
		net(`{"type": "conv", "filters": 10, "kernel": 3, "name": "softmax"}`, `{"type": "global_avg_pool"}`), known)
	layers := pool.Architecture.Layers
	if want := (Layer{Type: Activate, Name: "softmax2", Activation: Softmax}); len(layers) != 3 ||
		!reflect.DeepEqual(layers[2], want) {
		t.Errorf("layers %+v", layers)
	}
	if len(pool.Warnings) != 1 || pool.Warnings[0].Pointer != "/layers/1" {
		t.Errorf("warnings %v", pool.Warnings)
	}
	if sound := mustParse(t, net(conv, flatten, out), known); sound.Warnings != nil {
		t.Errorf("warnings %v", sound.Warnings)
	}
}

func TestNamesAvoidGivenOnes(t *testing.T) {
	a := mustParse(t,
		net(conv, `{"type": "conv", "filters": 4, "kernel": 3, "name": "conv1"}`, conv, flatten, out), known).Architecture
	var names []string
	for _, l := range a.Layers {
		names = append(names, l.Name)
	}
	if want := []string{"conv2", "conv1", "conv4", "flatten1", "dense1"}; !slices.Equal(names, want) {
		t.Errorf("names %v, want %v", names, want)
	}
}

func TestLimits(t *testing.T) {
	document := net(conv, flatten, out) // 40 + 27,050 parameters
	cost := mustParse(t, document, known).Architecture.Cost()
	tests := []struct {
		name string
		at   Limits // just enough
		over Limits
		code string
	}{
		{"bytes", Limits{MaxBytes: len(document) + 1}, Limits{MaxBytes: len(document)}, CodeTooLarge},
		{"layers", Limits{MaxLayers: 3}, Limits{MaxLayers: 2}, CodeTooManyLayers},
		{"parameters", Limits{MaxParameters: cost.Parameters}, Limits{MaxParameters: cost.Parameters - 1},
			CodeTooManyParameters},
		{"memory", Limits{MaxMemory: cost.PeakMemory}, Limits{MaxMemory: cost.PeakMemory - 1}, CodeTooMuchMemory},
	}
	for _, tt := range tests {
		if _, err := Parse([]byte(document), ParseOptions{Limits: tt.at}); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		_, err := Parse([]byte(document), ParseOptions{Limits: tt.over})
		var invalid *InvalidError
		if !errors.As(err, &invalid) || len(invalid.Findings) != 1 || invalid.Findings[0].Code != tt.code {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.code)
		}
	}
	// The softmax that would be added counts as a layer too.
	full := net(`{"type": "conv", "filters": 10, "kernel": 3}`, `{"type": "global_avg_pool"}`)
	if _, err := Parse([]byte(full), ParseOptions{Limits: Limits{MaxLayers: 2}}); err == nil {
		t.Error("a layer was added over the cap")
	}
}

func TestExamples(t *testing.T) {
	tests := []struct {
		file         string
		input        [3]int
		multiplyAdds int64 // at most
		epochs       int   // at most
	}{
		{"paper.json", [3]int{32, 32, 3}, 50_000_000, 30},
		{"small-cnn.json", [3]int{28, 28, 1}, 2_000_000, 15},
		{"flawed.json", [3]int{28, 28, 1}, 2_000_000, 15},
		{"flawed-cifar10.json", [3]int{32, 32, 3}, 4_000_000, 15},
	}
	for _, tt := range tests {
		data, err := os.ReadFile(filepath.Join("..", "examples", tt.file))
		if err != nil {
			t.Fatal(err)
		}
		got := mustParse(t, string(data), ParseOptions{Input: tt.input, Classes: 10, Dataset: "chosen"})
		a := got.Architecture
		if c := a.Cost(); c.MultiplyAdds > tt.multiplyAdds || a.Training.Epochs > tt.epochs || got.Warnings != nil {
			t.Errorf("%s: %d multiply-adds, %d epochs, warnings %v",
				tt.file, c.MultiplyAdds, a.Training.Epochs, got.Warnings)
		}
		dense, flat, plain := 0, true, true
		for _, l := range a.Layers {
			if l.Type == Dense {
				dense++
			}
			flat = flat && (l.Type != Conv || l.Filters == a.Layers[0].Filters)
			plain = plain && l.L1 == 0 && l.L2 == 0 && !l.BatchNorm && l.Rate == 0 && l.Type != BatchNorm
		}
		if flawed := dense == 5 && flat && plain; flawed != strings.HasPrefix(tt.file, "flawed") {
			t.Errorf("%s: flawed is %v", tt.file, flawed)
		}
	}
}
