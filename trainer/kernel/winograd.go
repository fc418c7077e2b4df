package kernel

import (
	"math"

	"probewise/trainer"
)

// Windows of 3×3 with strides of one take F(2×2, 3×3) (Lavin & Gray 2016): each tile of 2×2 results comes from a patch of 4×4
// pixels by Aᵀ[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]A, with 16 products a channel instead of 36. For each of the 16 elements the sum over the
// channels is a matrix product, of transformed filters with transformed patches, many tiles side by side. The planes of the
// source are first dealt into the pixels of even and odd rows and columns, so that an element of neighbouring patches
// lies side by side as well.

// winogradWork is what the tasks of such a convolution share, forward or data gradient.
type winogradWork struct {
	table    *windowTable
	tables   map[panelKey]*windowTable
	window   trainer.Window // of the sliding: C planes of the source, OH×OW positions
	planes   int            // of the result
	down     int            // rows and columns of the dealt planes
	across   int
	dealt    []float32 // source: (N, C, 2, 2, down, across)
	packed   []float32 // filters as panels have them
	filters  []float32 // transformed: by tile of rows, element and channel
	bias     []float32
	least    float32
	offsets  []int
	tiles    int // blocks of columns
	together int // of them in a task
}

// elements of a patch, taps of a window.
const elements, windowTaps = 16, 9

// leastPlanes is the number of planes, of the source and of the result, below which the transforms cost more than they
// save.
const leastPlanes = 16

// prepareWinograd finds out whether a window goes this way.
func (c *CPU) prepareWinograd(g trainer.Window, planes int) bool {
	w, e := &c.winograd, c.engine
	if g.KH != 3 || g.KW != 3 || g.SH != 1 || g.SW != 1 || g.C < leastPlanes || planes < leastPlanes || g.OH < 2 || g.OW < 2 {
		return false
	}
	key := panelKey{g, planes}
	table, known := w.tables[key]
	if !known {
		if w.tables == nil {
			w.tables = map[panelKey]*windowTable{}
		}
		table = newWinogradTable(g, planes)
		w.tables[key] = table
	}
	if table == nil {
		return false
	}
	w.table, w.window, w.planes, w.bias, w.least = table, g, planes, c.panels.none, float32(math.Inf(-1))
	w.down, w.across = (g.OH+1)/2+1, (g.OW+1)/2+1
	w.dealt = grow(w.dealt, g.N*g.C*4*w.down*w.across)
	blocks := e.blocks(planes)
	w.packed = grow(w.packed, blocks*e.rows*g.C*windowTaps)
	w.filters = grow(w.filters, blocks*e.rows*g.C*elements)
	width := maxVectors * e.lanes
	w.offsets = w.offsets[:0]
	for row := range panelDepth {
		w.offsets = append(w.offsets, 4*row*width)
	}
	w.tiles = (w.table.halves*half + width - 1) / width
	w.together = max(1, w.tiles/64)
	return true
}

// newWinogradTable says where eight tiles find their patches in the dealt planes and where their results go: four
// times eight values, in the order of winogradOutput.
func newWinogradTable(g trainer.Window, planes int) *windowTable {
	tilesH, tilesW := (g.OH+1)/2, (g.OW+1)/2
	down, across := tilesH+1, tilesW+1
	t := newPattern(g.N, tilesH*tilesW, elements, 4)
	in := func(image, tile, element int) (int, bool) {
		i, j := element/4, element%4
		phase := i%2*2 + j%2
		return ((image*g.C*4+phase)*down+tile/tilesW+i/2)*across + tile%tilesW + j/2, true
	}
	out := func(image, tile, part, lane int) (int, bool) {
		row, col := 2*(tile/tilesW)+part/2, 2*(tile%tilesW)+lane%2
		return (image*planes*g.OH+row)*g.OW + col, row < g.OH && col < g.OW
	}
	if !t.fill(in, func(tileAt func(lane int) (image, tile int, ok bool), part, lane int) (int, bool) {
		image, tile, ok := tileAt(part%2*4 + lane/2)
		if !ok {
			return 0, false
		}
		return out(image, tile, part, lane)
	}) {
		return nil
	}
	return t
}

// slideWinograd computes what has been prepared: from is the source, pack packs a tile's rows of filters as panels have them.
func (c *CPU) slideWinograd(cost int, pack pass) {
	w, e := &c.winograd, c.engine
	c.each(e.blocks(w.planes), w.planes*w.window.C*windowTaps, pack)
	c.each(w.window.N*w.window.C, w.window.N*w.window.C*w.window.H*w.window.W, dealPass)
	c.each((w.tiles+w.together-1)/w.together, cost, winogradPass)
}

func winogradForwardPass(c *CPU, block, _ int) {
	w := &c.winograd
	c.packForward(w.packed, block, w.planes, w.window.C, windowTaps)
	w.transformFilters(c.engine, block)
}

func winogradBackwardPass(c *CPU, block, _ int) {
	w := &c.winograd
	c.packBackward(w.packed, block, w.planes, w.window.C, windowTaps)
	w.transformFilters(c.engine, block)
}

