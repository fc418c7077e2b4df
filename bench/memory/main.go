//go:build unix

// Command memory compares the memory that runs are predicted to need with what they take; see ../memory.sh.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"text/tabwriter"

	"probewise/advisor/corpus"
	"probewise/trainer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

type options struct {
	probewise, folder string
	nets              int
	seed              uint64
	images            int
	most              float64
	json              bool
}

// row is what one net needed.
type row struct {
	Net       string  `json:"net"`
	Batch     int     `json:"batch"`
	Predicted int64   `json:"predicted"` // bytes
	Measured  int64   `json:"measured"`
	Off       float64 `json:"off"`     // predicted ÷ measured − 1
	OffOwn    float64 `json:"off_own"` // the same of what is beyond the smallest run's
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	var o options
	f := flag.NewFlagSet("memory", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.StringVar(&o.probewise, "probewise", "probewise", "the program")
	f.StringVar(&o.folder, "folder", os.TempDir(), "for data folders and architectures")
	f.IntVar(&o.nets, "nets", 20, "sampled nets")
	f.Uint64Var(&o.seed, "seed", 1, "of the sampler")
	f.IntVar(&o.images, "images", 600, "of a run")
	f.Float64Var(&o.most, "most", 0.2, "greatest share by which a prediction may be off")
	f.BoolVar(&o.json, "json", false, "print one JSON document")
	if err := f.Parse(args); err != nil {
		return err
	}
	rows, err := o.measureAll(ctx, errOut)
	if err != nil {
		return err
	}
	if o.json {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		err = e.Encode(rows)
	} else {
		err = table(out, rows)
	}
	off := slices.MaxFunc(rows, func(a, b row) int { return cmp.Compare(math.Abs(a.Off), math.Abs(b.Off)) })
	if err == nil && math.Abs(off.Off) > o.most {
		err = fmt.Errorf("the prediction of %s is off by %.0f %%, more than %.0f %%", off.Net, 100*off.Off, 100*o.most)
	}
	return err
}

// measureAll measures the smallest net, then sampled ones of up to 60 million multiply-adds, some of them residual.
func (o options) measureAll(ctx context.Context, errOut io.Writer) ([]row, error) {
	smallest, err := trainer.Parse([]byte(`{"name":"smallest","input":[28,28,1],"classes":10,
		"layers":[{"type":"global_avg_pool"},{"type":"dense","units":10}],"training":{"batch_size":1}}`),
		trainer.ParseOptions{})
	if err != nil {
		return nil, err
	}
	base, err := o.measure(ctx, smallest.Architecture)
	if err != nil {
		return nil, err
	}
	rows := []row{base}
	space := corpus.Space{Input: [3]int{28, 28, 1}, Classes: 10, Epochs: 1, MultiplyAdds: 60e6, MaxParameters: 10e6}
	for i := range o.nets {
		a, err := corpus.Sample(space, o.seed, i)
		if err != nil {
			return nil, err
		}
		if i%4 == 3 {
			if a, err = withBlocks(a); err != nil {
				return nil, err
			}
		}
		r, err := o.measure(ctx, a)
		if err != nil {
			return nil, err
		}
		r.OffOwn = float64(r.Predicted-base.Predicted)/float64(r.Measured-base.Measured) - 1
		rows = append(rows, r)
		fmt.Fprintf(errOut, "%d of %d\r", i+1, o.nets)
	}
	return rows, nil
}

// withBlocks puts each conv layer of kernel 3, but the first, into a residual block with a projection.
func withBlocks(a trainer.Architecture) (trainer.Architecture, error) {
	a = a.Clone()
	for i, l := range a.Layers {
		if l.Type == trainer.Conv && i > 0 {
			projection := l
			projection.Kernel, projection.Name, projection.Activation = [2]int{1, 1}, "projection_"+l.Name, trainer.Linear
			a.Layers[i] = trainer.Layer{
				Type:     trainer.Residual,
				Name:     "block_" + l.Name,
				Body:     []trainer.Layer{l},
				Shortcut: []trainer.Layer{projection},
			}
		}
	}
	a.Name += "-residual"
	return trainer.Validate(a, trainer.Limits{})
}

// needs finds the predicted bytes in the message of a refused run.
var needs = regexp.MustCompile(`of memory \((\d+) bytes\)`)

// measure lets the program refuse the run, which says what it would need, then train it.
func (o options) measure(ctx context.Context, a trainer.Architecture) (row, error) {
	r := row{Net: a.Name, Batch: a.Training.BatchSize}
	file := filepath.Join(o.folder, a.Name+".json")
	if err := os.WriteFile(file, a.Canonical(), 0o644); err != nil {
		return r, err
	}
	train := func(limit string) (*exec.Cmd, []byte, error) {
		data, err := os.MkdirTemp(o.folder, "data")
		if err != nil {
			return nil, nil, err
		}
		var complaints bytes.Buffer
		c := exec.CommandContext(ctx, o.probewise, "train", file, "--images", strconv.Itoa(o.images), "--epochs", "1",
			"--data-dir", data, "--memory-limit", limit, "-q", "--json")
		c.Stderr = &complaints
		err = c.Run()
		return c, complaints.Bytes(), errors.Join(err, os.RemoveAll(data))
	}
	_, said, err := train("1") // refused: an error is as it should be
	found := needs.FindSubmatch(said)
	if found == nil {
		return r, errors.Join(fmt.Errorf("%s says nothing of the memory it needs: %s", a.Name, said), err)
	}
	if r.Predicted, err = strconv.ParseInt(string(found[1]), 10, 64); err != nil {
		return r, err
	}
	c, said, err := train("none")
	if err != nil {
		return r, fmt.Errorf("train %s: %w: %s", a.Name, err, said)
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return r, errors.New("the system does not say what a process took")
	}
	r.Measured = int64(usage.Maxrss) //nolint:unconvert // an int32 on some systems
	if runtime.GOOS != "darwin" {    // which has bytes, the others KiB
		r.Measured <<= 10
	}
	r.Off = float64(r.Predicted)/float64(r.Measured) - 1
	return r, nil
}

func table(out io.Writer, rows []row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "net\tbatch\tpredicted MiB\tmeasured MiB\toff\toff beyond the smallest\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.1f\t%+.0f %%\t%+.0f %%\t\n", r.Net, r.Batch, float64(r.Predicted)/(1<<20),
			float64(r.Measured)/(1<<20), 100*r.Off, 100*r.OffOwn)
	}
	return w.Flush()
}
