package kernel

import "probewise/trainer"

func (c *CPU) convDataGrad(o trainer.ConvDataGrad) {
	if c.engine == nil {
		c.each(o.N, convCost(o.Window, o.F), im2colDataGradPass)
		return
	}
	w := &c.conv
	w.source = gradLayout(o.Window, o.F)
	w.begin(min(o.SH, o.KH)*min(o.SW, o.KW), c)
	used := 0
	for phaseH := range o.SH {
		for phaseW := range o.SW {
			if phaseH >= o.KH || phaseW >= o.KW {
				w.empty = true // between the windows
				continue
			}
			w.sweeps[used].dataGrad(c.engine, w.source, o, phaseH, phaseW)
			used++
		}
	}
	w.measure(c.engine)
	c.each(len(w.sweeps)*c.engine.blocks(o.C), o.C*o.F*o.KH*o.KW, packTurnedPass)
	c.each(o.N, convCost(o.Window, o.F), sweepPass)
}

// dataGrad sets the sweep up for the pixels with (h+PT)%SH = phaseH and (w+PL)%SW = phaseW. They see the taps
// kh = phaseH + a·SH of every filter, from output row q−a where q = (h+PT)/SH.
func (s *convSweep) dataGrad(e *engine, l layout, o trainer.ConvDataGrad, phaseH, phaseW int) {
	firstH, firstW := (o.PT-phaseH+o.SH-1)/o.SH, (o.PL-phaseW+o.SW-1)/o.SW // the first q inside the image
	tapsH, tapsW := (o.KH-phaseH+o.SH-1)/o.SH, (o.KW-phaseW+o.SW-1)/o.SW
	*s = convSweep{
		planes: o.C, taps: o.F * tapsH * tapsW, panels: s.panels, offsets: s.offsets[:0],
		rows: positions(o.H-1+o.PT-phaseH, o.SH) - firstH, cols: positions(o.W-1+o.PL-phaseW, o.SW) - firstW,
		h: firstH*o.SH + phaseH - o.PT, w: firstW*o.SW + phaseW - o.PL, sh: o.SH, sw: o.SW,
	}
	s.rows, s.cols = max(s.rows, 0), max(s.cols, 0)
	for f := range o.F {
		for a := range tapsH {
			for b := range tapsW {
				s.offsets = append(s.offsets, 4*l.offset(f, firstH+l.top-a, firstW+l.left-b))
			}
		}
	}
	s.panels = grow(s.panels, e.blocks(o.C)*e.rows*s.taps)
}

// positions counts the whole steps from 0 to last, 0 included; none where last is negative.
func positions(last, step int) int {
	if last < 0 {
		return 0
	}
	return last/step + 1
}

// packTurnedPass packs one tile's rows, which are channels, of one phase.
func packTurnedPass(c *CPU, task, _ int) {
	o, e := c.op.(trainer.ConvDataGrad), c.engine
	blocks := e.blocks(o.C)
	phase, first := task/blocks, task%blocks*e.rows
	phasesW := min(o.SW, o.KW)
	s, t := &c.conv.sweeps[phase], 0
	panel := s.panels[first*s.taps:][:e.rows*s.taps]
	for f := range o.F {
		for kh := phase / phasesW; kh < o.KH; kh += o.SH {
			for kw := phase % phasesW; kw < o.KW; kw += o.SW {
				for r := range e.rows {
					panel[t] = 0
					if first+r < o.C {
						panel[t] = c.in[0][((f*o.C+first+r)*o.KH+kh)*o.KW+kw]
					}
					t++
				}
			}
		}
	}
}

// filterTasks is the most tasks that the images of a filter gradient are cut into: each has a sum of its own.
const filterTasks = 8

// filterWork is what the tasks of a filter gradient share, beyond the layout of the input.
type filterWork struct {
	offsets []int // of the taps, in bytes
	run     int   // values of one plane of the output gradient, laid out like the input, in whole vectors
	planes  int   // filters, in whole tiles
	group   int   // images that are multiplied together
}

