//go:build gpu

package main

import (
	"context"
	"fmt"
	"slices"

	"probewise/trainer"
	"probewise/trainer/cuda"
)

// gpuBuild says whether this program can use GPUs.
const gpuBuild = true

// chooseDevice picks the device: auto is the first GPU that the kernels run on, or else the CPU. Without any device
// this program does not come so far (see trainer/cuda).
func (a *app) chooseDevice(_ context.Context, chosen device, trains bool) error {
	if chosen.name == cpuName || !trains {
		return nil
	}
	all, err := cuda.Devices()
	if err != nil {
		return &exitError{exitUnevaluated, err}
	}
	if chosen.name == "auto" {
		a.device = device{name: cpuName}
		if first := slices.IndexFunc(all, func(d cuda.Info) bool { return d.Unusable() == "" }); first >= 0 {
			a.device = device{"gpu", first}
		}
	}
	if a.device.name == cpuName {
		a.tell("device %s: the kernels run on none of the GPUs; training on the CPU", a.Device)
		return nil
	}
	if a.device.number >= len(all) {
		return fmt.Errorf("--device %s: the driver shows %d devices, from gpu:0 on", a.Device, len(all))
	}
	d := all[a.device.number]
	if why := d.Unusable(); why != "" {
		return fmt.Errorf("--device %s: %s is %s", a.Device, d.Name, why)
	}
	a.tell("device %s: gpu:%d %s", a.Device, d.Number, d.Name)
	return nil
}

// opener opens the backends of this process. own says whether they have memory of their own.
func (a *app) opener() (open func(threads int) (trainer.Backend, error), own bool) {
	if a.device.name == cpuName {
		return openCPU, false
	}
	return func(int) (trainer.Backend, error) { return cuda.Open(a.device.number) }, true
}

func abilities() ([]ability, error) {
	cpu, err := cpuAbility()
	if err != nil {
		return nil, err
	}
	all := []ability{cpu}
	devices, err := cuda.Devices()
	for _, d := range devices {
		all = append(all,
			ability{
				Device:   fmt.Sprintf("gpu:%d", d.Number),
				Name:     d.Name,
				Memory:   d.Memory,
				Driver:   "CUDA " + d.Driver(),
				Detail:   fmt.Sprintf("%s, %d processors", d.Capability(), d.Processors),
				Unusable: d.Unusable(),
			})
	}
	return all, err
}
