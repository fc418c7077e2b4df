package backendtest

import (
	"errors"
	"strings"
	"testing"

	"probewise/trainer"
)

// buffers proves what Alloc, Upload and Download promise.
func buffers(t *testing.T, b trainer.Backend) {
	buffer, err := b.Alloc(5)
	if err != nil || buffer.Len() != 5 {
		t.Fatalf("Alloc(5) = %v, %v", buffer, err)
	}
	if x := download(t, b, []trainer.Buffer{buffer})[0]; !sameBits(x, make([]float32, 5)) {
		t.Errorf("fresh buffer holds %v, want zeros", x)
	}
	if err := b.Upload(buffer, []float32{1, 2}); err != nil {
		t.Error(err)
	}
	front := make([]float32, 3)
	if err := b.Download(front, buffer); err != nil || !sameBits(front, []float32{1, 2, 0}) {
		t.Errorf("front of the buffer = %v, %v, want 1 2 0", front, err)
	}
	if b.Upload(buffer, make([]float32, 6)) == nil {
		t.Error("6 values went into a buffer of 5")
	}
	if b.Download(make([]float32, 6), buffer) == nil {
		t.Error("6 values came out of a buffer of 5")
	}
	if _, err := b.Alloc(-1); err == nil {
		t.Error("a buffer of -1 values")
	}
}

// slicesOf proves that slices are the same memory, and that those which cannot be are errors.
func slicesOf(t *testing.T, b trainer.Backend) {
	whole := upload(t, b, [][]float32{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}})[0]
	part, err := b.Slice(whole, 4, 3)
	if err != nil || part.Len() != 3 {
		t.Fatalf("Slice(4, 3) = %v, %v", part, err)
	}
	if err := b.Upload(part, []float32{40, 50}); err != nil {
		t.Fatal(err)
	}
	add := trainer.Call{
		Op:  trainer.AddOp{Plane: trainer.Plane{N: 1, C: 2, S: 1}},
		In:  []trainer.Buffer{part, part},
		Out: []trainer.Buffer{part},
	}
	add.In[1] = upload(t, b, [][]float32{{1, 2}})[0]
	sum, err := b.Slice(whole, 8, 2)
	add.Out[0] = sum
	if err := errors.Join(err, b.Run([]trainer.Call{add}, trainer.Step{Index: 1})); err != nil {
		t.Fatal(err)
	}
	if x := download(t, b, []trainer.Buffer{whole, part}); !sameBits(x[0], []float32{0, 1, 2, 3, 40, 50, 6, 7, 41, 52}) ||
		!sameBits(x[1], []float32{40, 50, 6}) {
		t.Errorf("the buffer holds %v, its slice %v", x[0], x[1])
	}
	if b.Upload(part, make([]float32, 4)) == nil {
		t.Error("4 values went into a slice of 3")
	}
	for _, bad := range [][2]int{{4, 7}, {2, 2}, {-4, 4}, {4, -1}, {12, 0}} {
		if _, err := b.Slice(whole, bad[0], bad[1]); err == nil {
			t.Errorf("a slice of %d values from %d on of 10", bad[1], bad[0])
		}
	}
	if _, err := b.Slice(strangeBuffer{}, 0, 1); err == nil {
		t.Error("a slice of another backend's buffer")
	}
	if empty, err := b.Slice(whole, 8, 0); err != nil || empty.Len() != 0 {
		t.Errorf("an empty slice: %v, %v", empty, err)
	}
}

// sequence proves that calls run in order, each seeing the results of those before: 2·(x+x)+3 through an identity
// product, then the same with fewer rows.
func sequence(t *testing.T, b trainer.Backend) {
	data := upload(t, b,
		[][]float32{{1, 2, 3, 4}, {2, 0, 0, 2}, {3, -3}, make([]float32, 4), make([]float32, 4), make([]float32, 4)})
	x, twice, bias, sum, product, y := data[0], data[1], data[2], data[3], data[4], data[5]
	plane := trainer.Plane{N: 2, C: 2, S: 1}
	calls := []trainer.Call{
		{Op: trainer.AddOp{Plane: plane}, In: []trainer.Buffer{x, x}, Out: []trainer.Buffer{sum}},
		{Op: trainer.MatMul{M: 2, K: 2, N: 2, Batch: "m"}, In: []trainer.Buffer{sum, twice}, Out: []trainer.Buffer{product}},
		{Op: trainer.BiasOp{Plane: plane}, In: []trainer.Buffer{product, bias}, Out: []trainer.Buffer{y}},
	}
	if err := b.Run(calls, trainer.Step{Index: 1}); err != nil {
		t.Fatal(err)
	}
	if got := download(t, b, data)[5]; !sameBits(got, []float32{7, 5, 15, 13}) {
		t.Errorf("4x+b = %v, want 7 5 15 13", got)
	}
	if err := b.Upload(x, []float32{5, 6}); err != nil {
		t.Fatal(err)
	}
	for i := range calls {
		calls[i].Op = calls[i].Op.WithRows(1)
	}
	if err := b.Run(calls, trainer.Step{Index: 2}); err != nil {
		t.Fatal(err)
	}
	if got := download(t, b, data)[5]; !sameBits(got, []float32{23, 21, 15, 13}) {
		t.Errorf("4x+b for one row = %v, want 23 21 and the second row as it was, 15 13", got)
	}
}

