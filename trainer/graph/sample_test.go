package graph

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"

	"probewise/trainer"
)

func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// sampler draws small nets for 9×8×2 images in 3 classes, from every layer type and setting that the engine computes.
type sampler struct{ *rand.Rand }

// net draws until the sizes fit.
func (s sampler) net(t *testing.T) trainer.Architecture {
	t.Helper()
	for range 1000 {
		a := trainer.Architecture{
			Version:  1,
			Input:    [3]int{9, 8, 2},
			Classes:  3,
			Training: parse(t, nets["plain"], "").Training,
		}
		channels := 2
		for range 1 + s.IntN(4) {
			l := s.image(channels)
			a.Layers = append(a.Layers, l)
			if l.Shortcut != nil {
				l = l.Shortcut[0]
			}
			if l.Type == trainer.Conv {
				channels = l.Filters
			}
		}
		a.Layers = append(a.Layers,
			trainer.Layer{Type: pick(s.Rand, trainer.Flatten, trainer.GlobalAvgPool, trainer.GlobalMaxPool)})
		for range s.IntN(3) {
			a.Layers = append(a.Layers, s.features())
		}
		a.Layers = append(a.Layers, trainer.Layer{
			Type:        trainer.Dense,
			Units:       3,
			Bias:        true,
			Initializer: trainer.GlorotUniform,
			Activation:  trainer.Softmax,
		})
		if p, err := trainer.Parse(a.Canonical(), trainer.ParseOptions{}); err == nil {
			return p.Architecture
		}
	}
	t.Fatal("no valid net in 1000")
	return trainer.Architecture{}
}

// image draws a layer of images with the number of channels.
func (s sampler) image(channels int) trainer.Layer {
	switch s.IntN(8) {
	case 0, 1:
		return s.conv(pick(s.Rand, 1, 2, 3, 5), pick(s.Rand, 1, 1, 2), pick(s.Rand, 1, 2, 3, 4, 5, 6, 16, 17, 24),
			pick(s.Rand, trainer.Same, trainer.Valid))
	case 2:
		return trainer.Layer{
			Type:    pick(s.Rand, trainer.MaxPool, trainer.AvgPool),
			Size:    [2]int{1 + s.IntN(3), 1 + s.IntN(3)},
			Stride:  [2]int{1 + s.IntN(2), 1 + s.IntN(2)},
			Padding: pick(s.Rand, trainer.Same, trainer.Valid),
		}
	case 3:
		return trainer.Layer{Type: trainer.ZeroPad, Pad: [2]int{s.IntN(2), s.IntN(3)}}
	case 4:
		return trainer.Layer{Type: pick(s.Rand, trainer.Dropout, trainer.SpatialDropout), Rate: 0.5 * s.Float64()}
	case 5:
		return s.alone()
	}
	return s.block(channels)
}

// features draws a layer of flat features.
func (s sampler) features() trainer.Layer {
	switch s.IntN(5) {
	case 0:
		return trainer.Layer{Type: trainer.Dropout, Rate: 0.5 * s.Float64()}
	case 1:
		return s.alone()
	case 2:
		dense := s.weighted(trainer.Layer{Type: trainer.Dense, Units: 5})
		return trainer.Layer{
			Type:     trainer.Residual,
			Body:     []trainer.Layer{s.alone(), dense},
			Shortcut: []trainer.Layer{s.weighted(dense)},
		}
	}
	return s.weighted(trainer.Layer{Type: trainer.Dense, Units: 1 + s.IntN(7)})
}

// block draws a residual block of images: identity around layers that keep the shape, or a projection.
func (s sampler) block(channels int) trainer.Layer {
	keeps := func() trainer.Layer {
		return pick(s.Rand, s.alone(), trainer.Layer{Type: trainer.SpatialDropout, Rate: 0.3},
			trainer.Layer{Type: trainer.AvgPool, Size: [2]int{3, 2}, Stride: [2]int{1, 1}, Padding: trainer.Same})
	}
	l := trainer.Layer{Type: trainer.Residual, Body: []trainer.Layer{keeps()}}
	switch s.IntN(4) {
	case 0:
		return l
	case 1:
		l.Body = append(l.Body, s.conv(3, 1, channels, trainer.Same))
		return l
	}
	filters, stride := 1+s.IntN(5), 1+s.IntN(2)
	l.Body = []trainer.Layer{s.conv(3, stride, filters, trainer.Same), keeps(), s.conv(3, 1, filters, trainer.Same)}
	if s.IntN(2) == 0 {
		l.Body = append([]trainer.Layer{keeps()}, l.Body...)
	}
	l.Shortcut = []trainer.Layer{s.conv(1, stride, filters, trainer.Same)}
	return l
}

