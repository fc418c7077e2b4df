package main

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/advisor/report"
	"probewise/advisor/rule"
	"probewise/trainer"
	"probewise/trainer/kernel"
)

// buildVersion is set by the linker: -ldflags "-X main.buildVersion=v1.2.3".
var buildVersion string

// version names the exact program: what the linker was told, else the commit or module version that Go recorded.
func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if revision != "" {
		return revision[:min(len(revision), 12)] + dirty
	}
	return info.Main.Version
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			variant, err := kernel.Variant()
			if err != nil {
				return err
			}
			platform := runtime.GOOS + "/" + runtime.GOARCH
			if a.JSON {
				return a.printJSON(map[string]string{"version": version(), "go": runtime.Version(),
					"platform": platform, "kernel": variant})
			}
			_, err = fmt.Fprintf(a.out, "probewise %s (%s, %s, %s kernels)\n", version(), runtime.Version(), platform, variant)
			return err
		},
	}
}

func (a *app) rulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rules",
		Short: "List the rules that diagnoses come from",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if !a.JSON {
				return report.Rules(a.out, rule.All(), report.Options{Color: a.color(), Width: a.width()})
			}
			type entry struct {
				Name  string `json:"name"`
				Title string `json:"title"`
				Doc   string `json:"doc"`
			}
			list := []entry{}
			for _, r := range rule.All() {
				list = append(list, entry{r.Name, r.Title, r.Doc()})
			}
			return a.printJSON(list)
		},
	}
}

func (a *app) knobsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "knobs",
		Short: "List what may be changed in an architecture",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if !a.JSON {
				return report.Knobs(a.out, knob.All(), report.Options{Color: a.color(), Width: a.width()})
			}
			type entry struct {
				Name  string `json:"name"`
				Title string `json:"title"`
				Does  string `json:"does"`
				Range string `json:"range"`
				Costs string `json:"costs"`
				When  string `json:"when"`
				Theme string `json:"theme"`
			}
			list := []entry{}
			for _, k := range knob.All() {
				list = append(list, entry{k.Name, k.Title, k.Does, k.Range, k.Costs, k.When, string(k.Theme)})
			}
			return a.printJSON(list)
		},
	}
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of architectures",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.out.Write(trainer.SchemaJSON())
			return err
		},
	}
}

// healthcheckCommand is for containers: it opens the database and reads from it.
func (a *app) healthcheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "healthcheck",
		Short: "Check that the data folder can be used",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			store, err := a.openStore(c.Context())
			if err != nil {
				return &exitError{exitUnevaluated, err}
			}
			_, err = store.ListRuns(c.Context(), advisor.RunFilter{Limit: 1})
			if err := errors.Join(err, store.Close()); err != nil {
				return &exitError{exitUnevaluated, err}
			}
			return nil
		},
	}
}
