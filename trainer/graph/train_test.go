package graph

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// stripes is a data set of 9×8×2 images whose class is the position of a bright row, in noise.
func stripes(train, test int) *trainer.Dataset {
	r := rand.New(rand.NewPCG(5, 5))
	d := &trainer.Dataset{
		Name:      "stripes",
		ID:        "stripes",
		Height:    9,
		Width:     8,
		Channels:  2,
		Classes:   []string{"low", "middle", "high"},
		SplitSeed: 1,
	}
	for _, part := range []struct {
		images *trainer.Images
		n      int
	}{{&d.Train, train}, {&d.Test, test}} {
		for range part.n {
			class := r.IntN(3)
			for range 2 {
				for row := range 9 {
					for range 8 {
						pixel := r.IntN(100)
						if row/3 == class && row%3 == 1 {
							pixel += 120
						}
						part.images.Pixels = append(part.images.Pixels, byte(pixel))
					}
				}
			}
			part.images.Labels = append(part.images.Labels, uint16(class))
		}
	}
	return d
}

// notebook keeps what a run records.
type notebook struct {
	records []trainer.EpochRecord
	last    trainer.Progress
}

func (n *notebook) Progress(p trainer.Progress) { n.last = p }
func (n *notebook) Record(_ context.Context, r trainer.EpochRecord) error {
	n.records = append(n.records, r)
	return nil
}

