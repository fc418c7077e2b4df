package kernel

import "probewise/trainer"

// Pools run plane by plane. A task has enough planes to fill a span.

func planesEach(g trainer.Window) int { return max(1, span/(g.H*g.W)) }

func windowTasks(g trainer.Window) int {
	each := planesEach(g)
	return (g.N*g.C + each - 1) / each
}

func windowCost(g trainer.Window) int { return g.N * g.C * max(g.H*g.W, g.OH*g.OW*g.KH*g.KW) }

// eachPlane visits a task's planes: the larger side x (H×W) and the smaller side y (OH×OW).
func eachPlane(g trainer.Window, task int, x, y []float32, visit func(x, y []float32)) {
	each := planesEach(g)
	for p := task * each; p < min((task+1)*each, g.N*g.C); p++ {
		visit(x[p*g.H*g.W:(p+1)*g.H*g.W], y[p*g.OH*g.OW:(p+1)*g.OH*g.OW])
	}
}

// bounds gives the pixels first ≤ h < end of a window that lie inside the image.
func bounds(position, stride, pad, kernel, size int) (first, end int) {
	first = position*stride - pad
	return max(first, 0), min(first+kernel, size)
}

func maxPoolPass(c *CPU, task, _ int) {
	g := c.op.(trainer.MaxPoolOp).Window
	halving := isHalving(g)
	eachPlane(g, task, c.in[0], c.out[0], func(x, y []float32) {
		for oh := range g.OH {
			row := y[oh*g.OW:][:g.OW]
			switch {
			case halving && c.engine != nil:
				c.engine.loops.halve(g.OW, &x[2*oh*g.W], &x[(2*oh+1)*g.W], &row[0])
			case halving:
				halve(x[2*oh*g.W:], x[(2*oh+1)*g.W:], row)
			default:
				for ow := range row {
					row[ow] = x[maximumIn(g, x, oh, ow)]
				}
			}
		}
	})
}

// halve takes the maximum of 2×2 windows side by side.
func halve(upper, lower, y []float32) {
	for ow := range y {
		best := upper[2*ow]
		for _, v := range [...]float32{upper[2*ow+1], lower[2*ow], lower[2*ow+1]} {
			if v > best {
				best = v
			}
		}
		y[ow] = best
	}
}

func maxPoolGradPass(c *CPU, task, _ int) {
	c.maxPoolGrad(c.op.(trainer.MaxPoolGrad).Window, task)
}

// maxPoolReLUGradPass rectifies each plane while it is in the cache: x is the relu's output.
func maxPoolReLUGradPass(c *CPU, task, _ int) {
	g := c.op.(trainer.MaxPoolReLUGrad).Window
	c.maxPoolGrad(g, task)
	first, end := planesEach(g)*task*g.H*g.W, min(planesEach(g)*(task+1), g.N*g.C)*g.H*g.W
	dx := c.out[0][first:end]
	c.engine.rectifyGrad(dx, c.in[0][first:end], dx, 0)
}

func (c *CPU) maxPoolGrad(g trainer.Window, task int) {
	halving := isHalving(g) && c.engine != nil
	plane := planesEach(g) * task
	eachPlane(g, task, c.out[0], c.in[1], func(dx, dy []float32) {
		x := c.in[0][plane*g.H*g.W:][:g.H*g.W]
		plane++
		if !halving || 2*g.OH < g.H || 2*g.OW < g.W {
			clear(dx)
		}
		for oh := range g.OH {
			if halving {
				upper, lower := 2*oh*g.W, (2*oh+1)*g.W
				c.engine.loops.halveGrad(g.OW, &x[upper], &x[lower], &dy[oh*g.OW], &dx[upper], &dx[lower])
				continue
			}
			for ow := range g.OW {
				dx[maximumIn(g, x, oh, ow)] += dy[oh*g.OW+ow]
			}
		}
	})
}

// maximumIn finds the first largest pixel of a window, as firstMaximum does.
func maximumIn(g trainer.Window, x []float32, oh, ow int) int {
	top, bottom := bounds(oh, g.SH, g.PT, g.KH, g.H)
	left, right := bounds(ow, g.SW, g.PL, g.KW, g.W)
	best := top*g.W + left
	largest := x[best]
	for h := top; h < bottom; h++ {
		for w, v := range x[h*g.W+left : h*g.W+right] {
			if v > largest {
				best, largest = h*g.W+left+w, v
			}
		}
	}
	return best
}

// isHalving says whether the windows are the usual 2×2 ones without overlap or padding.
func isHalving(g trainer.Window) bool {
	return g.KH == 2 && g.KW == 2 && g.SH == 2 && g.SW == 2 && g.PT == 0 && g.PL == 0 && 2*g.OH <= g.H && 2*g.OW <= g.W
}

// isGlobal says whether the only window is the whole plane.
func isGlobal(g trainer.Window) bool {
	return g.OH == 1 && g.OW == 1 && g.PT == 0 && g.PL == 0 && g.KH >= g.H && g.KW >= g.W
}

func avgPoolPass(c *CPU, task, _ int) {
	g := c.op.(trainer.AvgPoolOp).Window
	eachPlane(g, task, c.in[0], c.out[0], func(x, y []float32) {
		if isGlobal(g) {
			y[0] = float32(c.engine.sum(x) / float64(len(x)))
			return
		}
		for oh := range g.OH {
			top, bottom := bounds(oh, g.SH, g.PT, g.KH, g.H)
			for ow := range g.OW {
				left, right := bounds(ow, g.SW, g.PL, g.KW, g.W)
				var sum float32
				for h := top; h < bottom; h++ {
					for _, v := range x[h*g.W+left : h*g.W+right] {
						sum += v
					}
				}
				y[oh*g.OW+ow] = sum / float32((bottom-top)*(right-left))
			}
		}
	})
}

func avgPoolGradPass(c *CPU, task, _ int) {
	g := c.op.(trainer.AvgPoolGrad).Window
	eachPlane(g, task, c.out[0], c.in[0], func(dx, dy []float32) {
		clear(dx)
		for oh := range g.OH {
			top, bottom := bounds(oh, g.SH, g.PT, g.KH, g.H)
			for ow := range g.OW {
				left, right := bounds(ow, g.SW, g.PL, g.KW, g.W)
				part := dy[oh*g.OW+ow] / float32((bottom-top)*(right-left))
				for h := top; h < bottom; h++ {
					for w := left; w < right; w++ {
						dx[h*g.W+w] += part
					}
				}
			}
		}
	})
}