// transformFilters turns one tile's packed rows into those of the elements.
func (w *winogradWork) transformFilters(e *engine, block int) {
	channels := w.window.C
	from, to := w.packed[block*e.rows*channels*windowTaps:], w.filters[block*e.rows*channels*elements:]
	// Rows lie side by side: with tiles of four, eight values are those of two channels.
	n := channels * e.rows / half
	if n > 0 {
		e.loops.winogradFilter(n, &from[0], 4*channels*e.rows, &to[0], 4*channels*e.rows)
	}
	if n*half < channels*e.rows { // one channel of four rows is left
		var last, result [elements * half]float32
		at := n * half
		for tap := range windowTaps {
			copy(last[tap*half:], from[tap*channels*e.rows+at:][:e.rows])
		}
		e.loops.winogradFilter(1, &last[0], 4*half, &result[0], 4*half)
		for element := range elements {
			copy(to[element*channels*e.rows+at:][:e.rows], result[element*half:])
		}
	}
}

// source is the operand that the window slides over.
func (c *CPU) source() []float32 {
	if _, backward := c.op.(trainer.ConvDataGrad); backward {
		return c.in[1]
	}
	return c.in[0]
}

// dealPass deals one plane.
func dealPass(c *CPU, task, _ int) {
	w := &c.winograd
	g := w.window
	plane := c.source()[task*g.H*g.W:][:g.H*g.W]
	size := w.down * w.across
	to := w.dealt[task*4*size:][:4*size]
	clear(to)
	// Row r of the padded plane is row r−PT of the image; its column k is column k−PL.
	first, end := max(0, -g.PL), min(g.W, 2*w.across-g.PL)
	for r := range 2 * w.down {
		row := r - g.PT
		if row < 0 || row >= g.H || first >= end {
			continue
		}
		even, odd := to[(r%2*2)*size+r/2*w.across:][:w.across], to[(r%2*2+1)*size+r/2*w.across:][:w.across]
		c.engine.deal(plane[row*g.W+first:row*g.W+end], even, odd, first+g.PL)
	}
}

// deal writes values to even and odd places of a row, the first one at the given column.
func (e *engine) deal(x, even, odd []float32, column int) {
	if column%2 == 1 {
		even, odd = odd, even[1:]
	}
	even, odd = even[column/2:], odd[column/2:]
	n := len(x) &^ 15
	if n > 0 {
		e.loops.deal(n, &x[0], &even[0], &odd[0])
	}
	for i := n; i < len(x); i++ {
		if i%2 == 0 {
			even[i/2] = x[i]
		} else {
			odd[i/2] = x[i]
		}
	}
}

// winogradPass computes some blocks of tiles: all result planes.
func winogradPass(c *CPU, task, worker int) {
	w, e := &c.winograd, c.engine
	width, channels, blocks := maxVectors*e.lanes, w.window.C, e.blocks(w.planes)
	rows, depth := blocks*e.rows, min(channels, panelDepth)
	scratch := c.scratchOf(worker, elements*width*(depth+rows)+4*width*rows)
	patches, sums, result := scratch[:elements*width*depth], scratch[elements*width*depth:][:elements*width*rows], scratch[elements*width*(depth+rows):]
	parts := (channels + panelDepth - 1) / panelDepth
	for tile := task * w.together; tile < min((task+1)*w.together, w.tiles); tile++ {
		for part := range parts {
			first, end := share(channels, parts, part)
			n := end - first
			w.gather(e, patches, tile, first, n)
			e.loops.winogradInput(n*width/half, &patches[0], 4*n*width)
			for element := range elements {
				for b := range blocks {
					e.sweeps[maxVectors-1](n, &w.filters[((b*elements+element)*channels+first)*e.rows], &patches[element*n*width], &w.offsets[0],
						&sums[(element*rows+b*e.rows)*width], width, min(part, 1))
				}
			}
		}
		e.loops.winogradOutput(rows*width/half, &sums[0], 4*rows*width, &result[0])
		w.scatter(e, c.out[0], result, tile)
	}
}

// gather fetches the patches of some channels for a block of tiles.
func (w *winogradWork) gather(e *engine, patches []float32, tile, channel, channels int) {
	width := maxVectors * e.lanes
	plane := 4 * w.down * w.across
	for h := range width / half {
		at := tile*(width/half) + h
		if at >= w.table.halves {
			return // what is there is computed with and thrown away
		}
		entry, image := w.table.place(at)
		e.loops.gather(&w.table.in[entry*elements], elements, channels, &w.dealt[(image*w.window.C+channel)*plane], 4*plane, &patches[h*half], 4*width)
	}
}

// scatter writes a block of tiles to the result.
func (w *winogradWork) scatter(e *engine, to, result []float32, tile int) {
	width := maxVectors * e.lanes
	plane := w.window.OH * w.window.OW
	for h := range width / half {
		at := tile*(width/half) + h
		if at >= w.table.halves {
			return
		}
		entry, image := w.table.place(at)
		for part := range 4 {
			e.loops.scatter(&w.table.out[entry*4+part], w.planes, &result[(h*4+part)*half], 4*4*width, &to[image*w.planes*plane], 4*plane, &w.bias[0], w.least)
		}
	}
}
