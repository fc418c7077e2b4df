package cuda

import (
	"math"

	"probewise/trainer"
)

// tile is the part of a product that a block computes, and the depth of what it keeps in shared memory.
type tile struct {
	name    string
	m, n, k int
	// of the peak that it reaches on paper, in percent: larger tiles read less shared memory for each product
	share int
}

var (
	large  = tile{"_large", 128, 128, 8, 60}
	medium = tile{"_medium", 64, 128, 8, 50}
	small  = tile{"_small", 64, 64, 16, 40}
	thin   = tile{"_thin", 32, 128, 16, 40}
	// a quarter of the threads is enough for the values: four teams share the depth
	deep = tile{"_deep", 32, 32, 32, 30}
)

// The tiles that there are kernels for.
var (
	convolutionTiles = []tile{large, medium, small, thin}       // forward and data gradients: few rows, many columns
	filterTiles      = []tile{large, medium, small, thin, deep} // filter gradients
	matrixTiles      = []tile{large, small, deep}
)

// The card that tiles are picked for. It is the same whatever card is there, so that sums have the same order
// everywhere.
const (
	processors    = 64
	flopsPerNano  = 190 // of one processor
	bytesPerNano  = 340 // of the card
	nanosPerStart = 2000
	maxSlices     = 160
)

// picker picks one of the tiles for an M×N product over K, and cuts K into slices of so many steps.
type picker func(m, n, k int, tiles []tile) (t tile, slices, slice int)

// tileOf picks the tile for an M×N product over K, and into how many slices K is cut so that there are enough blocks:
// what is done first on the card above. Slices are multiples of the tile's depth. Whole numbers throughout: every
// machine picks the same.
func tileOf(m, n, k int, tiles []tile) (best tile, slices, slice int) {
	least := int64(math.MaxInt64)
	for _, t := range tiles {
		blocks := int64(ceil(m, t.m)) * int64(ceil(n, t.n))
		for count := 1; count <= maxSlices; count++ {
			depth := ceil(ceil(k, count), t.k) * t.k
			if count > 1 && (depth < 8*t.k || ceil(k, depth) != count) {
				continue
			}
			block := 2 * int64(t.m) * int64(t.n) * int64(depth) * 100 / int64(t.share*flopsPerNano)
			// half a block: how late the last wave ends, on average over cards
			nanos := max(blocks*int64(count)*block/processors+block/2, block)
			if count > 1 { // the slices are written, read and joined
				nanos += nanosPerStart + 8*int64(count)*int64(m)*int64(n)/bytesPerNano
			}
			if nanos < least {
				least, best, slices, slice = nanos, t, count, depth
			}
		}
	}
	return best, slices, slice
}

// Tiles says what a product becomes with each tile that there is a kernel for, whatever Plan picks. Other ops have
// none.
func Tiles(op trainer.Op) ([]Work, error) {
	var tiles []tile
	if _, err := planWith(op, nil, func(m, n, k int, all []tile) (tile, int, int) {
		tiles = all
		return tileOf(m, n, k, all)
	}); err != nil {
		return nil, err
	}
	works := make([]Work, len(tiles))
	for i := range tiles {
		var err error
		if works[i], err = planWith(op, nil,
			func(m, n, k int, all []tile) (tile, int, int) { return tileOf(m, n, k, all[i:i+1]) }); err != nil {
			return nil, err
		}
	}
	return works, nil
}

// product adds the launch of an M×N product over K whose result is laid out as images of so many columns, and what
// joins the slices. bias and relu are applied to the whole sums: by the product's kernel, or by the one that joins.
type product struct {
	name     string
	m, n, k  int
	tiles    []tile
	columns  int // of an image
	bias     argument
	relu     bool
	before   []any // arguments before the output, and after it
	after    func(slice int) []any
	withBias bool // the kernel takes bias
	flops    int64
}

