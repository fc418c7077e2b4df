package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/forest"
)

func (a *app) forestCommand() *cobra.Command {
	return group("forest", "Show how well predictions can be trusted", a.forestShowCommand())
}

func (a *app) forestShowCommand() *cobra.Command {
	var name string
	var repeats int
	c := &cobra.Command{
		Use:   "show",
		Short: "Print the held-out figures of the predictions for a data set",
		Long: "Cross-validates the forest on the past runs: every figure is held-out, each run predicted by a forest that\n" +
			"never saw its architecture. In-sample figures say nothing and are not shown.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.forestShow(c.Context(), name, repeats) },
	}
	c.Flags().StringVar(&name, "dataset", advisor.DefaultDataset, "data set")
	c.Flags().IntVar(&repeats, "repeats", 2, "repetitions of the ten-fold cross-validation")
	return c
}

// card says how well the forest of a key predicts.
type card struct {
	Dataset  string      `json:"dataset"`
	PastRuns int         `json:"past_runs"`
	Images   int         `json:"images"`
	Epochs   int         `json:"epochs"`
	Probe    []cardEntry `json:"probe"`
	Reason   string      `json:"reason,omitempty"` // why there are no figures
}

// cardEntry is held-out, at one probe length.
type cardEntry struct {
	Epochs     int     `json:"epochs"` // 0: the architecture alone
	Runs       int     `json:"runs"`
	R2         float64 `json:"r2"`
	MAE        float64 `json:"mae"`
	Tau        float64 `json:"tau"` // Kendall's τ-b
	Coverage80 float64 `json:"coverage80"`
	Width80    float64 `json:"width80"`
}

func (a *app) forestShow(ctx context.Context, name string, repeats int) error {
	if repeats < 1 {
		return errors.New("--repeats must be at least 1")
	}
	cards := []card{}
	err := a.eachKey(ctx, name, func(s *service, k advisor.Key) error {
		c, err := s.card(ctx, k, repeats)
		cards = append(cards, c)
		return err
	})
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printCards(name, cards)
	}
	if len(cards) == 0 {
		_, err := fmt.Fprintf(a.out, "no past runs for %s; make some: probewise corpus build --dataset %s\n", name, name)
		return err
	}
	for _, c := range cards {
		a.printCard(c)
	}
	return nil
}

// printCards prints the card of the key with the most past runs, as one object, and the others beside it.
func (a *app) printCards(name string, cards []card) error {
	if len(cards) == 0 {
		return a.printJSON(card{Dataset: name, Probe: []cardEntry{}, Reason: "no past runs"})
	}
	slices.SortStableFunc(cards, func(x, y card) int { return y.PastRuns - x.PastRuns })
	type document struct {
		card
		Others []card `json:"others,omitempty"`
	}
	return a.printJSON(document{cards[0], cards[1:]})
}

// probeLengths that the card shows, in epochs; 0 is the architecture alone.
var probeLengths = []int{0, 1, 2, 3, 5}

func (s *service) card(ctx context.Context, k advisor.Key, repeats int) (card, error) {
	runs, err := s.past.Of(ctx, k)
	if err != nil {
		return card{}, err
	}
	c := card{Dataset: k.Dataset, PastRuns: len(runs), Images: k.Images, Epochs: k.Epochs, Probe: []cardEntry{}}
	for _, epochs := range probeLengths {
		t, err := s.predictor.Table(ctx, k, epochs)
		var none *advisor.NoPredictionError
		if errors.As(err, &none) {
			c.Reason = none.Reason
			continue
		} else if err != nil {
			return c, err
		}
		response, err := child(ctx, forest.Request{Table: t, Options: forest.Options{Seed: 1}, Repeats: repeats})
		if err != nil {
			return c, fmt.Errorf("cross-validate %s at %d epochs: %w", k, epochs, err)
		}
		score := response.Score
		c.Probe = append(c.Probe, cardEntry{epochs, score.Runs, score.R2, score.MAE, score.Tau, score.Coverage, score.Width})
	}
	return c, nil
}

func (a *app) printCard(c card) {
	fmt.Fprintf(a.out, "%s, %d images, %d epochs: %d past runs\n", c.Dataset, c.Images, c.Epochs, c.PastRuns)
	if len(c.Probe) == 0 {
		fmt.Fprintln(a.out, "no figures:", c.Reason)
		return
	}
	t := table.NewWriter()
	t.SetOutputMirror(a.out)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"probe epochs", "held-out R²", "mean abs. error", "Kendall τ", "80 % interval covers", "mean width"})
	for _, e := range c.Probe {
		length := fmt.Sprint(e.Epochs)
		if e.Epochs == 0 {
			length = "none (architecture)"
		}
		t.AppendRow(table.Row{length, fmt.Sprintf("%.2f", e.R2), fmt.Sprintf("%.3f", e.MAE), fmt.Sprintf("%.2f", e.Tau),
			fmt.Sprintf("%.0f %%", 100*e.Coverage80), fmt.Sprintf("%.3f", e.Width80)})
	}
	t.Render()
	fmt.Fprintln(a.out, "Every figure is held-out: each run was predicted by a forest that never saw its architecture.")
}
