package corpus

import (
	"fmt"
	"math"
	"math/rand/v2"

	"probewise/trainer"
)

// Space bounds what Sample may draw.
type Space struct {
	Input         [3]int // height, width, channels of the data set
	Classes       int
	Epochs        int
	MultiplyAdds  int64 // at most, forward, per image; one of five architectures has more, up to four times as many
	MaxParameters int64
	// RateFactor multiplies the upper end of the learning rates, ten times what is usual of the optimizer. 0: 1.
	RateFactor float64
}

// Sample draws architecture number index of the seed's sequence: the knobs of Salit's paper (number of conv and dense
// layers, filters and widths with their ladders, dropout, L1, L2, batch norm and where, optimizer, learning rate) and
// what else users set (kernels, strides, pools, heads, residual blocks, activations, schedules, augmentation, weight
// decay, batch sizes) over wide ranges, so that some of the runs are poor. Most learning rates are within a decade of
// what is usual, since of the runs of an earlier sampler, which drew them evenly, a tenth never left chance. The same
// arguments give the same architecture.
func Sample(space Space, seed uint64, index int) (trainer.Architecture, error) {
	r := rand.New(rand.NewPCG(seed, uint64(index)))
	least, most := int64(0), space.MultiplyAdds
	if index%5 == 4 {
		least, most = most+1, 4*most
	}
	for range 500 {
		a := draw(r, space)
		a.Name = fmt.Sprintf("sample-%d-%d", seed, index)
		a.Training.Seed = uint64(index) + 1
		a, err := trainer.Validate(a, trainer.Limits{})
		if err != nil {
			continue // sizes that shrink to nothing
		}
		cost := a.Cost()
		if cost.MultiplyAdds >= least && cost.MultiplyAdds <= most && cost.Parameters <= space.MaxParameters {
			return a, nil
		}
	}
	return trainer.Architecture{}, fmt.Errorf(
		"no architecture of %d to %d multiply-adds and at most %d parameters found for seed %d, index %d",
		least, most, space.MaxParameters, seed, index)
}

func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// logUniform draws from low…high, evenly on the logarithm, at two significant digits.
func logUniform(r *rand.Rand, low, high float64) float64 {
	return digits(math.Exp(math.Log(low)+r.Float64()*math.Log(high/low)), 2)
}
