package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/advisor/gate"
	"probewise/trainer"
)

func (a *app) checkCommand() *cobra.Command {
	var policy, format string
	var noProbe bool
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Judge architectures by a policy: the gate for CI",
		Long: "Exit codes: 0 passed, 1 the policy failed, 2 usage or bad input, 3 could not be evaluated (no past runs, say).\n" +
			"The same files and policy give the same verdict on every repeat, as long as the past runs are the same.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if a.JSON {
				format = "json"
			}
			return a.check(c.Context(), args, policy, format, noProbe)
		},
	}
	f := c.Flags()
	f.StringVar(&policy, "policy", "", "policy file (YAML); without one the recommended policy holds")
	f.StringVar(&format, "format", "text", "text or json")
	f.BoolVar(&noProbe, "no-probe", false, "predict from the architecture alone, without training")
	return c
}

func (a *app) check(ctx context.Context, names []string, policyFile, format string, noProbe bool) error {
	if format != "text" && format != "json" {
		return fmt.Errorf("--format %s: this version knows text and json", format)
	}
	document := []byte("version: 1\nextends: recommended\n")
	if policyFile != "" {
		var err error
		if document, err = a.read(policyFile); err != nil {
			return err
		}
	}
	policy, err := gate.ParsePolicy(document)
	if err != nil {
		return fmt.Errorf("%s: %w", policyFile, err)
	}
	var files []gate.File
	for _, name := range names {
		data, err := a.read(name)
		if err != nil {
			return err
		}
		files = append(files, gate.File{Name: name, Data: data})
	}
	s, err := a.open(ctx)
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	defer func() { _ = s.close() }()
	verdict, err := gate.Check(ctx, prober{s, a.watch()}, policy, files, gate.Options{NoProbe: noProbe})
	if err != nil {
		return a.cannotCheck(err, format)
	}
	if format == "json" {
		err = gate.WriteJSON(a.out, verdict)
	} else {
		err = gate.WriteText(a.out, verdict, a.color())
	}
	if code := verdict.ExitCode(); err == nil && code != exitOK {
		return &exitError{code, nil}
	}
	return err
}

// cannotCheck tells bad input (exit 2) from what could not be evaluated (exit 3).
func (a *app) cannotCheck(err error, format string) error {
	var invalid *gate.InvalidFilesError
	if !errors.As(err, &invalid) {
		return &exitError{exitUnevaluated, err}
	}
	if format == "json" {
		if err := a.printJSON(map[string]any{"files": invalid.Files}); err != nil {
			return err
		}
		return &exitError{exitUsage, nil}
	}
	findings := 0
	for _, f := range invalid.Files {
		findings += len(f.Findings)
		a.printFindings(f.File, f.Findings)
	}
	return &exitError{exitUsage, fmt.Errorf("%d errors in %d architectures", findings, len(invalid.Files))}
}

// prober implements gate.Prober on the desk.
type prober struct {
	*service
	watch advisor.Watcher
}

// Validate implements gate.Prober.
func (p prober) Validate(ctx context.Context, data []byte, dataset string) (trainer.Architecture, error) {
	run, err := p.desk.Validate(ctx, data, dataset)
	return run.Architecture, err
}

// Probe implements gate.Prober. Nothing is trained where the past runs allow no prediction.
func (p prober) Probe(ctx context.Context, a trainer.Architecture, dataset string, epochs int, seed uint64) (advisor.Prediction, advisor.Key, error) {
	full, err := p.desk.Validate(ctx, a.Canonical(), dataset)
	key := full.Key()
	if err != nil {
		return advisor.Prediction{}, key, err
	}
	if _, err := p.predictor.Table(ctx, key, float64(epochs)); err != nil {
		return advisor.Prediction{}, key, err
	}
	request := advisor.RunRequest{Dataset: dataset, Kind: advisor.Probe, StopAfter: epochs, Seed: seed}
	run, err := p.desk.SubmitRun(ctx, a.Canonical(), request, advisor.Once{})
	if err != nil {
		return advisor.Prediction{}, key, err
	}
	if err := p.work(ctx, advisor.JobRun, run.ID, p.watch); err != nil {
		return advisor.Prediction{}, key, err
	}
	prediction, err := p.desk.PredictRun(ctx, run.ID)
	return prediction, key, err
}

// FromArchitecture implements gate.Prober.
func (p prober) FromArchitecture(ctx context.Context, a trainer.Architecture, dataset string) (advisor.Prediction, advisor.Key, error) {
	full, err := p.desk.Validate(ctx, a.Canonical(), dataset)
	key := full.Key()
	if err != nil {
		return advisor.Prediction{}, key, err
	}
	forecaster, err := p.predictor.Snapshot(ctx, key)
	if err != nil {
		return advisor.Prediction{}, key, err
	}
	prediction, err := forecaster.FromArchitecture(ctx, a)
	return prediction, key, err
}
