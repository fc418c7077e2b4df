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
	held   []float64 // prediction of parts[fold], 0…1
	miss   []float64 // |accuracy − held|
	even   []float64 // the error to expect of each, from those of other folds
	spread float64   // sum of squared deviations from the mean accuracy
}

// newCrossed measures every run with the estimator that left it out.
func newCrossed(t Table, fold []int, parts []*estimator) crossed {
	c := crossed{parts: parts, fold: fold, held: make([]float64, len(t.Y)), miss: make([]float64, len(t.Y))}
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
		c.held[i] = c.blends[fold[i]].of(held[i])
		c.miss[i] = math.Abs(t.Y[i] - c.held[i])
		c.spread += (t.Y[i] - centre) * (t.Y[i] - centre)
	}
	c.expectErrors()
	return c
}

// expectErrors works out even.
func (c *crossed) expectErrors() {
	c.even = make([]float64, len(c.held))
	for i, v := range c.held {
		c.even[i] = c.scale(v, c.fold[i])
	}
}

// centres gives every part's prediction of a row, 0…1.
func (c *crossed) centres(row []float64, s *scratch) []float64 {
	centres := make([]float64, len(c.parts))
	for f, e := range c.parts {
		centres[f] = e.predict(row, c.blends[f], s)
	}
	return centres
}

const (
	likeness  = 0.25 // how far apart, in logits, predictions are whose errors are alike: a standard deviation
	likeAll   = 3    // as many runs' worth of the error of all
	leastMiss = 1e-4
)

// scale is the error to expect where an accuracy v is predicted: a mean of the runs' errors, weighted by how near their
// own predictions are (Nadaraya and Watson, 1964) and drawn to the mean of all. Runs of except, a fold, are left out.
func (c *crossed) scale(v float64, except int) float64 {
	sum, weights, all, n := 0.0, 0.0, 0.0, 0.0
	for i, miss := range c.miss {
		if c.fold[i] == except {
			continue
		}
		d := (logit(v) - logit(c.held[i])) / likeness
		w := math.Exp(-d * d / 2)
		sum, weights, all, n = sum+w*miss, weights+w, all+miss, n+1
	}
	return max((sum+likeAll*all/max(n, 1))/(weights+likeAll), leastMiss)
}

// bounds gives the CV+ interval around the parts' predictions: order statistics of the predictions minus, and plus, the
// runs' errors, at ranks of n + 1, between neighbours where a rank is not whole (rounded outwards, 57 runs would make
// .81 of .80). Errors are taken in the size that they have where the prediction lies: as shares of the error to expect
// there (Lei et al. 2018, section 5.2; Papadopoulos et al. 2008). Sides for which there are too few runs are 0 and 1.
func (c *crossed) bounds(centres []float64, confidence float64) (low, high float64) {
	n := len(c.miss)
	below, above := make([]float64, n), make([]float64, n)
	here := make([]float64, len(c.parts)) // by fold, which the runs' own scales leave out as well
	for f := range here {
		here[f] = c.scale(mean(centres), f)
	}
	for i, miss := range c.miss {
		size := miss * here[c.fold[i]] / c.even[i]
		below[i] = centres[c.fold[i]] - size
		above[i] = centres[c.fold[i]] + size
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
