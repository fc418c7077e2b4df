package kernel

// An engine is the assembly of one instruction set. Its functions multiply without copying b: they read it where it
// lies, from addresses that the caller works out.
type engine struct {
	variant  variant
	rows     int // of a tile: 8 or 4
	lanes    int // values in a vector: 16 or 8
	sweeps   [maxVectors]sweepFunc
	multiply [maxVectors]productFunc
	dot      dotFunc
	loops    loops
}

// maxLanes is the number of values in the widest vector.
const maxLanes = 16

// maxVectors is how many vectors a sweep is wide at most; a dot has as many columns.
const maxVectors = 3

// sweepFunc computes a tile of engine.rows rows and v vectors, v−1 being its place in engine.sweeps:
//
//	c[r·stride + j] = Σₜ a[t·rows + r] · b[offsets[t]/4 + j]   for t < k, j < v·lanes
//
// Offsets are in bytes. With accumulate ≠ 0 the sum is added to c. k is at least 1.
type sweepFunc func(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)

// productFunc computes such a tile from rows of b that lie at even distances, and a that need not be packed:
//
//	c[r·stride + j] = Σₜ a[r·aRow + t·aStep] · b[t·bStep + j]   for t < k, j < v·lanes
type productFunc func(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)

// dotFunc computes a tile of engine.rows rows and three columns, column after column:
//
//	out[q·rows + r] = Σⱼ a[r·aRow + j] · b_q[j]   for j < steps·lanes
//
// steps is at least 1.
type dotFunc func(steps int, a *float32, aRow int, b0, b1, b2, out *float32)

// tile is room for the result of a dot, or of a sweep one vector wide.
type tile [8 * maxLanes]float32

// blocks gives the number of tiles that rows take.
func (e *engine) blocks(rows int) int { return (rows + e.rows - 1) / e.rows }

// vectors gives the number of vectors that n values take.
func (e *engine) vectors(n int) int { return (n + e.lanes - 1) / e.lanes }

// packRows writes one tile's rows for a sweep: column after column, rows that are missing as zeros. Row r begins at
// a[r·stride]; there are k columns.
func (e *engine) packRows(to, a []float32, rows, stride, k int) {
	if rows < e.rows {
		clear(to[:k*e.rows])
	}
	r := 0
	for ; r+4 <= rows; r += 4 {
		r0, r1, r2, r3 := a[r*stride:][:k], a[(r+1)*stride:][:k], a[(r+2)*stride:][:k], a[(r+3)*stride:][:k]
		for t, v := range r0 {
			four := to[t*e.rows+r:][:4]
			four[0], four[1], four[2], four[3] = v, r1[t], r2[t], r3[t]
		}
	}
	for ; r < rows; r++ {
		for t, v := range a[r*stride:][:k] {
			to[t*e.rows+r] = v
		}
	}
}

// packColumns is packRows for a transposed matrix: column t begins at a[t·stride].
func (e *engine) packColumns(to, a []float32, rows, stride, k int) {
	for t := range k {
		column := to[t*e.rows:][:e.rows]
		n := copy(column, a[t*stride:][:rows])
		clear(column[n:])
	}
}
