package kernel

import (
	"math"

	"probewise/trainer"
)

func batchNormStats[T float](p trainer.Plane, x, stats []T) {
	n := float64(p.N * p.S)
	mean, variance := make([]float64, p.C), make([]float64, p.C)
	eachValue(p, func(i, c int) { mean[c] += float64(x[i]) / n })
	eachValue(p, func(i, c int) { d := float64(x[i]) - mean[c]; variance[c] += d * d / n })
	for c := range p.C {
		stats[c], stats[p.C+c] = T(mean[c]), T(variance[c])
	}
}

// normalised gives the value at x with the statistics of channel c removed, and the channel's 1/√(variance+ε).
func normalised[T float](x T, stats []T, c, channels int, epsilon float32) (xhat, inverse float64) {
	inverse = 1 / math.Sqrt(float64(stats[channels+c])+float64(epsilon))
	return (float64(x) - float64(stats[c])) * inverse, inverse
}

func batchNormApply[T float](o trainer.BatchNormApply, x, stats, params, y []T) {
	eachValue(o.Plane, func(i, c int) {
		xhat, _ := normalised(x[i], stats, c, o.C, o.Epsilon)
		y[i] = T(float64(params[c])*xhat + float64(params[o.C+c]))
	})
}

func batchNormParamGrad[T float](o trainer.BatchNormParamGrad, x, stats, dy, dparams []T) {
	dgamma, dbeta := make([]float64, o.C), make([]float64, o.C)
	eachValue(o.Plane, func(i, c int) {
		xhat, _ := normalised(x[i], stats, c, o.C, o.Epsilon)
		dgamma[c] += float64(dy[i]) * xhat
		dbeta[c] += float64(dy[i])
	})
	for c := range o.C {
		dparams[c], dparams[o.C+c] = T(dgamma[c]), T(dbeta[c])
	}
}

func batchNormDataGrad[T float](o trainer.BatchNormDataGrad, x, stats, params, dparams, dy, dx []T) {
	n := float64(o.N * o.S)
	eachValue(o.Plane, func(i, c int) {
		xhat, inverse := normalised(x[i], stats, c, o.C, o.Epsilon)
		dgamma, dbeta := float64(dparams[c]), float64(dparams[o.C+c])
		dx[i] = T(float64(params[c]) * inverse * (float64(dy[i]) - dbeta/n - xhat*dgamma/n))
	})
}

// batchNormUpdate keeps the biased variance where there is but one value to a channel.
func batchNormUpdate[T float](o trainer.BatchNormUpdate, stats, running []T) {
	n, m := float64(o.N*o.S), float64(o.Momentum)
	for c := range o.C {
		running[c] = T(m*float64(running[c]) + (1-m)*float64(stats[c]))
		unbiased := float64(stats[o.C+c]) * n / math.Max(n-1, 1)
		running[o.C+c] = T(m*float64(running[o.C+c]) + (1-m)*unbiased)
	}
}

func unitZeros[T float](p trainer.Plane, x, z []T) {
	count := make([]float64, p.C)
	eachValue(p, func(i, c int) { count[c] += one(x[i] == 0) })
	for c := range p.C {
		z[c] = T(count[c] / float64(p.N*p.S))
	}
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
