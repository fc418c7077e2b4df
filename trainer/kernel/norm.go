package kernel

import (
	"math"

	"probewise/trainer"
)

// A line is what batch norm does to the values of one channel: forward y = (x−mean)·scale + shift, backward
// dx = scale·(dy − level − slope·(x−mean)).
type line struct{ mean, scale, shift, level, slope float32 }

func inverseDeviation(variance, epsilon float32) float64 {
	return 1 / math.Sqrt(float64(variance)+float64(epsilon))
}

func batchNormStatsPass(c *CPU, task, _ int) {
	p, x, stats := c.op.(trainer.BatchNormStats).Plane, c.in[0], c.out[0]
	n, first := float64(p.N*p.S), task*channelsEach(p)
	var mean, squares [16]float64
	eachChannelRun(p, task, func(from, end, _ int) {
		if p.S > 1 {
			mean[0] += c.engine.sum(x[from:end])
			return
		}
		for i, v := range x[from:end] {
			mean[i] += float64(v)
		}
	})
	for i := range mean {
		mean[i] /= n
	}
	eachChannelRun(p, task, func(from, end, _ int) {
		if p.S > 1 {
			squares[0] += c.engine.squares(x[from:end], mean[0])
			return
		}
		for i, v := range x[from:end] {
			d := float64(v) - mean[i]
			squares[i] += d * d
		}
	})
	for i := range min(channelsEach(p), p.C-first) {
		stats[first+i], stats[p.C+first+i] = float32(mean[i]), float32(squares[i]/n)
	}
}

func batchNormParamGradPass(c *CPU, task, _ int) {
	o := c.op.(trainer.BatchNormParamGrad)
	x, stats, dy, dparams := c.in[0], c.in[1], c.in[2], c.out[0]
	first := task * channelsEach(o.Plane)
	var beta, gamma [16]float64
	eachChannelRun(o.Plane, task, func(from, end, channel int) {
		if o.S > 1 {
			sum, product := c.engine.products(x[from:end], dy[from:end], float64(stats[channel]))
			beta[0] += sum
			gamma[0] += product
			return
		}
		for i, v := range dy[from:end] {
			beta[i] += float64(v)
			gamma[i] += float64(v) * (float64(x[from+i]) - float64(stats[channel+i]))
		}
	})
	for i := range min(channelsEach(o.Plane), o.C-first) {
		channel := first + i
		dparams[channel] = float32(gamma[i] * inverseDeviation(stats[o.C+channel], o.Epsilon))
		dparams[o.C+channel] = float32(beta[i])
	}
}

func (c *CPU) batchNormApply(o trainer.BatchNormApply) {
	stats, params := c.in[1], c.in[2]
	c.lines = grow(c.lines, o.C)
	for i := range c.lines {
		c.lines[i] = line{
			mean:  stats[i],
			scale: float32(float64(params[i]) * inverseDeviation(stats[o.C+i], o.Epsilon)),
			shift: params[o.C+i],
		}
	}
	c.each(elementTasks(o.Plane), o.Len(), batchNormApplyPass)
}

func batchNormApplyPass(c *CPU, task, _ int) {
	x, y := c.in[0], c.out[0]
	eachRow(c.op.(trainer.BatchNormApply).Plane, task, func(first, end, channel int) {
		if channel >= 0 {
			l := c.lines[channel]
			c.engine.affine(y[first:end], x[first:end], l.mean, l.scale, l.shift)
			return
		}
		for i, l := range c.lines {
			y[first+i] = (x[first+i]-l.mean)*l.scale + l.shift
		}
	})
}

func (c *CPU) batchNormDataGrad(o trainer.BatchNormDataGrad) {
	stats, params, dparams := c.in[1], c.in[2], c.in[3]
	n := float64(o.N * o.S)
	c.lines = grow(c.lines, o.C)
	for i := range c.lines {
		inverse := inverseDeviation(stats[o.C+i], o.Epsilon)
		c.lines[i] = line{
			mean:  stats[i],
			scale: float32(float64(params[i]) * inverse),
			level: float32(float64(dparams[o.C+i]) / n),
			slope: float32(float64(dparams[i]) * inverse / n),
		}
	}
	c.each(elementTasks(o.Plane), o.Len(), batchNormDataGradPass)
}

func batchNormDataGradPass(c *CPU, task, _ int) {
	x, dy, dx := c.in[0], c.in[4], c.out[0]
	eachRow(c.op.(trainer.BatchNormDataGrad).Plane, task, func(first, end, channel int) {
		if channel >= 0 {
			c.engine.normGrad(dx[first:end], x[first:end], dy[first:end], c.lines[channel])
			return
		}
		for i, l := range c.lines {
			dx[first+i] = l.scale * (dy[first+i] - l.level - l.slope*(x[first+i]-l.mean))
		}
	})
}

func unitZerosPass(c *CPU, task, _ int) {
	p, x, z := c.op.(trainer.UnitZerosOp).Plane, c.in[0], c.out[0]
	var zeros [16]uint64
	eachChannelRun(p, task, func(from, end, _ int) {
		if p.S > 1 {
			zeros[0] += c.engine.zeros(x[from:end])
			return
		}
		for i, v := range x[from:end] {
			zeros[i] += isZero(v)
		}
	})
	first := task * channelsEach(p)
	for i := range min(channelsEach(p), p.C-first) {
		z[first+i] = float32(float64(zeros[i]) / float64(p.N*p.S))
	}
}

// isZero is for counting.
func isZero(v float32) uint64 {
	if v == 0 {
		return 1
	}
	return 0
}
