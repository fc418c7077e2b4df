package forest

import (
	"math"
	"testing"
)

func TestLimitByHand(t *testing.T) {
	const tanh1 = 0.7615941559557649
	for _, c := range []struct {
		clip        clip
		value, want float64
	}{
		{clip{0.2, 0.6}, 0.2, 0.2},
		{clip{0.2, 0.6}, 0.43, 0.43},
		{clip{0.2, 0.6}, 0.6, 0.6},
		{clip{0.2, 0.6}, 0.7, 0.6 + 0.1*tanh1}, // a quarter of the way to 1 is 0.1
		{clip{0.2, 0.6}, 1e6, 0.7},
		{clip{0.2, 0.6}, 0.15, 0.2 - 0.05*tanh1},
		{clip{0.2, 0.6}, -1e6, 0.15},
		{clip{0, 1}, 1e-9, 1e-9},
		{clip{0, 1}, 1.5, 1},
		{clip{0, 1}, -0.5, 0},
	} {
		if got := c.clip.apply(c.value); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: apply(%g) = %g, want %g", c.clip, c.value, got, c.want)
		}
	}
}

func TestLogit(t *testing.T) {
	for y, want := range map[float64]float64{0.5: 0, 0.9: math.Log(9), 0.2: -math.Log(4),
		0: -math.Log(499), 1: math.Log(499)} {
		got := logit(y)
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("logit(%g) = %g, want %g", y, got, want)
		}
		if back := sigmoid(got); math.Abs(back-min(max(y, logitEdge), 1-logitEdge)) > 1e-12 {
			t.Errorf("%g came back as %g", y, back)
		}
	}
}
