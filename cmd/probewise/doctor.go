package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

// checkup is what doctor prints.
type checkup struct {
	Version     string    `json:"version"`
	Platform    string    `json:"platform"`
	Devices     []ability `json:"devices"`
	MemoryLimit int64     `json:"memory_limit,omitempty"` // bytes of a run in this process
	GPU         bool      `json:"gpu_build"`
	Card        bool      `json:"card"` // the system shows one, whether or not this build can use it
	Notes       []string  `json:"notes"`
}

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Show what this program can train on",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := a.examine()
			if err != nil {
				return &exitError{exitUnevaluated, err}
			}
			if a.JSON {
				return a.printJSON(c)
			}
			return a.printCheckup(c)
		},
	}
}

func (a *app) examine() (checkup, error) {
	devices, err := abilities()
	if err != nil {
		return checkup{}, err
	}
	c := checkup{
		Version:     version(),
		Platform:    runtime.GOOS + "/" + runtime.GOARCH,
		Devices:     devices,
		MemoryLimit: a.memory,
		GPU:         gpuBuild,
		Card:        exists(a.environment.node),
		Notes:       []string{},
	}
	say := func(format string, args ...any) { c.Notes = append(c.Notes, fmt.Sprintf(format, args...)) }
	switch {
	case gpuBuild:
		say("this is the build for GPUs: it starts only where NVIDIA's driver shows a device")
	case exists(a.environment.sibling):
		say("this build trains on the CPU; %s is beside it, and --device gpu runs that", siblingName)
	default:
		say("this build trains on the CPU alone; for GPUs put %s beside it (go build -tags gpu -o %s ./cmd/probewise, with "+
			"NVIDIA's driver and CUDA's headers)",
			siblingName, siblingName)
	}
	if !gpuBuild && c.Card && !exists(a.environment.sibling) {
		say("there is a card (%s) that this build cannot use", a.environment.node)
	}
	return c, nil
}

func (a *app) printCheckup(c checkup) error {
	text := fmt.Sprintf("probewise %s, %s\n", c.Version, c.Platform)
	for _, d := range c.Devices {
		text += fmt.Sprintf("%-6s %s", d.Device, d.Name)
		if d.Memory > 0 {
			text += fmt.Sprintf(", %d MiB", d.Memory>>20)
		}
		for _, more := range []string{d.Detail, d.Driver} {
			if more != "" {
				text += ", " + more
			}
		}
		if d.Unusable != "" {
			text += "; cannot be used: " + d.Unusable
		}
		text += "\n"
	}
	if c.MemoryLimit > 0 {
		text += fmt.Sprintf("a run may take %d MiB of memory (--memory-limit)\n", c.MemoryLimit>>20)
	}
	for _, n := range c.Notes {
		text += n + "\n"
	}
	_, err := fmt.Fprint(a.out, text)
	return err
}
