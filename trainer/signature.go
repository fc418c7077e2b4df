package trainer

import "errors"

// Arg is one buffer of an op.
type Arg struct {
	Name    string // in the op's documentation
	Len     int    // values that the op uses, the front of the buffer; 0: the op leaves the buffer alone
	InPlace bool   // an output that the op changes: what it held before matters

	shape [4]int
	dims  int
}

// Shape is the size of each dimension: images and features alike are (rows, values of one image), a scalar has none.
func (a Arg) Shape() []int { return a.shape[:a.dims] }

// arg is a buffer of these dimensions.
func arg(name string, shape ...int) Arg {
	a := Arg{Name: name, Len: 1, dims: len(shape)}
	for i, size := range shape {
		a.shape[i] = size
		a.Len *= size
	}
	return a
}

// changed is a list of n values that the op changes in place.
func changed(name string, n int) Arg {
	a := arg(name, n)
	a.InPlace = true
	return a
}

// Signature lists an op's buffers in order. It is a value without pointers to itself: asking for one allocates nothing.
type Signature struct {
	in      [5]Arg
	out     [3]Arg
	ins     int
	outs    int
	AnyOuts bool // the op takes any number of outputs, changes all their values in place, and lists none of them
}

// In are the buffers that the op reads.
func (s *Signature) In() []Arg { return s.in[:s.ins] }

// Out are the buffers that the op writes.
func (s *Signature) Out() []Arg { return s.out[:s.outs] }

func takes(in ...Arg) Signature {
	s := Signature{ins: len(in)}
	copy(s.in[:], in)
	return s
}

func (s Signature) gives(out ...Arg) Signature {
	s.outs = len(out)
	copy(s.out[:], out)
	return s
}

// Why an op is impossible.
var (
	errSize    = errors.New("every size must be above 0")
	errWindow  = errors.New("a window lies wholly outside the image")
	errPadding = errors.New("negative padding")
	errLogits  = errors.New("logits have one position, S = 1")
	errRate    = errors.New("rate must be at least 0 and below 1")
	errNorm    = errors.New("the largest norm must be above 0")
)

func positive(sizes ...int) error {
	for _, n := range sizes {
		if n <= 0 {
			return errSize
		}
	}
	return nil
}

// Derivative is the gradient of a loss with respect to one of an op's inputs.
type Derivative struct {
	Input int       // which one, from 0
	Op    Op        // computes it; nil: it is the gradient of the op's output, unchanged
	From  []Operand // what Op reads
}

// Operand is a value that a derivative reads.
type Operand struct {
	Source Source
	Index  int // of an input
}

// Source says where an operand comes from.
type Source int

// The sources. The gradient of an input is there where an earlier derivative of the same op gives it.
const (
	FromInput          Source = iota // of the op that is differentiated
	FromOutput                       // its output
	FromOutputGradient               // the gradient of its output
	FromInputGradient                // the gradient of one of its inputs
)

var (
	output         = Operand{Source: FromOutput}
	outputGradient = Operand{Source: FromOutputGradient}
)

func input(i int) Operand         { return Operand{Source: FromInput, Index: i} }
func inputGradient(i int) Operand { return Operand{Source: FromInputGradient, Index: i} }

// notDifferentiated is for the ops that never lie between the parameters and the loss: gradients, updates, what makes
// batches and what only looks at values.
var notDifferentiated []Derivative
