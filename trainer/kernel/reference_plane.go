package kernel

import (
	"fmt"
	"math"

	"probewise/trainer"
)

// The constants of selu (Klambauer, Unterthiner, Mayr & Hochreiter 2017, section 2).
const (
	seluAlpha = 1.6732632423543772
	seluScale = 1.0507009873554805
)

func matMul[T float](o trainer.MatMul, a, b, c []T) {
	for m := range o.M {
		for n := range o.N {
			var sum float64
			for k := range o.K {
				i, j := m*o.K+k, k*o.N+n
				if o.TransA {
					i = k*o.M + m
				}
				if o.TransB {
					j = n*o.K + k
				}
				sum += float64(a[i]) * float64(b[j])
			}
			c[m*o.N+n] = T(sum)
		}
	}
}

// eachValue visits the values of a plane in order, with their channel.
func eachValue(p trainer.Plane, visit func(i, c int)) {
	for n := range p.N {
		for c := range p.C {
			for s := range p.S {
				visit((n*p.C+c)*p.S+s, c)
			}
		}
	}
}

func addBias[T float](o trainer.BiasOp, x, b, y []T) {
	eachValue(o.Plane, func(i, c int) { y[i] = x[i] + b[c] })
}

func biasGrad[T float](o trainer.BiasGrad, dy, db []T) {
	sums := make([]float64, o.C)
	eachValue(o.Plane, func(i, c int) { sums[c] += float64(dy[i]) })
	for c, sum := range sums {
		db[c] = T(sum)
	}
}

func add[T float](p trainer.Plane, a, b, sum []T) {
	for i := range p.Len() {
		sum[i] = a[i] + b[i]
	}
}

func activate[T float](o trainer.ActivationOp, x, y []T) error {
	f, err := activation(o)
	if err != nil {
		return err
	}
	for i := range o.Len() {
		y[i] = T(f(float64(x[i])))
	}
	return nil
}

func activation(o trainer.ActivationOp) (func(x float64) float64, error) {
	below := func(f func(x float64) float64) func(x float64) float64 {
		return func(x float64) float64 {
			if x < 0 {
				return f(x)
			}
			return x
		}
	}
	switch o.Kind {
	case trainer.Linear:
		return func(x float64) float64 { return x }, nil
	case trainer.ReLU:
		return below(func(float64) float64 { return 0 }), nil
	case trainer.LeakyReLU:
		return below(func(x float64) float64 { return float64(o.Slope) * x }), nil
	case trainer.ELU:
		return below(math.Expm1), nil
	case trainer.SELU:
		elu := below(func(x float64) float64 { return seluAlpha * math.Expm1(x) })
		return func(x float64) float64 { return seluScale * elu(x) }, nil
	case trainer.Sigmoid:
		return func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, nil
	case trainer.Tanh:
		return math.Tanh, nil
	}
	return nil, fmt.Errorf("kernel: %s: no elementwise activation %q", trainer.OpTitle(o), o.Kind)
}

func activateGrad[T float](o trainer.ActivationGrad, y, dy, dx []T) error {
	f, err := activationSlope(o)
	if err != nil {
		return err
	}
	for i := range o.Len() {
		dx[i] = dy[i] * T(f(float64(y[i])))
	}
	return nil
}

// activationSlope gives an activation's derivative as a function of its output. Where it has a kink the slope is that
// of the negative side, 0 for relu.
func activationSlope(o trainer.ActivationGrad) (func(y float64) float64, error) {
	kinked := func(above float64, below func(y float64) float64) func(y float64) float64 {
		return func(y float64) float64 {
			if y > 0 {
				return above
			}
			return below(y)
		}
	}
	switch o.Kind {
	case trainer.Linear:
		return func(float64) float64 { return 1 }, nil
	case trainer.ReLU:
		return kinked(1, func(float64) float64 { return 0 }), nil
	case trainer.LeakyReLU:
		return kinked(1, func(float64) float64 { return float64(o.Slope) }), nil
	case trainer.ELU:
		return kinked(1, func(y float64) float64 { return y + 1 }), nil
	case trainer.SELU:
		return kinked(seluScale, func(y float64) float64 { return y + seluScale*seluAlpha }), nil
	case trainer.Sigmoid:
		return func(y float64) float64 { return y * (1 - y) }, nil
	case trainer.Tanh:
		return func(y float64) float64 { return 1 - y*y }, nil
	}
	return nil, fmt.Errorf("kernel: %s: no elementwise activation %q", trainer.OpTitle(o), o.Kind)
}

// eachPosition visits the first index of every group of C values that softmax normalises together; they lie S apart.
func eachPosition(p trainer.Plane, visit func(first int)) {
	for n := range p.N {
		for s := range p.S {
			visit(n*p.C*p.S + s)
		}
	}
}

func softmax[T float](p trainer.Plane, x, y []T) {
	eachPosition(p, func(first int) {
		largest, total := math.Inf(-1), 0.0
		for c := range p.C {
			largest = math.Max(largest, float64(x[first+c*p.S]))
		}
		for c := range p.C {
			total += math.Exp(float64(x[first+c*p.S]) - largest)
		}
		for c := range p.C {
			y[first+c*p.S] = T(math.Exp(float64(x[first+c*p.S])-largest) / total)
		}
	})
}

func softmaxGrad[T float](p trainer.Plane, y, dy, dx []T) {
	eachPosition(p, func(first int) {
		var dot float64
		for c := range p.C {
			dot += float64(y[first+c*p.S]) * float64(dy[first+c*p.S])
		}
		for c := range p.C {
			i := first + c*p.S
			dx[i] = T(float64(y[i]) * (float64(dy[i]) - dot))
		}
	})
}

func dropout[T float](o trainer.DropoutOp, x, y []T, at trainer.Step) {
	for unit := range o.N * o.C {
		words := maskWords(uint32(unit/4), o.Stream, at)
		for i := unit * o.S; i < (unit+1)*o.S; i++ {
			y[i] = 0
			if float64(words[unit%4]) >= float64(o.Rate)*(1<<32) {
				y[i] = x[i] * T(1/(1-float64(o.Rate)))
			}
		}
	}
}

// maskWords gives the random words of four neighbouring values of a dropout mask.
func maskWords(block, stream uint32, at trainer.Step) [4]uint32 {
	return Philox([4]uint32{block, stream, uint32(at.Index), uint32(at.Index >> 32)},
		[2]uint32{uint32(at.Key), uint32(at.Key >> 32)})
}
