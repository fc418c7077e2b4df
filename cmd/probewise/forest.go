package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/report"
)

func (a *app) forestCommand() *cobra.Command {
	return group("forest", "Fit the forests that predict, and show how well they can be trusted", a.forestFitCommand(),
		a.forestShowCommand(), a.forestGainsCommand(), a.forestStatisticsCommand(), a.forestExpectCommand(),
		a.forestBenchCommand())
}

func (a *app) forestShowCommand() *cobra.Command {
	var name string
	var e analysis.Effort
	c := &cobra.Command{
		Use:   "show",
		Short: "Print the held-out figures of the predictions for a data set",
		Long: "Cross-validates the forest on the past runs: every figure is held-out, each run predicted by a forest that\n" +
			"never saw its architecture. In-sample figures say nothing and are not shown.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.forestShow(c.Context(), name, e) },
	}
	c.Flags().StringVar(&name, "dataset", advisor.DefaultDataset, "data set")
	c.Flags().IntVar(&e.Repeats, "repeats", 2, "repetitions of the ten-fold cross-validation")
	c.Flags().Float64SliceVar(&e.Epochs, "epochs", analysis.ProbeLengths(), "probe lengths")
	c.Flags().IntVar(&e.Splits, "splits", 20, "random splits that show what each group of features adds")
	return c
}

func (a *app) forestShow(ctx context.Context, name string, e analysis.Effort) error {
	if e.Repeats < 1 || e.Splits < 1 {
		return errors.New("--repeats and --splits must be at least 1")
	}
	if err := notNegative("epochs", e.Epochs...); err != nil {
		return err
	}
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }()
	cards, err := s.analyst.Cards(ctx, name, e)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(cards)
	}
	if cards.PastRuns == 0 {
		_, err := fmt.Fprintln(a.out, noPastRuns(name))
		return err
	}
	return report.Cards(a.out, cards)
}

// notNegative refuses probe lengths below 0.
func notNegative(flag string, epochs ...float64) error {
	for _, e := range epochs {
		if !(e >= 0) {
			return fmt.Errorf("--%s %g: must not be negative", flag, e)
		}
	}
	return nil
}