// filterCache is how many values of the output gradient a dot may go through: few enough to stay in the fastest cache
// while the taps change.
const filterCache = 6 << 10

// convFilterGrad sums over the images of each task, then over the tasks.
func (c *CPU) convFilterGrad(o trainer.ConvFilterGrad) {
	tasks := min(o.N, filterTasks)
	c.conv.partial = grow(c.conv.partial, tasks*len(c.out[0]))
	if c.engine == nil {
		c.each(tasks, convCost(o.Window, o.F), im2colFilterGradPass)
	} else {
		w, f, e := &c.conv, &c.conv.filter, c.engine
		w.source = windowLayout(o.Window)
		w.begin(1, c)
		f.offsets = w.tapOffsets(f.offsets, o.Window)
		f.run = e.vectors((o.OH-1)*w.source.pitch+o.OW) * e.lanes
		f.planes = e.blocks(o.F) * e.rows
		f.group = min(max(1, filterCache/(e.rows*f.run)), (o.N+tasks-1)/tasks)
		c.each(tasks, convCost(o.Window, o.F), filterPass)
	}
	c.each(spans(len(c.out[0])), len(c.conv.partial), addPartialsPass)
}

// filterPass sums over the images of one task, group by group.
func filterPass(c *CPU, task, worker int) {
	o, w, f := c.op.(trainer.ConvFilterGrad), &c.conv, &c.conv.filter
	image, grad := w.source.image(), f.planes*f.run
	scratch := c.scratchOf(worker, f.group*(image+grad))
	if !w.cleared[worker] {
		clear(scratch)
		w.cleared[worker] = true
	}
	images, grads := scratch[:f.group*image], scratch[f.group*image:]
	sum := c.conv.partial[task*len(c.out[0]):][:len(c.out[0])]
	first, end := share(o.N, min(o.N, filterTasks), task)
	for from := first; from < end; from += f.group {
		n := min(f.group, end-from)
		for i := range n {
			w.source.fill(c.engine, images[i*image:], c.in[0][(from+i)*o.C*o.H*o.W:])
			for p := range o.F { // zeros stay between the rows
				c.engine.copyRows(o.OH, o.OW, c.in[1][((from+i)*o.F+p)*o.OH*o.OW:], o.OW, grads[i*grad+p*f.run:], w.source.pitch)
			}
		}
		f.dots(c.engine, &c.tiles[worker], images, grads, sum, image, n, o.F, from > first)
	}
}

// dots multiplies n images with their output gradients and adds the results to sum, or writes them.
func (f *filterWork) dots(e *engine, result *tile, images, grads, sum []float32, image, n, filters int, add bool) {
	taps, last := len(f.offsets), len(f.offsets)-1
	for first := 0; first < filters; first += e.rows {
		for t := 0; t < taps; t += maxVectors {
			b := func(q int) *float32 { return &images[f.offsets[min(t+q, last)]/4] }
			e.dot(f.run/e.lanes, n, &grads[first*f.run], f.run, f.planes*f.run, b(0), b(1), b(2), image, &result[0])
			for q := range min(maxVectors, taps-t) {
				for r, v := range result[q*e.rows:][:min(e.rows, filters-first)] {
					at := &sum[(first+r)*taps+t+q]
					if add {
						v += *at
					}
					*at = v
				}
			}
		}
	}
}

// addPartialsPass writes the sum of the tasks' partial results, in order.
func addPartialsPass(c *CPU, task, _ int) {
	sum, size := cut(c.out[0], task), len(c.out[0])
	copy(sum, c.conv.partial[task*span:])
	for at := size; at < len(c.conv.partial); at += size {
		for i, v := range c.conv.partial[at+task*span:][:len(sum)] {
			sum[i] += v
		}
	}
}
