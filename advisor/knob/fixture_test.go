package knob

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"probewise/trainer"
)

// parse reads an architecture of 28×28×1 images and 10 classes; layers is the inside of the JSON list, training the
// inside of the JSON object.
func parse(t testing.TB, layers, training string) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse(fmt.Appendf(nil,
		`{"version": 1, "input": [28, 28, 1], "classes": 10, "layers": [%s], "training": {%s}}`, layers, training),
		trainer.ParseOptions{})
	if err != nil {
		t.Fatalf("%s: %v", layers, err)
	}
	return p.Architecture
}

// example reads an architecture of the examples folder.
func example(t testing.TB, name string) trainer.Architecture {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	p, err := trainer.Parse(data, trainer.ParseOptions{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p.Architecture
}

const softmax = `{"type":"dense","units":10,"activation":"softmax"}`

// written are nets as users write them, each with something that sampled ones lack.
var written = map[string]struct{ layers, training string }{
	"plain": {`{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"max_pool"},
		{"type":"conv","filters":16,"kernel":3,"activation":"relu"},{"type":"max_pool"},{"type":"flatten"},
		{"type":"dense","units":64,"activation":"relu"},` + softmax, `"epochs": 15`},
	"as in Keras": {`{"type":"zero_pad"},{"type":"conv","filters":16,"kernel":3},{"type":"batch_norm"},
		{"type":"activation","activation":"relu"},{"type":"avg_pool"},{"type":"spatial_dropout","rate":0.3},
		{"type":"conv","filters":24,"kernel":5,"padding":"same"},{"type":"activation","activation":"leaky_relu"},
		{"type":"max_pool","size":3,"stride":2},{"type":"batch_norm"},{"type":"dropout","rate":0.2},
		{"type":"flatten"},{"type":"dropout","rate":0.5},{"type":"dense","units":100},
		{"type":"activation","activation":"tanh"},{"type":"dropout","rate":0.6},{"type":"dense","units":10},
		{"type":"activation","activation":"softmax"}`,
		`"optimizer":{"type":"adamw","learning_rate":0.00002}, "epochs": 10, "batch_size": 512, "clip_norm": 5,
			"schedule":{"type":"step","every":3},"augment":{"flip":true,"crop":2}`},
	"residual": {`{"type":"conv","filters":16,"kernel":3,"padding":"same","activation":"relu"},
		{"type":"residual","body":[{"type":"conv","filters":16,"kernel":3,"padding":"same","batch_norm":true,
			"activation":"relu"},{"type":"conv","filters":16,"kernel":3,"padding":"same"}]},
		{"type":"activation","activation":"relu"},
		{"type":"residual","body":[{"type":"conv","filters":32,"kernel":3,"padding":"same","stride":2,
			"activation":"relu"},{"type":"dropout","rate":0.1},{"type":"conv","filters":32,"kernel":3,"padding":"same"}],
			"shortcut":[{"type":"conv","filters":32,"kernel":1,"stride":2},{"type":"batch_norm"}]},
		{"type":"batch_norm"},{"type":"activation","activation":"relu"},{"type":"global_avg_pool"},` + softmax,
		`"optimizer":{"type":"sgd","learning_rate":0.001}, "epochs": 12`},
	"pre-activation": {`{"type":"conv","filters":8,"kernel":3,"padding":"same"},
		{"type":"residual","body":[{"type":"batch_norm"},{"type":"activation","activation":"relu"},
			{"type":"conv","filters":8,"kernel":3,"padding":"same"}]},{"type":"max_pool"},{"type":"flatten"},` + softmax,
		`"optimizer":{"type":"sgd","momentum":0.9,"nesterov":true}, "batch_size": 8`},
	"convolutions alone": {`{"type":"conv","filters":16,"kernel":3,"activation":"relu","stride":2,"l1":0.01},
		{"type":"conv","filters":3,"kernel":7,"activation":"elu","l2":0.02},
		{"type":"conv","filters":10,"kernel":1},{"type":"global_max_pool"},{"type":"activation","activation":"softmax"}`,
		`"optimizer":{"type":"rmsprop","learning_rate":0.03,"momentum":0.5}`},
	"dense alone": {`{"type":"flatten"},{"type":"dense","units":256,"activation":"sigmoid","l2":0.01},
		{"type":"dense","units":4,"activation":"softmax","l1":0.001},{"type":"dense","units":256,"activation":"sigmoid"},` +
		softmax, `"schedule":{"type":"cosine"}`},
	"output alone": {`{"type":"flatten"},` + softmax, ``},
	"convs in pairs": {`{"type":"conv","filters":32,"kernel":3,"padding":"same","activation":"relu","batch_norm":true},
		{"type":"conv","filters":32,"kernel":3,"padding":"same","activation":"relu"},{"type":"max_pool"},
		{"type":"dropout","rate":0.25},{"type":"conv","filters":32,"kernel":3,"padding":"same"},
		{"type":"activation","activation":"relu"},{"type":"conv","filters":32,"kernel":3,"padding":"same"},
		{"type":"batch_norm"},{"type":"activation","activation":"relu"},{"type":"max_pool"},{"type":"global_max_pool"},
		{"type":"dense","units":24,"activation":"tanh","batch_norm":true},` + softmax, `"epochs": 30`},
}

// nets are the written ones, those of the examples and sampled ones, by name.
func nets(t testing.TB) map[string]trainer.Architecture {
	t.Helper()
	all := map[string]trainer.Architecture{}
	for name, w := range written {
		all[name] = parse(t, w.layers, w.training)
	}
	for _, file := range []string{"flawed.json", "flawed-cifar10.json", "paper.json", "small-cnn.json"} {
		all[file] = example(t, file)
	}
	return all
}
