package kernel

import "probewise/trainer"

// productWork is what the tasks of a MatMul share. The result is cut into tiles of rows×cols, one a task.
type productWork struct {
	a, b, c    matrix
	rows, cols int
	columns    int // number of tiles side by side

	panels  []float32 // a, packed for sweeps, or its rows in whole vectors for dots
	padded  []float32 // b's rows in whole vectors, for dots; its last columns in a whole vector, for sweeps
	offsets []int     // of b's rows in bytes
	tail    []int     // of b's last columns in bytes
	depth   int       // K in whole vectors, for dots
}

func (w *productWork) tiles(o trainer.MatMul, rows, cols int) int {
	w.rows, w.cols = rows, cols
	w.columns = (o.N + cols - 1) / cols
	return (o.M + rows - 1) / rows * w.columns
}

// tile gives the first row and column of a task and how many it has.
func (w *productWork) tile(o trainer.MatMul, task int) (i, j, rows, cols int) {
	i, j = task/w.columns*w.rows, task%w.columns*w.cols
	return i, j, min(w.rows, o.M-i), min(w.cols, o.N-j)
}

func (c *CPU) matMul(o trainer.MatMul) {
	w := &c.product
	w.a, w.b, w.c = matrix{c.in[0], o.K}, matrix{c.in[1], o.N}, matrix{c.out[0], o.N}
	if o.TransA {
		w.a.stride = o.M
	}
	if o.TransB {
		w.b.stride = o.K
	}
	cost := o.M * o.N * o.K / 16 // as of convolutions
	switch {
	case c.engine == nil || o.TransA && o.TransB:
		c.each(w.tiles(o, gonumRows, gonumColumns/2), cost, gonumPass)
	case o.TransB:
		c.productOfRows(o, cost)
	default:
		c.productOfPanels(o, cost)
	}
}

func gonumPass(c *CPU, task, _ int) {
	o, w := c.op.(trainer.MatMul), &c.product
	i, j, rows, cols := w.tile(o, task)
	sgemmPortable(o.TransA, o.TransB, rows, cols, o.K, w.a.op(o.TransA, i, 0), w.b.op(o.TransB, 0, j), w.c.at(i, j),
		false)
}

// sweepRows is the number of result rows of a task of sweeps, sweepDepth the number of products that are added up while
// the rows of b that they need stay in the cache.
const sweepRows, sweepDepth = 32, 512

// productOfPanels computes a·b or aᵀ·b: a is packed, b is read where it is, but for columns that fill no vector.
func (c *CPU) productOfPanels(o trainer.MatMul, cost int) {
	w, e := &c.product, c.engine
	w.panels = grow(w.panels, e.blocks(o.M)*e.rows*o.K)
	w.padded = grow(w.padded, o.K*e.lanes)
	w.offsets, w.tail = w.offsets[:0], w.tail[:0]
	for k := range o.K {
		w.offsets = append(w.offsets, 4*k*o.N)
		w.tail = append(w.tail, 4*k*e.lanes)
	}
	c.each(e.blocks(o.M), o.M*o.K, packPanelPass)
	if tail := o.N % e.lanes; tail > 0 {
		for k := range o.K {
			row := w.padded[k*e.lanes:][:e.lanes]
			clear(row[copy(row, w.b.data[k*o.N+o.N-tail:][:tail]):])
		}
	}
	c.each(w.tiles(o, sweepRows, maxVectors*e.lanes), cost, panelPass)
}

func packPanelPass(c *CPU, block, _ int) {
	o, w, e := c.op.(trainer.MatMul), &c.product, c.engine
	first := block * e.rows
	rows, to := min(e.rows, o.M-first), w.panels[first*o.K:][:e.rows*o.K]
	if o.TransA {
		e.packColumns(to, w.a.data[first:], rows, o.M, o.K)
	} else {
		e.packRows(to, w.a.data[first*o.K:], rows, o.K, o.K)
	}
}

