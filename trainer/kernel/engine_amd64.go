//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

//go:noescape
func sweep512x3(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)

//go:noescape
func sweep512x2(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)

//go:noescape
func sweep512x1(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)

//go:noescape
func dot512(steps, images int, a *float32, aRow, aImage int, b0, b1, b2 *float32, bImage int, out *float32)

//go:noescape
func sweep256x3(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)

//go:noescape
func sweep256x2(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)

//go:noescape
func sweep256x1(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)

//go:noescape
func dot256(steps, images int, a *float32, aRow, aImage int, b0, b1, b2 *float32, bImage int, out *float32)

// assembled lists the engines that this processor runs, slowest first.
func assembled() []*engine {
	var all []*engine
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		all = append(all, &engine{variant: avx2, rows: 4, lanes: 8, sweeps: [...]sweepFunc{sweep256x1, sweep256x2, sweep256x3}, dot: dot256})
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512DQ {
		all = append(all, &engine{variant: avx512, rows: 8, lanes: 16, sweeps: [...]sweepFunc{sweep512x1, sweep512x2, sweep512x3}, dot: dot512})
	}
	return all
}
