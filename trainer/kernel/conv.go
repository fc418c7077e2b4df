package kernel

import "probewise/trainer"

// convWork is what the tasks of a convolution share.
type convWork struct {
	partial []float32 // filter gradients, by task
}

// filterTasks is the most tasks that the images of a filter gradient are cut into: each has a sum of its own.
const filterTasks = 8

func (c *CPU) convForward(o trainer.ConvOp) {
	c.each(o.N, convCost(o.Window, o.F), im2colForwardPass)
}

func (c *CPU) convDataGrad(o trainer.ConvDataGrad) {
	c.each(o.N, convCost(o.Window, o.F), im2colDataGradPass)
}

func (c *CPU) convFilterGrad(o trainer.ConvFilterGrad) {
	c.im2colFilterGrad(o)
}

// convCost is the number of products of a convolution.
func convCost(g trainer.Window, f int) int { return g.N * f * g.OH * g.OW * g.C * g.KH * g.KW }

// addPartials writes the sum of the tasks' partial results, in order.
func addPartialsPass(c *CPU, task, _ int) {
	sum, size := cut(c.out[0], task), len(c.out[0])
	first := c.conv.partial[task*span:]
	copy(sum, first)
	for at := size; at < len(c.conv.partial); at += size {
		for i, v := range c.conv.partial[at+task*span:][:len(sum)] {
			sum[i] += v
		}
	}
}
