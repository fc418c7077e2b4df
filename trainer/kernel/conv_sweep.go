package kernel

import (
	"math"

	"probewise/trainer"
)

// Windows with strides run without a matrix of windows: see layout. The forward pass is one sweep over an image's
// positions; the data gradient is a sweep over the output gradient with the taps the other way round, for each phase of
// the stride one.

// convWork is what the tasks of a convolution share.
type convWork struct {
	source  layout
	sweeps  []convSweep // forward: one; data gradient: one for each phase of the stride
	longest int         // values in the longest row of a sweep's result, in whole vectors
	empty   bool        // some pixels get nothing
	cleared []bool      // by worker: scratch has its zeros
}

// A convSweep computes result planes at rows×cols positions from all taps of the source.
type convSweep struct {
	planes     int
	taps       int
	panels     []float32 // filters, packed tile by tile
	offsets    []int     // of the taps, in bytes
	rows, cols int
	run        int // values from the first position to the last, in the layout
	// Position (i, j) goes to pixel (h + i·sh, w + j·sw) of the result.
	h, w, sh, sw int
}

// convCost is the work of a convolution in element operations: sixteen products take as long as one of those.
func convCost(g trainer.Window, f int) int { return g.N * f * g.OH * g.OW * g.C * g.KH * g.KW / 16 }

func (c *CPU) convForward(o trainer.ConvOp) {
	if c.engine == nil {
		c.each(o.N, convCost(o.Window, o.F), im2colForwardPass)
		return
	}
	if c.slideForward(o.Window, o.F, c.noBias(o.F), float32(math.Inf(-1))) {
		return
	}
	w := &c.conv
	w.source = windowLayout(o.Window)
	s := w.begin(1, c)
	*s = convSweep{
		planes:  o.F,
		taps:    o.C * o.KH * o.KW,
		panels:  s.panels,
		offsets: w.tapOffsets(s.offsets, o.Window),
		rows:    o.OH,
		cols:    o.OW,
		sh:      1,
		sw:      1,
	}
	w.measure(c.engine)
	s.panels = grow(s.panels, c.engine.blocks(o.F)*c.engine.rows*s.taps)
	c.each(c.engine.blocks(o.F), o.F*s.taps, packFiltersPass)
	c.each(o.N, convCost(o.Window, o.F), sweepPass)
}

// begin makes room for the sweeps of an op, keeping the memory of those before, and forgets the scratch.
func (w *convWork) begin(sweeps int, c *CPU) *convSweep {
	if more := sweeps - cap(w.sweeps); more > 0 {
		w.sweeps = append(w.sweeps[:cap(w.sweeps)], make([]convSweep, more)...)
	}
	w.sweeps = w.sweeps[:sweeps]
	w.empty = false
	w.cleared = grow(w.cleared, c.threads)
	clear(w.cleared)
	return &w.sweeps[0]
}

// tapOffsets lists where the taps of a window begin, in the order of the filters.
func (w *convWork) tapOffsets(offsets []int, g trainer.Window) []int {
	offsets = offsets[:0]
	for c := range g.C {
		for kh := range g.KH {
			for kw := range g.KW {
				offsets = append(offsets, 4*w.source.offset(c, kh, kw))
			}
		}
	}
	return offsets
}

// measure works out the lengths of the sweeps.
func (w *convWork) measure(e *engine) {
	w.longest = 0
	for i := range w.sweeps {
		s := &w.sweeps[i]
		s.run = 0
		if s.rows > 0 && s.cols > 0 {
			s.run = (s.rows-1)*w.source.pitch + s.cols
		}
		w.longest = max(w.longest, e.vectors(s.run)*e.lanes)
	}
}

func packFiltersPass(c *CPU, block, _ int) {
	s, e := &c.conv.sweeps[0], c.engine
	first := block * e.rows
	e.packRows(s.panels[first*s.taps:], c.in[1][first*s.taps:], min(e.rows, s.planes-first), s.taps, s.taps)
}

// sweepPass computes one image.
func sweepPass(c *CPU, n, worker int) {
	w, e := &c.conv, c.engine
	size := w.source.image()
	if !w.cleared[worker] { // the zeros around an image serve the worker's next ones too
		clear(c.scratchOf(worker, size+e.rows*w.longest)[:size])
		w.cleared[worker] = true
	}
	source, strip := c.scratch[worker][:size], c.scratch[worker][size:]
	in, height, width := c.in[0], 0, 0
	switch o := c.op.(type) {
	case trainer.ConvOp:
		height, width = o.OH, o.OW
	case trainer.ConvDataGrad:
		in, height, width = c.in[1], o.H, o.W
	}
	image := w.source.planes * w.source.h * w.source.w
	w.source.fill(e, source, in[n*image:])
	planes := w.sweeps[0].planes
	out := c.out[0][n*planes*height*width:][:planes*height*width]
	if w.empty {
		clear(out)
	}
	for i := range w.sweeps {
		w.sweeps[i].sweep(e, source, strip, out, w.source.pitch, height, width)
	}
}

// sweep computes all result planes of one image, a tile's rows at a time.
func (s *convSweep) sweep(e *engine, source, strip, out []float32, pitch, height, width int) {
	if s.run == 0 {
		return // no pixel has this phase
	}
	vectors := e.vectors(s.run)
	stride := vectors * e.lanes
	for first := 0; first < s.planes; first += e.rows {
		for v := 0; v < vectors; {
			wide := nextWidth(vectors - v)
			at := v * e.lanes
			e.sweeps[wide-1](s.taps, &s.panels[first*s.taps], &source[at], &s.offsets[0], &strip[at], stride, 0)
			v += wide
		}
		for r := range min(e.rows, s.planes-first) {
			s.place(e, strip[r*stride:][:stride], out[(first+r)*height*width:][:height*width], pitch, width)
		}
	}
}

// nextWidth shares vectors out: threes, but two twos instead of a three and a one.
func nextWidth(vectors int) int {
	if vectors == 4 {
		return 2
	}
	return min(vectors, maxVectors)
}

// place copies the positions from a row of the strip to their pixels.
func (s *convSweep) place(e *engine, strip, plane []float32, pitch, width int) {
	if s.sw == 1 {
		e.copyRows(s.rows, s.cols, strip, pitch, plane[s.h*width+s.w:], s.sh*width)
		return
	}
	for i := range s.rows {
		to := plane[(s.h+i*s.sh)*width+s.w:]
		for j, v := range strip[i*pitch:][:s.cols] {
			to[j*s.sw] = v
		}
	}
}
