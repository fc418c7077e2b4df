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
var laneMasks = func() (m [81][half]int32) {
	for low := range half {
		for high := low; high <= half; high++ {
			for lane := low; lane < high; lane++ {
				m[9*low+high][lane] = -1
			}
		}
	}
	return m
}()

// add puts lane behind what is there; the address of its value is in values. It returns false where there are too many
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

// windowTable says where the output positions of a convolution's batch, eight at a time, find their values. Positions of
// all images follow each other, so that small planes fill vectors too; the pattern repeats after a few images.
type windowTable struct {
	halves int // in the batch
	period int // halves after which the pattern repeats
	images int // in a period
	tail   bool
	taps   int
	in     []stretches // by half of the period (and the batch's last, where it is cut short) and tap; relative to channel 0 of the period's first image
	out    []stretches // the same without taps, for the output
}

// largePlane is the number of positions from which each image begins a vector of its own: what is lost at the end of a
// plane is little then, and the table stays small.
const largePlane = 512

// newWindowTable works the table out for a window of strides 1 and f output planes; nil where eight positions come from
// too many places.
func newWindowTable(g trainer.Window, f int) *windowTable {
	plane := g.OH * g.OW
	t := &windowTable{taps: g.KH * g.KW, images: 1, period: (plane + half - 1) / half}
	if plane < largePlane && plane%half != 0 {
		t.images = half / gcd(plane, half)
		t.period = plane * t.images / half
		t.halves = (g.N*plane + half - 1) / half
		t.tail = g.N*plane%half != 0
	} else {
		t.halves = g.N * t.period
	}
	for h := range t.period {
		if !t.describe(g, f, h, t.images) {
			return nil
		}
	}
	if t.tail && !t.describe(g, f, (t.halves-1)%t.period, g.N-(t.halves-1)/t.period*t.images) {
		return nil
	}
	return t
}

// describe adds one half of the period of which so many images are there.
func (t *windowTable) describe(g trainer.Window, f, h, images int) bool {
	plane := g.OH * g.OW
	at := func(lane int) (image, position int, ok bool) {
		position = h*half + lane
		if t.images > 1 {
			image, position = position/plane, position%plane
		}
		return image, position, position < plane && image < images
	}
	for tap := range t.taps {
		var s stretches
		for lane := range half {
			image, position, ok := at(lane)
			row, col := position/g.OW+tap/g.KW-g.PT, position%g.OW+tap%g.KW-g.PL
			if ok && row >= 0 && row < g.H && col >= 0 && col < g.W && !s.add(lane, (image*g.C*g.H+row)*g.W+col) {
				return false
			}
		}
		s.finish()
		t.in = append(t.in, s)
	}
	var s stretches
	for lane := range half {
		if image, position, ok := at(lane); ok && !s.add(lane, image*f*plane+position) {
			return false
		}
	}
	s.finish()
	t.out = append(t.out, s)
	return true
}

// place returns the entry of a half of the batch and the first image of its period.
func (t *windowTable) place(h int) (entry, image int) {
	if t.tail && h == t.halves-1 {
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
