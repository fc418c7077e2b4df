package kernel

import (
	"gonum.org/v1/gonum/blas"
	blasgonum "gonum.org/v1/gonum/blas/gonum"
)

// matrix is a view of a row-major matrix whose rows begin stride values apart.
type matrix struct {
	data   []float32
	stride int
}

// at is the view that begins at row i, column j.
func (m matrix) at(i, j int) matrix { return matrix{m.data[i*m.stride+j:], m.stride} }

// op is the view that begins at row i, column j of the matrix, or of its transpose.
func (m matrix) op(transposed bool, i, j int) matrix {
	if transposed {
		return m.at(j, i)
	}
	return m.at(i, j)
}

// gonum runs a product on one goroutine as long as it has fewer than four blocks of 64×64 results.
const gonumRows, gonumColumns = 64, 192

// sgemmPortable computes c = op(a)·op(b), op(a) of size m×k and op(b) of size k×n, or adds it to c.
func sgemmPortable(transA, transB bool, m, n, k int, a, b, c matrix, accumulate bool) {
	var beta float32
	if accumulate {
		beta = 1
	}
	ta, tb := blas.NoTrans, blas.NoTrans
	if transA {
		ta = blas.Trans
	}
	if transB {
		tb = blas.Trans
	}
	for i := 0; i < m; i += gonumRows {
		for j := 0; j < n; j += gonumColumns {
			left, right, result := a.op(transA, i, 0), b.op(transB, 0, j), c.at(i, j)
			blasgonum.Implementation{}.Sgemm(ta, tb, min(gonumRows, m-i), min(gonumColumns, n-j), k,
				1, left.data, left.stride, right.data, right.stride, beta, result.data, result.stride)
		}
	}
}
