package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"probewise/forest"
)

// benchRequest is what `forest bench` was asked for.
type benchRequest struct {
	file    string
	fit     int
	epochs  []int
	repeats int
	shuffle bool
	folds   string // file for the splits
	only    string // one alternative alone
}

// benchResult is held-out, at one probe length: means over the splits, and the least and greatest of single splits.
type benchResult struct {
	Epochs           int        `json:"epochs"`
	R2               float64    `json:"r2"`
	MAE              float64    `json:"mae"`
	Tau              float64    `json:"tau"` // Kendall's τ-b
	Coverage80       float64    `json:"coverage80"`
	Width80          float64    `json:"width80"`
	CaughtWorstFifth float64    `json:"caught_worst_fifth"`
	R2Range          [2]float64 `json:"r2_range"`
	Coverage80Range  [2]float64 `json:"coverage80_range"`

	Weights map[string]float64 `json:"weights"` // of the alternatives, mean
}

type benchAnswer struct {
	Fit     int           `json:"fit"`
	Held    int           `json:"held_out"`
	Repeats int           `json:"repeats"`
	Seed    uint64        `json:"seed"`
	Shuffle bool          `json:"shuffled,omitempty"`
	Results []benchResult `json:"results"`
}

func (a *app) forestBenchCommand() *cobra.Command {
	var q benchRequest
	c := &cobra.Command{
		Use:   "bench CURVES.csv",
		Short: "Measure the forest on learning curves of your own or of others",
		Long: "Reads learning curves: columns acc_<n> are the accuracies after n epochs, the last of them is what is predicted;\n" +
			"other columns of numbers are features, columns of text are left out. Fits on --fit runs drawn at random, from the\n" +
			"first epochs alone, and predicts all the others: every figure is held-out.\n\n" +
			"caught_worst_fifth: the share of the worst fifth (by true accuracy) of the held-out runs that a threshold on the\n" +
			"prediction catches which wrongly rejects at most 5 % of the other held-out runs.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			q.file = args[0]
			return a.forestBench(c.Context(), q)
		},
	}
	flags := c.Flags()
	flags.IntVar(&q.fit, "fit", 57, "runs to fit on; the rest is held out")
	flags.IntSliceVar(&q.epochs, "epochs", []int{1, 2, 5}, "probe lengths: accuracies after more epochs are not looked at")
	flags.IntVar(&q.repeats, "repeats", 20, "random splits")
	flags.BoolVar(&q.shuffle, "shuffle", false, "shuffle the targets: nothing may be found")
	flags.StringVar(&q.folds, "write-folds", "", "write the splits to this file (JSON), for other programs")
	flags.StringVar(&q.only, "only", "", "use one alternative: boosted, forest, extra, ridge or kernel")
	return c
}

func (a *app) forestBench(ctx context.Context, q benchRequest) error {
	c, err := q.read()
	if err != nil {
		return &exitError{exitUsage, err}
	}
	splits := forest.Splits(len(c.accuracy), q.fit, q.repeats, int64(a.Seed))
	if err := q.writeFolds(splits); err != nil {
		return &exitError{exitUnevaluated, err}
	}
	answer := benchAnswer{Fit: q.fit, Held: len(c.accuracy) - q.fit, Repeats: q.repeats, Seed: a.Seed, Shuffle: q.shuffle}
	for _, k := range q.epochs {
		t, err := c.table(k)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		if q.shuffle {
			rand.New(rand.NewPCG(a.Seed, shuffleStream)).Shuffle(len(t.Y), func(i, j int) { t.Y[i], t.Y[j] = t.Y[j], t.Y[i] })
		}
		result, err := a.benchLength(ctx, t, splits, q.only)
		if err != nil {
			return &exitError{exitUnevaluated, fmt.Errorf("bench at %d epochs: %w", k, err)}
		}
		result.Epochs = k
		answer.Results = append(answer.Results, result)
	}
	if a.JSON {
		return a.printJSON(answer)
	}
	a.printBench(answer)
	return nil
}

const shuffleStream = 0x7368756666

