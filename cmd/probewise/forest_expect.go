package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/report"
	"probewise/trainer"
)

func (a *app) forestExpectCommand() *cobra.Command {
	var q analysis.StatisticsQuery
	position, probe := string(trainer.AllLayers), 0.0
	c := &cobra.Command{
		Use:   "expect FILE",
		Short: "Predict an architecture's statistics without training it",
		Long: "Predicts the statistics of weights, gradients and activations, with 80 % intervals, " +
			"from the architecture alone: the mean\n" +
			"over the layers at a position, geometric where a statistic spans powers of ten. " +
			"Takes milliseconds once the forests are\n" +
			"fitted, one for each statistic.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !trainer.LayerSet(position).Valid() {
				return fmt.Errorf("--position %s: want one of %v", position, trainer.LayerSets())
			}
			if c.Flags().Changed("probe") {
				if q.Probe = &probe; probe < 0 {
					return notNegative("probe", probe)
				}
			}
			return a.forestExpect(c.Context(), args[0], q, trainer.LayerSet(position))
		},
	}
	f := c.Flags()
	f.StringVar(&q.Dataset, "dataset", advisor.DefaultDataset, "data set")
	f.StringVar(&position, "position", position, "layers: all, lower, middle, higher, conv or dense")
	f.Float64Var(&probe, "probe", 0, "statistics after so many epochs; default: at the end")
	return c
}

func (a *app) forestExpect(ctx context.Context, file string, q analysis.StatisticsQuery,
	position trainer.LayerSet) error {
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
	found, err := s.analyst.Expect(ctx, run.Architecture, q, position)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(found)
	}
	return report.Expectations(a.out, found)
}
