package patch

import (
	"slices"
	"testing"

	"probewise/trainer"
)

func flawedCNN(t *testing.T) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse([]byte(`{"version": 1, "name": "flawed-cnn", "input": [28, 28, 1], "classes": 10, "layers": [
		{"type": "conv", "filters": 8, "kernel": 3, "padding": "same", "activation": "relu"}, {"type": "max_pool", "size": 2},
		{"type": "conv", "filters": 8, "kernel": 3, "activation": "tanh"}, {"type": "flatten"},
		{"type": "dense", "units": 64, "activation": "relu"}, {"type": "dense", "units": 128, "activation": "relu"},
		{"type": "dense", "units": 64, "activation": "relu"},
		{"type": "dense", "units": 10, "activation": "softmax"}]}`), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}

// The lines must say what the edits do, also where layers move under later edits.
func TestDescribe(t *testing.T) {
	base := flawedCNN(t)
	for _, c := range []struct {
		edits []Edit
		want  []string
	}{
		{
			[]Edit{{Op: "remove", Path: "/layers/1"}, {Op: "add", Path: "/layers/1/kernel", Value: []any{5.0, 5.0}}},
			[]string{"remove max_pool1 (max_pool, padding valid, size 2×2, stride 2×2)", "conv2: kernel 3×3 → 5×5"},
		},
		{
			[]Edit{{Op: "add", Path: "/layers/0", Value: map[string]any{"type": "zero_pad", "padding": []any{1, 1}}}},
			[]string{"add at the start: zero_pad (zero_pad, padding 1×1)"},
		},
		{
			[]Edit{{Op: "replace", Path: "/layers/3", Value: map[string]any{"type": "global_avg_pool", "name": "flatten"}}},
			[]string{"replace flatten1 (flatten) by flatten (global_avg_pool)"},
		},
		{
			[]Edit{{Op: "remove", Path: "/layers/0/activation"}, {Op: "add", Path: "/name", Value: "better"}},
			[]string{"conv1: activation relu → removed", "name flawed-cnn → better"},
		},
		{[]Edit{{Op: "replace", Path: "/layers", Value: []any{}}}, []string{"all layers are replaced"}},
	} {
		got, err := Describe(base, c.edits)
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
	block, err := trainer.Parse([]byte(`{"input": [28, 28, 1], "classes": 10, "layers": [
		{"type": "flatten"}, {"type": "dense", "units": 8},
		{"type": "residual", "body": [{"type": "dense", "units": 8}, {"type": "dropout", "rate": 0.5}]},
		{"type": "dense", "units": 10}]}`), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Describe(block.Architecture, []Edit{
		{Op: "remove", Path: "/layers/2/body/1"},
		{Op: "add", Path: "/layers/2/body/0", Value: map[string]any{"type": "batch_norm", "name": "b"}},
		{Op: "add", Path: "/layers/2/body/2", Value: map[string]any{"type": "flatten", "name": "f"}},
		{Op: "add", Path: "/layers/2/body/1/l2", Value: 0.1},
		{Op: "add", Path: "/layers/2/shortcut/0", Value: map[string]any{"type": "dense", "units": 8, "name": "p"}},
		{Op: "remove", Path: "/layers/2"},
	})
	want := []string{"remove dropout1 (dropout, rate 0.5)", "add at the start of residual1's body: b (batch_norm)",
		"add after dense2: f (flatten)", "dense2: l2 0 → 0.1",
		"add at the start of residual1's shortcut: p (dense, units 8)",
		"remove residual1 (residual, body b→dense2→f, shortcut p)"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("inside a block: %q, want %q (%v)", got, want, err)
	}
	for _, path := range []string{"/layers/1/body/0", "/layers/9/body/0/units", "/layers/99", "/layers/x/units",
		"/layers/8/units"} {
		if _, err := Describe(base, []Edit{{Op: "add", Path: path, Value: 1}}); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}
