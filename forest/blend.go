package forest

import "math"

// blend holds the weights of the members: none negative, sum 1.
type blend [numMembers]float64

func (b blend) of(predictions [numMembers]float64) float64 {
	sum := 0.0
	for a, w := range b {
		sum += w * predictions[a]
	}
	return sum
}

const (
	blendRuns = 20   // pull towards equal weights: as strong as the evidence of so many runs
	minShare  = 0.05 // a smaller weight is dropped
)

// fitBlend stacks the members (Wolpert, 1992; Breiman, 1996): weights with the least squared error on held-out
// predictions, pulled towards equal ones, since a few dozen runs cannot tell near equals apart. A member that comes to
// little is left out. Rows for which use is false take no part.
func fitBlend(held [][numMembers]float64, y []float64, active [numMembers]bool, use func(int) bool) blend {
	weights := equalBlend(active)
	products, n := errorProducts(held, y, use)
	if n == 0 {
		return weights
	}
	for again := true; again; {
		weights = solveBlend(products, active, blendRuns/float64(n))
		again = false
		for a, w := range weights {
			if active[a] && w < minShare {
				active[a], again = false, true
			}
		}
	}
	return weights
}

func equalBlend(active [numMembers]bool) (b blend) {
	count := 0.0
	for _, is := range active {
		if is {
			count++
		}
	}
	for a, is := range active {
		if is {
			b[a] = 1 / count
		}
	}
	return b
}

// errorProducts gives the mean products of the members' errors: weights that sum to 1 have the mean squared error w'Pw.
func errorProducts(held [][numMembers]float64, y []float64,
	use func(int) bool) (p [numMembers][numMembers]float64, n int) {
	for i, row := range held {
		if !use(i) {
			continue
		}
		n++
		for a := range row {
			for b := range row {
				p[a][b] += (row[a] - y[i]) * (row[b] - y[i])
			}
		}
	}
	for a := range p {
		for b := range p {
			p[a][b] /= max(float64(n), 1)
		}
	}
	return p, n
}

// solveBlend minimises w'Pw + prior·|w − equal|² over the simplex, the prior being pull times the best member's mean
// squared error: by moving weight between two members at a time, the exact step for each pair, over and over.
func solveBlend(p [numMembers][numMembers]float64, active [numMembers]bool, pull float64) blend {
	w := equalBlend(active)
	prior := math.Inf(1)
	for a, is := range active {
		if is {
			prior = min(prior, pull*p[a][a])
		}
	}
	for a := range p {
		p[a][a] += prior // |w − equal|² and |w|² differ by a constant where Σw = 1
	}
	slope := func(a int) (sum float64) {
		for b, v := range w {
			sum += p[a][b] * v
		}
		return sum
	}
	const rounds = 200
	for range rounds {
		for a := range w {
			for b := range a {
				bend := p[a][a] + p[b][b] - 2*p[a][b]
				if !active[a] || !active[b] || !(bend > 0) {
					continue
				}
				step := (slope(b) - slope(a)) / bend // to a, from b
				step = max(min(step, w[b]), -w[a])
				w[a] += step
				w[b] -= step
			}
		}
	}
	return w
}
