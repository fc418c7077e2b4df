package trainer

import "math"

// Weighted says whether classes count differently.
func (w ClassWeighting) Weighted() bool { return w != "" && w != NoClassWeights }

// Weights are those of classes with these numbers of training images: their mean over the images is 1. A class without
// images has none.
func (w ClassWeighting) Weights(images []int) []float32 {
	of := func(n int) float64 {
		switch w {
		case BalancedClasses:
			return 1 / float64(n)
		case RootBalancedClasses:
			return 1 / math.Sqrt(float64(n))
		}
		return 1
	}
	total, weighted := 0, 0.0
	for _, n := range images {
		if n > 0 {
			total, weighted = total+n, weighted+float64(n)*of(n)
		}
	}
	weights := make([]float32, len(images))
	for class, n := range images {
		if n > 0 {
			weights[class] = float32(of(n) * float64(total) / weighted)
		}
	}
	return weights
}