// alone draws a batch norm or activation as a layer of its own.
func (s sampler) alone() trainer.Layer {
	if s.IntN(2) == 0 {
		return trainer.Layer{Type: trainer.BatchNorm, Momentum: 0.9, Epsilon: 1e-3}
	}
	return s.activated(trainer.Layer{Type: trainer.Activate})
}

func (s sampler) activated(l trainer.Layer) trainer.Layer {
	l.Activation = pick(s.Rand, trainer.Linear, trainer.ReLU, trainer.LeakyReLU, trainer.ELU, trainer.SELU,
		trainer.Sigmoid, trainer.Tanh, trainer.Softmax)
	l.NegativeSlope = 0
	if l.Activation == trainer.LeakyReLU {
		l.NegativeSlope = 0.2
	}
	return l
}

func (s sampler) conv(kernel, stride, filters int, p trainer.Padding) trainer.Layer {
	return s.weighted(trainer.Layer{
		Type:    trainer.Conv,
		Filters: filters,
		Kernel:  [2]int{kernel, kernel},
		Stride:  [2]int{stride, stride},
		Padding: p,
	})
}

func (s sampler) weighted(l trainer.Layer) trainer.Layer {
	l.Bias, l.BatchNorm = s.IntN(2) == 0, s.IntN(2) == 0
	l.Initializer = pick(s.Rand, trainer.GlorotUniform, trainer.GlorotNormal, trainer.HeUniform, trainer.HeNormal)
	return s.activated(l)
}

// sampled calls f with nets that together hold every layer type, activation and initialiser.
func sampled(t *testing.T, n int, f func(name string, a trainer.Architecture, r *rand.Rand)) {
	t.Helper()
	seen := map[any]bool{}
	for i := range n {
		s := sampler{rand.New(rand.NewPCG(11, uint64(i)))}
		a := s.net(t)
		for l := range a.All() {
			seen[l.Type], seen[l.Activation], seen[l.Initializer] = true, true, true
			seen[string(l.Type)+string(l.Padding)] = true
			if l.Type == trainer.Residual {
				seen[len(l.Shortcut)] = true
			}
		}
		f(fmt.Sprintf("sample %d", i), a, s.Rand)
	}
	for _, want := range []any{trainer.Conv, trainer.MaxPool, trainer.AvgPool, trainer.GlobalAvgPool,
		trainer.GlobalMaxPool, trainer.BatchNorm, trainer.Activate,
		trainer.Dropout, trainer.SpatialDropout, trainer.Flatten, trainer.Dense, trainer.ZeroPad, trainer.Residual,
		"avg_poolsame", "max_poolsame", 0, 1,
		trainer.Linear, trainer.ReLU, trainer.LeakyReLU, trainer.ELU, trainer.SELU, trainer.Sigmoid, trainer.Tanh,
		trainer.Softmax,
		trainer.GlorotUniform, trainer.GlorotNormal, trainer.HeUniform, trainer.HeNormal} {
		if !seen[want] {
			t.Errorf("no %v in %d nets", want, n)
		}
	}
}

// TestSampledPlansAgreeWithTapeMachine trains sampled nets by plain gradient descent for 20 steps, on whole and smaller
// batches, and compares loss and every gradient of each step.
func TestSampledPlansAgreeWithTapeMachine(t *testing.T) {
	const steps, whole, smaller = 20, 5, 3
	sampled(t, 40, func(name string, a trainer.Architecture, r *rand.Rand) {
		var params [][]float64
		for step := range steps {
			rows := whole
			if step%5 == 4 {
				rows = smaller
			}
			n, err := build(a, whole, true, tensor.Float32)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if params == nil {
				params = randomParams(r, n)
			}
			grads := agree(t, name, a, n, params, step, rows, r)
			for i := range params {
				for j := range params[i] {
					params[i][j] -= 0.01 * float64(grads[i][j])
				}
			}
		}
	})
}

// TestSampledGradientsAgainstFiniteDifferences differentiates sampled nets numerically.
func TestSampledGradientsAgainstFiniteDifferences(t *testing.T) {
	sampled(t, 40, func(name string, a trainer.Architecture, r *rand.Rand) { checkDifferences(t, name, a, r) })
}
