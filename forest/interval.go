package forest

import (
	"math"
	"slices"
)

// crossed holds what CV+ needs (Barber, Candès, Ramdas and Tibshirani, "Predictive inference with the jackknife+",
// 2021, section 3): one estimator per fold that never saw it, and every run's error under its own.
type crossed struct {
	parts  []*estimator
	fold   []int     // of each past run
	blends []blend   // weights of each part, fitted without its fold
	whole  blend     // weights fitted on all held-out predictions
	miss   []float64 // |accuracy − prediction of parts[fold]|
	spread float64   // sum of squared deviations from the mean accuracy
}

// newCrossed measures every run with the estimator that left it out.
func newCrossed(t Table, fold []int, parts []*estimator) crossed {
	c := crossed{parts: parts, fold: fold, miss: make([]float64, len(t.Y))}
	var s scratch
	held := make([][numMembers]float64, len(t.X))
	for i, row := range t.X {
		held[i] = parts[fold[i]].members(row, &s)
	}
	active := parts[0].active
	c.whole = fitBlend(held, t.Y, active, func(int) bool { return true })
	for f := range parts {
		c.blends = append(c.blends, fitBlend(held, t.Y, active, func(i int) bool { return fold[i] != f }))
	}
	centre := mean(t.Y)
	for i := range t.X {
		c.miss[i] = math.Abs(t.Y[i] - c.blends[fold[i]].of(held[i]))
		c.spread += (t.Y[i] - centre) * (t.Y[i] - centre)
	}
	return c
}

// centres gives every part's prediction of a row, 0…1.
func (c *crossed) centres(row []float64, s *scratch) []float64 {
	centres := make([]float64, len(c.parts))
	for f, e := range c.parts {
		centres[f] = e.predict(row, c.blends[f], s)
	}
	return centres
}

// bounds gives the CV+ interval around the parts' predictions: order statistics of the predictions minus, and plus, the
// runs' errors, at ranks of n + 1, between neighbours where a rank is not whole (rounded outwards, 57 runs would make
// .81 of .80). Sides for which there are too few runs are 0 and 1.
func (c *crossed) bounds(centres []float64, confidence float64) (low, high float64) {
	n := len(c.miss)
	below, above := make([]float64, n), make([]float64, n)
	for i, miss := range c.miss {
		below[i] = centres[c.fold[i]] - miss
		above[i] = centres[c.fold[i]] + miss
	}
	slices.Sort(below)
	slices.Sort(above)
	low, high = 0, 1
	const rounding = 1e-9 // (1 − 0.8)·(n + 1) must not lose a rank
	if rank := (1-confidence)*float64(n+1) + rounding; rank >= 1 {
		low = clip01(between(below, rank))
	}
	if rank := confidence*float64(n+1) - rounding; rank <= float64(n) {
		high = clip01(between(above, rank))
	}
	return low, high
}

// between gives the order statistic of a rank, counted from 1, linearly between neighbours.
func between(sorted []float64, rank float64) float64 {
	rank = min(max(rank, 1), float64(len(sorted)))
	at := int(rank)
	if at == len(sorted) {
		return sorted[at-1]
	}
	return sorted[at-1] + (rank-float64(at))*(sorted[at]-sorted[at-1])
}

// negligible is the spread below which all accuracies count as equal.
const negligible = 1e-12

// r2 is 1 − squared errors over squared deviations; 0 where the accuracies are equal.
func (c *crossed) r2() float64 {
	if c.spread < negligible {
		return 0
	}
	squares := 0.0
	for _, miss := range c.miss {
		squares += miss * miss
	}
	return 1 - squares/c.spread
}

func clip01(v float64) float64 { return min(max(v, 0), 1) }
