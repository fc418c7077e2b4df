package kernel

import "probewise/trainer"

// Windows of 3×3 with strides of one take F(2×2, 3×3) (Lavin & Gray 2016): each tile of 2×2 results comes from a patch
// of 4×4 pixels by Aᵀ[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]A, with 16 products a channel instead of 36. For each of the 16 elements the
// sum over the channels is a matrix product, of transformed patches with transformed filters, many tiles at a time.
// Pixels are laid out with their channels side by side, so that the transforms work on whole vectors.

// elements of a patch, taps of a window.
const elements, windowTaps = 16, 9

// minPlanes is the number of planes, of the source and of the result, below which the transforms cost more than they
// save.
const minPlanes = 16

// blockTiles is the number of tiles that are transformed and multiplied at a time: a block stays in the second cache.
const blockTiles = 32

// winogradWork is what the tasks of such a convolution share, forward or data gradient: both slide a window over the
// planes of a source.
type winogradWork struct {
	window  trainer.Window // of the sliding: C planes of the source, OH×OW positions
	planes  int            // of the result
	source  []float32
	frame   frame // of the source
	tiles   tiling
	width   int // planes of the result, in whole vectors
	columns []columns
	images  int       // in a task
	filters []float32 // transformed: by element, columns and channel of the source
	turned  []float32 // (C, taps, width)
	bias    []float32 // in whole vectors
	least   float32
}

// columns are neighbouring columns of a product: as many vectors as a sweep takes.
type columns struct{ first, vectors int }

// splitColumns shares out columns that fill whole vectors.
func (e *engine) splitColumns(to []columns, width int) []columns {
	to = to[:0]
	vectors := width / e.lanes
	parts := (vectors + maxVectors - 1) / maxVectors
	for part := range parts {
		first, end := share(vectors, parts, part)
		to = append(to, columns{first * e.lanes, end - first})
	}
	return to
}

// tiling is how tiles of 2×2 cover a plane.
type tiling struct{ down, across int }

func tilesOf(h, w int) tiling { return tiling{(h + 1) / 2, (w + 1) / 2} }

func (t tiling) count() int { return t.down * t.across }

// run says where a tile lies, and how many follow it in its row, itself included, at most most.
func (t tiling) run(tile, most int) (image, row, col, n int) {
	image, tile = tile/t.count(), tile%t.count()
	row, col = tile/t.across, tile%t.across
	return image, row, col, min(t.across-col, most)
}

// winograd says whether a window and the number of result planes go this way.
func (e *engine) winograd(g trainer.Window, planes int) bool {
	return g.KH == 3 && g.KW == 3 && g.SH == 1 && g.SW == 1 && g.C >= minPlanes && planes >= minPlanes &&
		g.OH > 1 && g.OW > 1
}

// slideWinograd slides a window over the planes of source; pack lays filters out and transforms them.
func (c *CPU) slideWinograd(g trainer.Window, planes int, source, bias []float32, least float32, pack pass, packs int) {
	w, e := &c.winograd, c.engine
	w.window, w.planes, w.source, w.least = g, planes, source, least
	w.tiles = tilesOf(g.OH, g.OW)
	w.width = e.vectors(planes) * e.lanes
	w.columns = e.splitColumns(w.columns, w.width)
	w.frame = frame{
		channels: g.C,
		h:        g.H,
		w:        g.W,
		depth:    e.vectors(g.C) * e.lanes,
		rows:     2*w.tiles.down + 2,
		cols:     2*w.tiles.across + 2,
		top:      g.PT,
		left:     g.PL,
	}
	// Two blocks of tiles to a task, so that little of the last one is empty, and some tasks for each thread.
	w.images = min((2*blockTiles+w.tiles.count()-1)/w.tiles.count(), max(1, g.N/(4*c.threads)))
	w.turned = grow(w.turned, g.C*windowTaps*w.width)
	w.filters = grow(w.filters, elements*g.C*w.width)
	w.bias = grow(w.bias, w.width)
	clear(w.bias[copy(w.bias, bias):])
	c.each(packs, planes*g.C*windowTaps, pack)
	c.each((g.N+w.images-1)/w.images, convCost(g, planes), winogradPass)
}

// packedChannels is the number of source channels whose filters are packed in one task: their taps fill whole vectors.
const packedChannels = 8

// winogradForwardPass turns the filters (F, C, taps) of some channels.
func winogradForwardPass(c *CPU, task, _ int) {
	w := &c.winograd
	channels := w.window.C
	first := task * packedChannels
	n := min(packedChannels, channels-first)
	to := w.turned[first*windowTaps*w.width:][:n*windowTaps*w.width]
	if w.planes < w.width {
		clear(to)
	}
	c.engine.turn(to, w.width, c.in[1][first*windowTaps:], channels*windowTaps, w.planes, n*windowTaps)
	for channel := first; channel < first+n; channel++ {
		w.transformFilters(c.engine, channel, 0, 1)
	}
}

