package advisor

import (
	"testing"

	"probewise/trainer"
)

func flawedCNN(t *testing.T) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse([]byte(`{"version": 1, "name": "flawed-cnn", "input": [28, 28, 1], "classes": 10, "layers": [
		{"type": "conv", "filters": 8, "kernel": 3, "padding": "same", "activation": "relu"}, {"type": "max_pool", "size": 2},
		{"type": "conv", "filters": 8, "kernel": 3, "activation": "tanh"}, {"type": "flatten"},
		{"type": "dense", "units": 64, "activation": "relu"}, {"type": "dense", "units": 128, "activation": "relu"},
		{"type": "dense", "units": 64, "activation": "relu"}, {"type": "dense", "units": 10, "activation": "softmax"}]}`), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}

// The lines must say what the edits do, also where layers move under later edits.
func TestChanges(t *testing.T) {
	base := flawedCNN(t)
	for _, c := range []struct {
		edits []Edit
		want  []string
	}{
		{[]Edit{{Op: "remove", Path: "/layers/1"}, {Op: "add", Path: "/layers/1/kernel", Value: []any{5.0, 5.0}}},
			[]string{"remove max_pool1 (max_pool, padding valid, size 2×2, stride 2×2)", "conv2: kernel 3×3 → 5×5"}},
		{[]Edit{{Op: "add", Path: "/layers/0", Value: map[string]any{"type": "zero_pad", "padding": []any{1, 1}}}},
			[]string{"add in front: zero_pad (zero_pad, padding 1×1)"}},
		{[]Edit{{Op: "replace", Path: "/layers/3", Value: map[string]any{"type": "global_avg_pool", "name": "flatten"}}},
			[]string{"replace flatten1 (flatten) by flatten (global_avg_pool)"}},
		{[]Edit{{Op: "remove", Path: "/layers/0/activation"}, {Op: "add", Path: "/name", Value: "better"}},
			[]string{"conv1: activation relu → removed", "name flawed-cnn → better"}},
		{[]Edit{{Op: "replace", Path: "/layers", Value: []any{}}}, []string{"all layers are replaced"}},
	} {
		got, err := Changes(base, c.edits)
		if err != nil {
			t.Error(err)
			continue
		}
		for i := range max(len(got), len(c.want)) {
			if len(got) != len(c.want) || got[i] != c.want[i] {
				t.Errorf("%v: %q, want %q", c.edits, got, c.want)
				break
			}
		}
	}
	for _, path := range []string{"/layers/99", "/layers/x/units", "/layers/8/units"} {
		if _, err := Changes(base, []Edit{{Op: "add", Path: path, Value: 1}}); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}
