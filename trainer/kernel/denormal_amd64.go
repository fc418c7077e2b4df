//go:build !noasm

package kernel

import "runtime"

//go:noescape
func exchangeControl(control uint32) (before uint32)

// flushing is MXCSR as Go sets it, rounding to nearest without traps, with results that are denormal (below 2⁻¹²⁶) and
// operands that are taken as 0. Many processors take far longer for them, and a dead net's gradients and moments stay
// denormal.
const flushing = 0x1f80 | 1<<15 | 1<<6

// flushed computes with denormal numbers as 0 until the returned value is handed to unflushed. The goroutine stays on
// its thread, whose setting this is.
func flushed() (before uint32) {
	runtime.LockOSThread()
	return exchangeControl(flushing)
}

func unflushed(before uint32) {
	exchangeControl(before)
	runtime.UnlockOSThread()
}
