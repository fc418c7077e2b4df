package corpus

import (
	"math"
	"math/rand/v2"

	"probewise/advisor/knob"
	"probewise/trainer"
)

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
		norm:          pick(r, "none", "none", "none", "none", "all", "all", "lower", "higher"),
		penaltyHigher: pick(r, false, false, true),
	}
	if r.Float64() < 0.2 {
		g.activation = pick(r, trainer.LeakyReLU, trainer.ELU, trainer.ELU, trainer.SELU, trainer.Tanh, trainer.Sigmoid)
	}
	if r.Float64() < 0.4 {
		g.l2 = logUniform(r, 1e-6, 5e-3)
	}
	if r.Float64() < 0.1 {
		g.l1 = logUniform(r, 1e-7, 3e-4)
	}
	if r.Float64() < 0.3 {
		g.dropConv = pick(r, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5)
	}
	if r.Float64() < 0.45 {
		g.dropDense = pick(r, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
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
		l.Momentum, l.Epsilon = trainer.BatchNormMomentum, trainer.BatchNormEpsilon
	}
	return l
}

func draw(r *rand.Rand, space Space) trainer.Architecture {
	g := drawRegularisers(r)
	convs, hidden := 1+r.IntN(6), pick(r, 0, 1, 1, 1, 2, 2, 3, 4)
	a := trainer.Architecture{Version: 1, Input: space.Input, Classes: space.Classes}
	a.Layers = append(drawConvs(r, g, space, convs, hidden), trainer.Layer{Type: drawHead(r)})
	units, ladder := float64(pick(r, 16, 32, 64, 128, 256, 512)), pick(r, 0.5, 0.5, 1, 1, 2)
	for i := range hidden {
		l := trainer.Layer{Type: trainer.Dense, Units: width(units, 8, 1024)}
		a.Layers = append(a.Layers, g.layer(l, convs+i, convs+hidden))
		if g.dropDense > 0 {
			a.Layers = append(a.Layers, trainer.Layer{Type: trainer.Dropout, Rate: g.dropDense})
		}
		units *= ladder
	}
	a.Layers = append(a.Layers, trainer.Layer{
		Type:        trainer.Dense,
		Units:       space.Classes,
		Activation:  trainer.Softmax,
		Initializer: trainer.GlorotUniform,
		Bias:        true,
	})
	drawTraining(r, &a, space)
	return a
}

func drawHead(r *rand.Rand) trainer.LayerType {
	return pick(r, trainer.Flatten, trainer.Flatten, trainer.Flatten, trainer.Flatten, trainer.GlobalAvgPool,
		trainer.GlobalAvgPool, trainer.GlobalMaxPool)
}

// drawConvs draws the conv layers with what makes images smaller between them: pools, strides or nothing.
func drawConvs(r *rand.Rand, g regularisers, space Space, convs, hidden int) []trainer.Layer {
	filters, ladder := float64(pick(r, 4, 8, 12, 16, 16, 24, 32, 48, 64)), pick(r, 0.5, 1, 1, 1.5, 2, 2)
	kernel := pick(r, 3, 3, 3, 3, 3, 5, 5, 7)
	padding := pick(r, trainer.Same, trainer.Same, trainer.Same, trainer.Valid)
	pool := pick(r, trainer.MaxPool, trainer.MaxPool, trainer.MaxPool, trainer.AvgPool)
	strided, residual := r.Float64() < 0.15, r.Float64() < 0.12
	every := pick(r, 0.5, 0.75, 0.75, 1)
	side := min(space.Input[0], space.Input[1])
	var layers []trainer.Layer
	for i := range convs {
		l := trainer.Layer{
			Type:    trainer.Conv,
			Filters: width(filters, 4, 256),
			Kernel:  [2]int{kernel, kernel},
			Stride:  [2]int{1, 1},
			Padding: padding,
		}
		if i > 0 && r.Float64() < 0.08 {
			l.Kernel = [2]int{1, 1}
		}
		smaller := side >= 4 && (i == 0 || r.Float64() < every)
		if smaller && strided {
			l.Stride = [2]int{2, 2}
		}
		l = g.layer(l, i, convs+hidden)
		layers = append(layers, l)
		if residual {
			layers = append(layers, block(l))
		}
		if smaller {
			side /= 2
			if !strided {
				layers = append(layers,
					trainer.Layer{Type: pool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}, Padding: trainer.Valid})
			}
		}
		if g.dropConv > 0 {
			layers = append(layers, trainer.Layer{Type: trainer.Dropout, Rate: g.dropConv})
		}
		filters *= ladder
	}
	return layers
}

// block is a residual block of the conv layer once more.
func block(l trainer.Layer) trainer.Layer {
	l.Stride, l.Padding = [2]int{1, 1}, trainer.Same
	return trainer.Layer{Type: trainer.Residual, Body: []trainer.Layer{l}}
}

func width(x float64, low, high int) int { return min(max(int(math.Round(x)), low), high) }

func drawTraining(r *rand.Rand, a *trainer.Architecture, space Space) {
	o := trainer.Optimizer{Type: pick(r, trainer.Adam, trainer.Adam, trainer.Adam, trainer.RMSprop, trainer.AdamW,
		trainer.SGD, trainer.SGD)}
	switch o.Type {
	case trainer.SGD:
		o.Momentum = pick(r, 0, 0.9, 0.9)
		o.Nesterov = o.Momentum > 0 && r.Float64() < 0.3
	case trainer.Adam, trainer.AdamW:
		o.Beta1, o.Beta2, o.Epsilon = 0.9, 0.999, 1e-7
	case trainer.RMSprop:
		o.Rho, o.Epsilon = 0.9, 1e-7
	}
	if o.Type == trainer.AdamW {
		o.WeightDecay = logUniform(r, 1e-4, 0.1)
	}
	t := trainer.Training{
		Optimizer: o,
		Schedule:  drawSchedule(r, space.Epochs),
		BatchSize: pick(r, 16, 32, 32, 64, 64, 64, 128, 128, 256, 512),
		Epochs:    space.Epochs,
	}
	if r.Float64() < 0.12 {
		t.ClipNorm = pick(r, 0.5, 1, 5)
	}
	if r.Float64() < 0.15 {
		t.Augment.Flip = true
	}
	if r.Float64() < 0.15 {
		t.Augment.Crop = min(pick(r, 1, 2, 4), min(space.Input[0], space.Input[1])/2)
	}
	a.Training = t
	a.Training.Optimizer.LearningRate = digits(knob.UsualRate(*a)*math.Pow(10, drawDecades(r, max(space.RateFactor, 1))),
		2)
}

// drawDecades draws how far a learning rate is off what is usual: mostly near, a quarter anywhere from a hundredth to
// ten times.
func drawDecades(r *rand.Rand, factor float64) float64 {
	near, anywhere, even := r.NormFloat64()*0.6-0.15, r.Float64(), r.Float64() < 0.25
	most := 1 + math.Log10(factor)
	if even {
		return -2 + anywhere*(2+most)
	}
	if near > 0 {
		near *= most
	}
	return min(max(near, -2), most)
}

func drawSchedule(r *rand.Rand, epochs int) trainer.Schedule {
	s := trainer.Schedule{Type: pick(r, trainer.Constant, trainer.Constant, trainer.Constant,
		trainer.Cosine, trainer.Cosine,
		trainer.StepDown)}
	if s.Type == trainer.StepDown {
		s.Every, s.Factor = max(epochs/3, 1), pick(r, 0.1, 0.3, 0.5)
	}
	if r.Float64() < 0.12 && epochs >= 4 {
		s.Warmup = 1
	}
	return s
}
