package kernel

import "probewise/trainer"

// The filter gradient is a product over all positions of the batch: of the output gradient, packed position by position,
// with the input, whose pixels are laid out with their channels side by side: the channels of all taps of a window's row are
// then one run of values, read where they lie.

// filterWork is what the tasks of a filter gradient share.
type filterWork struct {
	g             trainer.Window
	f             int
	height, width int       // of a padded image
	pixels        []float32 // (N, height, width, C)
	grads         []float32 // packed: by tile of filters, image and position
	run, stride   int       // values under one row of taps; the same in whole vectors
	together      int       // images of a sweep, where planes are small
	offsets       []int     // of their positions in bytes
	columns       int       // tiles in a run
	groups        int       // of images; each has a sum of its own
	sums          []float32 // (groups, filters in whole tiles, KH, stride)
}

// sweepPositions is about as many positions as a sweep of a filter gradient goes through: their output gradients stay in
// the fastest cache.
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
	w, e := &c.filter, c.engine
	w.prepare(e, o)
	c.each(o.N, 2*o.N*(o.C*o.H*o.W+o.F*o.OH*o.OW), layOutPass)
	c.each(w.groups*o.KH*w.columns, convCost(o.Window, o.F), filterPass)
	c.each(o.F, len(w.sums), sumFiltersPass)
}

func (w *filterWork) prepare(e *engine, o trainer.ConvFilterGrad) {
	w.g, w.f = o.Window, o.F
	w.height, w.width = (o.OH-1)*o.SH+o.KH, (o.OW-1)*o.SW+o.KW
	w.pixels = grow(w.pixels, o.N*w.height*w.width*o.C+maxVectors*e.lanes) // a sweep reads whole vectors
	w.grads = grow(w.grads, e.blocks(o.F)*e.rows*o.N*o.OH*o.OW)
	w.run = o.KW * o.C
	w.stride = e.vectors(w.run) * e.lanes
	w.columns = (w.stride + maxVectors*e.lanes - 1) / (maxVectors * e.lanes)
	w.together = min(max(1, sweepPositions/(o.OH*o.OW)), o.N)
	w.groups = min(max(1, filterTasks/(o.KH*w.columns)), (o.N+w.together-1)/w.together)
	w.sums = grow(w.sums, w.groups*e.blocks(o.F)*e.rows*o.KH*w.stride)
	w.offsets = w.offsets[:0]
	for image := range w.together {
		for row := range o.OH {
			for col := range o.OW {
				w.offsets = append(w.offsets, 4*((image*w.height+row*o.SH)*w.width+col*o.SW)*o.C)
			}
		}
	}
}

// layOutPass lays one image and its output gradient out.
func layOutPass(c *CPU, n, _ int) {
	w, e := &c.filter, c.engine
	g := w.g
	size := w.height * w.width * g.C
	image := w.pixels[n*size:][:size]
	clear(image)
	for row := max(0, -g.PT); row < min(g.H, w.height-g.PT); row++ {
		first, end := max(0, -g.PL), min(g.W, w.width-g.PL)
		if first >= end {
			break
		}
		e.turn(image[((row+g.PT)*w.width+first+g.PL)*g.C:], g.C, c.in[0][n*g.C*g.H*g.W+row*g.W+first:], g.H*g.W, g.C, end-first)
	}
	plane := g.OH * g.OW
	for block := range e.blocks(w.f) {
		first := block * e.rows
		to := w.grads[(block*g.N+n)*plane*e.rows:][:plane*e.rows]
		e.turn(to, e.rows, c.in[1][(n*w.f+first)*plane:], plane, min(e.rows, w.f-first), plane)
	}
}

// turn writes columns as rows: value (i, j) of the rows, which lie stride apart, to to[j·width + i]; places of to's rows
// that get no value become zero.
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
	for ; i < width; i++ {
		for j := range cols {
			to[j*width+i] = 0
		}
	}
}

// filterPass sums over the images of a group, for some of the values under one row of taps.
func filterPass(c *CPU, task, _ int) {
	w, e := &c.filter, c.engine
	g := w.g
	group, kh, column := task/(g.KH*w.columns), task/w.columns%g.KH, task%w.columns
	vectors := min(maxVectors, w.stride/e.lanes-column*maxVectors)
	plane, blocks := g.OH*g.OW, e.blocks(w.f)
	size := w.height * w.width * g.C
	steps := (g.N + w.together - 1) / w.together
	from, to := share(steps, w.groups, group)
	at := column * maxVectors * e.lanes
	add := 0
	for step := from; step < to; step++ {
		image := step * w.together
		positions := min(w.together, g.N-image) * plane
		pixels := w.pixels[image*size+kh*w.width*g.C+at:]
		for first := 0; first < positions; first += sweepPositions {
			depth := min(sweepPositions, positions-first)
			for b := range blocks {
				e.sweeps[vectors-1](depth, &w.grads[((b*g.N+image)*plane+first)*e.rows], &pixels[0], &w.offsets[first],
					&w.sums[((group*blocks+b)*e.rows*g.KH+kh)*w.stride+at], g.KH*w.stride, add)
			}
			add = 1
		}
	}
}

// sumFiltersPass adds the groups' sums for one filter, in order, and puts them into the order of the filters.
func sumFiltersPass(c *CPU, f, _ int) {
	w, e := &c.filter, c.engine
	g := w.g
	size, taps := e.blocks(w.f)*e.rows*g.KH*w.stride, g.KH*g.KW
	out := c.out[0][f*g.C*taps:][:g.C*taps]
	for kh := range g.KH {
		for group := range w.groups {
			row := w.sums[group*size+(f*g.KH+kh)*w.stride:][:w.run]
			for kw := range g.KW {
				tap := kh*g.KW + kw
				for ch, v := range row[kw*g.C:][:g.C] {
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
