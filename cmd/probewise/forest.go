package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/advisor/predict"
)

func (a *app) forestCommand() *cobra.Command {
	return group("forest", "Fit the forests that predict, and show how well they can be trusted", a.forestFitCommand(), a.forestShowCommand(), a.forestStatisticsCommand(), a.forestExpectCommand(), a.forestBenchCommand())
}

func (a *app) forestShowCommand() *cobra.Command {
	var name string
	var e predict.Effort
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
	c.Flags().Float64SliceVar(&e.Epochs, "epochs", predict.ProbeLengths(), "probe lengths")
	c.Flags().IntVar(&e.Splits, "splits", 20, "random splits that show what each group of features adds")
	return c
}

func (a *app) forestShow(ctx context.Context, name string, e predict.Effort) error {
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
	cards, err := s.predictor.Cards(ctx, name, e)
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
	for _, c := range append([]predict.Card{cards.Card}, cards.Others...) {
		a.printCard(c)
	}
	return nil
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

func (a *app) printCard(c predict.Card) {
	fmt.Fprintf(a.out, "%s, %d images, %d epochs: %d past runs\n", c.Dataset, c.Images, c.Epochs, c.PastRuns)
	if len(c.Probe) == 0 {
		fmt.Fprintln(a.out, "no figures:", c.Reason)
		return
	}
	t := a.table("probe epochs", "held-out R²", "mean abs. error", "Kendall τ", "80 % interval covers", "mean width")
	for _, e := range c.Probe {
		length := fmt.Sprint(e.Epochs)
		if e.Epochs == 0 {
			length = "0 (initial weights)"
		}
		t.AppendRow(table.Row{length, fmt.Sprintf("%.2f", e.R2), fmt.Sprintf("%.3f", e.MAE), fmt.Sprintf("%.2f", e.Tau),
			fmt.Sprintf("%.0f %%", 100*e.Coverage80), fmt.Sprintf("%.3f", e.Width80)})
	}
	t.Render()
	a.printAlternatives(c)
	a.printAblation(c)
	fmt.Fprintln(a.out, "Every figure is held-out: each run was predicted by a forest that never saw its architecture.")
}

// printAlternatives shows R² of each of the models that a prediction is blended from.
func (a *app) printAlternatives(c predict.Card) {
	header := []any{"held-out R² at epochs", "blended"}
	for _, alternative := range c.Probe[0].Alternatives {
		header = append(header, alternative.Name+" alone")
	}
	t := a.table(header...)
	for _, e := range c.Probe {
		row := table.Row{e.Epochs, fmt.Sprintf("%.2f", e.R2)}
		for _, alternative := range e.Alternatives {
			row = append(row, fmt.Sprintf("%.2f", alternative.R2))
		}
		t.AppendRow(row)
	}
	t.Render()
}

// printAblation shows R² by probe length and group of features, with what each adds to those before it.
func (a *app) printAblation(c predict.Card) {
	t := a.table("probe epochs", "features", "held-out R²", "gain", "95 % interval")
	for _, e := range c.Ablation {
		row := table.Row{e.Epochs, e.Features, fmt.Sprintf("%.3f", e.R2), "", ""}
		if e.Gain != nil {
			row[1] = "+ " + string(e.Features)
			row[3], row[4] = fmt.Sprintf("%+.3f", *e.Gain), fmt.Sprintf("%+.3f … %+.3f", *e.Low, *e.High)
		}
		t.AppendRow(row)
	}
	t.Render()
}

// table is one that is printed as it is rendered.
func (a *app) table(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(a.out)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(header)
	return t
}
