package kernel

import "probewise/trainer"

// The filter gradient is a product over all positions of the batch: of the output gradient, packed position by
// position, with the input, whose pixels are laid out with their channels side by side: the channels of all taps of a
// window's row are then one run of values, read where they lie. Where that run is short, as with the channels of a
// picture, each pixel gets those of the pixels below it too, and the run is that of the whole window.

// filterWork is what the tasks of a filter gradient share.
type filterWork struct {
	g             trainer.Window
	f             int
	stacked       int       // rows of taps whose pixels lie side by side: 1 or KH
	height, width int       // of a padded image
	pixels        []float32 // (N, height, width, stacked·C)
	grads         []float32 // packed: by tile of filters, image and position
	run, stride   int       // values under the stacked rows of taps; the same in whole vectors
	together      int       // images of a sweep, where planes are small
	offsets       []int     // of their positions in bytes
	columns       int       // tiles in a run
	groups        int       // of images; each has a sum of its own
	sums          []float32 // (groups, filters in whole tiles, KH/stacked, stride)
}

// sweepPositions is about as many positions as a sweep of a filter gradient goes through: their output gradients stay
// in the fastest cache.
const sweepPositions = 256

// filterTasks is about as many tasks as a filter gradient is cut into.
const filterTasks = 16

func (c *CPU) convFilterGrad(o trainer.ConvFilterGrad) {
	if c.engine == nil {
		tasks := min(o.N, filterTasks/2)
		c.partial = grow(c.partial, tasks*len(c.out[0]))
		c.each(tasks, convCost(o.Window, o.F), im2colFilterGradPass)
		c.each(spans(len(c.out[0])), len(c.partial), addPartialsPass)
		return
	}
	if c.engine.winograd(o.Window, o.F) {
		c.winogradFilterGrad(o)
		return
	}
	w, e := &c.filter, c.engine
	w.prepare(e, o)
	c.each(o.N, 2*o.N*(o.C*o.H*o.W+o.F*o.OH*o.OW), layOutPass)
	c.each(w.groups*w.rows()*w.columns, convCost(o.Window, o.F), filterPass)
	c.each(o.F, len(w.sums), sumFiltersPass)
}

func (w *filterWork) prepare(e *engine, o trainer.ConvFilterGrad) {
	w.g, w.f = o.Window, o.F
	w.stacked, w.height, w.width = 1, (o.OH-1)*o.SH+o.KH, (o.OW-1)*o.SW+o.KW
	below := o.SH // of one row of positions, in rows of pixels
	if o.KH > 1 && o.KW*o.C < e.lanes {
		w.stacked, w.height, below = o.KH, o.OH, 1
	}
	w.pixels = grow(w.pixels, o.N*w.image()+maxVectors*e.lanes) // a sweep reads whole vectors
	w.grads = grow(w.grads, e.blocks(o.F)*e.rows*o.N*o.OH*o.OW)
	w.run = o.KW * w.stacked * o.C
	w.stride = e.vectors(w.run) * e.lanes
	w.columns = (w.stride + maxVectors*e.lanes - 1) / (maxVectors * e.lanes)
	w.together = min(max(1, sweepPositions/(o.OH*o.OW)), o.N)
	w.groups = min(max(1, filterTasks/(w.rows()*w.columns)), (o.N+w.together-1)/w.together)
	w.sums = grow(w.sums, w.groups*e.blocks(o.F)*e.rows*w.rows()*w.stride)
	w.offsets = w.offsets[:0]
	for image := range w.together {
		for row := range o.OH {
			for col := range o.OW {
				w.offsets = append(w.offsets, 4*((image*w.height+row*below)*w.width+col*o.SW)*w.stacked*o.C)
			}
		}
	}
}

// image is the number of values of a padded image, rows that of the rows of taps that are not stacked.
func (w *filterWork) image() int { return w.height * w.width * w.stacked * w.g.C }
func (w *filterWork) rows() int  { return w.g.KH / w.stacked }

