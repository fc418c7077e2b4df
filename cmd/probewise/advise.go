package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"probewise/advisor"
	"probewise/advisor/report"
	"probewise/advisor/service"
	"probewise/trainer"
	"probewise/trainer/dataset"
)

func (a *app) adviseCommand() *cobra.Command {
	var r advisor.Request
	var noVerify bool
	var weights string
	c := &cobra.Command{
		Use:   "advise FILE",
		Short: "Train a probe, predict, diagnose, and search for a better architecture",
		Long: "Trains the first epochs of the architecture in FILE (\"-\": " +
			"standard input), predicts the test accuracy of full\n" +
			"training, and tries what may be changed: many changes for a short while, " +
			"the best of them for longer and again with\n" +
			"fresh seeds. Advice that was interrupted is taken up again by the same command.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r.Verify, r.Probe.Seed = !noVerify, a.Seed
			if err := given(c, &r); err != nil {
				return err
			}
			if weights != "" && !r.Train {
				return errors.New("--weights needs --train: without it nothing is trained in full")
			}
			return a.advise(c.Context(), args[0], r, weights)
		},
	}
	f := c.Flags()
	f.StringVar(&r.Dataset, "dataset", advisor.DefaultDataset, "data set (see: probewise dataset list)")
	f.IntVar(&r.Probe.Epochs, "probe-epochs", advisor.DefaultProbeEpochs, "epochs of the probe")
	f.IntVar(&r.Probe.Seeds, "probe-seeds", 1, "probes, each with a seed of its own, that the prediction is the mean of")
	f.IntVar(&r.Probe.Images, "images", 0, "training and validation images; 0: 10,000 or all where there are fewer")
	f.IntVar(&r.Epochs, "epochs", 0, "epochs of the full run that is predicted; 0: the architecture's")
	f.IntVar(&r.Suggestions, "suggestions", advisor.DefaultSuggestions, "at most this many suggestions")
	f.BoolVar(&noVerify, "no-verify", false, "list the suggestions and try none of them")
	f.BoolVar(&r.Train, "train", false, "train the revised architecture in full and add it to the past runs")
	searchFlags(f, &r)
	weightsFlag(c, &weights)
	return c
}

// searchFlags are what the search may take, what it is for and what it has to leave alone.
func searchFlags(f *pflag.FlagSet, r *advisor.Request) {
	f.Float64Var(&r.Budget, "budget", advisor.DefaultBudget,
		"what the answer may cost, in full trainings of the architecture, the probe included")
	f.StringVar((*string)(&r.Effort), "effort", string(advisor.Standard), fmt.Sprintf(
		"standard, or quick: a budget of %g, which leaves nothing for fresh seeds", advisor.QuickBudget))
	f.IntVar(&r.Seeds, "seeds", advisor.DefaultSeeds, "fresh seeds that confirm a gain, as far as the budget allows")
	f.StringVar((*string)(&r.Goal), "goal", string(advisor.GoalAccuracy),
		"accuracy: more of it; shrink: a smaller architecture that is as accurate; target: the accuracy of --target")
	f.StringVar((*string)(&r.Metric), "metric", string(advisor.Accuracy),
		"what gains are of: accuracy, balanced_accuracy (the mean recall of the classes) or macro_f1")
	f.Float64Var(&r.Target, "target", 0, "test accuracy to reach, such as 0.9, for --goal target")
	f.Int64Var(&r.Constraints.MaxParameters, "max-parameters", 0,
		"parameters that a revised architecture may have; 0: any number")
	f.Int64Var(&r.Constraints.MaxTrainingFLOPs, "max-training-flops", 0,
		"floating-point operations that it may take to train on one image once; 0: any number")
	f.Int64Var(&r.Constraints.MaxMemory, "max-memory", 0, "bytes that a training step may take; 0: any number")
	f.StringArrayVar(&r.Constraints.Frozen, "freeze", nil, "layer that stays as it is; may be given several times")
	f.StringArrayVar(&r.Constraints.Forbid, "forbid", nil,
		"knob that may not be turned (see: probewise knobs); may be given several times")
}

// given refuses zeros that a user wrote, which would stand for the defaults, and leaves a budget that nobody wrote to
// the effort.
func given(c *cobra.Command, r *advisor.Request) error {
	f := c.Flags()
	if !f.Changed("budget") {
		r.Budget = 0
	} else if r.Budget == 0 {
		return fmt.Errorf("--budget 0: give a number of full trainings above 0 and up to %g", advisor.MaxBudget)
	}
	if r.Seeds == 0 {
		return fmt.Errorf("--seeds 0: give 1 to %d", advisor.MaxSeeds)
	}
	if r.Goal == advisor.GoalTarget && !f.Changed("target") {
		return errors.New("--goal target needs --target with the test accuracy to reach, such as --target 0.9")
	}
	return nil
}

