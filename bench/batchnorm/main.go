// Command batchnorm measures how early evaluations of nets with batch norm foretell their final accuracy:
//
//	go run ./bench/batchnorm -data FOLDER [-dataset cifar10] [-nets 6] [-multiply-adds 1.5] [-epochs 3] [-threads 1]
//
// It takes the first nets that ship as past runs of the data set at 10,000 images and 15 epochs, have no batch norm,
// reached a test accuracy of 0.4 and need at most so many million multiply-adds an image; gives batch norm to all their
// hidden layers; and trains them in full with seed 1. For each it prints the validation accuracy of the
// records at ¼, ½, 1, 2 and 3 epochs and the final test accuracy, then for each of these moments the mean accuracy, how
// far it is below the final one, and Spearman's rank correlation with it. FOLDER is probewise's --data-dir, where data
// sets lie. -epochs stops early, without a final accuracy.
//
// How a net is evaluated cannot be chosen. For what the running statistics give, copy this folder into commit 34c0b7d,
// where TrainTo takes whole epochs and Open no threads.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/advisor/figure"
	"probewise/advisor/knob"
	"probewise/trainer"
	"probewise/trainer/dataset"
	"probewise/trainer/graph"
	"probewise/trainer/kernel"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "batchnorm:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

// The full run of the past runs.
const (
	images = 10_000
	full   = 15
	seed   = 1
)

// learnt is the test accuracy from which on a net counts as one that learns.
const learnt = 0.4

// moments are when nets are looked at, in epochs.
var moments = []float64{0.25, 0.5, 1, 2, 3}

// curve is what came of one net.
type curve struct {
	name  string
	early []float64 // validation accuracy at moments
	final float64   // test accuracy
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	f := flag.NewFlagSet("batchnorm", flag.ContinueOnError)
	f.SetOutput(errOut)
	data := f.String("data", "", "folder of data sets")
	name := f.String("dataset", "fashion-mnist-sample", "data set")
	nets := f.Int("nets", 6, "how many nets")
	most := f.Float64("multiply-adds", 1.5, "of an image, in millions, at most")
	epochs := f.Int("epochs", full, "epochs after which trainings stop, from 3")
	threads := f.Int("threads", 1, "threads of the CPU; 0: all")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *data == "" || *nets < 1 || *epochs < 3 || *epochs > full {
		return fmt.Errorf("-data names the folder of data sets, -nets is 1 or more, -epochs from 3 to %d", full)
	}
	d, err := dataset.Open(*data).Load(ctx, *name)
	if err != nil {
		return err
	}
	entries, err := corpus.Shipped()
	if err != nil {
		return err
	}
	picked := pick(entries, *name, int64(1e6**most), *nets)
	if len(picked) == 0 {
		return fmt.Errorf("no past run of %s has a net that is wanted", *name)
	}
	var curves []curve
	for _, a := range picked {
		c, err := train(ctx, a, d, *epochs, *threads)
		if err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
		curves = append(curves, c)
		fmt.Fprintln(out, c)
	}
	summarise(out, curves, *epochs == full)
	return nil
}

// pick returns the first nets that are wanted, with batch norm on all hidden layers.
func pick(entries []corpus.Entry, name string, multiplyAdds int64, n int) (picked []trainer.Architecture) {
	key := advisor.Key{Dataset: name, Images: images, Epochs: full}
	for _, e := range entries {
		if e.Key != key || len(picked) == n || e.Outcome.TestAccuracy < learnt ||
			e.Architecture.Cost().MultiplyAdds > multiplyAdds {
			continue
		}
		a := e.Architecture
		hidden := knob.Hidden(&a, "")
		if len(hidden) > 0 && !slices.ContainsFunc(hidden, trainer.Block.PathBatchNorm) {
			picked = append(picked, knob.After(a, knob.Each(knob.Names(hidden), knob.Normalise)))
		}
	}
	return picked
}

// train trains a net as its past run was.
func train(ctx context.Context, a trainer.Architecture, data *trainer.Dataset, epochs, threads int) (c curve,
	err error) {
	t := graph.Trainer{Open: func(threads int) (trainer.Backend, error) { return kernel.New(threads) }}
	s, err := t.Start(ctx, trainer.Spec{
		Architecture: a,
		Data:         data,
		Budget:       trainer.Budget{Images: images, Epochs: full},
		Seed:         seed,
		Threads:      threads,
	})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	c.name = a.Name
	outcome, err := s.TrainTo(ctx, float64(epochs), &c)
	c.final = float64(outcome.TestAccuracy)
	return c, err
}

// Progress implements trainer.Observer.
func (c *curve) Progress(trainer.Progress) {}

// Record implements trainer.Observer.
func (c *curve) Record(_ context.Context, r trainer.EpochRecord) error {
	if slices.Contains(moments, r.Epoch) {
		c.early = append(c.early, float64(r.ValidationAccuracy))
	}
	return nil
}

// String writes the curve on a line.
func (c curve) String() string {
	line := c.name
	for i, v := range c.early {
		line += fmt.Sprintf("  %g: %.3f", moments[i], v)
	}
	return line + "  test: " + figure.Decimals(c.final, 3)
}
