package kernel

import (
	"math"

	"probewise/trainer"
)

// panelWork is what the tasks of a convolution with strides of one share, forward or data gradient: both slide a window
// over the planes of a source.
type panelWork struct {
	table    *windowTable
	tables   map[panelKey]*windowTable
	window   trainer.Window // of the sliding: C planes of the source, OH×OW positions
	planes   int            // of the result
	source   []float32
	filters  []float32 // packed: by tile of rows, tap and channel
	blocks   []panelBlock
	offsets  []int     // of a panel's rows, in bytes
	bias     []float32 // one value a plane
	none     []float32 // zeros, where there is no bias
	least    float32   // of the result
	tiles    int       // columns of the product, in tiles
	together int       // tiles in a task
}

type panelKey struct {
	trainer.Window
	planes int
}

// A panelBlock is as many rows of the matrix as a panel holds.
type panelBlock struct{ tap, taps, channel, channels int }

// panelDepth is the number of rows of a panel: with the widest tiles 24 KiB, which leaves room in a cache of 32.
const panelDepth = 128

// prepare finds the window's table and cuts its taps into blocks; false where the window needs another way.
func (w *panelWork) prepare(e *engine, g trainer.Window, planes int) bool {
	if g.SH != 1 || g.SW != 1 {
		return false
	}
	key := panelKey{g, planes}
	table, known := w.tables[key]
	if !known {
		if w.tables == nil {
			w.tables = map[panelKey]*windowTable{}
		}
		table = newWindowTable(g, planes)
		w.tables[key] = table
	}
	if table == nil {
		return false
	}
	w.table, w.window, w.planes = table, g, planes
	w.cut()
	width := maxVectors * e.lanes
	w.offsets = w.offsets[:0]
	for row := range panelDepth {
		w.offsets = append(w.offsets, 4*row*width)
	}
	w.tiles = (w.table.halves*half + width - 1) / width
	work := planes * g.C * w.table.taps * width
	w.together = min(max(1, (1<<20)/work), max(1, w.tiles/16)) // enough to be worth a task's overhead, and enough tasks
	w.filters = grow(w.filters, e.blocks(planes)*e.rows*g.C*w.table.taps)
	return true
}

// cut shares the rows of the matrix, tap by tap, out to blocks of about the same size.
func (w *panelWork) cut() {
	w.blocks = w.blocks[:0]
	taps, channels := w.table.taps, w.window.C
	if channels <= panelDepth {
		at := max(1, panelDepth/channels)
		blocks := (taps + at - 1) / at
		for b := range blocks {
			first, end := share(taps, blocks, b)
			w.blocks = append(w.blocks, panelBlock{first, end - first, 0, channels})
		}
		return
	}
	parts := (channels + panelDepth - 1) / panelDepth
	for tap := range taps {
		for p := range parts {
			first, end := share(channels, parts, p)
			w.blocks = append(w.blocks, panelBlock{tap, 1, first, end - first})
		}
	}
}

// slideForward computes a forward convolution, value + bias, at least least, if its window can slide.
func (c *CPU) slideForward(g trainer.Window, f int, bias []float32, least float32) bool {
	w := &c.panels
	if c.engine.winograd(g, f) {
		c.slideWinograd(g, f, c.in[0], bias, least, winogradForwardPass, (g.C+packedChannels-1)/packedChannels)
		return true
	}
	if !w.prepare(c.engine, g, f) {
		return false
	}
	w.source, w.bias, w.least = c.in[0], bias, least
	c.each(c.engine.blocks(f), f*g.C*w.table.taps, packForwardPass)
	c.each((w.tiles+w.together-1)/w.together, convCost(g, f), panelsPass)
	return true
}

// noBias is n zeros.
func (c *CPU) noBias(n int) []float32 {
	c.panels.none = grow(c.panels.none, n)
	return c.panels.none
}

// convBias computes the convolution with what follows it where that costs nothing, and one after the other elsewhere.
func (c *CPU) convBias(o trainer.ConvBiasOp) error {
	least := float32(math.Inf(-1))
	if o.ReLU {
		least = 0
	}
	if c.engine != nil && c.slideForward(o.Window, o.F, c.in[2], least) {
		return nil
	}
	single, known := c.singles[o]
	if !known { // an op is allocated where it becomes an interface: once each
		plane := trainer.Plane{N: o.N, C: o.F, S: o.OH * o.OW}
		single = [3]trainer.Op{trainer.ConvOp{Window: o.Window, F: o.F}, trainer.BiasOp{Plane: plane},
			trainer.ActivationOp{Plane: plane, Kind: trainer.ReLU}}
		if c.singles == nil {
			c.singles = map[trainer.ConvBiasOp][3]trainer.Op{}
		}
		c.singles[o] = single
	}
	y, b := c.out[0], c.in[2]
	for i, op := range single {
		if i == 2 && !o.ReLU {
			break
		}
		c.op = op
		if err := c.compute(); err != nil {
			return err
		}
		c.in = append(c.in[:0], y, b)
	}
	return nil
}

