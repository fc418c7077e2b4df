package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/advisor/features"
	"probewise/advisor/predict"
)

func (a *app) forestExpectCommand() *cobra.Command {
	var q predict.StatisticsQuery
	position, probe := string(features.Everywhere), 0.0
	c := &cobra.Command{
		Use:   "expect FILE",
		Short: "Predict an architecture's statistics without training it",
		Long: "Predicts the statistics of weights, gradients and activations, with 80 % intervals, from the architecture alone: the mean\n" +
			"over the layers at a position, geometric where a statistic spans powers of ten. Takes milliseconds once the forests are\n" +
			"fitted, one for each statistic.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(features.Positions(), features.Position(position)) {
				return fmt.Errorf("--position %s: want one of %v", position, features.Positions())
			}
			if c.Flags().Changed("probe") {
				if q.Probe = &probe; probe < 0 {
					return notNegative("probe", probe)
				}
			}
			return a.forestExpect(c.Context(), args[0], q, features.Position(position))
		},
	}
	f := c.Flags()
	f.StringVar(&q.Dataset, "dataset", advisor.DefaultDataset, "data set")
	f.StringVar(&position, "position", position, "layers: all, lower, middle, higher, conv or dense")
	f.Float64Var(&probe, "probe", 0, "statistics after so many epochs; default: at the end")
	return c
}

func (a *app) forestExpect(ctx context.Context, file string, q predict.StatisticsQuery, position features.Position) error {
	data, err := a.read(file)
	if err != nil {
		return err
	}
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }()
	run, err := s.service.Validate(ctx, data, q.Dataset)
	if err != nil {
		return a.badInput(file, err)
	}
	found, err := s.predictor.Expect(ctx, run.Architecture, q, position)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(found)
	}
	if len(found.Statistics) > 0 {
		fmt.Fprintf(a.out, "%s, %d images, %d epochs: expected of the layers (%s) after %s, by %d past runs\n",
			found.Dataset, found.Images, found.Epochs, position, moment(q.Probe, found.Epochs), found.PastRuns)
		t := a.table("statistic", "expected", "low", "high", "held-out R²", "")
		for _, e := range found.Statistics {
			t.AppendRow(table.Row{e.Name, fmt.Sprintf("%.3g", e.Mean), fmt.Sprintf("%.3g", e.Low), fmt.Sprintf("%.3g", e.High), fmt.Sprintf("%.2f", e.HeldOutR2), strings.Join(e.Warnings, "; ")})
		}
		t.Render()
	}
	if found.Reason != "" {
		fmt.Fprintln(a.out, "no figures for", found.Reason)
	}
	return nil
}

// moment names a point in training.
func moment(probe *float64, epochs int) string {
	if probe == nil {
		return fmt.Sprintf("all %d epochs", epochs)
	}
	return fmt.Sprintf("%g epochs", *probe)
}
