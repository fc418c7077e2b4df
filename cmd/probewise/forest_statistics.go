package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/advisor/predict"
	"probewise/trainer"
)

func (a *app) forestStatisticsCommand() *cobra.Command {
	q := predict.StatisticsQuery{Target: predict.Test}
	position, form, probe, hyperparameters := string(features.Everywhere), string(features.Level), 0.0, false
	c := &cobra.Command{
		Use:   "statistics",
		Short: "Relate the statistics of past runs to their accuracy, by four methods",
		Long: "Correlation, beta (cov/var), linear regression on all statistics (standardised, with p-values) and forest importance\n" +
			"(what held-out R² loses when a statistic is shuffled), for the layers at a position. Each statistic is the mean over\n" +
			"the layers there, on a logarithm where it spans powers of ten. Confirmed are those that Boruta tells from noise.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !slices.Contains(predict.Targets(), q.Target) {
				return fmt.Errorf("--target %s: want one of %v", q.Target, predict.Targets())
			}
			if !slices.Contains(features.Positions(), features.Position(position)) {
				return fmt.Errorf("--position %s: want one of %v", position, features.Positions())
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
			return a.forestStatistics(c.Context(), q, features.Position(position), hyperparameters)
		},
	}
	f := c.Flags()
	f.StringVar(&q.Dataset, "dataset", advisor.DefaultDataset, "data set")
	f.StringVar((*string)(&q.Target), "target", string(q.Target), "accuracy: test, validation or train")
	f.StringVar(&position, "position", position, "layers to print: all, lower, middle, higher, conv or dense (--json has them all)")
	f.StringVar(&form, "form", form, "of the statistics over the epochs up to then: level, change, slope, acceleration or volatility")
	f.Float64Var(&probe, "probe", 0, "statistics after so many epochs; default: at the end")
	f.IntVar(&q.Runs, "runs", 0, "the first so many past runs only; 0: all")
	f.BoolVar(&hyperparameters, "hyperparameters", false, "relate hyperparameters to the statistics instead")
	return c
}

func (a *app) forestStatistics(ctx context.Context, q predict.StatisticsQuery, position features.Position, hyperparameters bool) error {
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }()
	if hyperparameters {
		return a.forestHyperparameters(ctx, s, q, position)
	}
	found, err := s.predictor.Statistics(ctx, q)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(found)
	}
	i := slices.IndexFunc(found.Positions, func(p predict.PositionTable) bool { return p.Position == position })
	if i < 0 {
		_, err := fmt.Fprintf(a.out, "no figures for %s: %s\n", q.Dataset, found.Reason)
		return err
	}
	p := found.Positions[i]
	fmt.Fprintf(a.out, "%s, %d images, %d epochs: %d past runs with such layers (%s), %s accuracy\n",
		found.Dataset, found.Images, found.Epochs, p.Runs, position, found.Target)
	a.printRelations("statistic", p.Statistics, p.Linear, p.Forest)
	return nil
}

// forestHyperparameters prints a table for each statistic.
func (a *app) forestHyperparameters(ctx context.Context, s *program, q predict.StatisticsQuery, position features.Position) error {
	found, err := s.predictor.Hyperparameters(ctx, q, position)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(found)
	}
	for _, t := range found.Statistics {
		fmt.Fprintf(a.out, "%s of the layers (%s), %d past runs\n", t.Statistic, position, t.Runs)
		a.printRelations("hyperparameter", t.Hyperparameters, t.Linear, t.Forest)
	}
	if found.Reason != "" {
		fmt.Fprintln(a.out, "no figures for", found.Reason)
	}
	return nil
}

func (a *app) printRelations(of string, relations []predict.Relation, linear, forest predict.Fit) {
	t := a.table(of, "correlation", "beta", "coefficient", "p-value", "importance", "confirmed", "")
	for _, r := range relations {
		t.AppendRow(table.Row{r.Name, figure(r.Correlation), figure(r.Beta), figure(r.Coefficient), figure(r.PValue), figure(r.Importance), confirmed(r), r.Reason})
	}
	t.Render()
	fmt.Fprintf(a.out, "Held-out R² of the linear regression %.2f, of the forest %.2f. In-sample, where they say nothing about other runs: %.2f and %.2f.\n",
		linear.HeldOut, forest.HeldOut, linear.InSample, forest.InSample)
}

// confirmed prints Boruta's hits where they are enough.
func confirmed(r predict.Relation) string {
	if !r.Confirmed {
		return ""
	}
	return fmt.Sprintf("yes, %d of 20", r.Hits)
}

// figure prints three digits, nothing for what is missing.
func figure(n trainer.Number) string {
	if !n.Known() {
		return ""
	}
	return fmt.Sprintf("%.3g", float64(n))
}
