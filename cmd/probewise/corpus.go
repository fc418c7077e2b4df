package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/advisor/figure"
	"probewise/advisor/pastruns"
	"probewise/trainer"
	"probewise/trainer/dataset"
)

func (a *app) corpusCommand() *cobra.Command {
	return group("corpus", "Make and show past runs", trains(a.corpusBuildCommand()), trains(a.corpusExtendCommand()),
		trains(a.corpusPairsCommand()),
		a.corpusShowCommand(), a.corpusExportCommand())
}

func (a *app) corpusBuildCommand() *cobra.Command {
	seeds := 1
	var p corpusPlan
	c := &cobra.Command{
		Use:   "build",
		Short: "Sample architectures and train them in full",
		Long: "Samples architectures 0 … N-1 of the seed's sequence and trains each in full. Runs that the shard already\n" +
			"holds are not trained again, so an interrupted build goes on where it stopped.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if p.design < 0 || p.design > maxDesign {
				return fmt.Errorf("--design %d: give 1 to %d", p.design, maxDesign)
			} else if p.design > 0 && (c.Flags().Changed("runs") || seeds > 1) {
				return errors.New("--design picks the runs itself: give neither --runs nor --seeds beside it")
			}
			if seeds < 1 {
				return errors.New("--seeds must be at least 1")
			} else if seeds > 1 {
				p.Draw = corpus.DrawRepeats(seeds)
			}
			p.Seed = max(a.Seed, 1)
			return a.corpusBuild(c.Context(), p)
		},
	}
	c.Flags().IntVar(&p.Runs, "runs", 40, "architectures that the shard holds in the end")
	c.Flags().IntVar(&p.design, "design", 0,
		"in place of --runs: so many architectures of the sequence, those whose runs "+
			"tell most of a data set or length that has none, such as 5")
	c.Flags().IntVar(&seeds, "seeds", 1, "seeds that each of them is trained with")
	c.Flags().BoolVar(&p.testHalf, "test-half", false, "test on the half of the test images that proofs do not use")
	corpusFlags(c, &p)
	return c
}

func (a *app) corpusExtendCommand() *cobra.Command {
	var p corpusPlan
	c := &cobra.Command{
		Use:   "extend",
		Short: "Train more architectures of a sequence that was begun",
		Long: "Goes on with the seed's sequence after the last run that the shard holds, " +
			"with the settings of corpus build. Runs\n" +
			"that an interrupted build left out are made up for first.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if p.more < 1 {
				return errors.New("--runs must be at least 1")
			}
			p.Seed = max(a.Seed, 1)
			return a.corpusBuild(c.Context(), p)
		},
	}
	c.Flags().IntVar(&p.more, "runs", 10, "runs to add")
	corpusFlags(c, &p)
	return c
}

func (a *app) corpusPairsCommand() *cobra.Command {
	p := corpusPlan{Plan: corpus.Plan{Draw: corpus.DrawPairs}, testHalf: true}
	c := &cobra.Command{
		Use:   "pairs",
		Short: "Train architectures with and without changes",
		Long: "Samples bases 0 … N-1 of the seed's sequence and trains each in full, and some six edits of it with the\n" +
			"same seed: from such pairs it is learnt what a change is worth. Test accuracy is that of one half of the test\n" +
			"images; proofs use the other half. An interrupted build goes on where it stopped.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p.Seed = max(a.Seed, 1)
			if p.out == "" {
				p.out = a.pairsDir()
			}
			return a.corpusBuild(c.Context(), p)
		},
	}
	c.Flags().IntVar(&p.Runs, "bases", 100, "bases that the shard holds in the end")
	corpusFlags(c, &p)
	c.Flags().Lookup("out").Usage = "folder of the shard; default: pairs in the data folder"
	return c
}

// corpusFlags are those that building and extending share.
func corpusFlags(c *cobra.Command, p *corpusPlan) {
	f := c.Flags()
	f.StringVar(&p.name, "dataset", advisor.DefaultDataset, "data set")
	f.IntVar(&p.Budget.Images, "images", 0, "training and validation images; 0: 10,000 or all where there are fewer")
	f.IntVar(&p.Budget.Epochs, "epochs", 15, "epochs of each run")
	f.IntVar(&p.Jobs, "jobs", runtime.GOMAXPROCS(0), "runs at a time")
	f.Int64Var(&p.Space.MultiplyAdds, "multiply-adds", 4_000_000,
		"at most, forward, per image; one of five nets has more, up to four times as many")
	f.Int64Var(&p.Space.MaxParameters, "parameters", 3_000_000, "at most")
	f.Float64Var(&p.Space.RateFactor, "rate-factor", 1,
		"multiplies the highest learning rates that are drawn; at 30 a third of the runs stay at chance")
	f.StringVar(&p.out, "out", "", "folder of the shard; default: corpus in the data folder")
}

// corpusPlan is a plan with where its images come from and its runs go.
type corpusPlan struct {
	corpus.Plan
	name, out string // data set, and folder of the shard
	more      int    // runs after those that the shard holds; 0: as many as the plan says
	testHalf  bool   // test on the half of the test images that proofs do not use
	design    int    // as many of the sequence as tell most; 0: the first ones
}

// maxDesign is the largest design: from some thirty runs on the first ones of the sequence do.
const maxDesign = 30

// designed is how many architectures of the sequence stand for each that a design picks.
const designed = 8

