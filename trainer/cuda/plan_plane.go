package cuda

import (
	"fmt"
	"math"
	"slices"

	"probewise/trainer"
)

// planRest covers pools, batch norm, updates and what only looks at values.
func (b *planner) planRest() error {
	switch o := b.op.(type) {
	case trainer.MaxPoolOp:
		b.pool("pw_max_pool", o.Window, true, buffer(0), result(0))
	case trainer.MaxPoolGrad:
		b.pool("pw_max_pool_grad", o.Window, false, buffer(0), buffer(1), result(0), 0)
	case trainer.MaxPoolReLUGrad:
		b.pool("pw_max_pool_grad", o.Window, false, buffer(0), buffer(1), result(0), 1)
	case trainer.AvgPoolOp:
		b.pool("pw_avg_pool", o.Window, true, buffer(0), result(0))
	case trainer.AvgPoolGrad:
		b.pool("pw_avg_pool_grad", o.Window, false, buffer(0), result(0))
	case trainer.BatchNormStats:
		b.channelSums("pw_channel_sums", o.Plane, result(0), 1, o.N*o.S, buffer(0))
		b.channelSums("pw_channel_squares", o.Plane, result(0).from(4*o.C), 3, o.N*o.S, buffer(0), result(0))
	case trainer.BatchNormApply:
		b.quads("pw_norm_apply", o.Len(), 4, buffer(0), buffer(1), buffer(2), result(0), o.Len(), o.S, magic(o.S), o.C,
			magic(o.C), o.Epsilon)
	case trainer.BatchNormParamGrad:
		b.channelProducts(o)
		b.channelSums("pw_channel_sums", o.Plane, result(0).from(4*o.C), 1, 1, buffer(2))
	case trainer.BatchNormDataGrad:
		b.quads("pw_norm_data_grad", o.Len(), 7, buffer(0), buffer(1), buffer(2), buffer(3), buffer(4), result(0),
			o.Len(), o.S, magic(o.S), o.C, magic(o.C), o.Epsilon, float32(o.N*o.S))
	case trainer.BatchNormUpdate:
		b.rows("pw_norm_update", o.C, 6, buffer(0), result(0), o.C, o.Momentum, float32(o.N*o.S))
	case trainer.PenaltyGrad:
		b.quads("pw_penalty", o.Len, 5, buffer(0), result(0), o.Len, o.L1, o.L2)
	case trainer.ClipNorm:
		b.clip(o)
	case trainer.SGDOp:
		b.quads("pw_sgd", o.Len, 6, buffer(0), result(0), optional(1, o.Momentum), o.Len, argument{kind: rate},
			o.Momentum, one(o.Nesterov))
	case trainer.RMSpropOp:
		b.quads("pw_rmsprop", o.Len, 10, buffer(0), result(0), result(1), optional(2, o.Momentum), o.Len,
			argument{kind: rate}, o.Rho, o.Epsilon, o.Momentum)
	case trainer.AdamOp:
		b.quads("pw_adam", o.Len, 16, buffer(0), result(0), result(1), result(2), o.Len, argument{kind: rate}, o.Beta1,
			o.Beta2, o.Epsilon, o.WeightDecay,
			argument{kind: correction, beta: o.Beta1}, argument{kind: correction, beta: o.Beta2})
	case trainer.StatisticsOp:
		b.statistics(o)
	case trainer.DistanceOp:
		parts := partsOf(o.Len)
		part := b.reserve(8 * 3 * parts)
		b.add("pw_distance", [3]int{parts, 1, 1}, threads, 0, buffer(0), buffer(1), part, o.Len).
			doubles(7*o.Len + 3*threads*parts)
		b.block("pw_distance_join", 0, part, result(0), parts).doubles(3*parts + 3*threads)
	default:
		return fmt.Errorf("cuda: unknown op %T%+v", b.op, b.op)
	}
	return nil
}

// optional is the velocity, which is not there without momentum.
func optional(i int, momentum float32) argument {
	if momentum == 0 {
		return argument{kind: nothing}
	}
	return result(i)
}

// activations in the order of kernels/elementwise.cuh.
var activations = []trainer.Activation{trainer.Linear, trainer.ReLU, trainer.LeakyReLU, trainer.ELU, trainer.SELU,
	trainer.Sigmoid, trainer.Tanh}

func (b *planner) activation(name string, o trainer.ActivationOp, buffers ...any) error {
	kind := slices.Index(activations, o.Kind)
	if kind < 0 {
		return fmt.Errorf("cuda: %T%+v: no elementwise activation %q", b.op, b.op, o.Kind)
	}
	b.quads(name, o.Len(), 2, append(buffers, o.Len(), kind, o.Slope)...)
	return nil
}

func (b *planner) dropout(o trainer.DropoutOp) {
	below := uint64(math.Ceil(float64(o.Rate) * (1 << 32))) // a word is below rate·2³² where it is below this
	scale := float32(1 / (1 - float64(o.Rate)))
	b.quads("pw_dropout", o.Len(), 30, buffer(0), result(0), o.Len(), o.S, magic(o.S), below, scale, uint64(o.Stream),
		argument{kind: index}, argument{kind: key})
}

