//go:build !gpu

package main

import (
	"context"

	"probewise/trainer"
)

// gpuBuild says whether this program can use GPUs.
const gpuBuild = false

// settle leaves the CPU as the device, unless the build for GPUs takes over.
func (a *app) settle(ctx context.Context, chosen device, trains bool) error {
	if !trains {
		return nil
	}
	return a.handOver(ctx, chosen, a.around, a.arguments)
}

// opener opens the backends of this process. own says whether they have memory of their own.
func (a *app) opener(threads int) (open func() (trainer.Backend, error), own bool) {
	return openCPU(threads), false
}

func abilities() ([]ability, error) {
	cpu, err := cpuAbility()
	return []ability{cpu}, err
}
