// Command ratetest compares ways to read a learning-rate range test: on the bases of pairs that were also trained in
// full with another learning rate, does the rate that a way suggests stand nearer to the better of the two?
//
//	go run ./bench/ratetest -data FOLDER -pairs FOLDER -out FILE.jsonl [-bases 40]
//
// Each base costs about half an epoch; tests that FILE holds are not made again. Where both accuracies are within a
// point the pair says nothing and is left out.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/signal"
	"strings"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/advisor/knob"
	"probewise/advisor/ratetest"
	"probewise/trainer"
	"probewise/trainer/dataset"
	"probewise/trainer/graph"
	"probewise/trainer/kernel"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "ratetest:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("ratetest", flag.ContinueOnError)
	f.SetOutput(stderr)
	data := f.String("data", "", "the program's data folder, where its data sets are")
	pairs := f.String("pairs", "", "folder of shards of pairs")
	out := f.String("out", "", "file that tests are appended to")
	bases := f.Int("bases", 40, "bases that are tested, at most")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *data == "" || *pairs == "" || *out == "" {
		return errors.New("wanted: -data FOLDER -pairs FOLDER -out FILE.jsonl")
	}
	entries, err := corpus.Read(os.DirFS(*pairs))
	if err != nil {
		return err
	}
	all := rateChanges(entries)
	tests, err := readTests(*out)
	if err != nil {
		return err
	}
	if err := makeTests(ctx, stderr, *data, *out, all[:min(len(all), *bases)], tests); err != nil {
		return err
	}
	return compare(stdout, all, tests)
}

// change is a base that was also trained with another learning rate, and what that gained.
type change struct {
	base corpus.Entry
	rate float64
	gain float64
}

func (c change) name() string {
	return fmt.Sprintf("%s %d %d", c.base.Key.Dataset, c.base.Seed, c.base.Index)
}

// rateChanges finds the edits that change the learning rate alone.
func rateChanges(entries []corpus.Entry) (all []change) {
	bases := map[string]corpus.Entry{}
	key := func(e corpus.Entry) string { return change{base: e}.name() }
	for _, e := range entries {
		if e.Edit == 0 {
			bases[key(e)] = e
		}
	}
	for _, e := range entries {
		if len(e.Settings) == 1 && strings.HasPrefix(e.Settings[0], "learning-rate ") {
			if base, ok := bases[key(e)]; ok {
				rate := e.Architecture.Training.Optimizer.LearningRate
				all = append(all, change{base, rate, accuracy(e.PastRun) - accuracy(base.PastRun)})
			}
		}
	}
	return all
}

// accuracy is the final test accuracy, chance where a run diverged.
func accuracy(r advisor.PastRun) float64 {
	if r.Outcome.Diverged || !r.Outcome.TestAccuracy.Known() {
		return 1 / float64(r.Architecture.Classes)
	}
	return float64(r.Outcome.TestAccuracy)
}

// stored is a line of the file of tests.
type stored struct {
	Name string           `json:"name"`
	Test advisor.RateTest `json:"test"`
}

func readTests(file string) (map[string]advisor.RateTest, error) {
	tests := map[string]advisor.RateTest{}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return tests, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var s stored
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		tests[s.Name] = s.Test
	}
	return tests, lines.Err()
}

// makeTests makes the tests that are missing, on one core each, and appends them to the file.
func makeTests(ctx context.Context, progress io.Writer, folder, file string, all []change,
	tests map[string]advisor.RateTest) error {
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	loaded := map[string]*trainer.Dataset{}
	t := graph.Trainer{Open: func(int) (trainer.Backend, error) { return kernel.New(1) }}
	for _, c := range all {
		k := c.base.Key
		if _, have := tests[c.name()]; have {
			continue
		}
		if loaded[k.Dataset] == nil {
			if loaded[k.Dataset], err = dataset.Open(folder).Load(ctx, k.Dataset); err != nil {
				return err
			}
		}
		test, err := ratetest.Run(ctx, t, trainer.Spec{
			Architecture: c.base.Architecture,
			Data:         loaded[k.Dataset],
			Budget:       trainer.Budget{Images: k.Images, Epochs: k.Epochs},
			Seed:         c.base.PastRun.Seed,
		})
		if err != nil {
			return fmt.Errorf("%s: %w", c.name(), err)
		}
		tests[c.name()] = test
		if err := json.NewEncoder(out).Encode(stored{c.name(), test}); err != nil {
			return err
		}
		fmt.Fprintf(progress, "%s: rate %g, suggested %g %s\n", c.name(),
			c.base.Architecture.Training.Optimizer.LearningRate, float64(test.Suggested), test.Reason)
	}
	return nil
}

const even = 0.01 // gains that say nothing

// way is a way to suggest a rate for a net.
type way struct {
	name    string
	suggest func(c change) trainer.Number
}

// compare writes for each way how often it agrees with what the trainings in full showed.
func compare(w io.Writer, all []change, tests map[string]advisor.RateTest) error {
	var ways []way
	for _, r := range ratetest.Rules() {
		ways = append(ways, way{r.Name, func(c change) trainer.Number {
			rate, _ := r.Suggest(tests[c.name()].Points)
			return rate
		}})
	}
	ways = append(ways, way{"no test: the optimizer's usual rate", func(c change) trainer.Number {
		return trainer.Number(knob.UsualRate(c.base.Architecture))
	}})
	fmt.Fprintf(w, "| way | pairs | nearer to the better rate | gain where the other rate is nearer | where it is not |\n"+
		"|---|---|---|---|---|\n")
	for _, y := range ways {
		right, n := 0, 0
		var followed, left []float64
		for _, c := range all {
			s := y.suggest(c)
			if _, tested := tests[c.name()]; !tested || !s.Known() || math.Abs(c.gain) < even {
				continue
			}
			n++
			nearer := apart(float64(s), c.rate) < apart(float64(s), c.base.Architecture.Training.Optimizer.LearningRate)
			if nearer == (c.gain > 0) {
				right++
			}
			if nearer {
				followed = append(followed, c.gain)
			} else {
				left = append(left, c.gain)
			}
		}
		fmt.Fprintf(w, "| %s | %d | %d (%.0f %%) | %s | %s |\n", y.name, n, right, 100*float64(right)/float64(n),
			points(followed), points(left))
	}
	return nil
}

// apart is how far two rates are from each other, on the logarithm.
func apart(a, b float64) float64 { return math.Abs(math.Log(a / b)) }

// points is the mean in percentage points.
func points(values []float64) string {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return fmt.Sprintf("%+.1f (%d)", 100*sum/float64(max(len(values), 1)), len(values))
}
