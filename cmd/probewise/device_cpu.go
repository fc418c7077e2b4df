//go:build !gpu

package main

import (
	"context"

	"probewise/trainer"
)

// gpuBuild says whether this program can use GPUs.
const gpuBuild = false

// chooseDevice leaves the CPU as the device, unless the build for GPUs takes over.
func (a *app) chooseDevice(ctx context.Context, chosen device, trains bool) error {
	if !trains {
		return nil
	}
	return a.execGPUBuild(ctx, chosen, a.environment, a.arguments)
}

// opener opens the backends of this process. own says whether they have memory of their own.
func (a *app) opener() (open func(threads int) (trainer.Backend, error), own bool) {
	return openCPU, false
}

func abilities() ([]ability, error) {
	cpu, err := cpuAbility()
	return []ability{cpu}, err
}
