package gain

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/forest"
	"probewise/trainer"
)

// fitted is what foretells gains when so much is seen, and how far off it was for the pairs that it was fitted on, each
// foretold without its fold.
type fitted struct {
	of      seen
	without []Group
	beside  *forest.Model // of the difference between an edit and its base
	tried   *forest.Model // of what an edit reaches, by its trial alone
	probed  *forest.Model // of what a base reaches, by its whole probe
	places  [][]float64   // of the pairs, where errors are alike
	misses  []float64     // of the differences, as shares
}

// fits a forest on a table.
type fits func(ctx context.Context, t forest.Table) (*forest.Model, error)

// fit fits the three forests; where the trial is as long as the probe, the last two have one table.
func fit(ctx context.Context, pairs []Pair, of seen, without []Group, model fits) (*fitted, error) {
	all, edits, bases := runs(pairs)
	beside := besideTable(pairs, of, without)
	tried := aloneTable(all, of.moment, without)
	probed := tried
	f := &fitted{of: of, without: without}
	var err error
	if of.moment < float64(of.probe) {
		probed = aloneTable(all, float64(of.probe), without)
	}
	for _, one := range []struct {
		to *(*forest.Model)
		of forest.Table
	}{{&f.beside, beside}, {&f.tried, tried}, {&f.probed, probed}} {
		if *one.to, err = model(ctx, one.of); err != nil {
			return nil, fmt.Errorf("fit what changes are worth at epoch %g: %w", of.moment, err)
		}
	}
	for i, p := range pairs {
		g := guess{
			difference: f.beside.HeldOut(i, beside.X[i]),
			edit:       f.tried.HeldOut(edits[i], tried.X[edits[i]]),
			base:       f.tried.HeldOut(bases[i], tried.X[bases[i]]),
			probed:     f.probed.HeldOut(bases[i], probed.X[bases[i]]),
		}
		f.misses = append(f.misses, math.Abs(g.share(of.moment)-sigmoid(p.logits())))
		base, edited := probe(p.Base, of.probe), probe(p.Edited, of.probe)
		f.places = append(f.places, place(base, edited.Architecture, edited, of.moment))
	}
	return f, nil
}

// guess is what the forests say: of the difference, and of what the edit, the base as far as the edit was tried, and
// the base after its whole probe reach.
type guess struct{ difference, edit, base, probed float64 }

// aloneShare is the weight of the forests that look at runs alone, untriedShare where nothing was trained of the edit.
// Chosen on development pairs (docs/advice.md).
const (
	aloneShare   = 0.5
	untriedShare = 0.3
)

// share is the difference of logits as a share from 0 to 1. The base is taken halfway between what is seen of the edit
// and what is seen of itself: the former is fair on images that no pair has, the latter nearer on others
// (docs/advice.md).
func (g guess) share(moment float64) float64 {
	alone := aloneShare
	if moment == 0 {
		alone = untriedShare
	}
	return sigmoid((1-alone)*logit(g.difference) + alone*(logit(g.edit)-(logit(g.base)+logit(g.probed))/2))
}

// gain is what a share makes of the accuracy that the base reaches: no less than its probe has, as no forest foretells
// more than the best of its runs.
func (g guess) gain(share, validation float64) float64 {
	level := logit(max(g.probed, validation))
	return sigmoid(level+logit(share)) - sigmoid(level)
}

// place says where an edit stands among those whose errors are alike, on scales of about one: poor nets and large
// differences are foretold less well than sound nets and small ones.
func place(base advisor.ProbeResult, revised trainer.Architecture, trial advisor.ProbeResult,
	moment float64) []float64 {
	end := at(base, float64(base.Epochs))
	var level, observed float64
	if moment > 0 {
		is := at(trial, moment).validation
		level, observed = logit(is), is-at(base, moment).validation
	}
	return []float64{
		logit(max(end.validation, end.train)),
		level,
		math.Log(0.01+math.Abs(observed)) / 2,
		math.Abs(features.RateOff(revised)) - math.Abs(features.RateOff(base.Architecture)),
		features.InputSize(revised),
	}
}

// edit is what is known of an edit of a base.
type edit struct {
	base    advisor.ProbeResult
	revised trainer.Architecture
	trial   advisor.ProbeResult
}

// gain foretells, with the interval that held such a share of the errors of the pairs nearest to this one ("localised
// conformal prediction", Guan 2023, with a box for a kernel).
func (f *fitted) gain(e edit) (Gain, error) {
	var g guess
	moment, probed := f.of.moment, float64(f.of.probe)
	for _, one := range []struct {
		to    *float64
		model *forest.Model
		of    Vector
		soFar string
	}{
		{&g.difference, f.beside, Edit(e.base, e.revised, e.trial, moment), observed},
		{&g.edit, f.tried, Alone(e.revised, e.trial, moment), validationColumn("trial", moment)},
		{&g.base, f.tried, Alone(e.base.Architecture, e.base, moment), validationColumn("trial", moment)},
		{&g.probed, f.probed, Alone(e.base.Architecture, e.base, probed), validationColumn("trial", probed)},
	} {
		row, _, _ := one.of.row(f.without, one.soFar)
		p, err := one.model.Predict(row)
		if err != nil {
			return Gain{}, fmt.Errorf("foretell a gain at epoch %g: %w", moment, err)
		}
		*one.to = p.Mean
	}
	share, reach := g.share(moment), f.reach(place(e.base, e.revised, e.trial, moment))
	validation := at(e.base, probed).validation
	return Gain{
		Mean:       g.gain(share, validation),
		Low:        g.gain(share-reach, validation),
		High:       g.gain(share+reach, validation),
		Confidence: confidence,
		Pairs:      len(f.misses),
	}, nil
}

// confidence of intervals.
const confidence = 0.8

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
