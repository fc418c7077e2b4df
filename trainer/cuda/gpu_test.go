//go:build gpu

package cuda_test

import (
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
	"probewise/trainer/backendtest"
	"probewise/trainer/cuda"
	"probewise/trainer/dataset"
)

// open starts the first device; no device is a failure, and with PROBEWISE_GPU=require the software device is none.
func open(t testing.TB) *cuda.GPU {
	t.Helper()
	g, err := cuda.Open(0)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("PROBEWISE_GPU") == "require" && g.Info().Software() {
		t.Fatalf("a card is required, this is %s", g.Device())
	}
	return g
}

// TestConformance holds every op to the reference in double precision: one line an op.
func TestConformance(t *testing.T) {
	backendtest.Run(t, func(t *testing.T) trainer.Backend { return open(t) })
}

// TestOrder runs every trial of the suite with the threads of each block in order and in reverse: a missing barrier
// shows as other bits. A card does as it pleases; there the test is that of two runs.
func TestOrder(t *testing.T) {
	outputs := func(order string) [][][]float32 {
		t.Setenv("PROBEWISE_SOFTCUDA_ORDER", order)
		g := open(t)
		defer g.Close()
		var all [][][]float32
		for _, trial := range backendtest.Trials(t) {
			all = append(all, trial.Outputs(t, g))
		}
		return all
	}
	forward, reverse := outputs("forward"), outputs("reverse")
	different := 0
	for i, trial := range backendtest.Trials(t) {
		if !slices.EqualFunc(forward[i], reverse[i], func(a, b []float32) bool {
			return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
		}) {
			t.Errorf("%T%+v: the order of threads shows", trial.Op, trial.Op)
			different++
		}
	}
	t.Logf("order trials=%d different=%d", len(forward), different)
}

// TestLabels: a label that is no class number is an error that names the op, where the loss is read.
func TestLabels(t *testing.T) {
	g := open(t)
	defer g.Close()
	alloc := func(values ...float32) trainer.Buffer {
		b, err := g.Alloc(len(values))
		if err := errors.Join(err, g.Upload(b, values)); err != nil {
			t.Fatal(err)
		}
		return b
	}
	logits, labels, out := alloc(1, 2, 3, 4), alloc(0, 2), alloc(0)
	plane := trainer.Plane{N: 2, C: 2, S: 1}
	for _, op := range []trainer.Op{trainer.CrossEntropyOp{Plane: plane}, trainer.CorrectOp{Plane: plane}} {
		call := trainer.Call{Op: op, In: []trainer.Buffer{logits, labels}, Out: []trainer.Buffer{out}}
		if err := g.Run([]trainer.Call{call}, trainer.Step{Index: 1}); err != nil {
			t.Fatal(err)
		}
		err := g.Download(make([]float32, 1), out)
		if name := strings.TrimPrefix(strings.Split(err.Error()+" ", " ")[1], "trainer."); err == nil ||
			!strings.Contains(err.Error(), "row 1") || !strings.HasSuffix(name, "Op:") {
			t.Errorf("%T: error %v, want one of row 1", op, err)
		}
		if err := g.Download(make([]float32, 1), out); err != nil {
			t.Errorf("%T: the error comes back: %v", op, err)
		}
	}
}

// TestDevices: the list has what is opened, and what is not there is an error.
func TestDevices(t *testing.T) {
	all, err := cuda.Devices()
	if err != nil || len(all) == 0 {
		t.Fatalf("devices: %v, %v", all, err)
	}
	for _, d := range all {
		t.Logf("device gpu:%d %s %s, %d MiB, %d processors, driver for CUDA %s", d.Number, d.Name, d.Capability(),
			d.Memory>>20, d.Processors, d.Driver())
	}
	last := len(all) - 1
	g, err := cuda.Open(last)
	if err != nil || g.Info().Number != last {
		t.Fatalf("the last device: %v", err)
	}
	if err := errors.Join(g.Close(), g.Close()); err != nil {
		t.Error(err)
	}
	if err := g.Run(nil, trainer.Step{}); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
	if _, err := g.Alloc(1); err == nil {
		t.Error("a closed device gave memory")
	}
	if _, err := cuda.Open(len(all)); err == nil || !strings.Contains(err.Error(), "no device") {
		t.Errorf("a device too many: %v", err)
	}
}

