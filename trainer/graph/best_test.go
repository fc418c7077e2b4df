package graph

import (
	"bytes"
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"probewise/trainer"
	"probewise/trainer/kernel"
	"probewise/trainer/safetensors"
)

// startKeeping is start for a run that keeps its best epoch.
func startKeeping(t *testing.T, a trainer.Architecture, epochs int) *session {
	t.Helper()
	tr := Trainer{Open: func(int) (trainer.Backend, error) { return kernel.New(2) }}
	spec := specOf(a)
	spec.Budget.Epochs, spec.KeepBest = epochs, true
	s, err := tr.Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.(*session)
}

// witness keeps what each finished epoch is evaluated with.
type witness struct {
	notebook
	session *session
	after   map[int][]trainer.Tensor
}

func (w *witness) Record(ctx context.Context, r trainer.EpochRecord) error {
	if r.Whole() {
		var values [][]float32
		for _, buffer := range w.session.evaluated() {
			copied := make([]float32, buffer.Len())
			if err := w.session.backend.Download(copied, buffer); err != nil {
				return err
			}
			values = append(values, copied)
		}
		w.after[int(r.Epoch)] = w.session.tensors(values)
	}
	return w.notebook.Record(ctx, r)
}

// bestOf reads the best epoch from the records.
func bestOf(records []trainer.EpochRecord) trainer.EpochRecord {
	whole := slices.DeleteFunc(slices.Clone(records), func(r trainer.EpochRecord) bool { return !r.Whole() })
	best := whole[0]
	for _, r := range whole[1:] {
		if r.ValidationAccuracy > best.ValidationAccuracy ||
			r.ValidationAccuracy == best.ValidationAccuracy && r.ValidationLoss < best.ValidationLoss {
			best = r
		}
	}
	return best
}

// load puts tensors in the place of a session's weights.
func load(t *testing.T, s *session, tensors []trainer.Tensor) {
	t.Helper()
	rows := func(l trainer.Layer, first, second string) []float32 {
		return slices.Concat(named(t, tensors, l.Name+first), named(t, tensors, l.Name+second))
	}
	var params, running [][]float32
	for _, p := range s.net.params {
		if p.role == batchNormRole {
			params = append(params, rows(p.layer, ".gamma", ".beta"))
			running = append(running, rows(p.layer, ".moving_mean", ".moving_variance"))
		} else {
			params = append(params, named(t, tensors, p.name))
		}
	}
	for i, values := range slices.Concat(params, running) {
		if err := s.backend.Upload(s.evaluated()[i], values); err != nil {
			t.Fatal(err)
		}
	}
}

// volatile trains so fast that the last epoch is not the best.
const volatile = `"batch_size":32,"optimizer":{"type":"adam","learning_rate":0.1},"augment":{"flip":true}`

