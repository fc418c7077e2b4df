package forest

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

const (
	kernelChosen = 150 // past runs that length, share and noise are chosen on at most: 27 trials, each cubic in them
	kernelRows   = 600 // past runs that the model then keeps at most
	kernelStream = 0x6b65726e
)

// kernel is a Gaussian process with a linear and a squared-exponential part (Rasmussen and Williams, 2006, sections 2.2
// and 5.4.1) over standardised features: bends and interactions that a line cannot follow and that trees follow in
// steps only.
type kernel struct {
	rows   [][]float64 // kept past runs × columns, standardised
	factor []float64   // of each kept run
	centre float64     // what a run unlike all others gets
	length float64     // of the squared-exponential part
	linear float64     // share of the linear part
}

func (k *kernel) at(a, b []float64) float64 {
	square, product := 0.0, 0.0
	for j, v := range a {
		d := v - b[j]
		square += d * d
		product += v * b[j]
	}
	return k.join(square, product, len(a))
}

func (k *kernel) join(square, product float64, columns int) float64 {
	n := float64(columns)
	return math.Exp(-square/n/(2*k.length*k.length)) + k.linear*product/n
}

func (k *kernel) predict(z []float64) float64 {
	sum := k.centre
	for i, row := range k.rows {
		sum += k.factor[i] * k.at(row, z)
	}
	return sum
}

var (
	kernelLengths = []float64{1, 2, 4}
	kernelLinear  = []float64{0, 0.5, 2}
	kernelNoise   = []float64{0.2, 0.05, 0.0125}
)

// fitKernel chooses length, share and noise by the greatest marginal likelihood, the scale profiled out; of equal ones
// the first.
func fitKernel(z [][]float64, y []float64, seed int64) kernel {
	if len(z) == 0 || len(z[0]) == 0 {
		return kernel{centre: mean(y)}
	}
	order := rand.New(rand.NewPCG(uint64(seed), kernelStream)).Perm(len(z))
	first := func(n int) system {
		keep := slices.Clone(order[:min(n, len(order))])
		slices.Sort(keep)
		return newSystem(pick(z, keep), pick(y, keep))
	}
	few := first(kernelChosen)
	best, noise := few.chosen()
	if len(z) > kernelChosen && best.factor != nil {
		if _, more := first(kernelRows).solved(best, noise); more.factor != nil {
			return more
		}
	}
	if best.factor == nil { // equal targets, or no trial could be solved
		return kernel{centre: few.centre, length: kernelLengths[0]}
	}
	return best
}

// system is the past runs that a kernel is solved for.
type system struct {
	rows            [][]float64
	centre          float64
	centred         *mat.VecDense
	square, product *mat.SymDense
}

func newSystem(z [][]float64, y []float64) system {
	s := system{rows: z, centre: mean(y), centred: mat.NewVecDense(len(y), nil)}
	for i, v := range y {
		s.centred.SetVec(i, v-s.centre)
	}
	s.square, s.product = pairwise(z)
	return s
}

// chosen tries all settings.
func (s system) chosen() (best kernel, bestNoise float64) {
	most := math.Inf(-1)
	for _, length := range kernelLengths {
		for _, linear := range kernelLinear {
			for _, noise := range kernelNoise {
				if likelihood, k := s.solved(kernel{length: length, linear: linear}, noise); likelihood > most {
					most, best, bestNoise = likelihood, k, noise
				}
			}
		}
	}
	return best, bestNoise
}

// solved gives the log likelihood of length and share, and the kernel; without factors where it cannot be solved.
func (s system) solved(k kernel, noise float64) (float64, kernel) {
	likelihood, factor := solveKernel(k.covariance(s.square, s.product, len(s.rows[0])), noise, s.centred)
	return likelihood, kernel{rows: s.rows, factor: factor, centre: s.centre, length: k.length, linear: k.linear}
}

// pairwise gives squared distances and products of all pairs of rows.
func pairwise(z [][]float64) (square, product *mat.SymDense) {
	n := len(z)
	square, product = mat.NewSymDense(n, nil), mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s, p := 0.0, 0.0
			for c, v := range z[i] {
				d := v - z[j][c]
				s += d * d
				p += v * z[j][c]
			}
			square.SetSym(i, j, s)
			product.SetSym(i, j, p)
		}
	}
	return square, product
}

func (k *kernel) covariance(square, product *mat.SymDense, columns int) *mat.SymDense {
	n := square.SymmetricDim()
	cov := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			cov.SetSym(i, j, k.join(square.At(i, j), product.At(i, j), columns))
		}
	}
	return cov
}

// solveKernel gives the log likelihood (without its constant) and (K + noise)⁻¹ y.
func solveKernel(cov *mat.SymDense, noise float64, y *mat.VecDense) (float64, []float64) {
	n := y.Len()
	system := mat.NewSymDense(n, nil)
	system.CopySym(cov)
	for i := range n {
		system.SetSym(i, i, system.At(i, i)+noise)
	}
	var factor mat.Cholesky
	solution := mat.NewVecDense(n, nil)
	if !factor.Factorize(system) || factor.SolveVecTo(solution, y) != nil {
		return math.Inf(-1), nil
	}
	scale := mat.Dot(y, solution) / float64(n)
	if !(scale > 0) {
		return math.Inf(-1), nil
	}
	return -(float64(n)*math.Log(scale) + factor.LogDet()) / 2, solution.RawVector().Data
}