// winogradBackwardPass turns one filter (C, taps): a plane of the source, whose taps are taken backwards.
func winogradBackwardPass(c *CPU, filter, _ int) {
	w := &c.winograd
	to := w.turned[filter*windowTaps*w.width:][:windowTaps*w.width]
	if w.planes < w.width {
		clear(to)
	}
	c.engine.turn(to, w.width, c.in[0][filter*w.planes*windowTaps:], windowTaps, w.planes, windowTaps)
	w.transformFilters(c.engine, filter, windowTaps-1, -1)
}

// transformFilters transforms what has been turned for one channel of the source, from the given tap on.
func (w *winogradWork) transformFilters(e *engine, channel, tap, step int) {
	element := w.window.C * w.width
	for _, col := range w.columns {
		width := col.vectors * e.lanes
		e.loops.winogradFilter(width/half, &w.turned[(channel*windowTaps+tap)*w.width+col.first], 4*step*w.width,
			&w.filters[w.window.C*col.first+channel*width], 4*element)
	}
}

// winogradPass computes some images.
func winogradPass(c *CPU, task, worker int) {
	w, e := &c.winograd, c.engine
	first, tiles := task*w.images, w.tiles.count()
	images := min(w.images, w.window.N-first)
	row := 2 * w.tiles.across * w.width // of results
	result := 2 * w.tiles.down * row
	blocks := elements * (apart(blockTiles*w.frame.depth) + apart(blockTiles*w.width))
	scratch := c.scratchOf(worker, w.images*(w.frame.size()+result)+w.frame.scratch()+blocks)
	frames, scratch := cutOff(scratch, w.images*w.frame.size())
	results, scratch := cutOff(scratch, w.images*result)
	patches, scratch := cutOff(scratch, elements*apart(blockTiles*w.frame.depth))
	sums, scratch := cutOff(scratch, elements*apart(blockTiles*w.width))
	for i := range images {
		w.frame.lay(e, frames[i*w.frame.size():], scratch, w.source[(first+i)*w.window.C*w.window.H*w.window.W:])
	}
	for at := 0; at < images*tiles; at += blockTiles {
		n := min(blockTiles, images*tiles-at)
		for i := 0; i < n; {
			image, y, x, run := w.tiles.run(at+i, n-i)
			e.loops.winogradInput(run, w.frame.depth/half, &frames[image*w.frame.size()+w.frame.at(2*y, 2*x)],
				4*w.frame.depth, 4*w.frame.row(),
				&patches[i*w.frame.depth], 4*w.frame.depth, 4*half, 4*apart(blockTiles*w.frame.depth))
			i += run
		}
		w.multiply(e, n, patches, sums)
		for i := 0; i < n; {
			image, y, x, run := w.tiles.run(at+i, n-i)
			e.loops.winogradOutput(run, (w.planes+half-1)/half, &sums[i*w.width], 4*w.width,
				4*apart(blockTiles*w.width),
				&results[image*result+2*y*row+2*x*w.width], 4*w.width, 4*row, &w.bias[0], w.least)
			i += run
		}
	}
	size := w.window.OH * w.window.OW
	for i := range images {
		from := results[i*result:][:result]
		if w.window.OW%2 != 0 { // the last column of tiles reaches over the edge
			for y := 1; y < w.window.OH; y++ {
				copy(from[y*w.window.OW*w.width:][:w.window.OW*w.width], from[y*row:])
			}
		}
		e.turn(c.out[0][(first+i)*w.planes*size:], size, from, w.width, size, w.planes)
	}
}

// multiply sums up over the channels, for all elements of n tiles.
func (w *winogradWork) multiply(e *engine, n int, patches, sums []float32) {
	channels := w.window.C
	parts := (channels + panelDepth - 1) / panelDepth
	for element := range elements {
		filters := w.filters[element*channels*w.width:][:channels*w.width]
		for part := range parts {
			first, end := share(channels, parts, part)
			for _, col := range w.columns {
				width := col.vectors * e.lanes
				for tile := 0; tile < n; tile += e.rows {
					e.multiply[col.vectors-1](end-first,
						&patches[element*apart(blockTiles*w.frame.depth)+tile*w.frame.depth+first], w.frame.depth, 1,
						&filters[channels*col.first+first*width], width,
						&sums[element*apart(blockTiles*w.width)+tile*w.width+col.first], w.width, min(part, 1))
				}
			}
		}
	}
}

// apart is the distance of the values of neighbouring elements: a cache line more than they take, since sizes are often
// powers of two, and what lies such a power apart shares a place in the cache.
func apart(n int) int { return n + maxLanes }

func cutOff(x []float32, n int) (front, rest []float32) { return x[:n], x[n:] }
