//go:build gpu

package cuda

import (
	"fmt"

	"gorgonia.org/cu"

	"probewise/trainer"
)

// grain is what the driver rounds allocations up to, at least.
const grain = 512

// Free is the memory of the device that nobody uses, and all of it, in bytes.
func (g *GPU) Free() (free, total int64, err error) {
	err = g.do(func() error {
		if free, total, err = cu.MemInfo(); err != nil {
			return fmt.Errorf("cuda: ask for the memory: %w", err)
		}
		return nil
	})
	return free, total, err
}

// Fits refuses, with a *trainer.MemoryError, what the device has no room for: buffers of so many values each, and what the kernels
// of the calls need beside them.
func (g *GPU) Fits(buffers []int, calls []trainer.Call) error {
	free, _, err := g.Free()
	if err != nil {
		return err
	}
	round := func(bytes int64) int64 { return (bytes + grain - 1) / grain * grain }
	var needed, most int64
	for _, n := range buffers {
		needed += round(4 * int64(n))
	}
	for _, c := range calls {
		var outs []int
		for _, b := range c.Out {
			outs = append(outs, b.Len())
		}
		work, err := Plan(c.Op, outs)
		if err != nil {
			return err
		}
		most = max(most, work.Scratch)
	}
	if needed += round(most); needed > free {
		return &trainer.MemoryError{On: g.Device(), Needed: needed, Limit: free}
	}
	return nil
}
