package kernel

import "probewise/trainer"

// A convolution with strides of one is a product of its filters with a matrix whose columns are the output positions of
// the whole batch, in memory order, and whose rows are the taps of the channels. That matrix is never stored: a few
// vectors of columns at a time are gathered, for some of the taps, into a panel that stays in the fastest cache. A
// window table says where the values of each vector lie.

// half is the number of values that are gathered and scattered at once, in every engine.
const half = 8

// maxPieces is the number of stretches that eight neighbouring positions may come from.
const maxPieces = 4

// stretches says where eight neighbouring values lie in memory: up to four pieces, each some of the lanes. The assembly
// knows its layout.
type stretches struct {
	n    int            // of the pieces; whole: one piece of all eight lanes
	at   [maxPieces]int // in bytes: where lane 0 of the piece would be
	mask [maxPieces]int // in bytes: place in laneMasks
}

// whole is stretches.n of one piece that has all lanes.
const whole = maxPieces + 1

// laneMasks[9·low+high] has ones in the lanes low…high−1.
var laneMasks = func() (m [81][half]int32) { //nolint:unused // the assembly reads it
	for low := range half {
		for high := low; high <= half; high++ {
			for lane := low; lane < high; lane++ {
				m[9*low+high][lane] = -1
			}
		}
	}
	return m
}()

// add puts lane after what is there; the address of its value is in values. It returns false where there are too many
// pieces.
func (s *stretches) add(lane, address int) bool {
	base := 4 * (address - lane)
	if s.n > 0 && s.at[s.n-1] == base && s.mask[s.n-1]/32%9 == lane {
		s.mask[s.n-1] += 32 // one more lane
		return true
	}
	if s.n == maxPieces {
		return false
	}
	s.at[s.n], s.mask[s.n] = base, 32*(9*lane+lane+1)
	s.n++
	return true
}

// finish marks what can be read and written without a mask.
func (s *stretches) finish() {
	if s.n == 1 && s.mask[0] == 32*half {
		s.n = whole
	}
}

// windowTable says where the positions of a batch, eight at a time, find their pixels and where their results go. Those
// of all images follow each other, so that small planes fill vectors too; the pattern repeats after a few images.
type windowTable struct {
	positions int // of an image
	halves    int // eight positions each, in the batch
	period    int // halves after which the pattern repeats
	images    int // in a period
	last      int // images in the batch's last, unfinished period where it ends within a half; else 0
	taps      int
	// by half of the period (and the batch's last one, where that is cut short) and tap; relative to the period's first
	// image
	in  []stretches
	out []stretches // by half
}

// largePlane is the number of positions from which each image begins a vector of its own: what is lost at the end of a
// plane is little then, and the table stays small.
const largePlane = 512

// newWindowTable works the table out for a window of strides 1 and f output planes; nil where eight positions come from
// too many places.
func newWindowTable(g trainer.Window, f int) *windowTable {
	t := newPattern(g.N, g.OH*g.OW, g.KH*g.KW)
	for h := range t.period {
		if !t.describe(g, f, h, t.images) {
			return nil
		}
	}
	if t.last > 0 && !t.describe(g, f, (t.halves-1)%t.period, t.last) {
		return nil
	}
	return t
}

// newPattern works out how the positions of n images fall into halves.
func newPattern(n, positions, taps int) *windowTable {
	t := &windowTable{positions: positions, taps: taps, images: 1, period: (positions + half - 1) / half}
	if positions >= largePlane || positions%half == 0 {
		t.halves = n * t.period
		return t
	}
	t.images = half / gcd(positions, half)
	t.period = positions * t.images / half
	t.halves = (n*positions + half - 1) / half
	if n*positions%half != 0 {
		t.last = n - (t.halves-1)/t.period*t.images
	}
	return t
}

// describe adds what half h of a period of so many images finds and where it goes; false where that is too many places.
func (t *windowTable) describe(g trainer.Window, f, h, images int) bool {
	at := func(lane int) (image, position int, ok bool) {
		position = h*half + lane
		if t.images > 1 {
			image, position = position/t.positions, position%t.positions
		}
		return image, position, position < t.positions && image < images
	}
	for tap := range t.taps {
		if !t.append(&t.in, func(lane int) (int, bool) {
			image, position, ok := at(lane)
			row, col := position/g.OW+tap/g.KW-g.PT, position%g.OW+tap%g.KW-g.PL
			return (image*g.C*g.H+row)*g.W + col, ok && row >= 0 && row < g.H && col >= 0 && col < g.W
		}) {
			return false
		}
	}
	return t.append(&t.out, func(lane int) (int, bool) {
		image, position, ok := at(lane)
		return image*f*g.OH*g.OW + position, ok
	})
}

// append adds what eight lanes find at the given places.
func (t *windowTable) append(to *[]stretches, place func(lane int) (int, bool)) bool {
	var s stretches
	for lane := range half {
		if address, ok := place(lane); ok && !s.add(lane, address) {
			return false
		}
	}
	s.finish()
	*to = append(*to, s)
	return true
}

// place returns the entry of a half of the batch and the first image of its period.
func (t *windowTable) place(h int) (entry, image int) {
	if t.last > 0 && h == t.halves-1 {
		return t.period, h / t.period * t.images
	}
	return h % t.period, h / t.period * t.images
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
