package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"probewise/forest/childprocess"
	"probewise/trainer"
	"probewise/trainer/kernel"
)

// device is what --device names.
type device struct {
	name   string // auto, cpu or gpu
	number int    // of a GPU, from 0
}

// parseDevice reads "auto", "cpu", "gpu" (the first) or "gpu:1".
func parseDevice(text string) (device, error) {
	name, number, numbered := strings.Cut(text, ":")
	n, err := strconv.Atoi(number)
	switch {
	case name == "gpu" && numbered && err == nil && n >= 0 && n < 1<<10:
		return device{name, n}, nil
	case !numbered && (name == "auto" || name == cpuName || name == "gpu"):
		return device{name: name}, nil
	}
	return device{}, fmt.Errorf("--device %s: must be auto, cpu, gpu or gpu:1", text)
}

// String is the device as abilities name it.
func (d device) String() string {
	if d.name == "gpu" {
		return fmt.Sprintf("gpu:%d", d.number)
	}
	return cpuName
}

// trains marks a command that trains: the others run on any build.
func trains(c *cobra.Command) *cobra.Command {
	c.Annotations = map[string]string{"trains": "yes"}
	return c
}

// openCPU starts a backend on the processor with so many threads; 0: all.
func openCPU(threads int) (trainer.Backend, error) { return kernel.New(threads) }

// environment is what the choice of a device looks at and does; tests put others in their place.
type environment struct {
	// the file that NVIDIA's driver makes for a device
	node    string
	sibling string                                                          // the other build, beside this one
	starts  func(ctx context.Context, binary string) error                  // whether it finds a device that it can use
	exec    func(binary string, arguments []string, environ []string) error // replaces this process
}

// siblingName is the file of the build for GPUs.
const siblingName = "probewise-gpu"

// here is the environment of this process.
func here() environment {
	s := environment{node: "/dev/nvidia0", starts: starts, exec: execute}
	// A container may be given another card than the first; Windows' subsystem has one device for all.
	for _, pattern := range []string{"/dev/nvidia[0-9]*", "/dev/dxg"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 { // the pattern is sound
			s.node = found[0]
			break
		}
	}
	if self, err := os.Executable(); err == nil {
		s.sibling = filepath.Join(filepath.Dir(self), siblingName)
	}
	return s
}

// starts asks the build for GPUs what it can train on and says why that is nothing. Its driver is initialised before
// anything else, which ends the program without a device.
func starts(ctx context.Context, binary string) error {
	const patience = 30 * time.Second // a driver that nobody uses loads slowly
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var said, failed bytes.Buffer
	command := exec.CommandContext(ctx, binary, "doctor", "--json")
	command.Stdout, command.Stderr = &said, &failed
	if err := command.Run(); err != nil {
		return fmt.Errorf("it does not start: %w: %s", err, childprocess.LastLine(failed.Bytes()))
	}
	var c checkup
	if err := json.Unmarshal(said.Bytes(), &c); err != nil {
		return fmt.Errorf("it is no build of this program: %w", err)
	}
	return c.suits()
}

// suits says why a build that prints this is none that a command for a GPU can be given to.
func (c checkup) suits() error {
	var unusable []string
	usable := false
	for _, d := range c.Devices {
		switch {
		case d.Device == cpuName:
		case d.Unusable == "":
			usable = true
		default:
			unusable = append(unusable, fmt.Sprintf("%s %s is %s", d.Device, d.Name, d.Unusable))
		}
	}
	switch {
	case !c.GPU:
		return errors.New("it is no build for GPUs")
	case c.Version != version():
		return fmt.Errorf("it is version %s, this is %s", c.Version, version())
	case !usable:
		return fmt.Errorf("no device is usable: %s", strings.Join(unusable, "; "))
	}
	return nil
}

// cpuName is the processor's for --device.
const cpuName = "cpu"

// execGPUBuild gives the command to the build for GPUs where one is wanted and there. It says so, and why not where a
// card is there but nothing for it. It returns where this process goes on, on the CPU.
func (a *app) execGPUBuild(ctx context.Context, chosen device, s environment, arguments []string) error {
	note := func(format string, args ...any) { a.tell("device "+a.Device+": "+format, args...) }
	binary := s.sibling
	switch {
	case chosen.name == cpuName:
		return nil
	case chosen.name == "gpu" && !exists(binary):
		return fmt.Errorf("--device %s: %w", a.Device, errNoGPU)
	case chosen.name == "auto" && !exists(s.node):
		return nil // no card: nothing to say
	case !exists(binary):
		note("there is %s, but %s is not beside this program; training on the CPU", s.node, siblingName)
		return nil
	}
	if err := s.starts(ctx, binary); err != nil {
		if chosen.name == "gpu" {
			return fmt.Errorf("--device %s: %s cannot be used: %w", a.Device, binary, err)
		}
		note("%s cannot be used (%v); training on the CPU", siblingName, err)
		return nil
	}
	note("running %s", siblingName)
	if err := s.exec(binary, append([]string{binary}, arguments...), os.Environ()); err != nil {
		return fmt.Errorf("--device %s: run %s: %w", a.Device, binary, err)
	}
	return nil
}

var errNoGPU = errors.New("this build trains on the CPU alone, and " + siblingName +
	" is not beside it (go build -tags gpu -o " + siblingName +
	" ./cmd/probewise; needs NVIDIA's driver)")

// ability is a device that this program sees: what a worker may say of itself.
type ability struct {
	Device   string `json:"device"` // for --device
	Name     string `json:"name"`
	Memory   int64  `json:"memory,omitempty"` // bytes of its own
	Driver   string `json:"driver,omitempty"`
	Detail   string `json:"detail,omitempty"`
	Unusable string `json:"unusable,omitempty"` // why it cannot be trained on
}

// ability is that of the device which this process trains on.
func (a *app) ability() (ability, error) {
	all, err := abilities()
	i := slices.IndexFunc(all, func(d ability) bool { return d.Device == a.device.String() })
	if err != nil || i < 0 {
		return ability{}, errors.Join(err, fmt.Errorf("no device %s", a.device))
	}
	return all[i], nil
}

// cpuAbility is the processor.
func cpuAbility() (ability, error) {
	variant, err := kernel.Variant()
	return ability{
		Device: cpuName,
		Name:   processorName(os.ReadFile),
		Memory: machineMemory(os.ReadFile),
		Detail: fmt.Sprintf("%s kernels, %d threads", variant, runtime.GOMAXPROCS(0)),
	}, err
}

// processorName is what the processor calls itself, where the system says it.
func processorName(read func(string) ([]byte, error)) string {
	text, err := read("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
