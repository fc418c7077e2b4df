package cuda

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"probewise/trainer"
)

// Launch is one kernel on a grid of blocks.
type Launch struct {
	Kernel string
	Grid   [3]int
	Block  int   // threads
	Bytes  int64 // read and written, each array once: what memory has to move at least
	FLOPs  int64 // a fused multiply-add is two
	Double int64 // of the FLOPs, those in double precision
	Padded int64 // FLOPs with those in the parts of tiles that lie outside of the result; 0: not in tiles

	args []argument
}

// Work is what an operation becomes: launches in order, and bytes of memory that they share beside the buffers.
type Work struct {
	Launches []Launch
	Scratch  int64
}

// argument is what a kernel gets in one 8-byte slot.
type argument struct {
	kind   kind
	at     int     // of a buffer: its place in the call
	offset int     // of a buffer or of scratch, in bytes
	size   int     // of scratch, in bytes
	bits   uint64  // of a number
	beta   float32 // of a correction
}

type kind uint8

const (
	number kind = iota
	input
	output
	scratch
	wrong      // where loss kernels report labels that are no class numbers
	nothing    // a null pointer
	rate       // of the step
	index      // of the step
	key        // of the step
	correction // 1 − beta^index
)

// Plan says what op becomes; outs are the lengths of the call's outputs, which matter to ClipNorm alone. The error
// names an op that is unknown, impossible or too large.
func Plan(op trainer.Op, outs []int) (Work, error) { return planWith(op, outs, tileOf) }

// maxRows bounds a grid's second and third size (CUDA C++ Programming Guide, table of technical specifications).
const maxRows = 1<<16 - 1

// planWith plans with tiles picked by another function; tests try all.
func planWith(op trainer.Op, outs []int, pick picker) (Work, error) {
	in, out, err := sizes(op, outs)
	if err != nil {
		return Work{}, err
	}
	b := &planner{op: op, in: in, out: out, pick: pick}
	if err := b.plan(); err != nil {
		return Work{}, err
	}
	for _, l := range b.work.Launches {
		if l.Grid[1] > maxRows || l.Grid[2] > maxRows {
			return Work{}, fmt.Errorf("cuda: %T%+v: %s needs a grid of %v blocks, more than a device takes",
				op, op, l.Kernel, l.Grid)
		}
	}
	return b.work, nil
}

// maxValues of an array: indices have 32 bits, and the threads of a last block, or of a last round of all blocks, go
// beyond the end.
const maxValues = 1<<31 - 1<<18

// sizes are the values of each buffer that op uses; of ClipNorm, which takes any, outs.
func sizes(op trainer.Op, outs []int) (in, out []int, err error) {
	if op == nil {
		return nil, nil, errors.New("cuda: no op")
	}
	s, err := op.Signature()
	if err != nil {
		return nil, nil, fmt.Errorf("cuda: %s: %w", trainer.OpTitle(op), err)
	}
	in, out = lens(s.In()), lens(s.Out())
	if s.AnyOuts {
		out = outs
	}
	for _, n := range slices.Concat(in, out) {
		if n > maxValues {
			return nil, nil, fmt.Errorf("cuda: %s: %d values in one array, more than %d",
				trainer.OpTitle(op), n, maxValues)
		}
	}
	return in, out, nil
}

func lens(args []trainer.Arg) []int {
	n := make([]int, len(args))
	for i, a := range args {
		n[i] = a.Len
	}
	return n
}

// planner collects the launches of one op.
type planner struct {
	op      trainer.Op
	in, out []int // values
	pick    picker
	work    Work
}

func (b *planner) plan() error {
	switch o := b.op.(type) {
	case trainer.ConvOp:
		b.convolution(o.Window, o.F, argument{kind: nothing}, false)
	case trainer.ConvBiasOp:
		b.convolution(o.Window, o.F, argument{kind: input, at: 2}, o.ReLU)
	case trainer.ConvDataGrad:
		b.dataGradient(o)
	case trainer.ConvFilterGrad:
		b.filterGradient(o)
	case trainer.MatMul:
		b.matMul(o)
	case trainer.BiasOp:
		b.quads("pw_bias", o.Len(), 1, buffer(0), buffer(1), result(0), o.Len(), o.S, magic(o.S), o.C, magic(o.C))
	case trainer.BiasGrad:
		b.channelSums("pw_channel_sums", o.Plane, result(0), 1, 1, buffer(0))
	case trainer.UnitZerosOp:
		b.channelSums("pw_channel_zeros", o.Plane, result(0), 1, o.N*o.S, buffer(0))
	case trainer.ActivationOp:
		return b.activation("pw_activation", o, buffer(0), result(0))
	case trainer.ActivationGrad:
		return b.activation("pw_activation_grad", trainer.ActivationOp(o), buffer(0), buffer(1), result(0))
	case trainer.SoftmaxOp:
		b.rows("pw_softmax", o.N*o.S, 6*o.C, buffer(0), result(0), o.N*o.S, o.C, o.S, magic(o.S))
	case trainer.SoftmaxGrad:
		b.rows("pw_softmax_grad", o.N*o.S, 4*o.C, buffer(0), buffer(1), result(0), o.N*o.S, o.C, o.S, magic(o.S))
	case trainer.AddOp:
		b.quads("pw_add", o.Len(), 1, buffer(0), buffer(1), result(0), o.Len())
	case trainer.CopyOp:
		b.quads("pw_copy", o.Len, 0, buffer(0), result(0), o.Len)
	case trainer.DropoutOp:
		b.dropout(o)
	case trainer.CrossEntropyOp:
		b.block("pw_cross_entropy", 6*o.N*o.C, buffer(0), buffer(1), weights(o.Weighted), result(0),
			argument{kind: wrong}, o.N, o.C).
			doubles(o.N + threads)
	case trainer.CrossEntropyGrad:
		b.rows("pw_cross_entropy_grad", o.N, 8*o.C, buffer(0), buffer(1), weights(o.Weighted), result(0), o.N, o.C)
	case trainer.CorrectOp:
		b.block("pw_correct", 2*o.N*o.C, buffer(0), buffer(1), result(0), argument{kind: wrong}, o.N, o.C)
	case trainer.GatherOp:
		b.gather(o)
	case trainer.PadOp:
		high, wide := o.H+2*o.PH, o.W+2*o.PW
		b.rows("pw_pad", b.out[0], 0, buffer(0), result(0), b.out[0], o.H, o.W, o.PH, o.PW, high, magic(high), wide,
			magic(wide))
	case trainer.PadGrad:
		b.rows("pw_pad_grad", b.out[0], 0, buffer(0), result(0), b.out[0], o.H, magic(o.H), o.W, magic(o.W), o.PH, o.PW)
	default:
		return b.planRest()
	}
	return nil
}

