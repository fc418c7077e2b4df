//go:build gpu

package cuda_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"probewise/trainer"
	"probewise/trainer/cuda"
	"probewise/trainer/dataset"
	"probewise/trainer/graph"
	"probewise/trainer/kernel"
)

// steps is how long the nets train.
const steps = 20

// required says that the tests run on a card: at the nets' own batch size and at length, for which the software device
// is too slow.
func required() bool { return os.Getenv("PROBEWISE_GPU") == "require" }

// short is a run of one of the benchmark's nets: one epoch of so many steps, of four images on the software device.
func short(t testing.TB, net string) trainer.Spec {
	t.Helper()
	text, err := os.ReadFile("../graph/testdata/nets/" + net + ".json")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := trainer.Parse(text, trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a := parsed.Architecture
	if !required() {
		a.Training.BatchSize = 4
	}
	batchSize := a.Training.BatchSize
	if a.Training.Optimizer.Type == trainer.RMSprop {
		// The gradient of a bias in front of a batch norm is 0 but for rounding, of which RMSprop makes steps as large
		// as any other, unless epsilon is well above it.
		a.Training.Optimizer.Epsilon = 1e-4
	}
	images := steps * batchSize * 10 / 9
	for images-(images+5)/10 < steps*batchSize {
		images++
	}
	return trainer.Spec{Architecture: a, Data: stripes(images), Budget: trainer.Budget{Images: images, Epochs: 1}, Seed: 5}
}

// stripes are n training images of 32×32×3 whose class shows as waves under noise, and a few test images. Noise keeps
// the values of a pool's window apart: at a tie, rounding would decide where a gradient goes.
func stripes(n int) *trainer.Dataset {
	d := &trainer.Dataset{
		Name:      "stripes",
		ID:        "stripes",
		Height:    32,
		Width:     32,
		Channels:  3,
		Classes:   make([]string, 10),
		SplitSeed: 1,
	}
	r := rand.New(rand.NewPCG(3, 4))
	for _, part := range []struct {
		images *trainer.Images
		count  int
	}{{&d.Train, n}, {&d.Test, 16}} {
		for i := range part.count {
			class := i % 10
			part.images.Labels = append(part.images.Labels, uint16(class))
			for pixel := range d.ImageSize() {
				wave := math.Sin(float64(pixel/3%32) * float64(class+1) / 5)
				part.images.Pixels = append(part.images.Pixels, byte(60+60*wave+float64(r.IntN(130))))
			}
		}
	}
	return d
}

// tap is a backend that keeps the losses that are read from it: the first of the loss and the number of correct rows.
type tap struct {
	trainer.Backend
	read []float32
}

func (p *tap) Download(dst []float32, src trainer.Buffer) error {
	err := p.Backend.Download(dst, src)
	if len(dst) == 2*trainer.SliceStep {
		p.read = append(p.read, dst[0])
	}
	return err
}

// roomyTap is a tap on a device.
type roomyTap struct {
	*tap
	gpu *cuda.GPU
}

func (r roomyTap) Fits(buffers []int, calls []trainer.Call) error { return r.gpu.Fits(buffers, calls) }

// diary keeps a run's records.
type diary []trainer.EpochRecord

func (d *diary) Progress(trainer.Progress) {}
func (d *diary) Record(_ context.Context, r trainer.EpochRecord) error {
	*d = append(*d, r)
	return nil
}

// trained is what a run leaves.
type trained struct {
	losses  []float32
	records diary
	weights []trainer.Tensor
}

func train(t *testing.T, spec trainer.Spec, open func(int) (trainer.Backend, error)) trained {
	t.Helper()
	var p *tap
	s, err := graph.Trainer{Open: func(int) (trainer.Backend, error) {
		b, err := open(0)
		p = &tap{Backend: b}
		if gpu, ok := b.(*cuda.GPU); ok {
			return roomyTap{p, gpu}, err
		}
		return p, err
	}}.Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	var run trained
	if _, err := s.TrainTo(t.Context(), 1, &run.records); err != nil {
		t.Fatal(err)
	}
	if run.weights, err = s.(interface {
		Weights() ([]trainer.Tensor, error)
	}).Weights(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	run.losses = p.read
	return run
}

func onGPU(int) (trainer.Backend, error) { return cuda.Open(0) }

// TestTraining trains nets A, B and C of the benchmark on the CPU and on the device: all losses of 20 steps, and of the
// evaluations between them, agree within 1e-4 (on a card, which fuses multiplications and has whole batches to sum,
// 1e-3), all statistics of every record within ten times that (see apart).
func TestTraining(t *testing.T) {
	// Direct sums, as on the device: transformed ones (Winograd) leave rounding where a gradient is exactly 0.
	t.Setenv("PROBEWISE_KERNEL", "portable")
	for _, net := range []string{"A", "B", "C"} {
		t.Run(net, func(t *testing.T) {
			spec := short(t, net)
			want := train(t, spec, func(threads int) (trainer.Backend, error) { return kernel.New(threads) })
			got := train(t, spec, onGPU)
			if len(got.losses) != len(want.losses) || len(got.losses) < steps ||
				len(got.records) != len(want.records) || len(got.records) != 5 {
				t.Fatalf("%d losses and %d records, want %d and %d", len(got.losses), len(got.records),
					len(want.losses), len(want.records))
			}
			loss := 0.0
			for i, w := range want.losses {
				loss = math.Max(loss, math.Abs(float64(got.losses[i]-w))/math.Max(1, math.Abs(float64(w))))
			}
			statistics, where := 0.0, ""
			for i, w := range want.records {
				for j, l := range w.Layers {
					d, at := apart(got.records[i].Layers[j], l)
					if d > statistics {
						statistics, where = d, fmt.Sprintf("%s of %s at epoch %g", at, l.Layer, w.Epoch)
					}
				}
			}
			tolerance := 1e-4
			if required() {
				tolerance = 1e-3
			}
			verdict := "PASS"
			if !(loss <= tolerance && statistics <= 10*tolerance) {
				verdict = "MISS"
				t.Fail()
			}
			t.Logf("training net=%s steps=%d loss_err=%.3g tol=%g statistics_err=%.3g tol=%g (%s) %s", net, steps, loss,
				tolerance, statistics, 10*tolerance, where, verdict)
		})
	}
}

// apart is the largest difference of two layers' statistics. Shares are compared as they are; values relative to their
// size or, as those near 0 are sums that cancel, to the spread of what they summarise.
func apart(a, b trainer.LayerStatistics) (worst float64, where string) {
	note := func(what string, x, y trainer.Number, scale float64) {
		d := math.Abs(float64(x-y)) / math.Max(scale, math.Abs(float64(y)))
		if !x.Known() && !y.Known() || x == y {
			return
		}
		if !(d <= worst) {
			worst, where = d, what
		}
	}
	for _, s := range trainer.Catalogue() {
		scale := 0.0 // relative to the number itself
		switch s.Scale {
		case trainer.LinearScale:
			scale = math.Sqrt(float64(b.Of(s.Of).Variance))
		case trainer.ShareScale:
			scale = 1
		}
		if s.Recorded() {
			note(s.FullName(), s.At(&a), s.At(&b), scale)
		}
	}
	for _, kind := range trainer.TensorKinds() {
		x, y := a.Of(kind).Histogram, b.Of(kind).Histogram
		for i := range y {
			note(fmt.Sprint(kind, " histogram ", i), trainer.Number(x[i]), trainer.Number(y[i]), 1)
		}
	}
	return worst, where
}

// TestSameSeed trains twice: the bits of the weights are the same, also where the threads of a block run in reverse.
func TestSameSeed(t *testing.T) {
	spec := short(t, "B")
	first := train(t, spec, onGPU)
	t.Setenv("PROBEWISE_SOFTCUDA_ORDER", "reverse")
	second := train(t, spec, onGPU)
	for i, w := range first.weights {
		if !slices.Equal(w.Values, second.weights[i].Values) {
			t.Errorf("%s differs", w.Name)
		}
	}
	if !slices.Equal(first.losses, second.losses) {
		t.Error("losses differ")
	}
}

// TestAccuracy trains a net on the embedded sample for three epochs, on the CPU and on the device: accuracies are
// within one point. On a card the net and the images are many; on the software device few. At three times the learning
// rate the variants of the CPU alone differ by more.
func TestAccuracy(t *testing.T) {
	data, err := dataset.Open(t.TempDir()).Load(t.Context(), "fashion-mnist-sample")
	if err != nil {
		t.Fatal(err)
	}
	filters, images, tested := 32, 10000, data.Test.Len()
	if !required() {
		filters, images, tested = 4, 400, 1000
		t.Setenv("PROBEWISE_KERNEL", "portable") // the same sums on every processor
	}
	few := *data
	few.Test = trainer.Images{Pixels: data.Test.Pixels[:tested*data.ImageSize()], Labels: data.Test.Labels[:tested]}
	parsed, err := trainer.Parse(fmt.Appendf(nil, `{"input":[28,28,1],"classes":10,"layers":[
		{"type":"conv","filters":%d,"kernel":3,"padding":"same","activation":"relu","batch_norm":true},
		{"type":"max_pool"},
		{"type":"conv","filters":%d,"kernel":3,"padding":"same","activation":"relu"},{"type":"max_pool"},
		{"type":"dropout","rate":0.1},
		{"type":"flatten"},{"type":"dense","units":10,"activation":"softmax"}],
		"training":{"optimizer":{"type":"adam","learning_rate":0.001},"batch_size":20,"epochs":3,"augment":{"flip":true,
		"crop":1}}}`, filters, 2*filters),
		trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	spec := trainer.Spec{
		Architecture: parsed.Architecture,
		Data:         &few,
		Budget:       trainer.Budget{Images: images, Epochs: 3},
		Seed:         5,
	}
	accuracy := func(open func(int) (trainer.Backend, error)) float64 {
		s, err := graph.Trainer{Open: open}.Start(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		o, err := s.TrainTo(t.Context(), 3, &diary{})
		if err != nil || !o.TestAccuracy.Known() {
			t.Fatalf("accuracy %v, %v", o.TestAccuracy, err)
		}
		return float64(o.TestAccuracy)
	}
	want, got := accuracy(func(int) (trainer.Backend, error) { return kernel.New(0) }), accuracy(onGPU)
	t.Logf("accuracy after 3 epochs of %d images: %.4f on the CPU, %.4f on the device", images, want, got)
	if math.Abs(got-want) > 0.01 || want < 0.4 {
		t.Errorf("accuracy %.4f, on the CPU %.4f", got, want)
	}
}

// TestMemory: what does not fit is refused before anything is allocated, and a closed session leaves nothing behind.
func TestMemory(t *testing.T) {
	others := int64(0) // what other programs on a card may take and give back meanwhile
	free := func() int64 {
		g := open(t)
		defer g.Close()
		if !g.Info().Software() {
			others = 256 << 20
		}
		n, _, err := g.Free()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := free()
	spec := short(t, "B")
	train(t, spec, onGPU)
	if after := free(); after < before-others {
		t.Errorf("%d bytes were free before a run, %d after it", before, after)
	}
	tooMuch(&spec)
	_, err := graph.Trainer{Open: onGPU}.Start(t.Context(), spec)
	var memory *trainer.MemoryError
	if !errors.As(err, &memory) || memory.On == "" || memory.Needed <= memory.Limit ||
		memory.Architecture != spec.Architecture.Name {
		t.Errorf("a run that needs more than there is: %v", err)
	}
	if after := free(); after < before-others {
		t.Errorf("%d bytes were free before the refusal, %d after it", before, after)
	}
}

// tooMuch makes of a run of net B one that no card has room for: 98,304 images in a batch, of which thirty convolutions
// keep 32×32 values in 16 filters each, 6 GiB.
func tooMuch(spec *trainer.Spec) {
	const rows = 3 << 15
	a := &spec.Architecture
	a.Training.BatchSize = rows
	var layers []trainer.Layer
	for i := range 30 {
		layer := a.Layers[0]
		layer.Name = fmt.Sprintf("more%d", i+1)
		layers = append(layers, layer)
	}
	a.Layers = append(layers, a.Layers...)
	spec.Budget.Images = rows * 10 / 8
	spec.Data = &trainer.Dataset{
		Name:     "labels",
		Height:   32,
		Width:    32,
		Channels: 3,
		Classes:  make([]string, 10),
		Train:    trainer.Images{Labels: make([]uint16, spec.Budget.Images)},
	}
}
