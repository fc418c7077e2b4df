//go:build gpu

package cuda

import (
	"fmt"

	"gorgonia.org/cu"

	"probewise/trainer"
)

// What a driver takes for allocations, and what Fits leaves to it.
const (
	page   = 2 << 20 // it has memory in such pages
	shared = 1 << 20 // allocations up to this size share one,
	grain  = 512     // rounded up to this

	// spare is for what the driver takes late, when kernels are first launched: their code and their threads' local
	// memory, some tens of MiB. It also covers that other sessions begin between the question and the allocation, and
	// their pages that are in part empty.
	spare = 64 << 20
)

// taken is what a driver takes for allocations of so many bytes, one after the other.
func taken(sizes []int64) int64 {
	var all, room int64 // room: in the shared page that was begun last
	for _, n := range sizes {
		n = roundUp(n, grain)
		switch {
		case n > shared:
			all += roundUp(n, page)
		case n > room:
			all, room = all+page, page-n
		default:
			room -= n
		}
	}
	return all
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }

// allocate takes memory of the device whose context is current. The driver may refuse what Fits found room for: another
// session, or another program, was faster.
func allocate(bytes int64) (cu.DevicePtr, error) {
	at, err := cu.MemAlloc(bytes)
	if err != nil {
		free, total, _ := cu.MemInfo() // 0 where the device is lost
		return 0, fmt.Errorf("allocate %d bytes, %d of %d free: %w", bytes, free, total, err)
	}
	return at, nil
}

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

// Fits refuses, with a *trainer.MemoryError, what the device has no room for: buffers of so many values each, and what
// the kernels of the calls need beside them.
func (g *GPU) Fits(buffers []int, calls []trainer.Call) error {
	free, _, err := g.Free()
	if err != nil {
		return err
	}
	var sizes []int64
	for _, n := range buffers {
		sizes = append(sizes, 4*int64(n))
	}
	var most int64
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
	if needed := taken(append(sizes, most)) + spare; needed > free {
		return &trainer.MemoryError{On: g.Device(), Needed: needed, Limit: free}
	}
	return nil
}
