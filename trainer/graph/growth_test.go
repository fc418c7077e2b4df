package graph

import (
	"fmt"
	"testing"

	"probewise/trainer"
)

// family is net A with other sizes: convs layers, the first with the given number of filters and each with twice as
// many as the one before, a pool after each of the first four.
func family(b *testing.B, convs, filters, batch int) trainer.Architecture {
	b.Helper()
	a := architecture(b, "testdata/nets/A.json")
	a.Training.BatchSize, a.Layers = batch, nil
	for i := range convs {
		a.Layers = append(a.Layers, trainer.Layer{
			Type:       trainer.Conv,
			Filters:    filters << min(i, 3),
			Kernel:     [2]int{3, 3},
			Stride:     [2]int{1, 1},
			Padding:    trainer.Same,
			Bias:       true,
			Activation: trainer.ReLU,
		})
		if i < 4 {
			a.Layers = append(a.Layers,
				trainer.Layer{Type: trainer.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}, Padding: trainer.Valid})
		}
	}
	a.Layers = append(a.Layers, trainer.Layer{Type: trainer.Flatten})
	for _, units := range []int{256, 128} {
		a.Layers = append(a.Layers, trainer.Layer{Type: trainer.Dense, Units: units, Bias: true, Activation: trainer.ReLU})
	}
	a.Layers = append(a.Layers, trainer.Layer{Type: trainer.Dense, Units: 10, Bias: true, Activation: trainer.Softmax})
	parsed, err := trainer.Parse(a.Canonical(), trainer.ParseOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return parsed.Architecture
}

// BenchmarkGrowth shows how the time of a step grows with the batch, the width and the depth of a net.
func BenchmarkGrowth(b *testing.B) {
	type size struct{ convs, filters, batch int }
	grow := func(name string, sizes ...size) {
		for _, at := range sizes {
			b.Run(fmt.Sprintf("%s/%d convs of %d, batch %d", name, at.convs, at.filters, at.batch), func(b *testing.B) {
				s := opened(b, family(b, at.convs, at.filters, at.batch), images)
				defer s.Close()
				benchmarkStep(b, s)
			})
		}
	}
	grow("batch", size{4, 32, 16}, size{4, 32, 32}, size{4, 32, 64}, size{4, 32, 128}, size{4, 32, 256})
	grow("width", size{4, 8, 64}, size{4, 16, 64}, size{4, 32, 64}, size{4, 64, 64})
	grow("depth", size{1, 32, 64}, size{2, 32, 64}, size{3, 32, 64}, size{4, 32, 64}, size{6, 32, 64})
}

// BenchmarkRun shows how the time of a run of one epoch, with all its records, grows with the images: net B.
func BenchmarkRun(b *testing.B) {
	for _, n := range []int{1250, 2500, 5000, 10000} {
		b.Run(fmt.Sprintf("%d images", n), func(b *testing.B) {
			for b.Loop() {
				s := opened(b, architecture(b, "testdata/nets/B.json"), n)
				if _, err := s.TrainTo(b.Context(), 1, &notebook{}); err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
