package main

import (
	"context"
	"encoding/csv"
	"math"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/advisor/pastruns"
	"probewise/forest"
	"probewise/trainer"
)

func (a *app) corpusExportCommand() *cobra.Command {
	var name string
	var epochs float64
	c := &cobra.Command{
		Use:   "export",
		Short: "Print past runs as a table of features and test accuracy",
		Long: "Prints what the forest of a probe length is fitted on, as CSV with a header: " +
			"a line for each past run with the id of\n" +
			"its architecture (seed aside), its features and, last, the test accuracy of full training. " +
			"A missing value is empty.\n" +
			"Logarithms are natural for sizes, ladders and flops_per_parameter, decimal for the learning rate, l1, " +
			"l2 and statistics,\n" +
			"and to base two for the batch size.",
		Example: "  probewise corpus export --epochs 1 > runs.csv",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.corpusExport(c.Context(), name, epochs) },
	}
	c.Flags().StringVar(&name, "dataset", advisor.DefaultDataset,
		"data set; of its settings the one with the most past runs")
	c.Flags().Float64Var(&epochs, "epochs", 1, "probe length")
	return c
}

func (a *app) corpusExport(ctx context.Context, name string, epochs float64) error {
	if err := notNegative("epochs", epochs); err != nil {
		return err
	}
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }()
	key, found, err := pastruns.Largest(ctx, s.past, name)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if !found {
		return &exitError{exitUnevaluated, noPastRuns(name)}
	}
	t, err := s.table(ctx, key, epochs)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(exportOf(key, epochs, t))
	}
	w := csv.NewWriter(a.out)
	_ = w.Write(append(append([]string{"architecture"}, t.Names...), "test_accuracy")) // Error tells
	for i, row := range t.X {
		line := []string{t.Groups[i]}
		for _, x := range slices.Concat(row, t.Y[i:i+1]) {
			text := ""
			if !math.IsNaN(x) {
				text = strconv.FormatFloat(x, 'g', -1, 64)
			}
			line = append(line, text)
		}
		_ = w.Write(line)
	}
	w.Flush()
	return w.Error()
}

// export is the table as a JSON document.
type export struct {
	Key      advisor.Key   `json:"key"`
	Probe    float64       `json:"probe_epochs"`
	Features []string      `json:"features"`
	Runs     []exportedRun `json:"runs"`
}

type exportedRun struct {
	Architecture string           `json:"architecture"`
	Values       []trainer.Number `json:"values"`
	TestAccuracy float64          `json:"test_accuracy"`
}

func exportOf(k advisor.Key, epochs float64, t forest.Table) export {
	e := export{Key: k, Probe: epochs, Features: t.Names}
	for i, row := range t.X {
		run := exportedRun{Architecture: t.Groups[i], TestAccuracy: t.Y[i]}
		for _, x := range row {
			run.Values = append(run.Values, trainer.Number(x))
		}
		e.Runs = append(e.Runs, run)
	}
	return e
}