// TestProfile: every call has its time between two events, and computes as by Run.
func TestProfile(t *testing.T) {
	g := open(t)
	defer g.Close()
	x, err := g.Alloc(1 << 16)
	y, err2 := g.Alloc(1 << 16)
	if err := errors.Join(err, err2, g.Upload(x, []float32{1, 2, 3})); err != nil {
		t.Fatal(err)
	}
	add := trainer.Call{
		Op:  trainer.AddOp{Plane: trainer.Plane{N: 1 << 16, C: 1, S: 1}},
		In:  []trainer.Buffer{x, x},
		Out: []trainer.Buffer{y},
	}
	move := trainer.Call{Op: trainer.CopyOp{Len: 1 << 16}, In: []trainer.Buffer{y}, Out: []trainer.Buffer{x}}
	took, err := g.Profile([]trainer.Call{add, move}, trainer.Step{Index: 1})
	if err != nil || len(took) != 2 || took[0] <= 0 || took[1] <= 0 {
		t.Fatalf("took %v, %v", took, err)
	}
	got := make([]float32, 3)
	if err := g.Download(got, x); err != nil || !slices.Equal(got, []float32{2, 4, 6}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestOutOfMemory: the driver's refusal has its name and both sizes, and the backend goes on.
func TestOutOfMemory(t *testing.T) {
	g := open(t)
	defer g.Close()
	_, total, err := g.Free()
	if err != nil {
		t.Fatal(err)
	}
	var memory *trainer.MemoryError
	if _, err := g.Alloc(int(total/4) + 1); !errors.As(err, &memory) || memory.On != g.Device() ||
		!strings.Contains(err.Error(), "OutOfMemory") || !strings.Contains(err.Error(), "free") {
		t.Errorf("more than there is: %v", err)
	}
	if b, err := g.Alloc(10); err != nil || b.Len() != 10 {
		t.Errorf("after it: %v", err)
	}
}

// TestGatheredBits: a batch of images that the device keeps is bit by bit the one that the host would upload, for every
// byte and every way to move an image.
func TestGatheredBits(t *testing.T) {
	g := open(t)
	defer g.Close()
	const high, wide = 16, 17 // the last value of an image is not full
	d := &trainer.Dataset{Height: high, Width: wide, Channels: 1}
	for i := range 2 * high * wide {
		d.Train.Pixels = append(d.Train.Pixels, byte(i))
	}
	d.Train.Labels = []uint16{3, 9}
	packed, labels := make([]float32, 2*dataset.PackedSize(d)), make([]float32, 2)
	dataset.Pack(packed, labels, d, d.Train, []int{0, 1})
	const rows = 40
	indices := make([]int, rows)
	for i := range indices {
		indices[i] = i % 2
	}
	picks, want, wantLabels := make([]float32, rows*dataset.PickSize), make([]float32, rows*d.ImageSize()),
		make([]float32, rows)
	buffer := func(values []float32) trainer.Buffer {
		b, err := g.Alloc(len(values))
		if err := errors.Join(err, g.Upload(b, values)); err != nil {
			t.Fatal(err)
		}
		return b
	}
	images, classes, x, y := buffer(packed), buffer(labels), buffer(want), buffer(wantLabels)
	for epoch := range 8 {
		a := dataset.Augmentation{Seed: 4, Epoch: epoch}
		if epoch > 0 {
			a.Augment = trainer.Augment{Flip: true, Crop: 3 * epoch} // beyond the image in the end
		}
		dataset.Picks(picks, indices, []int32{0, 1}, a)
		dataset.Fill(want, wantLabels, d, d.Train, indices, a)
		call := trainer.Call{
			Op:  trainer.GatherOp{N: rows, Images: 2, C: 1, H: high, W: wide},
			In:  []trainer.Buffer{images, classes, buffer(picks)},
			Out: []trainer.Buffer{x, y},
		}
		got, gotLabels := make([]float32, len(want)), make([]float32, rows)
		if err := errors.Join(g.Run([]trainer.Call{call}, trainer.Step{}), g.Download(got, x),
			g.Download(gotLabels, y)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) || !slices.Equal(gotLabels, wantLabels) {
			t.Errorf("epoch %d: other pixels or labels", epoch)
		}
	}
}