// TestBestEpoch: the weights of the best epoch, written to a file and read by another session, measure what its record
// says, bit for bit, and what keeps them leaves the run as it is.
func TestBestEpoch(t *testing.T) {
	const epochs = 8
	earlier := 0
	for name, layers := range nets {
		a := parse(t, layers, volatile)
		s := startKeeping(t, a, epochs)
		w := &witness{session: s, after: map[int][]trainer.Tensor{}}
		var out trainer.Outcome
		for _, epoch := range []float64{2.25, epochs} {
			var err error
			if out, err = s.TrainTo(t.Context(), epoch, w); err != nil {
				t.Fatal(err)
			}
			if (out.Best == nil) != (epoch < epochs) {
				t.Fatalf("%s: after %g of %d epochs the best is %+v", name, epoch, epochs, out.Best)
			}
		}
		want := bestOf(w.records)
		if out.Best.Epoch != int(want.Epoch) || out.Best.ValidationAccuracy != want.ValidationAccuracy ||
			out.Best.ValidationLoss != want.ValidationLoss {
			t.Errorf("%s: best %+v, want epoch %g with %v", name, out.Best, want.Epoch, want.ValidationAccuracy)
		}
		if !reflect.DeepEqual(s.BestWeights(), w.after[out.Best.Epoch]) {
			t.Errorf("%s: the weights are not those of epoch %d", name, out.Best.Epoch)
		}
		if out.Best.Epoch == epochs {
			if out.Best.TestAccuracy != out.TestAccuracy || out.Best.TestLoss != out.TestLoss {
				t.Errorf("%s: the last epoch is the best, and %+v differs from %+v", name, out.Best, out)
			}
		} else {
			earlier++
		}

		plain := start(t, a, 1, epochs)
		n := &notebook{}
		o := trainTo(t, plain, epochs, n)
		if !sameBits(weights(t, s), weights(t, plain)) || o.TestLoss != out.TestLoss || o.Best != nil ||
			plain.BestWeights() != nil {
			t.Errorf("%s: keeping the best epoch changed the run", name)
		}

		var file bytes.Buffer
		if err := safetensors.Write(&file, s.BestWeights(), nil); err != nil {
			t.Fatal(err)
		}
		tensors, _, err := safetensors.Read(file.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		other := start(t, a, 1, epochs)
		load(t, other, tensors)
		m := other.measure
		v, err := m.evaluate(m.train, m.validation, trainer.Step{}, nil)
		if err != nil || v.accuracy() != want.ValidationAccuracy || v.loss() != want.ValidationLoss {
			t.Errorf("%s: reloaded, validation %v, loss %v; trained, %v, %v (%v)", name, v.accuracy(), v.loss(),
				want.ValidationAccuracy, want.ValidationLoss, err)
		}
		tested, err := m.testAll(trainer.Step{})
		if err != nil || tested.accuracy() != out.Best.TestAccuracy || tested.loss() != out.Best.TestLoss {
			t.Errorf("%s: reloaded, test %v, loss %v; trained, %+v (%v)", name, tested.accuracy(), tested.loss(), out.Best,
				err)
		}
	}
	if earlier == 0 {
		t.Error("in each net the last epoch was the best: nothing was tested with other weights")
	}
}

// TestBestOfADivergedRun: what was best before stays, and is tested.
func TestBestOfADivergedRun(t *testing.T) {
	a := parse(t, nets["norm"], `"batch_size":32`)
	for _, before := range []float64{0, 2} {
		s, whole := startKeeping(t, a, 5), startKeeping(t, a, max(int(before), 1))
		trainTo(t, s, before, &notebook{})
		spoilt := slices.Repeat([]float32{float32(math.NaN())}, s.params[0].Len())
		if err := s.backend.Upload(s.params[0], spoilt); err != nil {
			t.Fatal(err)
		}
		out := trainTo(t, s, 5, &notebook{})
		if !out.Diverged || out.DivergedEpoch != int(before)+1 {
			t.Fatalf("outcome %+v, want a run that diverged in epoch %g", out, before+1)
		}
		if before == 0 {
			if out.Best != nil || s.BestWeights() != nil {
				t.Errorf("no epoch was finished, and the best is %+v", out.Best)
			}
			continue
		}
		if want := trainTo(t, whole, before, &notebook{}).Best; !reflect.DeepEqual(out.Best, want) ||
			!reflect.DeepEqual(s.BestWeights(), whole.BestWeights()) {
			t.Errorf("best %+v, of a run that ends there %+v", out.Best, want)
		}
	}
}

func TestBetterEpochs(t *testing.T) {
	record := func(accuracy, loss trainer.Number) trainer.EpochRecord {
		return trainer.EpochRecord{Epoch: 5, ValidationAccuracy: accuracy, ValidationLoss: loss, TestAccuracy: 1}
	}
	b := best{BestEpoch: trainer.BestEpoch{Epoch: 4, ValidationAccuracy: 0.5, ValidationLoss: 1}}
	for name, c := range map[string]struct {
		b    best
		r    trainer.EpochRecord
		want bool
	}{
		"the first":            {best{}, record(0, 9), true},
		"more accurate":        {b, record(0.6, 9), true},
		"less accurate":        {b, record(0.4, 0.1), false},
		"equal, a lower loss":  {b, record(0.5, 0.9), true},
		"equal, a higher loss": {b, record(0.5, 1.1), false},
		"equal in both":        {b, record(0.5, 1), false},
	} {
		if c.b.worse(c.r) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}

// TestMemoryOfTheBestEpoch counts by hand: kernel and bias, and the kernel again while others are tested.
func TestMemoryOfTheBestEpoch(t *testing.T) {
	spec := specOf(parse(t, `{"type":"flatten"},{"type":"dense","units":3,"activation":"softmax"}`, ""))
	without, err := PeakMemory(spec)
	if err != nil {
		t.Fatal(err)
	}
	spec.KeepBest = true
	with, err := PeakMemory(spec)
	if err != nil {
		t.Fatal(err)
	}
	without.Host += 4 * (144*3 + 3 + 144*3)
	if with != without {
		t.Errorf("%+v, want %+v", with, without)
	}
}
