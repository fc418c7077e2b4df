// Command roofline reckons on paper what a training step of a net takes on a card, and what each kernel takes at a
// shape of reference: no card is needed, and nothing here was measured.
//
//	go run ./bench/roofline [-net trainer/graph/testdata/nets/A.json] [-batch 64] [-launches] [-json]
//	go run ./bench/roofline -kernels [-json]
//
// The calls are those of the real plan, and the kernels, grids and bytes those that trainer/cuda would launch for them.
// See card.go for what is assumed, reference.go for the shapes.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"probewise/trainer"
	"probewise/trainer/cuda"
	"probewise/trainer/graph"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "roofline:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("roofline", flag.ContinueOnError)
	net := flags.String("net", "trainer/graph/testdata/nets/A.json", "architecture")
	batch := flags.Int("batch", 0, "images of a step; 0: the architecture's")
	asJSON := flags.Bool("json", false, "one JSON document")
	all := flags.Bool("launches", false, "one line a launch instead of one a kernel")
	kernels := flags.Bool("kernels", false, "instead of a step, one line for every kernel that there is, at a shape of "+
		"nets A, B and C, which are in the folder of -net")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *kernels {
		return runKernels(out, filepath.Dir(*net), *asJSON)
	}
	step, err := stepOf(*net, *batch)
	if err != nil {
		return err
	}
	reports := make([]report, len(cards))
	for i, c := range cards {
		if reports[i], err = reckon(c, step); err != nil {
			return err
		}
	}
	if *asJSON {
		return encode(out, struct {
			Net         string   `json:"net"`
			Batch       int      `json:"batch"`
			FLOPs       int64    `json:"flops"`
			Assumptions []string `json:"assumptions"`
			Cards       []report `json:"cards"`
		}{step.name, step.rows, step.flops, assumptions, reports})
	}
	return write(out, step, reports, *all)
}

func encode(out io.Writer, document any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(document)
}

// step is one training step of a net.
type step struct {
	name  string
	rows  int
	calls []trainer.Call
	flops int64 // of the plan's kernels, all together
	works []cuda.Work
}

// stepOf plans a step of the architecture in a file.
func stepOf(file string, batch int) (step, error) {
	a, calls, _, err := callsOf(file, batch)
	if err != nil {
		return step{}, err
	}
	s := step{name: a.Name, rows: a.Training.BatchSize, calls: calls}
	for _, c := range calls {
		work, err := cuda.Plan(c.Op, lengths(c.Out))
		if err != nil {
			return step{}, err
		}
		s.works = append(s.works, work)
		for _, l := range work.Launches {
			s.flops += l.FLOPs
		}
	}
	return s, nil
}

// callsOf lists the calls of a training step of the architecture in a file, and of everything else: evaluation and
// statistics.
func callsOf(file string, batch int) (a trainer.Architecture, step, rest []trainer.Call, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return a, nil, nil, err
	}
	parsed, err := trainer.Parse(text, trainer.ParseOptions{})
	if err != nil {
		return a, nil, nil, err
	}
	a = parsed.Architecture
	if batch > 0 {
		a.Training.BatchSize = batch
	}
	images := 2 * a.Training.BatchSize
	data := &trainer.Dataset{
		Name:     "none",
		Height:   a.Input[0],
		Width:    a.Input[1],
		Channels: a.Input[2],
		Classes:  make([]string, a.Classes),
	}
	data.Train.Labels = make([]uint16, images) // nothing looks at the pixels
	step, rest, err = graph.Calls(trainer.Spec{
		Architecture: a,
		Data:         data,
		Budget:       trainer.Budget{Images: images, Epochs: 1},
	})
	return a, step, rest, err
}

func lengths(buffers []trainer.Buffer) (n []int) {
	for _, b := range buffers {
		n = append(n, b.Len())
	}
	return n
}
