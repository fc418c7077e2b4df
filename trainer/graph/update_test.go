package graph

import (
	"math"
	"testing"
)

// twins add layers that are alike: the gradients of their biases are equal, and with equal windows those of their
// kernels.
const twins = `{"type":"residual","body":{"type":"conv","filters":4,"kernel":3,"padding":"same","l2":0.5},
	"shortcut":{"type":"conv","filters":4,"kernel":3,"padding":"same","l2":0.5}},{"type":"flatten"},
		{"type":"dense","units":3,"activation":"softmax"}`

// firstStep is how much the first step of gradient descent at rate 1 takes from each param: its gradient.
func firstStep(t *testing.T, layers, training string) [][]float64 {
	t.Helper()
	s := start(t, parse(t, layers, `"batch_size":200,"optimizer":{"type":"sgd","learning_rate":1}`+training), 0, 1)
	before := weights(t, s)
	trainTo(t, s, 1, &notebook{})
	gradients := make([][]float64, len(before))
	for i, after := range weights(t, s) {
		for j, w := range after {
			gradients[i] = append(gradients[i], float64(before[i][j])-float64(w))
		}
	}
	return gradients
}

// TestClipNormScalesAllGradientsAlike: what it clips is the norm of the gradients and of nothing else, once.
func TestClipNormScalesAllGradientsAlike(t *testing.T) {
	const most = 0.01
	all := map[string]string{"twins": twins}
	for name, layers := range nets {
		all[name] = layers
	}
	for name, layers := range all {
		plain, clipped := firstStep(t, layers, ""), firstStep(t, layers, `,"clip_norm":0.01`)
		var squares float64
		for _, g := range plain {
			for _, v := range g {
				squares += v * v
			}
		}
		scale := most / math.Sqrt(squares)
		for i, g := range plain {
			for j, v := range g {
				if got := clipped[i][j]; math.Abs(got-scale*v) > 1e-3*most {
					t.Fatalf("%s: value %d of param %d moves by %g, want %g", name, j, i, got, scale*v)
				}
			}
		}
	}
}

// TestEachParamHasItsOwnPenalty: gradients that are equal but for the penalty differ by it.
func TestEachParamHasItsOwnPenalty(t *testing.T) {
	s := start(t, parse(t, twins, ""), 0, 1)
	body, shortcut := weights(t, s)[0], weights(t, s)[2]
	gradients := firstStep(t, twins, "")
	for i := range body {
		got, want := gradients[0][i]-gradients[2][i], float64(body[i]-shortcut[i])
		if math.Abs(got-want) > 1e-5 {
			t.Fatalf("the gradients of value %d differ by %g, their penalties by %g", i, got, want)
		}
	}
}