// layOutPass lays one image and its output gradient out.
func layOutPass(c *CPU, n, _ int) {
	w, e := &c.filter, c.engine
	g := w.g
	image, source := w.pixels[n*w.image():][:w.image()], c.in[0][n*g.C*g.H*g.W:]
	clear(image)
	if w.stacked == 1 {
		for row := range w.height {
			w.layOut(e, image[row*w.width*g.C:], source, row-g.PT)
		}
	} else {
		for row := range w.height {
			for kh := range g.KH {
				w.layOut(e, image[row*w.width*w.stacked*g.C+kh*g.C:], source, row*g.SH+kh-g.PT)
			}
		}
	}
	plane := g.OH * g.OW
	for block := range e.blocks(w.f) {
		first := block * e.rows
		to, rows := w.grads[(block*g.N+n)*plane*e.rows:][:plane*e.rows], min(e.rows, w.f-first)
		if rows < e.rows {
			clear(to)
		}
		e.turn(to, e.rows, c.in[1][(n*w.f+first)*plane:], plane, rows, plane)
	}
}

// layOut writes one row of an image, if there is such a row.
func (w *filterWork) layOut(e *engine, to, image []float32, row int) {
	first, end := max(0, -w.g.PL), min(w.g.W, w.width-w.g.PL)
	if row < 0 || row >= w.g.H || first >= end {
		return
	}
	stride := w.stacked * w.g.C
	e.turn(to[(first+w.g.PL)*stride:], stride, image[row*w.g.W+first:], w.g.H*w.g.W, w.g.C, end-first)
}

// turn writes columns as rows: value (i, j) of the rows, which lie stride apart, to to[j·width + i].
func (e *engine) turn(to []float32, width int, from []float32, stride, rows, cols int) {
	i := 0
	for ; i+half <= rows; i += half {
		blocks := cols / half
		if blocks > 0 {
			e.loops.transpose(blocks, &from[i*stride], 4*stride, &to[i], 4*width)
		}
		for j := blocks * half; j < cols; j++ {
			for r := range half {
				to[j*width+i+r] = from[(i+r)*stride+j]
			}
		}
	}
	for ; i < rows; i++ {
		for j, v := range from[i*stride:][:cols] {
			to[j*width+i] = v
		}
	}
}

// filterPass sums over the images of a group, for some of the values under one row of taps.
func filterPass(c *CPU, task, _ int) {
	w, e := &c.filter, c.engine
	g := w.g
	rows := w.rows()
	group, kh, column := task/(rows*w.columns), task/w.columns%rows, task%w.columns
	vectors := min(maxVectors, w.stride/e.lanes-column*maxVectors)
	plane, blocks := g.OH*g.OW, e.blocks(w.f)
	steps := (g.N + w.together - 1) / w.together
	from, to := share(steps, w.groups, group)
	at := column * maxVectors * e.lanes
	add := 0
	for step := from; step < to; step++ {
		image := step * w.together
		positions := min(w.together, g.N-image) * plane
		pixels := w.pixels[image*w.image()+kh*w.width*g.C+at:]
		for first := 0; first < positions; first += sweepPositions {
			depth := min(sweepPositions, positions-first)
			for b := range blocks {
				e.sweeps[vectors-1](depth, &w.grads[((b*g.N+image)*plane+first)*e.rows], &pixels[0], &w.offsets[first],
					&w.sums[((group*blocks+b)*e.rows*rows+kh)*w.stride+at], rows*w.stride, add)
			}
			add = 1
		}
	}
}

// sumFiltersPass adds the groups' sums for one filter, in order, and puts them into the order of the filters.
func sumFiltersPass(c *CPU, f, _ int) {
	w, e := &c.filter, c.engine
	g := w.g
	size, taps, pixel := e.blocks(w.f)*e.rows*w.rows()*w.stride, g.KH*g.KW, w.stacked*g.C
	out := c.out[0][f*g.C*taps:][:g.C*taps]
	for kh := range g.KH {
		row, at := kh, 0
		if w.stacked > 1 {
			row, at = 0, kh*g.C
		}
		for group := range w.groups {
			sums := w.sums[group*size+(f*w.rows()+row)*w.stride:][:w.run]
			for kw := range g.KW {
				tap := kh*g.KW + kw
				for ch, v := range sums[kw*pixel+at:][:g.C] {
					if group > 0 {
						v += out[ch*taps+tap]
					}
					out[ch*taps+tap] = v
				}
			}
		}
	}
}

// addPartialsPass writes the sum of the tasks' partial results, in order.
func addPartialsPass(c *CPU, task, _ int) {
	sum, size := cut(c.out[0], task), len(c.out[0])
	copy(sum, c.partial[task*span:])
	for at := size; at < len(c.partial); at += size {
		for i, v := range c.partial[at+task*span:][:len(sum)] {
			sum[i] += v
		}
	}
}