// short proves that a buffer which lacks one value is an error that names the op, for every buffer of every op.
func short(t *testing.T, b trainer.Backend) {
	seen := map[string]bool{}
	for _, trial := range Trials(t) {
		if _, all := trial.Op.(trainer.ClipNorm); all || seen[trainer.OpName(trial.Op)] {
			continue // every length of a gradient is right
		}
		seen[trainer.OpName(trial.Op)] = true
		for i := range len(trial.In) + len(trial.Out) {
			call := trainer.Call{Op: trial.Op, In: upload(t, b, trial.In), Out: upload(t, b, trial.Out)}
			list, at := call.In, i
			if i >= len(trial.In) {
				list, at = call.Out, i-len(trial.In)
			}
			used := list[at].Len() - guard
			if used == 0 {
				continue // an argument that the op leaves alone
			}
			var err error
			if list[at], err = b.Alloc(used - 1); err != nil {
				t.Fatal(err)
			}
			if err := b.Run([]trainer.Call{call}, trial.At); err == nil ||
				!strings.Contains(err.Error(), trainer.OpName(trial.Op)) {
				t.Errorf("%s with buffer %d one value short: error %v, want one that names the op",
					trainer.OpTitle(trial.Op), i, err)
			}
		}
	}
}

// strangeOp and strangeBuffer are not the backend's.
type strangeOp struct{ trainer.CopyOp }

type strangeBuffer struct{}

func (strangeBuffer) Len() int { return 1 << 20 }

// foreign proves that unknown ops, impossible sizes, missing buffers and other backends' buffers are errors that name
// the op.
func foreign(t *testing.T, b trainer.Backend) {
	mine := upload(t, b, [][]float32{{1, 2, 3, 4}, {0, 0, 0, 0}})
	in, out := mine[:1], mine[1:]
	plane := trainer.Plane{N: 2, C: 2, S: 1}
	window := trainer.Window{N: 1, C: 1, H: 2, W: 2, KH: 2, KW: 2, SH: 1, SW: 1, OH: 1, OW: 1}
	outside := window
	outside.OH = 5
	for _, call := range []trainer.Call{
		{Op: strangeOp{trainer.CopyOp{Len: 3}}, In: in, Out: out},
		{Op: trainer.SoftmaxOp{Plane: plane}, In: []trainer.Buffer{strangeBuffer{}}, Out: out},
		{Op: trainer.SoftmaxOp{Plane: plane}, In: in, Out: []trainer.Buffer{nil}},
		{Op: trainer.SoftmaxOp{Plane: plane}, In: in},
		{Op: trainer.AddOp{Plane: plane}, In: in, Out: out},
		{Op: trainer.SoftmaxOp{Plane: trainer.Plane{N: 2, C: 0, S: 1}}, In: in, Out: out},
		{Op: trainer.MaxPoolOp{Window: outside}, In: in, Out: out},
		{Op: trainer.DropoutOp{Plane: plane, Rate: 1}, In: in, Out: out},
		{Op: trainer.ActivationOp{Plane: plane, Kind: "swish"}, In: in, Out: out},
		{Op: trainer.ActivationGrad{Plane: plane, Kind: trainer.Softmax}, In: []trainer.Buffer{in[0], in[0]}, Out: out},
	} {
		if err := b.Run([]trainer.Call{call}, trainer.Step{Index: 1}); err == nil ||
			!strings.Contains(err.Error(), trainer.OpName(call.Op)) {
			t.Errorf("%s: error %v, want one that names the op", trainer.OpTitle(call.Op), err)
		}
	}
	if err := b.Run([]trainer.Call{{Op: trainer.MaxPoolOp{Window: window}, In: in, Out: out}},
		trainer.Step{Index: 1}); err != nil {
		t.Errorf("after the errors: %v", err)
	}
}
