// Command settings compares how two settings of a corpus rank the same architectures:
//
//	go run ./bench/settings [-data advisor/corpus/data] [-dataset cifar10] [-small 10000x15] [-large 50000x30]
//
// Past runs of one corpus seed and index are of the same sampled architecture. It prints each pair of final test
// accuracies and Kendall's τ-b of the two rankings, with a 95 % bootstrap interval over architectures.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/advisor/features"
	"probewise/forest"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "settings:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run() error {
	data := flag.String("data", "advisor/corpus/data", "folder of shards")
	name := flag.String("dataset", "cifar10", "data set")
	small := flag.String("small", "10000x15", "images and epochs")
	large := flag.String("large", "50000x30", "images and epochs")
	flag.Parse()
	entries, err := corpus.Read(os.DirFS(*data))
	if err != nil {
		return err
	}
	few, err := accuracies(entries, *name, *small)
	if err != nil {
		return err
	}
	many, err := accuracies(entries, *name, *large)
	if err != nil {
		return err
	}
	var x, y []float64
	for _, e := range entries {
		of := sample{e.Seed, e.Index}
		a, here := few[of]
		b, there := many[of]
		if !here || !there {
			continue
		}
		delete(many, of)
		x, y = append(x, a), append(y, b)
		fmt.Printf("sample-%d-%d  %s %.3f  %s %.3f\n", of.seed, of.index, *small, a, *large, b)
	}
	if len(x) < 2 {
		return fmt.Errorf("%d architectures in both settings", len(x))
	}
	low, high := interval(x, y)
	fmt.Printf("%d architectures: Kendall's τ %.2f (%.2f … %.2f)\n", len(x), forest.TauB(x, y), low, high)
	return nil
}

type sample struct {
	seed  uint64
	index int
}

// accuracies are the targets of a setting's runs.
func accuracies(entries []corpus.Entry, dataset, setting string) (map[sample]float64, error) {
	k := advisor.Key{Dataset: dataset}
	if _, err := fmt.Sscanf(setting, "%dx%d", &k.Images, &k.Epochs); err != nil {
		return nil, fmt.Errorf("setting %q: want images x epochs, as in 10000x15", setting)
	}
	found := map[sample]float64{}
	for _, e := range entries {
		if e.Key == k {
			found[sample{e.Seed, e.Index}] = features.Target(e.PastRun)
		}
	}
	return found, nil
}

// interval draws architectures (Efron 1979).
func interval(x, y []float64) (low, high float64) {
	const draws = 2000
	random := rand.New(rand.NewPCG(1, 1))
	taus := make([]float64, draws)
	for d := range taus {
		a, b := make([]float64, len(x)), make([]float64, len(x))
		for i := range x {
			from := random.IntN(len(x))
			a[i], b[i] = x[from], y[from]
		}
		taus[d] = forest.TauB(a, b)
	}
	slices.Sort(taus)
	return taus[draws/40], taus[draws-1-draws/40]
}
