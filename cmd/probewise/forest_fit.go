package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/advisor/analysis"
	"probewise/advisor/report"
	"probewise/trainer"
)

func (a *app) forestFitCommand() *cobra.Command {
	var name string
	var epochs []float64
	c := &cobra.Command{
		Use:   "fit",
		Short: "Fit the forests of a data set now, not when the first answer needs them",
		Long: "Fits the forest of each setting of the data set and probe length on " +
			"the past runs and keeps it in the data folder. Forests\n" +
			"that are there already are not fitted again. R² is that of the fit's own cross-validation.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.forestFit(c.Context(), name, epochs) },
	}
	c.Flags().StringVar(&name, "dataset", advisor.DefaultDataset, "data set")
	c.Flags().Float64SliceVar(&epochs, "epochs", analysis.ProbeLengths(), "probe lengths")
	return c
}

// fittedForest is a forest as it is listed.
type fittedForest struct {
	Key      advisor.Key `json:"key"`
	Probe    float64     `json:"probe_epochs"`
	Forest   string      `json:"forest,omitempty"`
	PastRuns int         `json:"past_runs"`
	R2       *float64    `json:"r2"`
	Seconds  float64     `json:"seconds"`
	Reason   string      `json:"reason,omitempty"` // why there is none
}

func (a *app) forestFit(ctx context.Context, name string, epochs []float64) error {
	if err := notNegative("epochs", epochs...); err != nil {
		return err
	}
	list := []fittedForest{}
	err := a.eachKey(ctx, name, func(s *program, k advisor.Key) error {
		for _, e := range epochs {
			start := time.Now()
			f := fittedForest{Key: k, Probe: e}
			model, err := s.predictor.Forest(ctx, k, e)
			var none *advisor.NoPredictionError
			if errors.As(err, &none) {
				f.Reason = none.Reason
			} else if err != nil {
				return err
			} else {
				r2 := model.R2()
				f.Forest, f.PastRuns, f.R2 = model.ID(), model.PastRuns(), &r2
			}
			f.Seconds = time.Since(start).Seconds()
			list = append(list, f)
		}
		return nil
	})
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if len(list) == 0 {
		return &exitError{exitUnevaluated, noPastRuns(name)}
	}
	if a.JSON {
		return a.printJSON(list)
	}
	fitted := make([]report.Fitted, len(list))
	for i, f := range list {
		fitted[i] = report.Fitted{
			Key:      f.Key,
			Probe:    f.Probe,
			Forest:   f.Forest,
			PastRuns: f.PastRuns,
			R2:       trainer.Missing,
			Seconds:  f.Seconds,
			Reason:   f.Reason,
		}
		if f.R2 != nil {
			fitted[i].R2 = trainer.Number(*f.R2)
		}
	}
	return report.Forests(a.out, fitted)
}
