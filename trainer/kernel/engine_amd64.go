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
func product512x3(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)

//go:noescape
func product512x2(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)

//go:noescape
func product512x1(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)

//go:noescape
func dot512(steps int, a *float32, aRow int, b0, b1, b2, out *float32)

//go:noescape
func sweep256x3(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)

//go:noescape
func sweep256x2(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)

//go:noescape
func sweep256x1(k int, a, b *float32, offsets *int, c *float32, stride, accumulate int)

//go:noescape
func product256x3(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)

//go:noescape
func product256x2(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)

//go:noescape
func product256x1(k int, a *float32, aRow, aStep int, b *float32, bStep int, c *float32, stride, accumulate int)

//go:noescape
func dot256(steps int, a *float32, aRow int, b0, b1, b2, out *float32)

//go:noescape
func affine256(n int, x, y *float32, mean, scale, shift float32)

//go:noescape
func copyRows256(rows, n int, from *float32, fromStride int, to *float32, toStride int)

//go:noescape
func add256(n int, a, b, sum *float32)

//go:noescape
func rectify256(n int, x, y *float32, slope float32)

//go:noescape
func rectifyGrad256(n int, y, dy, dx *float32, slope float32)

//go:noescape
func normGrad256(n int, x, dy, dx *float32, mean, scale, level, slope float32)

//go:noescape
func sum256(n int, x *float32) float64

//go:noescape
func squares256(n int, x *float32, mean float64) float64

//go:noescape
func moments256(n int, x *float32, mean float64) (second, fourth float64)

//go:noescape
func zeros256(n int, x *float32) uint64

//go:noescape
func products256(n int, x, dy *float32, mean float64) (sum, product float64)

//go:noescape
func adam256(n int, d, w, m, v *float32, k *adamConstants)

//go:noescape
func rmsprop256(n int, d, w, s *float32, rate, rho, epsilon float32)

//go:noescape
func count256(n int, x *float32, below float32, t *counts)

//go:noescape
func halve256(n int, upper, lower, y *float32)

//go:noescape
func halveGrad256(n int, upper, lower, dy, dupper, dlower *float32)

//go:noescape
func dropout256(n int, x, y *float32, block uint32, k *dropoutConstants)

//go:noescape
func gather256(s *stretches, taps, channels int, from *float32, plane int, to *float32, row int)

//go:noescape
func scatter256(s *stretches, rows int, from *float32, row int, to *float32, plane int, bias *float32, least float32)

//go:noescape
func transpose256(blocks int, from *float32, fromStride int, to *float32, toStride int)

//go:noescape
func winogradInput256(tiles, groups int, from *float32, pixel, row int, to *float32, tile, group, element int)

//go:noescape
func winogradSpread256(tiles, groups int, from *float32, pixel, row int, to *float32, tile, group, element int)

//go:noescape
func winogradFilter256(n int, from *float32, tap int, u *float32, step int)

//go:noescape
func winogradOutput256(tiles, groups int, from *float32, tile, element int, to *float32, pixel, row int, bias *float32,
	least float32)

//go:noescape
func winogradFilterGrad256(n int, from *float32, element int, to *float32, tap int)

// loops256 serve both engines: memory, not arithmetic, is their limit.
var loops256 = loops{
	affine:             affine256,
	add:                add256,
	rectify:            rectify256,
	rectifyGrad:        rectifyGrad256,
	normGrad:           normGrad256,
	sum:                sum256,
	squares:            squares256,
	moments:            moments256,
	zeros:              zeros256,
	products:           products256,
	adam:               adam256,
	rmsprop:            rmsprop256,
	count:              count256,
	copyRows:           copyRows256,
	halve:              halve256,
	halveGrad:          halveGrad256,
	dropout:            dropout256,
	gather:             gather256,
	scatter:            scatter256,
	transpose:          transpose256,
	winogradInput:      winogradInput256,
	winogradSpread:     winogradSpread256,
	winogradFilter:     winogradFilter256,
	winogradOutput:     winogradOutput256,
	winogradFilterGrad: winogradFilterGrad256,
}

// assembled lists the engines that this processor runs, slowest first.
func assembled() []*engine {
	var all []*engine
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		all = append(all, &engine{
			variant:  avx2,
			rows:     4,
			lanes:    8,
			sweeps:   [...]sweepFunc{sweep256x1, sweep256x2, sweep256x3},
			multiply: [...]productFunc{product256x1, product256x2, product256x3},
			dot:      dot256,
			loops:    loops256,
		})
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512DQ {
		all = append(all, &engine{
			variant:  avx512,
			rows:     8,
			lanes:    16,
			sweeps:   [...]sweepFunc{sweep512x1, sweep512x2, sweep512x3},
			multiply: [...]productFunc{product512x1, product512x2, product512x3},
			dot:      dot512,
			loops:    loops256,
		})
	}
	return all
}