// pool has a thread for every output (forward) or pixel. Arguments from the first that is no buffer on stand after the
// window.
func (b *planner) pool(name string, g trainer.Window, forward bool, args ...any) {
	n, high, wide := g.N*g.C*g.H*g.W, g.H, g.W
	if forward {
		n, high, wide = g.N*g.C*g.OH*g.OW, g.OH, g.OW
	}
	sizes := []any{n, g.H, g.W, g.KH, g.KW, g.SH, g.SW, g.PT, g.PL, g.OH, g.OW, magic(high), magic(wide)}
	last := slices.IndexFunc(args, func(a any) bool { _, isBuffer := a.(argument); return !isBuffer })
	if last < 0 {
		last = len(args)
	}
	b.rows(name, n, g.KH*g.KW, slices.Concat(args[:last], sizes, args[last:])...)
}

// channels says how the values of a plane are given to the blocks that sum by channel.
func channels(p trainer.Plane) (grid [3]int, parts int, sizes []any) {
	const short = 32   // positions: a warp reads them together
	const enough = 320 // blocks keep a card's memory busy; the same number for every card
	positions, tall := p.N*p.S, p.S >= short
	columns, least := p.C, 1024
	if !tall {
		columns, least = ceil(p.C, 32), 64
	}
	parts = min(ceil(enough, columns), ceil(positions, least))
	chunk := ceil(positions, parts)
	parts = ceil(positions, chunk)
	return [3]int{columns, parts, 1}, parts, []any{positions, chunk, p.C, p.S, magic(p.S), one(tall)}
}

// channelSums adds up something of each channel's values, divided by a number; args are the kernel's inputs.
func (b *planner) channelSums(name string, p trainer.Plane, to argument, flops, by int, args ...any) {
	grid, parts, sizes := channels(p)
	part := b.reserve(8 * parts * p.C)
	b.add(name, grid, threads, int64(p.Len())*int64(flops), slices.Concat(args, []any{part}, sizes)...).
		doubles(threads * grid[0] * grid[1])
	b.rows("pw_channel_join", p.C, 0, part, to, p.C, parts, float32(by)).doubles(p.C * parts)
}

func (b *planner) channelProducts(o trainer.BatchNormParamGrad) {
	grid, parts, sizes := channels(o.Plane)
	part := b.reserve(8 * parts * o.C)
	b.add("pw_channel_products", grid, threads, 4*int64(o.Len()),
		slices.Concat([]any{buffer(0), buffer(1), buffer(2), part}, sizes, []any{o.Epsilon})...).
		doubles(threads * grid[0] * grid[1])
	b.rows("pw_channel_join", o.C, 0, part, result(0), o.C, parts, float32(1)).doubles(o.C * parts)
}

// partsOf is the number of blocks that sum over n values.
func partsOf(n int) int { return min(ceil(n, 2048), threads) }

func (b *planner) clip(o trainer.ClipNorm) {
	parts := 0
	for _, n := range b.out {
		parts += partsOf(n)
	}
	part, factor := b.reserve(8*parts), b.reserve(4)
	at := 0
	for i, n := range b.out {
		if n == 0 {
			continue
		}
		b.add("pw_squares", [3]int{partsOf(n), 1, 1}, threads, 0, result(i), part.from(8*at), n).
			doubles(2*n + threads*partsOf(n))
		at += partsOf(n)
	}
	b.block("pw_clip_factor", 0, part, factor, parts, o.Max).doubles(parts + threads)
	for i, n := range b.out {
		if n > 0 {
			b.quads("pw_clip", n, 1, factor, result(i), n).Bytes *= 2
		}
	}
}

// What kernels/statistics.cuh keeps of a StatisticsOp.
const (
	totals        = 6
	octaves       = 512
	octaveThreads = 64
	fineBins      = 96
	fineThreads   = 128
	summaryBytes  = 512 // at least those of its Summary
)

func (b *planner) statistics(o trainer.StatisticsOp) {
	n := o.Len()
	counted := n
	if n > trainer.CountAll {
		counted = n/(4*trainer.CountRun)*trainer.CountRun + min(n%(4*trainer.CountRun), trainer.CountRun)
	}
	all := one(n <= trainer.CountAll)
	parts := partsOf(n)
	const share, most = 4096, 128 // values of a block that counts; blocks, whose counts one block adds up
	blocks := min(ceil(counted, share), most)
	sums, moments := b.reserve(8*totals*parts), b.reserve(8*2*parts)
	rows, fine, summary := b.reserve(4*(octaves+1)*blocks), b.reserve(4*fineBins*blocks), b.reserve(summaryBytes)
	b.add("pw_stats_sums", [3]int{parts, 1, 1}, threads, 4*int64(n), buffer(0), sums, n, o.Below).
		doubles(3*n + 2*threads*parts)
	b.count("pw_stats_octaves", blocks, octaveThreads, n-counted, buffer(0), rows, counted, all)
	b.block("pw_stats_middle", octaves*blocks, sums, rows, summary, parts, blocks).doubles(totals * (parts + threads))
	b.add("pw_stats_moments", [3]int{parts, 1, 1}, threads, 0, buffer(0), summary, moments, n).
		doubles(5*n + 2*threads*parts)
	b.count("pw_stats_fine", blocks, fineThreads, n-counted, buffer(0), summary, fine, counted, all)
	b.block("pw_stats_finish", fineBins*blocks, summary, moments, fine, result(0), n, parts, blocks).
		doubles(2 * (parts + threads))
}

// count is a launch that reads all of the call's buffer but what is left out, and does an addition for each value that
// it reads.
func (b *planner) count(name string, blocks, threads, left int, args ...any) {
	l := b.add(name, [3]int{blocks, 1, 1}, threads, int64(b.in[0]-left), args...)
	l.Bytes -= 4 * int64(left)
}
