//go:build gpu

package cuda

import (
	"errors"
	"sync"

	"gorgonia.org/cu"

	"probewise/trainer"
)

// known is what this process knows of its devices, by their numbers.
var known = struct {
	sync.Mutex
	used map[int]bool
	lost map[int]*trainer.DeviceLostError
}{
	used: map[int]bool{},
	lost: map[int]*trainer.DeviceLostError{},
}

// began notes that a backend was opened on the device.
func began(number int) {
	known.Lock()
	defer known.Unlock()
	known.used[number] = true
}

// lost is the error of a device that this process has lost; nil: it has not.
func lost(number int) error {
	known.Lock()
	defer known.Unlock()
	if err := known.lost[number]; err != nil {
		return err
	}
	return nil
}

// judge says what an error of the driver means to a training.
func (g *GPU) judge(err error) error {
	code := cu.Success
	switch {
	case !errors.As(err, &code):
		return err
	case code == cu.OutOfMemory:
		return &trainer.MemoryError{On: g.Device(), Err: err}
	case !fatal(int(code)):
		return err
	}
	known.Lock()
	defer known.Unlock()
	number := g.info.Number
	if known.lost[number] == nil { // else another backend was first, and knows the op
		known.lost[number] = &trainer.DeviceLostError{Device: g.Device(), Unused: !known.used[number], Err: err}
	}
	return known.lost[number]
}

// fatal says whether the driver answers all that follows an error with the same one, until the process ends. The
// numbers are those of CUresult; the binding lacks names of some.
func fatal(code int) bool {
	switch code {
	case 46, // the device is unavailable: another process has it to itself, or it needs a reset
		214, 220, // uncorrectable errors of memory and of NVLink
		226,                // an error of memory that the driver has contained
		700, 702, 709, 710, // illegal address, timeout, a context that is destroyed, a failed assertion
		714, 715, 716, 717, 718, 719, // stack, instruction, alignment, address space, program counter, launch
		721, // tensor memory
		999: // unknown
		return true
	}
	return false
}
