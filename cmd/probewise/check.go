package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"probewise/advisor/figure"
	"probewise/advisor/gate"
)

func (a *app) checkCommand() *cobra.Command {
	var policy, format string
	var noProbe bool
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Judge architectures by a policy: the gate for CI",
		Long: "Exit codes: 0 passed, 1 the policy failed, 2 usage or bad input, 3 could not be evaluated (no past runs, " +
			"say).\n" +
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
	verdict, err := gate.Check(ctx, s.prober(a.watch()), policy, files, gate.Options{NoProbe: noProbe})
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
	return &exitError{exitUsage, fmt.Errorf("%s in %s", figure.Counted(findings, "error"),
		figure.Counted(len(invalid.Files), "architecture"))}
}
