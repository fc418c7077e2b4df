package kernel

// loops are an engine's elementwise functions. n is a multiple of 8 and at least 8, except for copyRows, halve and
// halveGrad, which take any number from 1, and dropout, which takes multiples of 32.
type loops struct {
	affine      func(n int, x, y *float32, mean, scale, shift float32)
	add         func(n int, a, b, sum *float32)
	rectify     func(n int, x, y *float32, slope float32)
	rectifyGrad func(n int, y, dy, dx *float32, slope float32)
	normGrad    func(n int, x, dy, dx *float32, mean, scale, level, slope float32)
	sum         func(n int, x *float32) float64
	squares     func(n int, x *float32, mean float64) float64
	moments     func(n int, x *float32, mean float64) (second, fourth float64)
	zeros       func(n int, x *float32) uint64
	products    func(n int, x, dy *float32, mean float64) (sum, product float64)
	adam        func(n int, d, w, m, v *float32, k *adamConstants)
	rmsprop     func(n int, d, w, s *float32, rate, rho, epsilon float32)
	count       func(n int, x *float32, below float32, t *counts)
	copyRows    func(rows, n int, from *float32, fromStride int, to *float32, toStride int)
	halve       func(n int, upper, lower, y *float32)
	halveGrad   func(n int, upper, lower, dy, dupper, dlower *float32)
	dropout     func(n int, x, y *float32, block uint32, k *dropoutConstants)
	gather      func(s *stretches, taps, channels int, from *float32, plane int, to *float32, row int)
	scatter     func(s *stretches, rows int, from *float32, row int, to *float32, plane int, bias *float32,
		least float32)
	transpose func(blocks int, from *float32, fromStride int, to *float32, toStride int)

	winogradInput  func(tiles, groups int, from *float32, pixel, row int, to *float32, tile, group, element int)
	winogradSpread func(tiles, groups int, from *float32, pixel, row int, to *float32, tile, group, element int)
	winogradFilter func(n int, from *float32, tap int, u *float32, step int)
	winogradOutput func(tiles, groups int, from *float32, tile, element int, to *float32, pixel, row int,
		bias *float32, least float32)
	winogradFilterGrad func(n int, from *float32, element int, to *float32, tap int)
}

// The methods below run the engine's loop on whole vectors and finish, or without an engine do it all, in Go.

// whole is how many of n values the engine takes.
func (e *engine) whole(n int) int {
	if e == nil {
		return 0
	}
	return n &^ 7
}

// affine is y = (x−mean)·scale + shift.
func (e *engine) affine(y, x []float32, mean, scale, shift float32) {
	n := e.whole(len(x))
	if n > 0 {
		e.loops.affine(n, &x[0], &y[0], mean, scale, shift)
	}
	y = y[:len(x)]
	for i := n; i < len(x); i++ {
		y[i] = (x[i]-mean)*scale + shift
	}
}

// copyRows copies rows of n values that lie strides apart.
func (e *engine) copyRows(rows, n int, from []float32, fromStride int, to []float32, toStride int) {
	if rows <= 0 || n <= 0 {
		return
	}
	_, _ = from[(rows-1)*fromStride+n-1], to[(rows-1)*toStride+n-1]
	e.loops.copyRows(rows, n, &from[0], fromStride, &to[0], toStride)
}

func (e *engine) add(sum, a, b []float32) {
	n := e.whole(len(a))
	if n > 0 {
		e.loops.add(n, &a[0], &b[0], &sum[0])
	}
	sum, b = sum[:len(a)], b[:len(a)]
	for i := n; i < len(a); i++ {
		sum[i] = a[i] + b[i]
	}
}

// rectify multiplies negative values by slope.
func (e *engine) rectify(y, x []float32, slope float32) {
	n := e.whole(len(x))
	if n > 0 {
		e.loops.rectify(n, &x[0], &y[0], slope)
	}
	y = y[:len(x)]
	for i := n; i < len(x); i++ {
		v := x[i]
		if v < 0 {
			v = v*slope + 0 // relu gives 0, not −0
		}
		y[i] = v
	}
}

// rectifyGrad multiplies dy by slope where y is not above zero.
func (e *engine) rectifyGrad(dx, y, dy []float32, slope float32) {
	n := e.whole(len(dy))
	if n > 0 {
		e.loops.rectifyGrad(n, &y[0], &dy[0], &dx[0], slope)
	}
	y, dx = y[:len(dy)], dx[:len(dy)]
	for i := n; i < len(dy); i++ {
		v := dy[i]
		if !(y[i] > 0) {
			v *= slope
		}
		dx[i] = v
	}
}

// normGrad is dx = scale·(dy − level − slope·(x − mean)).
func (e *engine) normGrad(dx, x, dy []float32, l line) {
	n := e.whole(len(dy))
	if n > 0 {
		e.loops.normGrad(n, &x[0], &dy[0], &dx[0], l.mean, l.scale, l.level, l.slope)
	}
	x, dx = x[:len(dy)], dx[:len(dy)]
	for i := n; i < len(dy); i++ {
		dx[i] = l.scale * (dy[i] - l.level - l.slope*(x[i]-l.mean))
	}
}

// sum is Σx, in double precision like all sums here.
func (e *engine) sum(x []float32) (total float64) {
	n := e.whole(len(x))
	if n > 0 {
		total = e.loops.sum(n, &x[0])
	}
	for _, v := range x[n:] {
		total += float64(v)
	}
	return total
}

// squares is Σ(x−mean)².
func (e *engine) squares(x []float32, mean float64) (total float64) {
	n := e.whole(len(x))
	if n > 0 {
		total = e.loops.squares(n, &x[0], mean)
	}
	for _, v := range x[n:] {
		d := float64(v) - mean
		total += d * d
	}
	return total
}

// zeros counts them.
func (e *engine) zeros(x []float32) (count uint64) {
	n := e.whole(len(x))
	if n > 0 {
		count = e.loops.zeros(n, &x[0])
	}
	for _, v := range x[n:] {
		count += isZero(v)
	}
	return count
}

// moments gives Σ(x−mean)² and Σ(x−mean)⁴.
func (e *engine) moments(x []float32, mean float64) (second, fourth float64) {
	n := e.whole(len(x))
	if n > 0 {
		second, fourth = e.loops.moments(n, &x[0], mean)
	}
	for _, v := range x[n:] {
		d := float64(v) - mean
		second += d * d
		fourth += d * d * d * d
	}
	return second, fourth
}

// products gives Σdy and Σdy·(x−mean).
func (e *engine) products(x, dy []float32, mean float64) (sum, product float64) {
	n := e.whole(len(x))
	if n > 0 {
		sum, product = e.loops.products(n, &x[0], &dy[0], mean)
	}
	for i := n; i < len(x); i++ {
		sum += float64(dy[i])
		product += float64(dy[i]) * (float64(x[i]) - mean)
	}
	return sum, product
}
