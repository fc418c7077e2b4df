package kernel

import (
	"math"

	"probewise/trainer"
)

// channelSums adds up f of the values of up to 16 neighbouring channels, in double precision.
func channelSums(p trainer.Plane, task int, f func(i, channel int) float64) (sums [16]float64) {
	eachChannelRun(p, task, func(first, end, channel int) {
		if p.S > 1 {
			var even, odd float64 // two strands, so that additions overlap
			i := first
			for ; i+1 < end; i += 2 {
				even += f(i, channel)
				odd += f(i+1, channel)
			}
			if i < end {
				even += f(i, channel)
			}
			sums[0] += even + odd
			return
		}
		for i := first; i < end; i++ {
			sums[i-first] += f(i, channel+i-first)
		}
	})
	return sums
}

func batchNormStatsPass(c *CPU, task, _ int) {
	p, x, stats := c.op.(trainer.BatchNormStats).Plane, c.in[0], c.out[0]
	n, first := float64(p.N*p.S), task*channelsEach(p)
	mean := channelSums(p, task, func(i, _ int) float64 { return float64(x[i]) })
	for i := range mean {
		mean[i] /= n
	}
	squares := channelSums(p, task, func(i, channel int) float64 {
		d := float64(x[i]) - mean[channel-first]
		return d * d
	})
	for i := range min(channelsEach(p), p.C-first) {
		stats[first+i], stats[p.C+first+i] = float32(mean[i]), float32(squares[i]/n)
	}
}

func inverseDeviation(variance, epsilon float32) float64 {
	return 1 / math.Sqrt(float64(variance)+float64(epsilon))
}

func batchNormParamGradPass(c *CPU, task, _ int) {
	o := c.op.(trainer.BatchNormParamGrad)
	x, stats, dy, dparams := c.in[0], c.in[1], c.in[2], c.out[0]
	first := task * channelsEach(o.Plane)
	beta := channelSums(o.Plane, task, func(i, _ int) float64 { return float64(dy[i]) })
	gamma := channelSums(o.Plane, task, func(i, channel int) float64 {
		return float64(dy[i]) * (float64(x[i]) - float64(stats[channel]))
	})
	for i := range min(channelsEach(o.Plane), o.C-first) {
		channel := first + i
		dparams[channel] = float32(gamma[i] * inverseDeviation(stats[o.C+channel], o.Epsilon))
		dparams[o.C+channel] = float32(beta[i])
	}
}

func batchNormApplyPass(c *CPU, task, _ int) {
	o := c.op.(trainer.BatchNormApply)
	x, stats, params, y := c.in[0], c.in[1], c.in[2], c.out[0]
	line := func(channel int) (mean, scale, shift float32) {
		return stats[channel], float32(float64(params[channel]) * inverseDeviation(stats[o.C+channel], o.Epsilon)), params[o.C+channel]
	}
	eachRow(o.Plane, task, func(first, end, channel int) {
		if channel < 0 {
			for i := first; i < end; i++ {
				mean, scale, shift := line(i - first)
				y[i] = (x[i]-mean)*scale + shift
			}
			return
		}
		mean, scale, shift := line(channel)
		to := y[first:end]
		for i, v := range x[first:end] {
			to[i] = (v-mean)*scale + shift
		}
	})
}

func batchNormDataGradPass(c *CPU, task, _ int) {
	o := c.op.(trainer.BatchNormDataGrad)
	x, stats, params, dparams, dy, dx := c.in[0], c.in[1], c.in[2], c.in[3], c.in[4], c.out[0]
	n := float64(o.N * o.S)
	// dx = scale·(dy − level − slope·(x − mean))
	line := func(channel int) (mean, scale, level, slope float32) {
		inverse := inverseDeviation(stats[o.C+channel], o.Epsilon)
		return stats[channel], float32(float64(params[channel]) * inverse),
			float32(float64(dparams[o.C+channel]) / n), float32(float64(dparams[channel]) * inverse / n)
	}
	eachRow(o.Plane, task, func(first, end, channel int) {
		if channel < 0 {
			for i := first; i < end; i++ {
				mean, scale, level, slope := line(i - first)
				dx[i] = scale * (dy[i] - level - slope*(x[i]-mean))
			}
			return
		}
		mean, scale, level, slope := line(channel)
		from, to := x[first:end], dx[first:end]
		for i, g := range dy[first:end] {
			to[i] = scale * (g - level - slope*(from[i]-mean))
		}
	})
}