// panelPass computes a tile that is up to three vectors wide, of which the last may be a packed one.
func panelPass(c *CPU, task, worker int) {
	o, w, e := c.op.(trainer.MatMul), &c.product, c.engine
	i, j, rows, cols := w.tile(o, task)
	whole := cols / e.lanes
	for k := 0; k < o.K; k += sweepDepth {
		depth, add := min(sweepDepth, o.K-k), min(k, 1)
		for r := 0; r < rows; r += e.rows {
			panel, n := &w.panels[(i+r)*o.K+k*e.rows], min(e.rows, rows-r)
			if whole > 0 {
				w.sweep(e, &c.tiles[worker], whole, n, depth, panel, w.b.data[j:], w.offsets[k:], w.c.at(i+r, j), add)
			}
			if tail := cols - whole*e.lanes; tail > 0 {
				w.sweepTail(e, &c.tiles[worker], tail, n, depth, panel, w.tail[k:], w.c.at(i+r, j+whole*e.lanes), add)
			}
		}
	}
}

// sweep computes n rows of whole vectors: straight to the result, or through a copy where the tile has more rows.
func (w *productWork) sweep(e *engine, t *tile, vectors, n, depth int, panel *float32, b []float32, offsets []int,
	c matrix, add int) {
	if n == e.rows {
		e.sweeps[vectors-1](depth, panel, &b[0], &offsets[0], &c.data[0], c.stride, add)
		return
	}
	for v := range vectors {
		e.sweeps[0](depth, panel, &b[v*e.lanes], &offsets[0], &t[0], e.lanes, 0)
		t.write(c.at(0, v*e.lanes), n, e.lanes, e.lanes, add)
	}
}

func (w *productWork) sweepTail(e *engine, t *tile, cols, n, depth int, panel *float32, offsets []int, c matrix,
	add int) {
	e.sweeps[0](depth, panel, &w.padded[0], &offsets[0], &t[0], e.lanes, 0)
	t.write(c, n, cols, e.lanes, add)
}

// write copies the front of a tile's rows to a matrix, or adds it.
func (t *tile) write(c matrix, rows, cols, stride, add int) {
	for r := range rows {
		to := c.data[r*c.stride:][:cols]
		for j, v := range t[r*stride:][:cols] {
			if add != 0 {
				v += to[j]
			}
			to[j] = v
		}
	}
}

// productOfRows computes a·bᵀ: rows with rows, which are copied only to fill tiles and vectors.
func (c *CPU) productOfRows(o trainer.MatMul, cost int) {
	w, e := &c.product, c.engine
	w.depth = e.vectors(o.K) * e.lanes
	if w.depth > o.K || o.M%e.rows > 0 {
		w.panels = grow(w.panels, e.blocks(o.M)*e.rows*w.depth)
		padRows(w.panels, w.a.data, o.M, o.K, w.depth)
		w.a = matrix{w.panels, w.depth}
	}
	if w.depth > o.K {
		w.padded = grow(w.padded, o.N*w.depth)
		padRows(w.padded, w.b.data, o.N, o.K, w.depth)
		w.b = matrix{w.padded, w.depth}
	}
	c.each(w.tiles(o, 8*e.rows, 16*maxVectors), cost, rowsPass)
}

func padRows(to, from []float32, rows, cols, stride int) {
	for r := range rows {
		row := to[r*stride:][:stride]
		clear(row[copy(row, from[r*cols:][:cols]):])
	}
	clear(to[rows*stride:])
}

func rowsPass(c *CPU, task, worker int) {
	o, w, e := c.op.(trainer.MatMul), &c.product, c.engine
	i, j, rows, cols := w.tile(o, task)
	result := &c.tiles[worker]
	for q := 0; q < cols; q += maxVectors {
		b := func(column int) *float32 { return &w.b.data[(j+min(q+column, cols-1))*w.b.stride] }
		for r := 0; r < rows; r += e.rows {
			e.dot(w.depth/e.lanes, &w.a.data[(i+r)*w.a.stride], w.a.stride, b(0), b(1), b(2), &result[0])
			for column := range min(maxVectors, cols-q) {
				for k, v := range result[column*e.rows:][:min(e.rows, rows-r)] {
					w.c.data[(i+r+k)*o.N+j+q+column] = v
				}
			}
		}
	}
}
