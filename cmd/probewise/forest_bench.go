package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"

	"github.com/spf13/cobra"

	"probewise/advisor/pastruns"
	"probewise/advisor/report"
	"probewise/forest"
	"probewise/forest/childprocess"
)

// benchResult is how well curves are predicted from their first epochs.
type benchResult struct {
	Epochs           float64 `json:"epochs"`
	R2               float64 `json:"r2"`
	MAE              float64 `json:"mae"`
	Tau              float64 `json:"tau"`
	Coverage80       float64 `json:"coverage80"`
	Width80          float64 `json:"width80"`
	CaughtWorstFifth float64 `json:"caught_worst_fifth"`
	R2Low            float64 `json:"r2_low"` // of the repeats
	R2High           float64 `json:"r2_high"`
	Coverage80Low    float64 `json:"coverage80_low"`
	Coverage80High   float64 `json:"coverage80_high"`
}

type benchFlags struct {
	forest.BenchOptions
	dataset string
	epochs  []float64
	shuffle bool
	splits  string
	own     []int
}

func (a *app) forestBenchCommand() *cobra.Command {
	var b benchFlags
	c := &cobra.Command{
		Use:   "bench [CURVES.csv [OTHERS.csv…]]",
		Short: "Measure the forest on learning curves of your own, or on past runs",
		Long: "Reads a CSV file whose columns acc_<n> are accuracies after n epochs, " +
			"and predicts the last of them from those up to\n" +
			"epoch k and from the other numeric columns; " +
			"or, with --dataset, predicts past runs from probes of k epochs (0, 0.25 …).\n" +
			"Each repeat fits on a random part of the runs and predicts the rest.\n" +
			"With --own, predicts from so few runs of the file or data set as a user has at first, and from other files, or\n" +
			"the other data sets that came with the program.",
		RunE: func(c *cobra.Command, args []string) error {
			b.Seed = int64(max(a.Seed, 1))
			if err := errors.Join(notNegative("epochs", b.epochs...), checkOwn(b.own)); err != nil {
				return err
			}
			switch {
			case len(b.own) > 0 && len(args) > 0 && b.dataset == "":
				return a.levelCurves(c.Context(), args, b)
			case len(b.own) > 0 && len(args) == 0 && b.dataset != "":
				return a.levelPastRuns(c.Context(), b)
			case len(args) == 1 && b.dataset == "":
				return a.benchCurves(c.Context(), args[0], b)
			case len(args) == 0 && b.dataset != "":
				return a.benchPastRuns(c.Context(), b)
			}
			return errors.New("name a file of learning curves, or a data set with --dataset")
		},
	}
	f := c.Flags()
	f.IntVar(&b.Fit, "fit", 57, "runs to fit on")
	f.StringVar(&b.dataset, "dataset", "", "predict the past runs of this data set, those of its setting with the most")
	f.Float64SliceVar(&b.epochs, "epochs", []float64{1, 2, 5}, "epochs to predict from")
	f.IntSliceVar(&b.own, "own", nil, "predict from so many own runs, such as 0,5,10,20")
	f.IntVar(&b.Repeats, "repeats", 20, "random splits")
	f.BoolVar(&b.shuffle, "shuffle", false, "shuffle the targets: what is left of R² is chance")
	f.StringVar(&b.splits, "splits", "", "write the splits to this JSON file, one list of fitted rows (from 0) a "+
		"repeat, for a comparison with other programs")
	return c
}

func (a *app) benchCurves(ctx context.Context, name string, b benchFlags) error {
	curves, err := readCurves(name)
	if err != nil {
		return err
	}
	return a.forestBench(ctx, name, b, func(epochs float64) (forest.Table, error) {
		n, err := wholeEpochs(epochs)
		if err != nil {
			return forest.Table{}, err
		}
		return curves.Table(n)
	})
}

// wholeEpochs are all that a file has.
func wholeEpochs(epochs float64) (int, error) {
	if epochs != math.Trunc(epochs) {
		return 0, fmt.Errorf("--epochs %g: a file has whole epochs", epochs)
	}
	return int(epochs), nil
}

func (a *app) benchPastRuns(ctx context.Context, b benchFlags) error {
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }()
	key, found, err := pastruns.Largest(ctx, s.past, b.dataset)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if !found {
		return &exitError{exitUnevaluated, noPastRuns(b.dataset)}
	}
	return a.forestBench(ctx, key.String(), b,
		func(epochs float64) (forest.Table, error) { return s.table(ctx, key, epochs) })
}

// forestBench measures the forest on the tables of each probe length; name is what they were made of.
func (a *app) forestBench(ctx context.Context, name string, b benchFlags,
	table func(epochs float64) (forest.Table, error)) error {
	var measured []report.Benched
	runs := 0
	for _, epochs := range b.epochs {
		t, err := table(epochs)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		runs = len(t.Y)
		if b.shuffle {
			rand.New(rand.NewPCG(uint64(b.Seed), 0)).Shuffle(len(t.Y), func(i, j int) { t.Y[i], t.Y[j] = t.Y[j], t.Y[i] })
		}
		splits, err := b.Splits(t)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := writeSplits(b.splits, splits); err != nil {
			return err
		}
		s, err := forest.Bench(ctx, t, splits, func(ctx context.Context, t forest.Table) (*forest.Model, error) {
			return childprocess.Fitter{}.Fit(ctx, t, forest.Options{Seed: b.Seed})
		})
		if err != nil {
			return &exitError{exitUnevaluated, fmt.Errorf("%s: %w", name, err)}
		}
		measured = append(measured, report.Benched{Epochs: epochs, BenchScore: s})
	}
	if !a.JSON {
		return report.Bench(a.out, measured, runs, b.BenchOptions)
	}
	results := make([]benchResult, len(measured))
	for i, m := range measured {
		results[i] = benchResult{m.Epochs, m.R2, m.MAE, m.Tau, m.Coverage, m.Width, m.CaughtWorstFifth,
			m.R2Low, m.R2High, m.CoverageLow, m.CoverageHigh}
	}
	return a.printJSON(map[string]any{"results": results})
}

// writeSplits writes them to a file, if one is named. They are the same at all probe lengths.
func writeSplits(file string, splits [][]int) error {
	if file == "" {
		return nil
	}
	data, err := json.Marshal(splits)
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o644)
}
