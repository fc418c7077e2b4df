package main

import (
	"context"
	"fmt"
	"io"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/advisor/gain"
	"probewise/forest"
)

// fitter fits forests in this process.
type fitter struct{}

// Fit implements gain.Fitter.
func (fitter) Fit(ctx context.Context, t forest.Table, o forest.Options) (*forest.Model, error) {
	return forest.Fit(ctx, t, o)
}

// beyondForetold writes how much more edits gain than the judge foretells without having seen their base: those that do
// what a rule proposes, and the others.
func beyondForetold(ctx context.Context, w io.Writer, shipped, entries []corpus.Entry) error {
	proposed, err := proposedEdits(ctx, shipped, entries)
	if err != nil {
		return err
	}
	pairs := gain.Pairs(entries)
	fmt.Fprintf(w, "\n%d pairs\n\n| epochs of the trial | gain beyond what is foretold of proposed edits | of others |\n"+
		"|---|---|---|\n", len(pairs))
	for _, moment := range gain.Moments {
		_, foretold, err := gain.Scored(ctx, fitter{}, pairs, moment)
		if err != nil {
			return err
		}
		var with, without []float64
		for i, p := range pairs {
			switch beyond := p.Gain() - foretold[i].Mean; {
			case p.Again():
			case proposed[place{p.Base.Key, p.Base.Architecture.ID(), p.Edited.Architecture.ID()}]:
				with = append(with, beyond)
			default:
				without = append(without, beyond)
			}
		}
		fmt.Fprintf(w, "| %g | %s (%d) | %s (%d) |\n", moment, points(with), len(with), points(without), len(without))
	}
	return nil
}

// place is where a pair is among all.
type place struct {
	key          advisor.Key
	base, edited string // architectures
}

// proposedEdits are those that do what a rule proposes for their base.
func proposedEdits(ctx context.Context, shipped, entries []corpus.Entry) (map[place]bool, error) {
	proposed := map[place]bool{}
	for _, k := range keys {
		runs, bases, edits := basesAndEdits(entries, k)
		all, err := judge(ctx, shipped, k, runs)
		if err != nil {
			return nil, err
		}
		for i, j := range all {
			for _, e := range edits[bases[i]] {
				for _, p := range j.proposals {
					if does(j.run, e, p) {
						proposed[place{k, j.run.Architecture.ID(), e.Architecture.ID()}] = true
					}
				}
			}
		}
	}
	return proposed, nil
}

// basesAndEdits sorts the runs of a key: bases with their index, and the edits of each index.
func basesAndEdits(entries []corpus.Entry, k advisor.Key) (runs []advisor.PastRun, bases []int,
	edits map[int][]corpus.Entry) {
	edits = map[int][]corpus.Entry{}
	for _, e := range entries {
		switch {
		case e.Key != k:
		case e.Edit == 0:
			runs, bases = append(runs, e.PastRun), append(bases, e.Index)
		case len(e.Settings) > 0:
			edits[e.Index] = append(edits[e.Index], e)
		}
	}
	return runs, bases, edits
}
