package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"probewise/advisor/gain"
	"probewise/advisor/search"
	"strings"
)

// Arm is one way to spend the compute on a net. Revise sees training and validation images alone, and fills in what the
// arm spent and what came of it; net, arm, budget and seed are filled in for it.
type Arm struct {
	name   string
	does   string
	revise func(ctx context.Context, l *lab, n Net, budget float64, seed uint64) (Revision, error)
}

// arms lists them.
var arms = []Arm{
	{"wider", "filters and dense widths scaled until training in full takes what the net and the budget take",
		func(_ context.Context, _ *lab, n Net, budget float64, _ uint64) (Revision, error) {
			return widened(n.Architecture, budget)
		}},
	{oursArm, "what the program advises", searchArm{rules: true, judge: learnt()}.revise},
	{"ours-without-statistics", "the same without rules and without the statistics of layers",
		searchArm{judge: learnt(gain.OfStatistics)}.revise},
	{"random", "random legal edits in the same search, judged by the accuracy that they show",
		searchArm{judge: judgedBySight, candidates: edits}.revise},
	{"menu", "rate ×3 and ×0.3, cosine, batch norm on all layers, no dropout between conv layers; judged by sight",
		searchArm{judge: judgedBySight, candidates: menu}.revise},
	{identicalArm, "the net itself with other seeds, judged as ours is",
		searchArm{judge: learnt(), candidates: copies, again: true}.revise},
}

func judgedBySight(*lab) search.Judge { return &seen{} }

// learnt judges as the program does, without some columns.
func learnt(without ...gain.Group) func(*lab) search.Judge {
	return func(l *lab) search.Judge {
		return &gain.Judge{Pairs: gain.Joined{Folder: l.pairs}.Pairs, Forests: l.forests, Without: without}
	}
}

func armNames() string {
	names := make([]string, len(arms))
	for i, a := range arms {
		names[i] = a.name
	}
	return strings.Join(names, ", ")
}

func armNamed(name string) (Arm, error) {
	for _, a := range arms {
		if a.name == name {
			return a, nil
		}
	}
	return Arm{}, fmt.Errorf("-arm %q: there is no such arm, only %s", name, armNames())
}

// revise lets an arm revise the nets of a set.
func revise(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c choice
	f := flag.NewFlagSet("revise", flag.ContinueOnError)
	name := f.String("arm", "", "which of "+armNames())
	budget := f.Float64("budget", mainBudget, "full trainings of the net that the arm may spend")
	seed := f.Uint64("seed", 1, "of the arm's choices and trainings")
	if err := c.parse(f, args, stderr, revisionsFile); err != nil {
		return err
	}
	if !(*budget > 0) || math.IsInf(*budget, 0) {
		return fmt.Errorf("-budget %g: must be above 0", *budget)
	}
	arm, err := armNamed(*name)
	if err != nil {
		return err
	}
	nets, err := c.nets()
	if err != nil {
		return err
	}
	l, err := openLab(ctx, c.folder, c.dataset, c.jobs, stderr)
	if err != nil {
		return err
	}
	have, err := readLines[Revision](c.out)
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, r := range have {
		done[r.work()] = true
	}
	var missing []Net
	for _, n := range nets {
		if !done[Revision{Net: n.File, Arm: arm.name, Budget: *budget, Seed: *seed}.work()] {
			missing = append(missing, n)
		}
	}
	out, err := appendLines(c.out)
	if err != nil {
		return err
	}
	err = each(ctx, l.jobs, missing, func(ctx context.Context, n Net) error {
		r, err := arm.revise(ctx, l, n, *budget, *seed)
		if err != nil {
			return fmt.Errorf("%s: %w", n.File, err)
		}
		r.Net, r.Arm, r.Budget, r.Seed = n.File, arm.name, *budget, *seed
		if err := out.add(r); err != nil {
			return err
		}
		_, err = fmt.Fprintf(l.progress, "%s: %s\n", n.File, r.text())
		return err
	})
	if err := errors.Join(err, out.close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s has what %s makes of %d nets\n", c.out, arm.name, len(nets))
	return err
}

// text is one line about a revision.
func (r Revision) text() string {
	what := "left as it is"
	if r.Revised != nil {
		what = "revised"
	}
	return fmt.Sprintf("%s, %.2f full trainings spent %s", what, r.ComputeShare, r.Verdict)
}
