package kernel

import "probewise/trainer"

// elementTasks cuts a plane for ops whose values need their channel. Tasks are whole rows of positions, so that a
// task's loop has one channel at a time; where S is 1 they are whole images.
func elementTasks(p trainer.Plane) int {
	rows, each := elementRows(p)
	return (rows + each - 1) / each
}

// elementRows is the number of rows and how many a task has.
func elementRows(p trainer.Plane) (rows, each int) {
	if p.S == 1 {
		return p.N, max(1, span/p.C)
	}
	return p.N * p.C, max(1, span/p.S)
}

// eachRow calls visit for the runs of a task's values that share a channel; with S = 1 for whole images, channel -1.
func eachRow(p trainer.Plane, task int, visit func(first, end, channel int)) {
	rows, each := elementRows(p)
	for row := task * each; row < min((task+1)*each, rows); row++ {
		if p.S == 1 {
			visit(row*p.C, (row+1)*p.C, -1)
		} else {
			visit(row*p.S, (row+1)*p.S, row%p.C)
		}
	}
}

func biasPass(c *CPU, task, _ int) {
	x, b, y := c.in[0], c.in[1], c.out[0]
	eachRow(c.op.(trainer.BiasOp).Plane, task, func(first, end, channel int) {
		if channel < 0 {
			c.engine.add(y[first:end], x[first:end], b)
		} else {
			c.engine.affine(y[first:end], x[first:end], 0, 1, b[channel])
		}
	})
}

// channelTasks cuts a plane for sums over each channel: a task has some channels and all their values.
func channelTasks(p trainer.Plane) int {
	each := channelsEach(p)
	return (p.C + each - 1) / each
}

// channelsEach is 1, or a cache line of neighbours where S is 1.
func channelsEach(p trainer.Plane) int {
	if p.S == 1 {
		return 16
	}
	return 1
}

// eachChannelRun calls visit for all runs of a task's values, image by image: S values of one channel, or, where S is
// 1, one value each of neighbouring channels, the first of which is given.
func eachChannelRun(p trainer.Plane, task int, visit func(first, end, channel int)) {
	if p.S > 1 {
		for n := range p.N {
			first := (n*p.C + task) * p.S
			visit(first, first+p.S, task)
		}
		return
	}
	channel := task * channelsEach(p)
	for n := range p.N {
		visit(n*p.C+channel, n*p.C+min(channel+channelsEach(p), p.C), channel)
	}
}

func biasGradPass(c *CPU, task, _ int) {
	p, dy, db := c.op.(trainer.BiasGrad).Plane, c.in[0], c.out[0]
	var sums [16]float64
	eachChannelRun(p, task, func(first, end, _ int) {
		if p.S > 1 {
			sums[0] += c.engine.sum(dy[first:end])
			return
		}
		for i, v := range dy[first:end] {
			sums[i] += float64(v)
		}
	})
	each := channelsEach(p)
	for i := range db[task*each : min((task+1)*each, p.C)] {
		db[task*each+i] = float32(sums[i])
	}
}

func addPass(c *CPU, task, _ int) {
	c.engine.add(cut(c.out[0], task), cut(c.in[0], task), cut(c.in[1], task))
}

// activation does the kinked ones itself and leaves the smooth ones to the reference, shared out in spans.
func (c *CPU) activation(o trainer.ActivationOp) error {
	if o.Kind == trainer.ReLU || o.Kind == trainer.LeakyReLU {
		c.each(spans(o.Len()), o.Len(), rectifyPass)
		return nil
	}
	if _, err := activation(o); err != nil {
		return err
	}
	c.each(spans(o.Len()), 16*o.Len(), smoothPass)
	return nil
}

func (c *CPU) activationGrad(o trainer.ActivationGrad) error {
	if o.Kind == trainer.ReLU || o.Kind == trainer.LeakyReLU {
		c.each(spans(o.Len()), o.Len(), rectifyGradPass)
		return nil
	}
	if _, err := activationSlope(o); err != nil {
		return err
	}
	c.each(spans(o.Len()), 4*o.Len(), smoothGradPass)
	return nil
}

func smoothPass(c *CPU, task, _ int) {
	o, x := c.op.(trainer.ActivationOp), cut(c.in[0], task)
	o.Plane = trainer.Plane{N: 1, C: 1, S: len(x)}
	_ = activate(o, x, cut(c.out[0], task)) // the kind is known
}

func smoothGradPass(c *CPU, task, _ int) {
	o, y := c.op.(trainer.ActivationGrad), cut(c.in[0], task)
	o.Plane = trainer.Plane{N: 1, C: 1, S: len(y)}
	_ = activateGrad(o, y, cut(c.in[1], task), cut(c.out[0], task)) // the kind is known
}

// slopeBelow is what a kinked activation does to values below zero.
func slopeBelow(kind trainer.Activation, slope float32) float32 {
	if kind == trainer.ReLU {
		return 0
	}
	return slope
}

func rectifyPass(c *CPU, task, _ int) {
	o := c.op.(trainer.ActivationOp)
	c.engine.rectify(cut(c.out[0], task), cut(c.in[0], task), slopeBelow(o.Kind, o.Slope))
}

func rectifyGradPass(c *CPU, task, _ int) {
	o := c.op.(trainer.ActivationGrad)
	c.engine.rectifyGrad(cut(c.out[0], task), cut(c.in[0], task), cut(c.in[1], task), slopeBelow(o.Kind, o.Slope))
}
