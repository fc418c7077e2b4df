package gain

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"probewise/forest"
)

// Fitter fits a forest. It is forest/childprocess.
type Fitter interface {
	Fit(ctx context.Context, t forest.Table, o forest.Options) (*forest.Model, error)
}

// Score says how well gains are foretold at a moment, of bases that the forest never saw.
type Score struct {
	Moment       float64
	Pairs, Bases int
	R2, MAE      float64 // of the gain
	Rank         Figure  // mean over bases of Spearman's correlation between foretold and true gains of their edits
	// Regret is the mean over bases of what the edit that is foretold to be best gains less than the best one does, or
	// than leaving the net alone where that is best.
	Regret   Figure
	Bias     float64 // mean of foretold minus true gain
	Coverage float64 // share of gains inside their interval
	Width    float64
}

// Figure is a mean with its 95 % bootstrap interval over bases.
type Figure struct{ Mean, Low, High float64 }

// scoredFolds is the number of folds of bases.
const scoredFolds = 10

// Scored foretells each pair's gain by forests that never saw its base, and scores that.
func Scored(ctx context.Context, f Fitter, pairs []Pair, moment float64, without ...Group) (Score, []Gain, error) {
	var families []string
	for _, p := range pairs {
		if !slices.Contains(families, p.Family) {
			families = append(families, p.Family)
		}
	}
	fold := map[string]int{}
	for i, at := range rand.New(rand.NewPCG(1, 2)).Perm(len(families)) {
		fold[families[at]] = i % scoredFolds
	}
	of := seen{ProbeEpochs, moment}
	foretold := make([]Gain, len(pairs))
	for held := range min(scoredFolds, len(families)) {
		rest := slices.DeleteFunc(slices.Clone(pairs), func(p Pair) bool { return fold[p.Family] == held })
		fitted, err := fit(ctx, rest, of, without, func(ctx context.Context, t forest.Table) (*forest.Model, error) {
			return f.Fit(ctx, t, forest.Options{Seed: 1, Only: members})
		})
		if err != nil {
			return Score{}, nil, err
		}
		for i, p := range pairs {
			if fold[p.Family] != held {
				continue
			}
			foretold[i], err = fitted.gain(edit{probe(p.Base, ProbeEpochs), p.Edited.Architecture, probe(p.Edited, ProbeEpochs)})
			if err != nil {
				return Score{}, nil, err
			}
		}
	}
	s := score(pairs, foretold, families)
	s.Moment = moment
	return s, foretold, nil
}

func score(pairs []Pair, all []Gain, families []string) Score {
	s := Score{Pairs: len(pairs), Bases: len(families)}
	n := float64(len(pairs))
	mean := 0.0
	for _, p := range pairs {
		mean += p.Gain() / n
	}
	var errors, spread float64
	for i, p := range pairs {
		foretold, gain := all[i].Mean, p.Gain()
		errors += (foretold - gain) * (foretold - gain)
		spread += (gain - mean) * (gain - mean)
		s.MAE += math.Abs(foretold-gain) / n
		s.Bias += (foretold - gain) / n
		low, high := all[i].Low, all[i].High
		s.Width += (high - low) / n
		if low <= gain && gain <= high {
			s.Coverage += 1 / n
		}
	}
	s.R2 = 1 - errors/spread
	var ranks, regrets []float64
	for _, family := range families {
		var foretold, gains []float64
		for i, p := range pairs {
			if p.Family == family && !p.Again() {
				foretold, gains = append(foretold, all[i].Mean), append(gains, p.Gain())
			}
		}
		if len(gains) < 3 {
			continue
		}
		if rank := spearman(foretold, gains); !math.IsNaN(rank) {
			ranks = append(ranks, rank)
		}
		taken := 0.0 // leaving the net alone
		if best := slices.Index(foretold, slices.Max(foretold)); foretold[best] > 0 {
			taken = gains[best]
		}
		regrets = append(regrets, max(slices.Max(gains), 0)-taken)
	}
	s.Rank, s.Regret = figure(ranks), figure(regrets)
	return s
}

// figure bootstraps a mean (Efron 1979).
func figure(values []float64) Figure {
	if len(values) == 0 {
		return Figure{math.NaN(), math.NaN(), math.NaN()}
	}
	const draws = 2000
	r := rand.New(rand.NewPCG(1, 3))
	means := make([]float64, draws)
	for i := range means {
		for range values {
			means[i] += values[r.IntN(len(values))] / float64(len(values))
		}
	}
	slices.Sort(means)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return Figure{sum / float64(len(values)), means[draws/40], means[draws-draws/40]}
}

// spearman is the rank correlation, NaN where either side is all equal.
func spearman(x, y []float64) float64 {
	a, b := ranks(x), ranks(y)
	n := float64(len(a))
	var meanA, meanB, both, squareA, squareB float64
	for i := range a {
		meanA, meanB = meanA+a[i]/n, meanB+b[i]/n
	}
	for i := range a {
		both += (a[i] - meanA) * (b[i] - meanB)
		squareA += (a[i] - meanA) * (a[i] - meanA)
		squareB += (b[i] - meanB) * (b[i] - meanB)
	}
	return both / math.Sqrt(squareA*squareB)
}

// ranks from 1; equal values share the mean of theirs.
func ranks(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		below, equal := 0, 0
		for _, w := range x {
			if w < v {
				below++
			} else if w == v {
				equal++
			}
		}
		out[i] = float64(below) + float64(equal+1)/2
	}
	return out
}