func (b *planner) product(p product) {
	t, slices, slice := b.pick(p.m, p.n, p.k, p.tiles)
	target := result(0)
	if slices > 1 {
		target = b.reserve(4 * slices * p.m * p.n)
	}
	args := p.before
	if p.withBias {
		args = append(args, p.bias)
	}
	args = append(append(args, target), p.after(slice)...)
	l := b.add(p.name+t.name, [3]int{ceil(p.n, t.n), ceil(p.m, t.m), slices}, threads, p.flops, args...)
	l.Padded = 2 * int64(ceil(p.n, t.n)*t.n) * int64(ceil(p.m, t.m)*t.m) * int64(slices) * int64(slice)
	if slices == 1 {
		return
	}
	b.rows("pw_join", p.m*p.n, slices, target, p.bias, result(0), p.m, p.n, slices, one(p.relu), p.columns,
		magic(p.columns), magic(p.n))
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (b *planner) matMul(o trainer.MatMul) {
	name := "pw_gemm_" + [2]string{"n", "t"}[one(o.TransA)] + [2]string{"n", "t"}[one(o.TransB)]
	p := product{
		name:    name,
		m:       o.M,
		n:       o.N,
		k:       o.K,
		tiles:   matrixTiles,
		columns: o.N,
		bias:    argument{kind: nothing},
		before:  []any{buffer(0), buffer(1)},
		after:   func(slice int) []any { return []any{o.M, o.N, o.K, slice} },
		flops:   2 * int64(o.M) * int64(o.N) * int64(o.K),
	}
	if o.TransA && o.TransB { // never in a plan: one kernel is enough
		t, slices, slice := small, 1, ceil(o.K, small.k)*small.k
		b.add(name+t.name, [3]int{ceil(o.N, t.n), ceil(o.M, t.m), slices}, threads, p.flops, buffer(0), buffer(1),
			result(0), o.M, o.N, o.K, slice)
		return
	}
	b.product(p)
}

// window lists the parameters of a convolution's kernel; a column stands for one of high·wide positions of an image.
func window(g trainer.Window, f, high, wide int) []any {
	return []any{g.C, g.H, g.W, g.KH, g.KW, g.SH, g.SW, g.PT, g.PL, g.OH, g.OW, f,
		magic(g.KH * g.KW), magic(g.KW), magic(high * wide), magic(wide)}
}

func convFLOPs(g trainer.Window, f int) int64 {
	return 2 * int64(g.N) * int64(f) * int64(g.OH) * int64(g.OW) * int64(g.C) * int64(g.KH) * int64(g.KW)
}

func (b *planner) convolution(g trainer.Window, f int, bias argument, relu bool) {
	columns := g.N * g.OH * g.OW
	b.product(product{
		name:     "pw_conv",
		m:        f,
		n:        columns,
		k:        g.C * g.KH * g.KW,
		tiles:    convolutionTiles,
		columns:  g.OH * g.OW,
		bias:     bias,
		relu:     relu,
		withBias: true,
		before:   []any{buffer(0), buffer(1)},
		flops:    convFLOPs(g, f),
		after:    func(slice int) []any { return append([]any{columns, slice, one(relu)}, window(g, f, g.OH, g.OW)...) },
	})
}

func (b *planner) dataGradient(o trainer.ConvDataGrad) {
	columns := o.N * o.H * o.W
	b.product(product{
		name:    "pw_conv_data",
		m:       o.C,
		n:       columns,
		k:       o.F * o.KH * o.KW,
		tiles:   convolutionTiles,
		columns: o.H * o.W,
		bias:    argument{kind: nothing},
		before:  []any{buffer(0), buffer(1)},
		flops:   convFLOPs(o.Window, o.F),
		after:   func(slice int) []any { return append([]any{columns, slice}, window(o.Window, o.F, o.H, o.W)...) },
	})
}

func (b *planner) filterGradient(o trainer.ConvFilterGrad) {
	positions, n := o.N*o.OH*o.OW, o.C*o.KH*o.KW
	b.product(product{
		name:    "pw_conv_filter",
		m:       o.F,
		n:       n,
		k:       positions,
		tiles:   filterTiles,
		columns: n,
		bias:    argument{kind: nothing},
		before:  []any{buffer(0), buffer(1)},
		flops:   convFLOPs(o.Window, o.F),
		after:   func(slice int) []any { return append([]any{positions, slice}, window(o.Window, o.F, o.OH, o.OW)...) },
	})
}