// advise prints advice; the weights of the revised architecture's training go to a file where one is named.
func (a *app) advise(ctx context.Context, file string, r advisor.Request, weights string) error {
	data, err := a.read(file)
	if err == nil {
		err = checkWeights(weights)
	}
	if err != nil {
		return err
	}
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }() // everything is on disk when its write returned
	advice, err := s.service.SubmitAdvice(ctx, data, r, advisor.IdempotencyKey{})
	if err != nil {
		return a.badInput(file, err)
	}
	watch := a.watch()
	if !advice.State.Finished() { // else only the training of its revised architecture is left
		if err := s.work(ctx, advisor.JobAdvice, advice.ID, watch); err != nil {
			return err
		}
	}
	if advice, err = s.db.Advice(ctx, advice.ID); err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if advice.State != advisor.Succeeded {
		return &exitError{exitUnevaluated, fmt.Errorf("advice %s %s: %s", advice.ID, advice.State, advice.Error)}
	}
	var training error
	if advice.TrainingRun != nil {
		training = s.work(ctx, advisor.JobRun, *advice.TrainingRun, watch)
	}
	if err := errors.Join(training, a.printAdvice(ctx, s, advice.ID)); err != nil || weights == "" {
		return err
	}
	if advice.TrainingRun == nil {
		return &exitError{exitUnevaluated, fmt.Errorf("--weights %s: nothing was trained in full: %s", weights,
			advice.RevisedReason)}
	}
	return s.writeWeights(ctx, *advice.TrainingRun, weights)
}

func (a *app) printAdvice(ctx context.Context, s *program, id string) error {
	document, err := s.service.Answer(ctx, id)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(document)
	}
	records, err := s.db.Records(ctx, document.ProbeRun)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	options := report.Options{Color: a.color(), Width: a.width()}
	if err := report.Text(a.out, document.Advice, records, options); err != nil || document.Training == nil {
		return err
	}
	return a.printRun(ctx, s, document.Training.ID)
}

func (a *app) printRun(ctx context.Context, s *program, id string) error {
	run, err := s.db.Run(ctx, id)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		return a.printJSON(run)
	}
	records, err := s.db.Records(ctx, id)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	return report.RunText(a.out, run, records, report.Options{Color: a.color(), Width: a.width()})
}

func (a *app) trainCommand() *cobra.Command {
	var name, weights string
	var b trainer.Budget
	c := &cobra.Command{
		Use:   "train FILE",
		Short: "Train an architecture in full and add the run to the past runs",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.train(c.Context(), args[0], name, b, weights)
		},
	}
	f := c.Flags()
	f.StringVar(&name, "dataset", advisor.DefaultDataset, "data set (see: probewise dataset list)")
	f.IntVar(&b.Images, "images", 0, "training and validation images; 0: 10,000 or all where there are fewer")
	f.IntVar(&b.Epochs, "epochs", 0, "epochs; 0: the architecture's")
	weightsFlag(c, &weights)
	return c
}

func (a *app) train(ctx context.Context, file, name string, b trainer.Budget, weights string) error {
	data, err := a.read(file)
	if err == nil {
		err = checkWeights(weights)
	}
	if err != nil {
		return err
	}
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }()
	run, err := s.service.SubmitRun(ctx, data, service.RunRequest{Dataset: name, Budget: b, Seed: a.Seed},
		advisor.IdempotencyKey{})
	if err != nil {
		return a.badInput(file, err)
	}
	for _, w := range run.Warnings {
		fmt.Fprintln(a.errOut, "warning:", w)
	}
	if err := s.work(ctx, advisor.JobRun, run.ID, a.watch()); err != nil {
		return err
	}
	if err := a.printRun(ctx, s, run.ID); err != nil || weights == "" {
		return err
	}
	return s.writeWeights(ctx, run.ID, weights)
}

// badInput prints every finding about an architecture, each with its pointer. What is not the input's fault could not
// be evaluated.
func (a *app) badInput(file string, err error) error {
	var invalid *trainer.InvalidError
	var request *service.RequestError
	var unknown *dataset.UnknownError
	switch {
	case errors.As(err, &request), errors.As(err, &unknown), errors.Is(err, dataset.ErrName):
		return err
	case !errors.As(err, &invalid):
		return &exitError{exitUnevaluated, err}
	}
	if a.JSON {
		type document struct {
			File   string            `json:"file"`
			Errors []trainer.Finding `json:"errors"`
		}
		if err := a.printJSON(document{file, invalid.Findings}); err != nil {
			return err
		}
		return &exitError{exitUsage, nil}
	}
	a.printFindings(file, invalid.Findings)
	return &exitError{exitUsage, fmt.Errorf("%s: the architecture has findings: %d", file, len(invalid.Findings))}
}

func (a *app) printFindings(file string, findings []trainer.Finding) {
	for _, f := range findings {
		fmt.Fprintf(a.errOut, "%s: %s: %s (%s)\n", file, cmp.Or(f.Pointer, "document"), f.Message, f.Code)
	}
}
