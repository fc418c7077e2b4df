package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"probewise/advisor/figure"
	"probewise/advisor/gain"
	"probewise/advisor/report"
	"probewise/forest"
	"probewise/forest/childprocess"
	"probewise/trainer"
)

func (a *app) forestGainsCommand() *cobra.Command {
	var name string
	var moments []float64
	c := &cobra.Command{
		Use:   "gains",
		Short: "Print how well it is foretold what a change of a net is worth",
		Long: "Cross-validates, on pairs of runs with and without a change, " +
			"the forests that foretell gains: once with all\n" +
			"columns, once without the statistics of the layers. " +
			"Every figure is held-out, each pair foretold by a forest that\n" +
			"never saw its net. It fits up to ten forests for each line of the table, which takes minutes.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.forestGains(c.Context(), name, moments) },
	}
	c.Flags().StringVar(&name, "dataset", "", "pairs of this data set alone; default: those of all data sets together")
	c.Flags().Float64SliceVar(&moments, "epochs", gain.Moments, "how far the trial of a change has come")
	return c
}

// gainEntry is a line of the model card of gains.
type gainEntry struct {
	Epochs     float64        `json:"epochs"`  // that the trial has come
	Columns    string         `json:"columns"` // all, or without statistics
	Pairs      int            `json:"pairs"`
	Bases      int            `json:"bases"`
	R2         trainer.Number `json:"r2"`
	MAE        trainer.Number `json:"mae"`
	Rank       gainFigure     `json:"rank_correlation"`
	Regret     gainFigure     `json:"regret"`
	Bias       trainer.Number `json:"bias"`
	Coverage80 trainer.Number `json:"coverage80"`
	Width80    trainer.Number `json:"width80"`
}

// gainFigure is a mean over nets with its 95 % interval.
type gainFigure struct {
	Mean trainer.Number `json:"mean"`
	Low  trainer.Number `json:"low"`
	High trainer.Number `json:"high"`
}

// counting counts the forests that it fits.
type counting struct {
	childprocess.Fitter
	bar *progressbar.ProgressBar
}

func (c counting) Fit(ctx context.Context, t forest.Table, o forest.Options) (*forest.Model, error) {
	m, err := c.Fitter.Fit(ctx, t, o)
	_ = c.bar.Add(1)
	return m, err
}

// gainFolds is the number of forests that a line takes, at most.
const gainFolds = 10

func (a *app) forestGains(ctx context.Context, name string, moments []float64) error {
	for _, m := range moments {
		if !slices.Contains(gain.Moments, m) {
			return fmt.Errorf("--epochs %g: gains are foretold at %v", m, gain.Moments)
		}
	}
	pairs, err := a.pairs().Pairs()
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	of := "all data sets"
	if name != "" {
		of = name
		pairs = slices.DeleteFunc(pairs, func(p gain.Pair) bool { return p.Base.Key.Dataset != name })
	}
	if len(pairs) < gain.MinPairs {
		return &exitError{exitUnevaluated, fmt.Errorf(
			"%d pairs of runs for %s, and %d are the least; make some: probewise corpus pairs", len(pairs), of, gain.MinPairs)}
	}
	lines := []struct {
		columns string
		without []gain.Group
	}{{"all", nil}, {"without statistics", []gain.Group{gain.OfStatistics}}}
	bar := a.bar(int64(gainFolds*len(lines)*len(moments)), "forests")
	var scores []report.GainScore
	for _, moment := range moments {
		for _, l := range lines {
			s, _, err := gain.Scored(ctx, counting{bar: bar}, pairs, moment, l.without...)
			if err != nil {
				return &exitError{exitUnevaluated, errors.Join(fmt.Errorf("score gains at epoch %g", moment), err)}
			}
			scores = append(scores, report.GainScore{Columns: l.columns, Score: s})
			if _, shown := terminal(a.errOut); !shown {
				a.tell("trial of %s, columns: %s: R² %s", report.ProbeLength(moment), l.columns, figure.Score(s.R2))
			}
		}
	}
	_ = bar.Finish()
	if !a.JSON {
		return report.Gains(a.out, of, scores)
	}
	entries := make([]gainEntry, len(scores))
	for i, s := range scores {
		n := func(v float64) trainer.Number { return trainer.Number(v) }
		f := func(v gain.Figure) gainFigure { return gainFigure{n(v.Mean), n(v.Low), n(v.High)} }
		entries[i] = gainEntry{s.Moment, s.Columns, s.Pairs, s.Bases, n(s.R2), n(s.MAE), f(s.Rank), f(s.Regret), n(s.Bias),
			n(s.Coverage), n(s.Width)}
	}
	return a.printJSON(map[string]any{"dataset": name, "gains": entries})
}