// read checks the request as a whole before anything is fitted.
func (q benchRequest) read() (curves, error) {
	switch {
	case q.repeats < 1:
		return curves{}, errors.New("--repeats must be at least 1")
	case q.fit < forest.MinPastRuns:
		return curves{}, fmt.Errorf("--fit must be at least %d", forest.MinPastRuns)
	case len(q.epochs) == 0:
		return curves{}, errors.New("--epochs must name a probe length")
	}
	f, err := os.Open(q.file)
	if err != nil {
		return curves{}, err
	}
	defer f.Close()
	c, err := readCurves(f)
	if err != nil {
		return c, fmt.Errorf("%s: %w", q.file, err)
	}
	if need := q.fit + leastHeld; len(c.accuracy) < need {
		return c, fmt.Errorf("%s: %d runs; fitting on %d takes at least %d", q.file, len(c.accuracy), q.fit, need)
	}
	for _, k := range q.epochs {
		if _, err := c.table(k); err != nil {
			return c, fmt.Errorf("%s: %w", q.file, err)
		}
	}
	return c, nil
}

// leastHeld runs are held out at least: figures over fewer say nothing.
const leastHeld = 20

func (q benchRequest) writeFolds(splits []forest.Split) error {
	if q.folds == "" {
		return nil
	}
	data, err := json.Marshal(splits)
	if err == nil {
		err = os.WriteFile(q.folds, data, 0o644)
	}
	return err
}

// benchLength fits one forest per split, two at a time, and averages.
func (a *app) benchLength(ctx context.Context, t forest.Table, splits []forest.Split, only string) (benchResult, error) {
	scores := make([]forest.HeldOut, len(splits))
	weights := make([]map[string]float64, len(splits))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(2)
	for i, s := range splits {
		work.Go(func() error {
			m, err := fitInChild(ctx, t.Pick(s.Fit), forest.Options{Seed: int64(a.Seed) + int64(i), Only: only})
			if err != nil {
				return err
			}
			weights[i] = m.Weights()
			scores[i], err = m.Measure(t.Pick(s.Held))
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return benchResult{}, err
	}
	return average(scores, weights), nil
}

func average(scores []forest.HeldOut, weights []map[string]float64) benchResult {
	r := benchResult{R2Range: [2]float64{math.Inf(1), math.Inf(-1)}, Coverage80Range: [2]float64{1, 0}, Weights: map[string]float64{}}
	n := float64(len(scores))
	for i, s := range scores {
		r.R2 += s.R2 / n
		r.MAE += s.MAE / n
		r.Tau += s.Tau / n
		r.Coverage80 += s.Coverage / n
		r.Width80 += s.Width / n
		r.CaughtWorstFifth += s.CaughtWorstFifth / n
		r.R2Range = [2]float64{min(r.R2Range[0], s.R2), max(r.R2Range[1], s.R2)}
		r.Coverage80Range = [2]float64{min(r.Coverage80Range[0], s.Coverage), max(r.Coverage80Range[1], s.Coverage)}
		for name, w := range weights[i] {
			r.Weights[name] += w / n
		}
	}
	return r
}

func (a *app) printBench(b benchAnswer) {
	fmt.Fprintf(a.out, "%d runs to fit on, %d held out, %d random splits (seed %d)\n", b.Fit, b.Held, b.Repeats, b.Seed)
	if b.Shuffle {
		fmt.Fprintln(a.out, "targets shuffled: there is nothing to find")
	}
	t := table.NewWriter()
	t.SetOutputMirror(a.out)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"probe epochs", "held-out R²", "single splits", "mean abs. error", "Kendall τ", "80 % interval covers", "single splits", "mean width", "worst fifth caught"})
	span := func(r [2]float64, format string, scale float64) string {
		return fmt.Sprintf(format+" … "+format, scale*r[0], scale*r[1])
	}
	for _, e := range b.Results {
		t.AppendRow(table.Row{e.Epochs, fmt.Sprintf("%.3f", e.R2), span(e.R2Range, "%.3f", 1), fmt.Sprintf("%.4f", e.MAE), fmt.Sprintf("%.3f", e.Tau),
			fmt.Sprintf("%.1f %%", 100*e.Coverage80), span(e.Coverage80Range, "%.0f %%", 100), fmt.Sprintf("%.3f", e.Width80), fmt.Sprintf("%.0f %%", 100*e.CaughtWorstFifth)})
	}
	t.Render()
	fmt.Fprintln(a.out, "Every figure is held-out. Worst fifth caught: at most 5 % of the other held-out runs rejected wrongly.")
}
