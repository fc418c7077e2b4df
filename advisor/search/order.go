package search

import (
	"cmp"
	"math"
	"slices"

	"probewise/advisor/gain"
	"probewise/trainer"
)

// order sorts entries, the best first; among equals the smaller change, then the cheaper net.
func (s *searcher) order(entries []*Entry) {
	slices.SortStableFunc(entries, func(a, b *Entry) int {
		return cmp.Or(cmp.Compare(s.score(b), s.score(a)), len(a.Settings)-len(b.Settings), cmp.Compare(a.Cost, b.Cost))
	})
}

// orderByCost sorts entries by what they promise for what it takes to train them to the moment. The square root keeps
// small changes of little use behind large ones that are worth their price.
func (s *searcher) orderByCost(entries []*Entry, moment float64) {
	value := func(e *Entry) float64 {
		score := s.score(e)
		if score < 0 {
			return score
		}
		return score / math.Sqrt(e.Cost*(moment-e.Trial.Moment))
	}
	slices.SortStableFunc(entries, func(a, b *Entry) int {
		return cmp.Or(cmp.Compare(value(b), value(a)), len(a.Settings)-len(b.Settings), cmp.Compare(a.Cost, b.Cost))
	})
}

// score is what entries of a round are compared by, above 0 where they are worth a confirmation: the gain over its
// base; where the net is to shrink, what is saved of that, as long as the net's accuracy is kept.
func (s *searcher) score(e *Entry) float64 {
	if !s.Shrink {
		return e.own().Mean
	}
	if g := e.Gain(); g.Mean < -tolerance(g) {
		return g.Mean - 1
	}
	return saved(e.base.Architecture, e.Architecture)
}

// saved is the mean of the logarithms of what is saved in parameters and in operations.
func saved(net, revised trainer.Architecture) float64 {
	was, is := net.Cost(), revised.Cost()
	return (math.Log(float64(was.Parameters)/float64(is.Parameters)) +
		math.Log(float64(was.TrainingFLOPs)/float64(is.TrainingFLOPs))) / 2
}

// smaller says whether a net has clearly less of parameters or operations and more of neither.
func smaller(net, revised trainer.Architecture) bool {
	const clearly = 0.98
	was, is := net.Cost(), revised.Cost()
	parameters := float64(is.Parameters) / float64(was.Parameters)
	operations := float64(is.TrainingFLOPs) / float64(was.TrainingFLOPs)
	return max(parameters, operations) <= 1 && min(parameters, operations) < clearly
}

// tolerance is the loss of accuracy that a net which shrinks may show: what another seed makes, or half a point.
func tolerance(g gain.Gain) float64 { return max(g.Noise, 0.005) }
