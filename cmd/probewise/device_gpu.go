//go:build gpu

package main

import (
	"context"
	"fmt"

	"probewise/trainer"
	"probewise/trainer/cuda"
)

// gpuBuild says whether this program can use GPUs.
const gpuBuild = true

// settle picks the device: auto is the first GPU. Without a device this program does not come so far (see trainer/cuda).
func (a *app) settle(_ context.Context, chosen device, trains bool) error {
	if chosen.name == "cpu" || !trains {
		return nil
	}
	all, err := cuda.Devices()
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if chosen.number >= len(all) {
		return fmt.Errorf("--device %s: the driver shows %d devices, from gpu:0 on", a.Device, len(all))
	}
	if !a.Quiet {
		fmt.Fprintf(a.errOut, "device %s: gpu:%d %s\n", a.Device, chosen.number, all[chosen.number].Name)
	}
	return nil
}

// opener opens the backends of this process. own says whether they have memory of their own.
func (a *app) opener(threads int) (open func() (trainer.Backend, error), own bool) {
	if a.device.name == "cpu" {
		return openCPU(threads), false
	}
	return func() (trainer.Backend, error) { return cuda.Open(a.device.number) }, true
}

func abilities() ([]ability, error) {
	cpu, err := cpuAbility()
	if err != nil {
		return nil, err
	}
	all := []ability{cpu}
	devices, err := cuda.Devices()
	for _, d := range devices {
		all = append(all, ability{Device: fmt.Sprintf("gpu:%d", d.Number), Name: d.Name, Memory: d.Memory, Driver: "CUDA " + d.Driver(),
			Detail: fmt.Sprintf("%s, %d processors", d.Capability(), d.Processors)})
	}
	return all, err
}
