package kernel

import "probewise/trainer"

// The portable convolutions: one matrix product an image on the matrix of its windows, (C·KH·KW) × (OH·OW), as in
// Chellapilla, Puri & Simard, "High Performance Convolutional Neural Networks for Document Processing" (2006).

func im2colForwardPass(c *CPU, n, worker int) {
	o := c.op.(trainer.ConvOp)
	taps, positions := o.C*o.KH*o.KW, o.OH*o.OW
	columns := c.scratchOf(worker, taps*positions)
	im2col(o.Window, c.in[0][n*o.C*o.H*o.W:], columns)
	sgemmPortable(false, false, o.F, positions, taps, matrix{c.in[1], taps}, matrix{columns, positions},
		matrix{c.out[0][n*o.F*positions:], positions}, false)
}

func im2colDataGradPass(c *CPU, n, worker int) {
	o := c.op.(trainer.ConvDataGrad)
	taps, positions := o.C*o.KH*o.KW, o.OH*o.OW
	columns := c.scratchOf(worker, taps*positions)
	sgemmPortable(true, false, taps, positions, o.F, matrix{c.in[0], taps},
		matrix{c.in[1][n*o.F*positions:], positions},
		matrix{columns, positions}, false)
	col2im(o.Window, columns, c.out[0][n*o.C*o.H*o.W:])
}

func im2colFilterGradPass(c *CPU, task, worker int) {
	o := c.op.(trainer.ConvFilterGrad)
	taps, positions := o.C*o.KH*o.KW, o.OH*o.OW
	columns := c.scratchOf(worker, taps*positions)
	sum := c.partial[task*o.F*taps:][:o.F*taps]
	first, end := share(o.N, len(c.partial)/(o.F*taps), task)
	for n := first; n < end; n++ {
		im2col(o.Window, c.in[0][n*o.C*o.H*o.W:], columns)
		sgemmPortable(false, true, o.F, taps, positions, matrix{c.in[1][n*o.F*positions:], positions},
			matrix{columns, positions}, matrix{sum, taps}, n > first)
	}
}

// share gives the part of n things that falls to one of several tasks.
func share(n, tasks, task int) (first, end int) { return n * task / tasks, n * (task + 1) / tasks }

// im2col writes row c·KH·KW+tap of the matrix for every channel and tap: the pixels under that tap at all positions.
func im2col(g trainer.Window, image, columns []float32) {
	for c := range g.C {
		plane := image[c*g.H*g.W:][:g.H*g.W]
		for kh := range g.KH {
			for kw := range g.KW {
				first, end := inside(g.OW, g.W, g.SW, kw-g.PL)
				for oh := range g.OH {
					row := columns[:g.OW]
					columns = columns[g.OW:]
					h := oh*g.SH + kh - g.PT
					if h < 0 || h >= g.H {
						clear(row)
						continue
					}
					clear(row[:first])
					clear(row[end:])
					pixels := plane[h*g.W : (h+1)*g.W]
					if g.SW == 1 {
						copy(row[first:end], pixels[first+kw-g.PL:])
						continue
					}
					for ow := first; ow < end; ow++ {
						row[ow] = pixels[ow*g.SW+kw-g.PL]
					}
				}
			}
		}
	}
}

// inside gives the positions first ≤ p < end whose pixel p·stride+shift lies in 0…size−1.
func inside(positions, size, stride, shift int) (first, end int) {
	if shift < 0 {
		first = (-shift + stride - 1) / stride
	}
	if size > shift {
		end = (size-shift-1)/stride + 1
	}
	end = min(end, positions)
	return min(first, end), end
}

// col2im adds every value of the matrix to the pixel that it stands for.
func col2im(g trainer.Window, columns, image []float32) {
	clear(image[:g.C*g.H*g.W])
	for c := range g.C {
		plane := image[c*g.H*g.W:][:g.H*g.W]
		for kh := range g.KH {
			for kw := range g.KW {
				first, end := inside(g.OW, g.W, g.SW, kw-g.PL)
				for oh := range g.OH {
					row := columns[:g.OW]
					columns = columns[g.OW:]
					h := oh*g.SH + kh - g.PT
					if h < 0 || h >= g.H {
						continue
					}
					pixels := plane[h*g.W : (h+1)*g.W]
					for ow := first; ow < end; ow++ {
						pixels[ow*g.SW+kw-g.PL] += row[ow]
					}
				}
			}
		}
	}
}
