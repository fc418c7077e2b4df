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
	// RateFactor multiplies the upper end of the learning rates: .3 for SGD, .02 for Adam and RMSprop. 0: 1. At 30, 8 of
	// 24 runs stayed at chance and 1 ended in NaN.
	RateFactor float64
}

// Sample draws architecture number index of the seed's sequence: the knobs of Salit's paper (number of conv and dense
// layers, filters and widths with their ladders, dropout, L1, L2, batch norm and where, optimizer, learning rate) over
// wide ranges, so that some of the runs are poor, and with a RateFactor end in NaN. The same arguments give the same
// architecture.
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

// regularisers are one draw of the knobs that every layer shares.
type regularisers struct {
	activation    trainer.Activation
	initializer   trainer.Initializer
	l1, l2        float64
	penaltyHigher bool   // the upper half of the hidden layers alone is penalised
	norm          string // none, all, lower, higher
	dropConv      float64
	dropDense     float64
}

func drawRegularisers(r *rand.Rand) regularisers {
	g := regularisers{
		activation:    trainer.ReLU,
		initializer:   pick(r, trainer.GlorotUniform, trainer.GlorotUniform, trainer.HeUniform, trainer.HeNormal),
		norm:          pick(r, "none", "none", "none", "all", "lower", "higher"),
		penaltyHigher: pick(r, false, false, true),
	}
	if r.Float64() < 0.12 {
		g.activation = pick(r, trainer.LeakyReLU, trainer.ELU, trainer.Tanh, trainer.Sigmoid)
	}
	if r.Float64() < 0.45 {
		g.l2 = logUniform(r, 1e-5, 1e-2)
	}
	if r.Float64() < 0.12 {
		g.l1 = logUniform(r, 1e-6, 1e-3)
	}
	if r.Float64() < 0.35 {
		g.dropConv = pick(r, 0.1, 0.2, 0.25, 0.3, 0.4)
	}
	if r.Float64() < 0.45 {
		g.dropDense = pick(r, 0.2, 0.25, 0.3, 0.4, 0.5)
	}
	return g
}

// layer fills in what the regularisers say about hidden layer i of n.
func (g regularisers) layer(l trainer.Layer, i, n int) trainer.Layer {
	higher := trainer.InUpperHalf(i, n)
	l.Activation, l.Initializer, l.Bias = g.activation, g.initializer, true
	if l.Activation == trainer.LeakyReLU {
		l.NegativeSlope = 0.3
	}
	if higher || !g.penaltyHigher {
		l.L1, l.L2 = g.l1, g.l2
	}
	l.BatchNorm = g.norm == "all" || g.norm == "lower" && !higher || g.norm == "higher" && higher
	if l.BatchNorm {
		l.Momentum, l.Epsilon = 0.99, 1e-3
	}
	return l
}

func draw(r *rand.Rand, space Space) trainer.Architecture {
	convs, hidden := 1+r.IntN(5), pick(r, 0, 1, 1, 2, 2, 3, 4)
	g := drawRegularisers(r)
	a := trainer.Architecture{
		Version:  1,
		Input:    space.Input,
		Classes:  space.Classes,
		Training: drawTraining(r, space.Epochs, max(space.RateFactor, 1)),
	}

	filters, ladder := float64(pick(r, 4, 8, 12, 16, 24, 32, 48)), pick(r, 0.5, 1, 1, 1.5, 2, 2)
	kernel := pick(r, 3, 3, 3, 5)
	side := min(space.Input[0], space.Input[1])
	for i := range convs {
		l := trainer.Layer{
			Type:    trainer.Conv,
			Filters: width(filters, 4, 256),
			Kernel:  [2]int{kernel, kernel},
			Stride:  [2]int{1, 1},
			Padding: trainer.Same,
		}
		a.Layers = append(a.Layers, g.layer(l, i, convs+hidden))
		if side >= 4 && (i == 0 || r.Float64() < 0.75) {
			pool := trainer.Layer{Type: trainer.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}, Padding: trainer.Valid}
			a.Layers = append(a.Layers, pool)
			side /= 2
		}
		if g.dropConv > 0 {
			a.Layers = append(a.Layers, trainer.Layer{Type: trainer.Dropout, Rate: g.dropConv})
		}
		filters *= ladder
	}
	flatten := pick(r, trainer.Flatten, trainer.Flatten, trainer.Flatten, trainer.GlobalAvgPool)
	a.Layers = append(a.Layers, trainer.Layer{Type: flatten})
	units, ladder := float64(pick(r, 16, 32, 64, 128, 256, 512)), pick(r, 0.5, 0.5, 1, 1, 2)
	for i := range hidden {
		l := trainer.Layer{Type: trainer.Dense, Units: width(units, 8, 1024)}
		a.Layers = append(a.Layers, g.layer(l, convs+i, convs+hidden))
		if g.dropDense > 0 {
			a.Layers = append(a.Layers, trainer.Layer{Type: trainer.Dropout, Rate: g.dropDense})
		}
		units *= ladder
	}
	last := trainer.Layer{
		Type:        trainer.Dense,
		Units:       space.Classes,
		Activation:  trainer.Softmax,
		Initializer: trainer.GlorotUniform,
		Bias:        true,
	}
	a.Layers = append(a.Layers, last)
	return a
}

func width(x float64, low, high int) int { return min(max(int(math.Round(x)), low), high) }

func drawTraining(r *rand.Rand, epochs int, rates float64) trainer.Training {
	o := trainer.Optimizer{Type: pick(r, trainer.Adam, trainer.Adam, trainer.RMSprop, trainer.RMSprop, trainer.SGD)}
	switch o.Type {
	case trainer.SGD:
		o.LearningRate, o.Momentum = logUniform(r, 1e-3, 0.3*rates), pick(r, 0, 0.9, 0.9)
	case trainer.Adam:
		o.LearningRate, o.Beta1, o.Beta2, o.Epsilon = logUniform(r, 5e-5, 2e-2*rates), 0.9, 0.999, 1e-7
	case trainer.RMSprop:
		o.LearningRate, o.Rho, o.Epsilon = logUniform(r, 5e-5, 2e-2*rates), 0.9, 1e-7
	}
	clip := 0.0
	if r.Float64() < 0.15 {
		clip = pick(r, 0.5, 1, 5)
	}
	return trainer.Training{
		Optimizer: o,
		ClipNorm:  clip,
		Schedule:  trainer.Schedule{Type: pick(r, trainer.Constant, trainer.Constant, trainer.Constant, trainer.Cosine)},
		BatchSize: pick(r, 32, 64, 64, 128),
		Epochs:    epochs,
	}
}
