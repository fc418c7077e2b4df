package gain

import (
	"math"
	"slices"
	"testing"

	"probewise/advisor"
)

// TestLevel: what a base reaches is learnt from its curve, and a difference of logits is worth less near 1.
func TestLevel(t *testing.T) {
	var pairs []Pair
	for i := range 40 {
		low := 0.2 + 0.015*float64(i)
		base := pastRun(small(t), sigmoid(logit(low)+0.5), curve(low/2, low/2, low/2, low, low))
		pairs = append(pairs, Pair{Family: string(rune('a' + i)), Base: base, Edited: base})
	}
	l, err := fitLevel(pairs, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, low := range []float64{0.25, 0.5, 0.7} {
		v := Edit(advisor.ProbeResult{Architecture: small(t), Epochs: 3, Records: curve(low/2, low/2, low/2, low, low)},
			small(t), advisor.ProbeResult{}, 0)
		large := v
		large.Values = slices.Clone(v.Values)
		large.Values[slices.Index(v.Names, "net_input")] += 4
		if got, want := l.gain(large, 0.3), l.gain(v, 0.3); got != want {
			t.Errorf("of images that are larger than any in the pairs it gains %g, want %g", got, want)
		}
		reaches := sigmoid(logit(low) + 0.5)
		for _, difference := range []float64{-1, 0, 0.3} {
			want := sigmoid(logit(reaches)+difference) - reaches
			if got := l.gain(v, difference); math.Abs(got-want) > 0.01 {
				t.Errorf("%g more in logits on top of %.2f gains %.4f, want %.4f", difference, reaches, got, want)
			}
		}
	}
}
