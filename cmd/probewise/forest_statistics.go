package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/features"
	"probewise/advisor/report"
	"probewise/trainer"
)

func (a *app) forestStatisticsCommand() *cobra.Command {
	q := analysis.StatisticsQuery{Target: analysis.Test}
	position, form, probe, hyperparameters := string(trainer.AllLayers), string(features.Level), 0.0, false
	c := &cobra.Command{
		Use:   "statistics",
		Short: "Relate the statistics of past runs to their accuracy, by four methods",
		Long: "Correlation, beta (cov/var), linear regression on all statistics (standardised, " +
			"with p-values) and forest importance\n" +
			"(what held-out R² loses when a statistic is shuffled), for the layers at a position. " +
			"Each statistic is the mean over\n" +
			"the layers there, on a logarithm where it spans powers of ten. Confirmed are those that Boruta tells from noise.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !slices.Contains(analysis.Targets(), q.Target) {
				return fmt.Errorf("--target %s: want one of %v", q.Target, analysis.Targets())
			}
			if !trainer.LayerSet(position).Valid() {
				return fmt.Errorf("--position %s: want one of %v", position, trainer.LayerSets())
			}
			if c.Flags().Changed("probe") {
				if q.Probe = &probe; probe < 0 {
					return notNegative("probe", probe)
				}
			}
			if q.Form = features.Form(form); !slices.Contains(features.Forms(), q.Form) {
				return fmt.Errorf("--form %s: want one of %v", form, features.Forms())
			}
			if q.Runs < 0 {
				return errors.New("--runs must not be negative")
			}
			return a.forestStatistics(c.Context(), q, trainer.LayerSet(position), hyperparameters)
		},
	}
	f := c.Flags()
	f.StringVar(&q.Dataset, "dataset", advisor.DefaultDataset, "data set")
	f.StringVar((*string)(&q.Target), "target", string(q.Target), "accuracy: test, validation or train")
	f.StringVar(&position, "position", position,
		"layers to print: all, lower, middle, higher, conv or dense (--json has them all)")
	f.StringVar(&form, "form", form,
		"of the statistics over the epochs up to then: level, change, slope, acceleration or volatility")
	f.Float64Var(&probe, "probe", 0, "statistics after so many epochs; default: at the end")
	f.IntVar(&q.Runs, "runs", 0, "the first so many past runs only; 0: all")
	f.BoolVar(&hyperparameters, "hyperparameters", false, "relate hyperparameters to the statistics instead")
	return c
}

func (a *app) forestStatistics(ctx context.Context, q analysis.StatisticsQuery, position trainer.LayerSet,
	hyperparameters bool) error {
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }()
	if hyperparameters {
		return a.forestHyperparameters(ctx, s, q, position)
	}
	found, err := s.analyst.Statistics(ctx, q)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(found)
	}
	return report.Statistics(a.out, found, position)
}

// forestHyperparameters prints a table for each statistic.
func (a *app) forestHyperparameters(ctx context.Context, s *program, q analysis.StatisticsQuery,
	position trainer.LayerSet) error {
	found, err := s.analyst.Hyperparameters(ctx, q, position)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(found)
	}
	return report.Hyperparameters(a.out, found)
}
