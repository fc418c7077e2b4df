package kernel

import "probewise/trainer"

// The filter gradient of what winograd.go computes is the adjoint of the same sums: Gᵀ[Σ (A·dy·Aᵀ) ⊙ (Bᵀ·d·B)]G, summed
// over the tiles of all images. For each of the 16 elements that is a matrix product, filters × tiles × channels.

// winogradGrad is what the tasks of such a filter gradient share.
type winogradGrad struct {
	op      trainer.ConvFilterGrad
	x, dy   frame
	tiles   tiling
	first   int // image of the chunk
	images  int // in a chunk
	chunk   int // tiles in this one
	columns []columns
	patches []float32 // by element, columns and tile
	grads   []float32 // (elements, tiles, filters)
	sums    []float32 // (elements, filters, channels), in groups of eight and whole vectors
}

// chunkValues is how many values a chunk has at most of each element: they stay in the second cache.
const chunkValues = 1 << 17

// filterBlock is the number of filters of a task.
const filterBlock = 64

func (c *CPU) winogradFilterGrad(o trainer.ConvFilterGrad) {
	w, e := &c.winogradGrad, c.engine
	w.op, w.tiles = o, tilesOf(o.OH, o.OW)
	w.x = frame{
		channels: o.C,
		h:        o.H,
		w:        o.W,
		depth:    e.vectors(o.C) * e.lanes,
		rows:     2*w.tiles.down + 2,
		cols:     2*w.tiles.across + 2,
		top:      o.PT,
		left:     o.PL,
	}
	w.dy = frame{
		channels: o.F,
		h:        o.OH,
		w:        o.OW,
		depth:    (o.F + half - 1) / half * half,
		rows:     2 * w.tiles.down,
		cols:     2 * w.tiles.across,
	}
	w.columns = e.splitColumns(w.columns, w.x.depth)
	each := w.x.depth + w.dy.depth
	w.images = min(o.N, max(1, chunkValues/(each*w.tiles.count())))
	w.patches = grow(w.patches, elements*apart(w.images*w.tiles.count()*w.x.depth))
	w.grads = grow(w.grads, elements*apart(w.images*w.tiles.count()*w.dy.depth))
	w.sums = grow(w.sums, elements*w.dy.depth*w.x.depth)
	for w.first = 0; w.first < o.N; w.first += w.images {
		images := min(w.images, o.N-w.first)
		w.chunk = images * w.tiles.count()
		c.each(images, images*(o.C*o.H*o.W+o.F*o.OH*o.OW), winogradSpreadPass)
		c.each(elements*((o.F+filterBlock-1)/filterBlock), convCost(o.Window, o.F), winogradGradPass)
	}
	c.each((o.F+half-1)/half, len(w.sums), winogradSumPass)
}

// winogradSpreadPass transforms one image and its output gradient.
func winogradSpreadPass(c *CPU, image, worker int) {
	w, e := &c.winogradGrad, c.engine
	o, n := w.op, w.first+image
	scratch := c.scratchOf(worker, max(w.x.size()+w.x.scratch(), w.dy.size()+w.dy.scratch()))
	pixels, rest := cutOff(scratch, w.x.size())
	w.x.lay(e, pixels, rest, c.in[0][n*o.C*o.H*o.W:])
	first := image * w.tiles.count()
	for row := range w.tiles.down {
		tile := first + row*w.tiles.across
		for _, col := range w.columns {
			width := col.vectors * e.lanes
			e.loops.winogradInput(w.tiles.across, width/half, &pixels[w.x.at(2*row, 0)+col.first], 4*w.x.depth, 4*w.x.row(),
				&w.patches[w.chunk*col.first+tile*width], 4*width, 4*half, 4*apart(w.chunk*w.x.depth))
		}
	}
	pixels, rest = cutOff(scratch, w.dy.size())
	w.dy.lay(e, pixels, rest, c.in[1][n*o.F*o.OH*o.OW:])
	for row := range w.tiles.down {
		tile := first + row*w.tiles.across
		e.loops.winogradSpread(w.tiles.across, w.dy.depth/half, &pixels[w.dy.at(2*row, 0)], 4*w.dy.depth, 4*w.dy.row(),
			&w.grads[tile*w.dy.depth], 4*w.dy.depth, 4*half, 4*apart(w.chunk*w.dy.depth))
	}
}

// winogradGradPass adds a chunk to the sums of some filters, for one element.
func winogradGradPass(c *CPU, task, _ int) {
	w, e := &c.winogradGrad, c.engine
	element, block := task%elements, task/elements
	patches, grads := w.patches[element*apart(w.chunk*w.x.depth):], w.grads[element*apart(w.chunk*w.dy.depth):]
	sums := w.sums[element*w.dy.depth*w.x.depth:]
	add := min(w.first, 1)
	for tile := 0; tile < w.chunk; tile += panelDepth {
		n := min(panelDepth, w.chunk-tile)
		for filter := block * filterBlock; filter < min((block+1)*filterBlock, w.op.F); filter += e.rows {
			for _, col := range w.columns {
				width := col.vectors * e.lanes
				e.multiply[col.vectors-1](n, &grads[tile*w.dy.depth+filter], 1, w.dy.depth,
					&patches[w.chunk*col.first+tile*width], width, &sums[filter*w.x.depth+col.first], w.x.depth, add)
			}
		}
		add = 1
	}
}

// winogradSumPass turns the sums of eight filters into their gradient.
func winogradSumPass(c *CPU, task, worker int) {
	w, e := &c.winogradGrad, c.engine
	taps := c.scratchOf(worker, windowTaps*w.x.depth)
	for filter := task * half; filter < min((task+1)*half, w.op.F); filter++ {
		e.loops.winogradFilterGrad(w.x.depth/half, &w.sums[filter*w.x.depth], 4*w.dy.depth*w.x.depth, &taps[0],
			4*w.x.depth)
		e.turn(c.out[0][filter*w.op.C*windowTaps:], windowTaps, taps, w.x.depth, windowTaps, w.op.C)
	}
}
