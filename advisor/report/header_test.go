package report

import (
	"testing"

	"probewise/trainer"
)

func TestLayersLineOfBlocks(t *testing.T) {
	p, err := trainer.Parse([]byte(`{"input": [28, 28, 1], "classes": 10, "layers": [
		{"type": "residual", "name": "block", "body": [{"type": "conv", "filters": 1, "kernel": 3, "padding": "same",
		"activation": "relu"}, {"type": "dropout", "rate": 0.25}]},
		{"type": "residual", "body": {"type": "max_pool"},
		"shortcut": {"type": "conv", "filters": 1, "kernel": 1, "stride": 2}},
		{"type": "flatten"}, {"type": "dense", "units": 10}]}`), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "block [conv1 1 (3×3) → dropout 0.25] + its input → residual2 [max pool 2×2] + [conv2 1 (1×1, stride " +
		"2×2, linear)] → flatten → dense1 10 (softmax)"
	if got := Layers(p.Architecture); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