func start(t *testing.T, a trainer.Architecture, threads, epochs int) *session {
	t.Helper()
	tr := Trainer{Open: func(int) (trainer.Backend, error) { return kernel.New(threads) }}
	s, err := tr.Start(t.Context(),
		trainer.Spec{Architecture: a, Data: stripes(220, 90), Budget: trainer.Budget{Images: 200, Epochs: epochs}, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.(*session)
}

func trainTo(t *testing.T, s *session, epoch float64, n *notebook) trainer.Outcome {
	t.Helper()
	out, err := s.TrainTo(t.Context(), epoch, n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func weights(t *testing.T, s *session) [][]float32 {
	t.Helper()
	var all [][]float32
	for _, p := range s.params {
		values := make([]float32, p.Len())
		if err := s.backend.Download(values, p); err != nil {
			t.Fatal(err)
		}
		all = append(all, values)
	}
	return all
}

func sameBits(a, b [][]float32) bool {
	for i := range a {
		for j := range a[i] {
			if math.Float32bits(a[i][j]) != math.Float32bits(b[i][j]) {
				return false
			}
		}
	}
	return true
}

func TestSameSeedSameBits(t *testing.T) {
	for name, layers := range nets {
		a := parse(t, layers, `"batch_size":32,"augment":{"flip":true,"crop":1},"clip_norm":1,"schedule":{"type":"cosine"}`)
		once := start(t, a, 1, 5)
		atOnce, inSteps := &notebook{}, &notebook{}
		trainTo(t, once, 3, atOnce)
		want := weights(t, once)

		steps := start(t, a, 2, 5)
		for _, moment := range []float64{0, 0.25, 0.5, 1, 2.75, 3} {
			trainTo(t, steps, moment, inSteps)
			if at := inSteps.records[len(inSteps.records)-1].Epoch; at != moment {
				t.Errorf("%s: training to %g ended at %g", name, moment, at)
			}
		}
		if !sameBits(want, weights(t, steps)) {
			t.Errorf("%s: two threads in stretches differ from one thread in one go", name)
		}
		for i, r := range inSteps.records {
			if r.Seconds = atOnce.records[i].Seconds; !reflect.DeepEqual(encoded(t, r), encoded(t, atOnce.records[i])) {
				t.Errorf("%s: in stretches, the record of epoch %g is another one", name, r.Epoch)
			}
		}
		if _, err := steps.TrainTo(t.Context(), 3.3, inSteps); err == nil {
			t.Errorf("%s: training stopped where no record stands", name)
		}
		trainTo(t, steps, 4, &notebook{})
		if sameBits(want, weights(t, steps)) {
			t.Errorf("%s: the fourth epoch changed nothing", name)
		}
	}
}

func encoded(t *testing.T, r trainer.EpochRecord) string {
	t.Helper()
	text, err := json.Marshal(r) // numbers that are missing are not equal to themselves
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLearns(t *testing.T) {
	for _, optimizer := range []string{
		`"adam"`, `"rmsprop"`, `{"type":"rmsprop","momentum":0.5}`, `{"type":"adamw","learning_rate":0.003}`,
		`{"type":"sgd","learning_rate":0.2}`,
		`{"type":"sgd","learning_rate":0.05,"momentum":0.9}`,
		`{"type":"sgd","learning_rate":0.05,"momentum":0.9,"nesterov":true}`,
	} {
		a := parse(t, nets["plain"], `"batch_size":16,"optimizer":`+optimizer)
		n := &notebook{}
		out := trainTo(t, start(t, a, 0, 12), 12, n)
		if out.Diverged || out.Epochs != 12 || out.TestAccuracy < 0.9 || out.ValidationAccuracy < 0.8 {
			t.Errorf("%s: %+v, want an accuracy above 0.9", optimizer, out)
		}
		if n.last.Batch != n.last.Batches || n.last.Batches != 12*12 {
			t.Errorf("progress ends at %+v, want 144 batches", n.last)
		}
	}
}

func TestRecords(t *testing.T) {
	a := parse(t, nets["norm"], `"batch_size":16`)
	n := &notebook{}
	s := start(t, a, 0, 5)
	out := trainTo(t, s, 5, n)
	want := []float64{0, .25, .5, .75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75, 3, 4, 5}
	if len(n.records) != len(want) {
		t.Fatalf("%d records, want %d", len(n.records), len(want))
	}
	for i, r := range n.records {
		if r.Epoch != want[i] || r.TestAccuracy.Known() != r.Whole() || r.TrainLoss.Known() != (i > 0) ||
			!r.ValidationLoss.Known() {
			t.Errorf("record %d: %+v", i, r)
		}
		if len(r.Layers) != 4 || r.Layers[0].Layer != "conv1" || r.Layers[3].Type != trainer.Dense {
			t.Errorf("record %d: layers %+v", i, r.Layers)
		}
	}
	last := n.records[len(n.records)-1]
	if out.ValidationAccuracy != last.ValidationAccuracy || out.Parameters != a.Cost().Parameters {
		t.Errorf("outcome %+v does not follow from the last record", out)
	}
	// The weights' statistics, worked out again from the final weights.
	w := weights(t, s)[0]
	var sum, squares, largest float64
	for _, v := range w {
		sum += float64(v)
		squares += float64(v) * float64(v)
		largest = max(largest, math.Abs(float64(v)))
	}
	k := float64(len(w))
	got := last.Layers[0].Weights
	for _, c := range []struct {
		name      string
		got       trainer.Number
		wantValue float64
	}{
		{"mean", got.Mean, sum / k}, {"variance", got.Variance, squares/k - sum*sum/k/k},
		{"max_abs", got.MaxAbs, largest}, {"l2_norm", got.L2Norm, math.Sqrt(squares)},
	} {
		if math.Abs(float64(c.got)-c.wantValue) > 1e-5*math.Max(math.Abs(c.wantValue), 1e-2) {
			t.Errorf("%s of the weights = %g, want %g", c.name, c.got, c.wantValue)
		}
	}
	// The outputs of the last layer are probabilities: mean 1/3.
	if m := last.Layers[3].Activations.Mean; math.Abs(float64(m)-1.0/3) > 1e-5 {
		t.Errorf("mean of the softmax = %g, want 1/3", m)
	}
}

// TestWarmUpGrowsTheRate: twelve updates in an epoch, of which each quarter takes three.
func TestWarmUpGrowsTheRate(t *testing.T) {
	a := parse(t, nets["plain"], `"batch_size":16,"optimizer":{"type":"sgd","learning_rate":0.12},`+
		`"schedule":{"type":"step","every":2,"factor":0.5,"warmup":1.25}`)
	n := &notebook{}
	trainTo(t, start(t, a, 0, 5), 3, n)
	want := []float64{0.12 / 15, 0.12 * 3 / 15, 0.12 * 6 / 15, 0.12 * 9 / 15, 0.12 * 12 / 15, 0.12, 0.12, 0.12, 0.12, 0.06,
		0.06, 0.06, 0.06}
	for i, r := range n.records {
		if i >= len(want) || math.Abs(float64(r.LearningRate)-want[i]) > 1e-8 {
			t.Errorf("record %d, epoch %g: rate %g", i, r.Epoch, r.LearningRate)
		}
	}
	if len(n.records) != len(want) {
		t.Errorf("%d records", len(n.records))
	}
}

// TestResidualLearns also wants statistics of every layer with weights, those inside blocks under their names.
func TestResidualLearns(t *testing.T) {
	n := &notebook{}
	out := trainTo(t,
		start(t, parse(t, nets["residual"], `"batch_size":16,"optimizer":{"type":"adam","learning_rate":0.01}`), 0, 12), 12,
		n)
	if out.Diverged || out.TestAccuracy < 0.9 {
		t.Errorf("%+v, want an accuracy above 0.9", out)
	}
	want := []string{"conv1", "conv2", "conv3", "conv4", "conv5", "dense1", "dense2", "dense3"}
	for _, r := range n.records {
		var names []string
		for _, l := range r.Layers {
			names = append(names, l.Layer)
			if !l.Weights.Variance.Known() || !l.Gradients.Variance.Known() || !l.Activations.Variance.Known() ||
				!l.DeadUnits.Known() {
				t.Errorf("epoch %g, %s: %+v", r.Epoch, l.Layer, l)
			}
		}
		if !slices.Equal(names, want) {
			t.Fatalf("epoch %g: statistics of %v, want %v", r.Epoch, names, want)
		}
	}
	// The activation after the first block is that of the sum: what conv3 gives still has negative values.
	if zeros := n.records[0].Layers[2].Activations.ShareZero; zeros > 0.01 {
		t.Errorf("%g of conv3's outputs are zero", zeros)
	}
	if zeros := n.records[0].Layers[1].Activations.ShareZero; zeros < 0.1 {
		t.Errorf("%g of conv2's outputs are zero after relu", zeros)
	}
}

func TestDivergence(t *testing.T) {
	a := parse(t, nets["plain"], `"batch_size":16,"optimizer":"sgd"`)
	a.Training.Optimizer.LearningRate = 3e38 // the first update overflows
	n := &notebook{}
	out := trainTo(t, start(t, a, 0, 4), 4, n)
	if !out.Diverged || out.DivergedEpoch != 1 || out.Epochs != 0 || out.TestAccuracy.Known() {
		t.Errorf("outcome %+v, want divergence in epoch 1", out)
	}
}

// TestNaNInAWeightIsDivergence: ReLU may turn NaN into 0, so that the loss alone would not show it.
func TestNaNInAWeightIsDivergence(t *testing.T) {
	s := start(t, parse(t, nets["plain"], ""), 0, 4)
	trainTo(t, s, 1, &notebook{})
	values := weights(t, s)[0]
	values[0] = float32(math.NaN())
	if err := s.backend.Upload(s.params[0], values); err != nil {
		t.Fatal(err)
	}
	if out := trainTo(t, s, 4, &notebook{}); !out.Diverged || out.DivergedEpoch != 2 || out.Epochs != 1 {
		t.Errorf("outcome %+v, want divergence in epoch 2", out)
	}
}

func TestCancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := start(t, parse(t, nets["plain"], ""), 0, 4)
	o := &cancelling{cancel: cancel}
	if _, err := s.TrainTo(ctx, 4, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	if o.batches != 1 {
		t.Errorf("%d batches after the cancellation in the first", o.batches)
	}
}

// cancelling cancels in the first batch.
type cancelling struct {
	notebook
	cancel  func()
	batches int
}

func (c *cancelling) Progress(trainer.Progress) { c.batches++; c.cancel() }

var errFull = errors.New("disk full")

type failing struct{ notebook }

func (failing) Record(context.Context, trainer.EpochRecord) error { return errFull }

func TestObserverErrorEndsTheRun(t *testing.T) {
	s := start(t, parse(t, nets["plain"], ""), 0, 4)
	if _, err := s.TrainTo(t.Context(), 4, &failing{}); !errors.Is(err, errFull) {
		t.Errorf("error %v, want the observer's", err)
	}
}

// TestPenaltyIsPartOfTheGradient: with a penalty on the weights alone, training shrinks them.
func TestPenaltyIsPartOfTheGradient(t *testing.T) {
	layers := func(l2 string) string {
		return `{"type":"flatten"},{"type":"dense","units":6,"activation":"relu","l2":` + l2 +
			`},{"type":"dense","units":3,"activation":"softmax"}`
	}
	norms := map[string]float64{}
	for _, l2 := range []string{"0", "0.1"} {
		s := start(t, parse(t, layers(l2), `"optimizer":{"type":"sgd","learning_rate":0.05}`), 0, 3)
		trainTo(t, s, 3, &notebook{})
		norms[l2] = norm(weights(t, s)[0])
	}
	if norms["0.1"] > 0.95*norms["0"] {
		t.Errorf("norm with penalty %g, without %g", norms["0.1"], norms["0"])
	}
}