func (b *planner) gather(o trainer.GatherOp) {
	n, size, packed := b.out[0], o.C*o.H*o.W, b.in[0]/o.Images
	l := b.add("pw_gather", [3]int{ceil(n, threads), 1, 1}, threads, 0, buffer(0), buffer(1), buffer(2), result(0),
		result(1), n, o.N, o.Images, packed, o.H, o.W, magic(size), size, magic(o.W), magic(o.H),
		magic(trainer.PixelsPerValue))
	l.Bytes = 4 * int64(o.N) * int64(size+packed+4+2) // of those that are kept it reads what it takes
}

// buffer and result are the call's inputs and outputs.
func buffer(i int) argument { return argument{kind: input, at: i} }
func result(i int) argument { return argument{kind: output, at: i} }

// weights are those of the classes.
func weights(given bool) argument {
	if given {
		return buffer(2)
	}
	return argument{kind: nothing}
}

// from is the rest of an array that begins so many bytes in.
func (a argument) from(bytes int) argument {
	a.offset += bytes
	a.size = max(0, a.size-bytes)
	return a
}

// reserve takes bytes of the scratch memory.
func (b *planner) reserve(bytes int) argument {
	at := b.work.Scratch
	b.work.Scratch += (int64(bytes) + 255) &^ 255
	return argument{kind: scratch, offset: int(at), size: bytes}
}

// add appends a launch. Arguments are an argument, int, float32 or uint64. Its bytes are those of the call's buffers
// and of scratch among the arguments.
func (b *planner) add(name string, grid [3]int, block int, flops int64, args ...any) *Launch {
	l := Launch{Kernel: name, Grid: grid, Block: block, FLOPs: flops}
	for _, a := range args {
		switch a := a.(type) {
		case argument:
			switch a.kind {
			case input:
				l.Bytes += 4 * int64(b.in[a.at])
			case output:
				l.Bytes += 4 * int64(b.out[a.at])
			case scratch:
				l.Bytes += int64(a.size)
			}
			l.args = append(l.args, a)
		case int:
			l.args = append(l.args, argument{bits: uint64(uint32(int32(a)))})
		case float32:
			l.args = append(l.args, argument{bits: uint64(math.Float32bits(a))})
		case uint64:
			l.args = append(l.args, argument{bits: a})
		default:
			panic(fmt.Sprintf("cuda: argument of type %T", a)) // a mistake in this package
		}
	}
	b.work.Launches = append(b.work.Launches, l)
	return &b.work.Launches[len(b.work.Launches)-1]
}

const (
	threads = 256
	quad    = 4 // values of a thread of an elementwise kernel
)

// quads is an elementwise launch over n values, rows one with a thread for each of n, block one of a single block.
// FLOPs are for each of the n.
func (b *planner) quads(name string, n, flops int, args ...any) *Launch {
	return b.add(name, [3]int{ceil(n, quad*threads), 1, 1}, threads, int64(n)*int64(flops), args...)
}

func (b *planner) rows(name string, n, flops int, args ...any) *Launch {
	return b.add(name, [3]int{ceil(n, threads), 1, 1}, threads, int64(n)*int64(flops), args...)
}

func (b *planner) block(name string, flops int, args ...any) *Launch {
	return b.add(name, [3]int{1, 1, 1}, threads, int64(flops), args...)
}

// doubles adds FLOPs in double precision.
func (l *Launch) doubles(n int) {
	l.FLOPs += int64(n)
	l.Double += int64(n)
}

func ceil(n, by int) int { return (n + by - 1) / by }

// magic is the multiplier and shift that divide numbers below 2³¹ by d (Granlund & Montgomery 1994): n/d = n·m >>
// (31+s) with m = ⌊2^(31+s)/d⌋+1, s = ⌈log2 d⌉.
func magic(d int) uint64 {
	shift := uint64(31 + bits.Len(uint(d-1)))
	return shift<<32 | (1<<shift/uint64(d) + 1)
}
