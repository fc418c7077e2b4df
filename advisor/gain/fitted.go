package gain

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"probewise/forest"
)

// fitted is a forest, and how far off it was for the pairs that it was fitted on, each foretold without
// its fold.
type fitted struct {
	model   *forest.Model
	of      seen
	without []Group
	level   level
	places  [][]float64 // of the pairs, where errors are alike
	misses  []float64   // of the shares that the forest foretells
}

// confidence of intervals.
const confidence = 0.8

func newFitted(m *forest.Model, pairs []Pair, of seen, without []Group) (*fitted, error) {
	f := &fitted{model: m, of: of, without: without, misses: m.Misses()}
	for _, p := range pairs {
		f.places = append(f.places, place(p.vector(of)))
	}
	var err error
	f.level, err = fitLevel(pairs, of.probe)
	return f, err
}

// place says where a vector stands among those whose errors are alike, on scales of about one: poor nets and large
// differences are foretold less well than sound nets and small ones.
func place(v Vector) []float64 {
	at := func(name string) float64 {
		if x := v.value(name); !math.IsNaN(x) {
			return x
		}
		return 0
	}
	return []float64{
		at("curve_reached"),
		at("trial_level"),
		math.Log(0.01+math.Abs(at(observed))) / 2,
		at("edit_rate_off"),
		at("net_input"),
	}
}

// gain foretells, with the interval that held such a share of the errors of the pairs nearest to this one ("localised
// conformal prediction", Guan 2023, with a box for a kernel).
func (f *fitted) gain(v Vector) (Gain, error) {
	row, _, _ := v.row(f.without)
	p, err := f.model.Predict(row)
	if err != nil {
		return Gain{}, fmt.Errorf("foretell a gain at epoch %g: %w", f.of.moment, err)
	}
	gain := func(share float64) float64 {
		share = min(max(share, leastShare), 1-leastShare)
		return f.level.gain(v, math.Log(share/(1-share)))
	}
	reach := f.reach(place(v))
	return Gain{
		Mean:       gain(p.Mean),
		Low:        gain(p.Mean - reach),
		High:       gain(p.Mean + reach),
		Confidence: confidence,
		Pairs:      len(f.misses),
	}, nil
}

// leastShare keeps differences of logits finite.
const leastShare = 0.005

// near is the least number of pairs that an interval rests on, and the share of all pairs that it does.
const (
	near      = 30
	nearShare = 1.0 / 6
)

// reach is the quantile of the errors near the place.
func (f *fitted) reach(at []float64) float64 {
	type pair struct{ distance, miss float64 }
	errors := make([]pair, len(f.misses))
	for i, p := range f.places {
		errors[i].miss = f.misses[i]
		for j := range at {
			errors[i].distance += (p[j] - at[j]) * (p[j] - at[j])
		}
	}
	slices.SortStableFunc(errors, func(a, b pair) int { return cmp.Compare(a.distance, b.distance) })
	errors = errors[:min(max(near, int(nearShare*float64(len(errors)))), len(errors))]
	slices.SortFunc(errors, func(a, b pair) int { return cmp.Compare(a.miss, b.miss) })
	rank := int(math.Ceil(confidence * float64(len(errors)+1)))
	return errors[min(rank, len(errors))-1].miss
}