// pickDesign takes the architectures of the sequence whose full runs tell most of the key.
func (a *app) pickDesign(ctx context.Context, k advisor.Key, p *corpusPlan) error {
	var all []trainer.Architecture
	for i := range designed * p.design {
		sampled, err := corpus.Sample(p.Space, p.Seed, i)
		if err != nil {
			return err
		}
		all = append(all, sampled)
	}
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }()
	past, err := pastruns.Read(ctx, s.past, k)
	if err == nil {
		p.Numbers, err = s.predictor.Forests.Design(ctx, past, all, p.design)
	}
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	p.Runs = len(p.Numbers)
	return nil
}

// corpusBuild makes the plan's runs.
func (a *app) corpusBuild(ctx context.Context, p corpusPlan) error {
	if p.Runs+p.more < 1 || p.Budget.Epochs < 1 || p.Jobs < 1 {
		return fmt.Errorf("--runs, --epochs and --jobs must be at least 1")
	}
	if !(p.Space.RateFactor >= 1 && p.Space.RateFactor <= 1e6) {
		return fmt.Errorf("--rate-factor %g: must be from 1 to a million", p.Space.RateFactor)
	}
	data, err := dataset.Open(a.DataDir).Load(ctx, p.name)
	if err != nil {
		return err
	}
	if p.Budget.Images == 0 {
		p.Budget.Images = min(advisor.DefaultImages, data.Train.Len())
	}
	if p.Budget.Images > data.Train.Len() || p.Budget.Images < advisor.MinImages {
		return fmt.Errorf("--images %d: data set %s has %d training images, and a run needs %d", p.Budget.Images, p.name,
			data.Train.Len(), advisor.MinImages)
	}
	if p.testHalf {
		data = dataset.TestHalf(data, dataset.Fitting)
	}
	if p.out == "" {
		p.out = a.corpusDir()
	}
	key := advisor.Key{Dataset: p.name, Images: p.Budget.Images, Epochs: p.Budget.Epochs}
	p.Data, p.Version, p.File = data, version(), filepath.Join(p.out, corpus.FileName(key, p.Seed))
	if p.more > 0 {
		next, err := corpus.NextIndex(p.File, p.Seed)
		if err != nil {
			return &exitError{exitUnevaluated, err}
		}
		p.Runs = next + p.more
	}
	p.Space.Input = [3]int{data.Height, data.Width, data.Channels}
	p.Space.Classes, p.Space.Epochs = len(data.Classes), p.Budget.Epochs
	if p.design > 0 {
		if err := a.pickDesign(ctx, key, &p); err != nil {
			return err
		}
	}
	bar := a.bar(int64(p.Runs), "past runs")
	t := a.newTrainer()
	p.Threads = max(runtime.GOMAXPROCS(0)/p.Jobs, 1)
	t.Memory.Sessions = p.Jobs
	err = corpus.Build(ctx, t, p.Plan, func(s corpus.Progress) {
		if s.Finished == nil {
			return
		}
		_ = bar.Set(s.Done)
		if _, shown := terminal(a.errOut); !shown && !a.Quiet {
			fmt.Fprintln(a.errOut, describe(*s.Finished))
		}
	})
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	held, err := corpus.Held(p.File, p.Seed)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(map[string]any{"file": p.File, "runs": held})
	}
	_, err = fmt.Fprintf(a.out, "%s holds %d runs\n", p.File, held)
	return err
}

// describe is one line about a finished run.
func describe(e corpus.Entry) string {
	result := "test accuracy " + figure.Share(e.Outcome.TestAccuracy)
	if e.Outcome.Diverged {
		result = fmt.Sprintf("diverged in epoch %d", e.Outcome.DivergedEpoch)
	}
	cost := e.Architecture.Cost()
	return fmt.Sprintf("run %d: %s, %s parameters, %s million multiply-adds, %s",
		e.Index, result, figure.Count(cost.Parameters), figure.Decimals(float64(cost.MultiplyAdds)/1e6, 2),
		figure.Duration(e.Outcome.Seconds))
}

func (a *app) corpusShowCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "show",
		Short: "List the past runs of a data set",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.corpusShow(c.Context(), name) },
	}
	c.Flags().StringVar(&name, "dataset", advisor.DefaultDataset, "data set")
	return c
}

// pastRun is a past run as it is listed.
type pastRun struct {
	Key            advisor.Key     `json:"key"`
	ArchitectureID string          `json:"architecture_id"`
	Name           string          `json:"name"`
	Parameters     int64           `json:"parameters"`
	MultiplyAdds   int64           `json:"multiply_adds"`
	Outcome        trainer.Outcome `json:"outcome"`
	Version        string          `json:"version"`
}

func (a *app) corpusShow(ctx context.Context, name string) error {
	list := []pastRun{}
	err := a.eachKey(ctx, name, func(s *program, k advisor.Key) error {
		runs, err := s.past.Of(ctx, k)
		for _, r := range runs {
			cost := r.Architecture.Cost()
			list = append(list,
				pastRun{k, r.Architecture.ID(), r.Architecture.Name, cost.Parameters, cost.MultiplyAdds, r.Outcome, r.Version})
		}
		return err
	})
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(list)
	}
	for _, r := range list {
		accuracy, err := json.Marshal(r.Outcome.TestAccuracy)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s\t%s\t%d parameters\t%d multiply-adds\ttest accuracy %s\n",
			r.Key, r.Name, r.Parameters, r.MultiplyAdds, accuracy)
	}
	fmt.Fprintf(a.out, "%d past runs\n", len(list))
	return nil
}
