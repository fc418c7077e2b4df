package graph

import (
	"fmt"
	"math"
	"math/rand/v2"

	"probewise/trainer"
)

// truncation is the standard deviation of a normal distribution cut at two deviations; dividing by it restores the
// variance, as Keras does.
const truncation = 0.87962566103423978

// initialValues draws a param's values from its own stream of the seed: kernels by the layer's initialiser (Glorot &
// Bengio 2010, He et al. 2015; the normal ones cut at two deviations), biases 0, gamma 1, beta 0.
func (p param) initialValues(seed uint64, stream int) ([]float32, error) {
	values := make([]float32, p.node.Shape().TotalSize())
	switch p.role {
	case biasRole:
		return values, nil
	case batchNormRole:
		for i := range len(values) / 2 {
			values[i] = 1
		}
		return values, nil
	}
	draw, err := p.distribution(rand.New(rand.NewPCG(seed, uint64(stream))))
	if err != nil {
		return nil, err
	}
	for i := range values {
		values[i] = float32(draw())
	}
	return values, nil
}

func (p param) distribution(r *rand.Rand) (func() float64, error) {
	glorot, he := 2/float64(p.fanIn+p.fanOut), 2/float64(p.fanIn)
	uniform := func(variance float64) func() float64 {
		limit := math.Sqrt(3 * variance)
		return func() float64 { return limit * (2*r.Float64() - 1) }
	}
	normal := func(variance float64) func() float64 {
		deviation := math.Sqrt(variance) / truncation
		return func() float64 {
			for {
				if z := r.NormFloat64(); math.Abs(z) <= 2 {
					return deviation * z
				}
			}
		}
	}
	switch p.layer.Initializer {
	case trainer.GlorotUniform:
		return uniform(glorot), nil
	case trainer.GlorotNormal:
		return normal(glorot), nil
	case trainer.HeUniform:
		return uniform(he), nil
	case trainer.HeNormal:
		return normal(he), nil
	}
	return nil, fmt.Errorf("initializer %q is not known", p.layer.Initializer)
}