// slideBackward computes a data gradient, if its window can slide: turned, over the output gradient.
func (c *CPU) slideBackward(o trainer.ConvDataGrad) bool {
	w := &c.panels
	turned := trainer.Window{N: o.N, C: o.F, H: o.OH, W: o.OW, KH: o.KH, KW: o.KW, SH: o.SH, SW: o.SW,
		PT: o.KH - 1 - o.PT, PL: o.KW - 1 - o.PL, OH: o.H, OW: o.W}
	least := float32(math.Inf(-1))
	if c.engine.winograd(turned, o.C) {
		c.slideWinograd(turned, o.C, c.in[1], nil, least, winogradBackwardPass, o.F)
		return true
	}
	if !w.prepare(c.engine, turned, o.C) {
		return false
	}
	w.source, w.bias, w.least = c.in[1], c.noBias(o.C), least
	c.each(c.engine.blocks(o.C), o.F*o.C*w.table.taps, packBackwardPass)
	c.each((w.tiles+w.together-1)/w.together, convCost(o.Window, o.F), panelsPass)
	return true
}

// packForwardPass packs one tile's rows, which are filters: tap by tap, channel by channel.
func packForwardPass(c *CPU, block, _ int) {
	w, e := &c.panels, c.engine
	planes, channels, taps := w.planes, w.window.C, w.table.taps
	first := block * e.rows
	to := w.filters[first*channels*taps:][:e.rows*channels*taps]
	for r := range e.rows {
		if first+r >= planes {
			for i := r; i < len(to); i += e.rows {
				to[i] = 0
			}
			continue
		}
		filter := c.in[1][(first+r)*channels*taps:][:channels*taps]
		for tap := range taps {
			at := tap*channels*e.rows + r
			for i := tap; i < len(filter); i += taps {
				to[at] = filter[i]
				at += e.rows
			}
		}
	}
}

// packBackwardPass packs one tile's rows, which are channels of the input: the taps backwards, filter by filter.
func packBackwardPass(c *CPU, block, _ int) {
	w, e := &c.panels, c.engine
	planes, filters, taps := w.planes, w.window.C, w.table.taps
	first := block * e.rows
	to := w.filters[first*filters*taps:][:e.rows*filters*taps]
	rows := min(e.rows, planes-first)
	if rows < e.rows {
		clear(to)
	}
	for f := range filters {
		from := c.in[0][(f*planes+first)*taps:][:rows*taps]
		for tap := range taps {
			at := to[((taps-1-tap)*filters+f)*e.rows:][:rows]
			for r := range at {
				at[r] = from[r*taps+tap]
			}
		}
	}
}

// panelsPass computes some tiles of columns: all result planes at neighbouring positions.
func panelsPass(c *CPU, task, worker int) {
	w, e := &c.panels, c.engine
	width := maxVectors * e.lanes
	blocks := e.blocks(w.planes)
	scratch := c.scratchOf(worker, panelDepth*width+blocks*e.rows*width)
	panel, sums := scratch[:panelDepth*width], scratch[panelDepth*width:]
	depth := w.window.C * w.table.taps
	for tile := task * w.together; tile < min((task+1)*w.together, w.tiles); tile++ {
		for b := range w.blocks {
			block := &w.blocks[b]
			w.gather(e, panel, w.source, tile, block)
			first, rows := block.tap*w.window.C+block.channel, block.taps*block.channels
			for f := range blocks {
				e.sweeps[maxVectors-1](rows, &w.filters[(f*depth+first)*e.rows], &panel[0], &w.offsets[0],
					&sums[f*e.rows*width], width, min(b, 1))
			}
		}
		w.scatter(e, c.out[0], sums, tile)
	}
}

// gather fills the panel with one block of rows for a tile of columns.
func (w *panelWork) gather(e *engine, panel, source []float32, tile int, b *panelBlock) {
	width := maxVectors * e.lanes
	plane := w.window.H * w.window.W
	for h := range width / half {
		at := tile*(width/half) + h
		if at >= w.table.halves {
			return // what the panel holds there is computed with and thrown away
		}
		entry, image := w.table.place(at)
		e.loops.gather(&w.table.in[entry*w.table.taps+b.tap], b.taps, b.channels,
			&source[(image*w.window.C+b.channel)*plane], 4*plane, &panel[h*half], 4*width)
	}
}

// scatter writes a tile of columns to the result.
func (w *panelWork) scatter(e *engine, to, sums []float32, tile int) {
	width := maxVectors * e.lanes
	plane := w.window.OH * w.window.OW
	for h := range width / half {
		at := tile*(width/half) + h
		if at >= w.table.halves {
			return
		}
		entry, image := w.table.place(at)
		e.loops.scatter(&w.table.out[entry], w.planes, &sums[h*half], 4*width, &to[image*w.planes*plane], 4*plane,
			&w.bias[0], w.least)
	}
}
