package kernel

import "probewise/trainer"

// eachTap visits the cells of the window at position (oh, ow) that lie inside the image: tap = kh·KW+kw is the cell's
// place in the window, pixel = h·W+w its place in the image.
func eachTap(g trainer.Window, oh, ow int, visit func(tap, pixel int)) {
	for kh := range g.KH {
		for kw := range g.KW {
			h, w := oh*g.SH+kh-g.PT, ow*g.SW+kw-g.PL
			if h >= 0 && h < g.H && w >= 0 && w < g.W {
				visit(kh*g.KW+kw, h*g.W+w)
			}
		}
	}
}

// eachWindow visits every window of every plane: plane = n·C+c, x is the index of the plane's first pixel, y that of
// the window's output.
func eachWindow(g trainer.Window, visit func(x, y, oh, ow int)) {
	for plane := range g.N * g.C {
		for oh := range g.OH {
			for ow := range g.OW {
				visit(plane*g.H*g.W, (plane*g.OH+oh)*g.OW+ow, oh, ow)
			}
		}
	}
}

// eachProduct visits every product x[i]·w[j] that is part of y[k].
func eachProduct(g trainer.Window, f int, visit func(i, j, k int)) {
	for n := range g.N {
		for fi := range f {
			for oh := range g.OH {
				for ow := range g.OW {
					for c := range g.C {
						eachTap(g, oh, ow, func(tap, pixel int) {
							visit((n*g.C+c)*g.H*g.W+pixel, (fi*g.C+c)*g.KH*g.KW+tap, ((n*f+fi)*g.OH+oh)*g.OW+ow)
						})
					}
				}
			}
		}
	}
}

func convolve[T float](o trainer.ConvOp, x, w, y []T) {
	clear(y[:o.N*o.F*o.OH*o.OW])
	eachProduct(o.Window, o.F, func(i, j, k int) { y[k] += x[i] * w[j] })
}

func convolveBias[T float](o trainer.ConvBiasOp, x, w, b, y []T) {
	convolve(trainer.ConvOp{Window: o.Window, F: o.F}, x, w, y)
	plane := trainer.Plane{N: o.N, C: o.F, S: o.OH * o.OW}
	addBias(trainer.BiasOp{Plane: plane}, y, b, y)
	if o.ReLU {
		_ = activate(trainer.ActivationOp{Plane: plane, Kind: trainer.ReLU}, y, y) // a kind that is known
	}
}

func convolveDataGrad[T float](o trainer.ConvDataGrad, w, dy, dx []T) {
	clear(dx[:o.N*o.C*o.H*o.W])
	eachProduct(o.Window, o.F, func(i, j, k int) { dx[i] += dy[k] * w[j] })
}

func convolveFilterGrad[T float](o trainer.ConvFilterGrad, x, dy, dw []T) {
	clear(dw[:o.F*o.C*o.KH*o.KW])
	eachProduct(o.Window, o.F, func(i, j, k int) { dw[j] += dy[k] * x[i] })
}

func maxPool[T float](g trainer.Window, x, y []T) {
	eachWindow(g, func(start, k, oh, ow int) { y[k] = x[start+firstMaximum(g, x[start:], oh, ow)] })
}

func maxPoolGrad[T float](g trainer.Window, x, dy, dx []T) {
	clear(dx[:g.N*g.C*g.H*g.W])
	eachWindow(g, func(start, k, oh, ow int) { dx[start+firstMaximum(g, x[start:], oh, ow)] += dy[k] })
}

func maxPoolReLUGrad[T float](g trainer.Window, x, dy, dx []T) {
	clear(dx[:g.N*g.C*g.H*g.W])
	eachWindow(g, func(start, k, oh, ow int) {
		if i := start + firstMaximum(g, x[start:], oh, ow); x[i] > 0 {
			dx[i] += dy[k]
		}
	})
}

// firstMaximum finds the pixel of the first largest value of a window; NaN is larger than nothing.
func firstMaximum[T float](g trainer.Window, image []T, oh, ow int) int {
	best := -1
	eachTap(g, oh, ow, func(_, pixel int) {
		if best < 0 || image[pixel] > image[best] {
			best = pixel
		}
	})
	return best
}

func avgPool[T float](g trainer.Window, x, y []T) {
	eachWindow(g, func(start, k, oh, ow int) {
		var sum T
		inside := 0
		eachTap(g, oh, ow, func(_, pixel int) { sum += x[start+pixel]; inside++ })
		y[k] = sum / T(inside)
	})
}

func avgPoolGrad[T float](g trainer.Window, dy, dx []T) {
	clear(dx[:g.N*g.C*g.H*g.W])
	eachWindow(g, func(start, k, oh, ow int) {
		inside := 0
		eachTap(g, oh, ow, func(_, _ int) { inside++ })
		eachTap(g, oh, ow, func(_, pixel int) { dx[start+pixel] += dy[k] / T(inside) })
	})
}

// eachPadded visits every pixel x[i] with its place y[k] in the padded plane.
func eachPadded(o trainer.PadOp, visit func(i, k int)) {
	for plane := range o.N * o.C {
		for h := range o.H {
			for w := range o.W {
				visit((plane*o.H+h)*o.W+w, (plane*(o.H+2*o.PH)+h+o.PH)*(o.W+2*o.PW)+w+o.PW)
			}
		}
	}
}

func pad[T float](o trainer.PadOp, x, y []T) {
	clear(y[:o.N*o.C*(o.H+2*o.PH)*(o.W+2*o.PW)])
	eachPadded(o, func(i, k int) { y[k] = x[i] })
}

func padGrad[T float](o trainer.PadOp, dy, dx []T) {
	eachPadded(o, func(i, k int) { dx[i] = dy[k] })
}
