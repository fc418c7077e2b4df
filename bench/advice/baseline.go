package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"runtime"
)

// Where results go in the data folder, unless a command is told otherwise.
const (
	trainingsFile = "proof-trainings.jsonl"
	revisionsFile = "proof-revisions.jsonl"
)

// choice is what every command that trains is told.
type choice struct {
	dataset, set string
	folder       string
	jobs         int
	out          string
	only         string
}

func (c *choice) flags(f *flag.FlagSet, out string) {
	f.StringVar(&c.dataset, "dataset", "fashion-mnist-sample", "data set: fashion-mnist-sample or cifar10")
	f.StringVar(&c.set, "set", devSet, "dev, or test or test2, each of which is looked at once")
	f.StringVar(&c.folder, "data", "", "the program's data folder, where its data sets are")
	f.IntVar(&c.jobs, "jobs", runtime.NumCPU(), "trainings at a time, one core each")
	f.StringVar(&c.only, "only", "", "nets whose file matches this pattern, such as flawed/*; default: all")
	f.StringVar(&c.out, "out", "", "file that results are appended to; default: "+out+" in the data folder")
}

func (c *choice) parse(f *flag.FlagSet, args []string, stderr io.Writer, out string) error {
	f.SetOutput(stderr)
	c.flags(f, out)
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%q is left over: all arguments are flags", f.Arg(0))
	}
	if c.folder == "" {
		return errors.New("-data is missing: the program's data folder, where its data sets are")
	}
	if c.out == "" {
		c.out = filepath.Join(c.folder, out)
	}
	return nil
}

// nets are those that were chosen.
func (c *choice) nets() ([]Net, error) {
	all, err := netsOf(c.dataset, c.set)
	if err != nil || c.only == "" {
		return all, err
	}
	var nets []Net
	for _, n := range all {
		yes, err := path.Match(c.only, n.part(2)+"/"+n.part(3))
		if err != nil {
			return nil, fmt.Errorf("-only %q: %w", c.only, err)
		}
		if yes {
			nets = append(nets, n)
		}
	}
	if len(nets) == 0 {
		return nil, fmt.Errorf("-only %q: no net of %s %s is GROUP/NAME.json so", c.only, c.dataset, c.set)
	}
	return nets, nil
}

// baseline trains the nets of a set in full as they are.
func baseline(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c choice
	if err := c.parse(flag.NewFlagSet("baseline", flag.ContinueOnError), args, stderr, trainingsFile); err != nil {
		return err
	}
	nets, err := c.nets()
	if err != nil {
		return err
	}
	var tasks []task
	for _, n := range nets {
		tasks = append(tasks, task{n.File, baseArm, n.Architecture})
	}
	return c.train(ctx, tasks, stdout, stderr)
}

// train makes the trainings that are missing.
func (c *choice) train(ctx context.Context, tasks []task, stdout, stderr io.Writer) error {
	l, err := openLab(ctx, c.folder, c.dataset, c.jobs, stderr)
	if err != nil {
		return err
	}
	if err := l.trainAll(ctx, tasks, proofSeeds, c.out); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s has the trainings of %d nets\n", c.out, len(tasks))
	return err
}

// trainRevisions trains in full what arms made of the nets of a set.
func trainRevisions(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c choice
	f := flag.NewFlagSet("train", flag.ContinueOnError)
	file := f.String("revisions", "", "file of revisions; default: "+revisionsFile+" in the data folder")
	if err := c.parse(f, args, stderr, trainingsFile); err != nil {
		return err
	}
	nets, err := c.nets()
	if err != nil {
		return err
	}
	of := map[string]Group{}
	for _, n := range nets {
		of[n.File] = n.Group()
	}
	revisions, err := readLines[Revision](cmp.Or(*file, filepath.Join(c.folder, revisionsFile)))
	if err != nil {
		return err
	}
	var tasks []task
	for _, r := range revisions {
		if g := of[r.Net]; (g == flawed || g == sound) && r.Arm != identicalArm && r.Revised != nil {
			tasks = append(tasks, task{r.Net, r.Arm, *r.Revised})
		}
	}
	if len(tasks) == 0 {
		return fmt.Errorf("no revision of %s %s to train", c.dataset, c.set)
	}
	return c.train(ctx, tasks, stdout, stderr)
}
