// Command forms measures what parameter statistics add to a prediction, in one form after another:
//
//	go run ./bench/forms [-data advisor/corpus/data] [-dataset cifar10] [-half even]
//		[-epochs 0,0.25,0.5,1] [-fit 57] [-splits 20] [-only level]
//
// For each form and probe length it prints the held-out R² of the estimator on learning curve and architecture, with
// and without the form's columns, and the gain with its 95 % bootstrap interval over architectures (forest.Ablate).
// Runs are parted by their index in the corpus: forms are chosen on the even ones, and the chosen one is judged on the
// odd ones, once.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/advisor/features"
	"probewise/forest"
	"probewise/trainer"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "forms:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run() error {
	var (
		key    advisor.Key
		ladder = forest.AblationOptions{Seed: 1}

		data    = flag.String("data", "advisor/corpus/data", "folder of shards")
		half    = flag.String("half", "even", "even, odd or all runs")
		lengths = flag.String("epochs", "0,0.25,0.5,1", "probe lengths")
		only    = flag.String("only", "", "forms whose name matches this regular expression")
	)
	flag.StringVar(&key.Dataset, "dataset", "cifar10", "data set")
	flag.IntVar(&key.Images, "images", 10000, "images of the past runs")
	flag.IntVar(&key.Epochs, "full", 15, "epochs of the past runs")
	flag.IntVar(&ladder.Fit, "fit", 57, "runs to fit on in each split")
	flag.IntVar(&ladder.Splits, "splits", 20, "random splits")
	flag.Parse()
	named, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	entries, err := corpus.Read(os.DirFS(*data))
	if err != nil {
		return err
	}
	var runs []advisor.PastRun
	for _, e := range entries {
		if e.Key == key && (*half == "all" || (*half == "even") == (e.Index%2 == 0)) {
			runs = append(runs, e.PastRun)
		}
	}
	fmt.Printf("%d %s runs of (%s), %d to fit on, %d splits, seed %d\n", len(runs), *half, key, ladder.Fit,
		ladder.Splits, ladder.Seed)
	for _, text := range strings.Split(*lengths, ",") {
		epochs, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		for _, f := range forms {
			if !named.MatchString(f.name) {
				continue
			}
			if err := try(runs, epochs, f, ladder); err != nil {
				return fmt.Errorf("%s at %g epochs: %w", f.name, epochs, err)
			}
		}
	}
	return nil
}

// try prints one line.
func try(runs []advisor.PastRun, epochs float64, f form, l forest.AblationOptions) error {
	var t forest.Table
	var without, with []bool
	for _, r := range runs {
		if !features.HasRecordsUntil(r, epochs) {
			continue
		}
		v := features.Probe(r.Architecture, r.Records, r.Outcome, epochs)
		var seen []trainer.EpochRecord
		if !r.Outcome.Diverged || float64(r.Outcome.DivergedEpoch) > epochs {
			for _, e := range r.Records {
				if e.Epoch <= epochs {
					seen = append(seen, e)
				}
			}
		}
		names, row := []string{}, []float64{}
		without, with = without[:0], with[:0]
		t.Linear = t.Linear[:0]
		for j, g := range v.Groups {
			if g != features.OfStatistics || f.columns == nil {
				names, row, t.Linear = append(names, v.Names[j]), append(row, v.Values[j]), append(t.Linear, v.Linear[j])
				without, with = append(without, g != features.OfStatistics), append(with, true)
			}
		}
		if f.columns != nil {
			more, values := f.columns(seen)
			for j := range more {
				names, row, t.Linear = append(names, more[j]), append(row, values[j]), append(t.Linear, false)
				without, with = append(without, false), append(with, true)
			}
		}
		t.Names, t.X = names, append(t.X, row)
		t.Y, t.Groups = append(t.Y, features.Target(r)), append(t.Groups, features.GroupOf(r.Architecture))
		t.Current = features.CurrentAccuracy
	}
	scores, err := forest.Ablate(context.Background(), t,
		[]forest.AblationStep{{Name: "without", Columns: without}, {Name: "with", Columns: with}}, l, forest.Options{Seed: 1})
	if err != nil {
		return err
	}
	s := scores[1]
	fmt.Printf("%5g  %-34s %3d columns  %.3f → %.3f  gain %+.3f  %+.3f … %+.3f\n",
		epochs, f.name, len(t.Names)-count(without), scores[0].R2, s.R2, s.Gain, s.Low, s.High)
	return nil
}

func count(flags []bool) (n int) {
	for _, f := range flags {
		if f {
			n++
		}
	}
	return n
}
