package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
)

func TestWeights(t *testing.T) {
	s := start(t, parse(t, nets["norm"], `"batch_size":32`), 0, 2)
	before, err := s.Weights()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range before {
		got = append(got, fmt.Sprint(w.Name, w.Shape))
		size := 1
		for _, n := range w.Shape {
			size *= n
		}
		if len(w.Values) != size {
			t.Errorf("%s %v has %d values", w.Name, w.Shape, len(w.Values))
		}
	}
	want := []string{
		"conv1.kernel[3 2 3 2]", "conv1.bias[3]", "conv1.gamma[3]", "conv1.beta[3]", "conv1.moving_mean[3]",
		"conv1.moving_variance[3]",
		"conv2.kernel[4 3 1 1]", "batch_norm1.gamma[4]", "batch_norm1.beta[4]", "batch_norm1.moving_mean[4]",
		"batch_norm1.moving_variance[4]",
		"dense1.kernel[64 6]", "dense1.bias[6]", "dense1.gamma[6]", "dense1.beta[6]", "dense1.moving_mean[6]",
		"dense1.moving_variance[6]",
		"dense2.kernel[6 3]", "dense2.bias[3]",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("weights\n%q, want\n%q", got, want)
	}
	initial := map[string]float32{"bias": 0, "gamma": 1, "beta": 0, "moving_mean": 0, "moving_variance": 1}
	for suffix, value := range initial {
		if w := named(t, before, "dense1."+suffix); slices.ContainsFunc(w, func(v float32) bool { return v != value }) {
			t.Errorf("dense1.%s begins as %v, not %g", suffix, w, value)
		}
	}

	trainTo(t, s, 1, &notebook{})
	after, err := s.Weights()
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range after {
		// a bias before a batch norm need not move
		if !strings.HasSuffix(w.Name, ".bias") && slices.Equal(w.Values, before[i].Values) {
			t.Errorf("training left %s as it was, or changed the copy", w.Name)
		}
	}
	if !slices.Equal(named(t, after, "conv1.kernel"), weights(t, s)[0]) {
		t.Error("conv1.kernel is not the first param")
	}
}

func named(t *testing.T, all []trainer.Tensor, name string) []float32 {
	t.Helper()
	i := slices.IndexFunc(all, func(w trainer.Tensor) bool { return w.Name == name })
	if i < 0 {
		t.Fatalf("no %s", name)
	}
	return all[i].Values
}
