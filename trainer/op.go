package trainer

import (
	"fmt"
	"strings"
)

// Op is one operation with its sizes. The value says everything but the buffers and the Step. Buffers are listed with
// each op as "in → out"; N is the number of rows (images) of the batch, C channels or units, S the positions of a
// plane (height·width, 1 for dense layers). What a plan, a backend and a test have to know of an op, its methods say:
// an op that forgets one of them does not compile.
type Op interface {
	// WithRows returns the same op for n images; ops that do not depend on the batch return themselves.
	WithRows(n int) Op
	// Signature lists the op's buffers. The error says why its sizes make no sense; it does not name the op.
	Signature() (Signature, error)
	// Derivatives says how the op is differentiated, in the order of computing; none for ops that never are, and for
	// inputs that no gradient reaches.
	Derivatives() []Derivative
}

// OpName is the type of op: "ConvOp".
func OpName(op Op) string { return strings.TrimPrefix(fmt.Sprintf("%T", op), "trainer.") }

// OpTitle is the type of op with its sizes.
func OpTitle(op Op) string {
	if op == nil {
		return "nil"
	}
	return OpName(op) + fmt.Sprintf("%+v", op)
}

// Window is the geometry of a convolution or pool: N images of C×H×W, a KH×KW window moved by SH, SW over the input
// padded with PT rows above and PL columns on the left (below and right: as far as the last window reaches), giving
// OH×OW positions.
type Window struct{ N, C, H, W, KH, KW, SH, SW, PT, PL, OH, OW int }

func (w Window) rows(n int) Window { w.N = n; return w }

// image is the buffer of the images, positions that of one value for each of f filters and each position.
func (w Window) image(name string) Arg            { return arg(name, w.N, w.C*w.H*w.W) }
func (w Window) positions(name string, f int) Arg { return arg(name, w.N, f*w.OH*w.OW) }

// check finds a size that is not above 0, or a window without a pixel.
func (w Window) check() error {
	if err := positive(w.N, w.C, w.H, w.W, w.KH, w.KW, w.SH, w.SW, w.OH, w.OW); err != nil {
		return err
	}
	touches := func(size, kernel, stride, pad, positions int) bool {
		return pad >= 0 && pad < kernel && (positions-1)*stride-pad < size
	}
	if !touches(w.H, w.KH, w.SH, w.PT, w.OH) || !touches(w.W, w.KW, w.SW, w.PL, w.OW) {
		return errWindow
	}
	return nil
}

// Plane is N images of C channels with S positions each.
type Plane struct{ N, C, S int }

// Len is the number of values, N·C·S.
func (p Plane) Len() int { return p.N * p.C * p.S }

func (p Plane) rows(n int) Plane { p.N = n; return p }

// values is the buffer of the plane's values, pairs that of two values a channel.
func (p Plane) values(name string) Arg { return arg(name, p.N, p.C*p.S) }
func (p Plane) pairs(name string) Arg  { return arg(name, 2, p.C) }

func (p Plane) check() error { return positive(p.N, p.C, p.S) }
