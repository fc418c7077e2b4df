package graph

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

// diary keeps the kernels as they were after each batch, beside the records and the number of batches before each.
type diary struct {
	t       *testing.T
	session *session
	kernels [][][]float32 // by batch and layer; first the initial ones
	records []trainer.EpochRecord
	batches []int
}

func (d *diary) note() {
	var now [][]float32
	for i, p := range d.session.net.params {
		if p.role != kernelRole {
			continue
		}
		w := make([]float32, d.session.params[i].Len())
		if err := d.session.backend.Download(w, d.session.params[i]); err != nil {
			d.t.Fatal(err)
		}
		now = append(now, w)
	}
	d.kernels = append(d.kernels, now)
}

func (d *diary) Progress(trainer.Progress) { d.note() }

func (d *diary) Record(_ context.Context, r trainer.EpochRecord) error {
	if len(d.kernels) == 0 {
		d.note()
	}
	d.records = append(d.records, r)
	d.batches = append(d.batches, len(d.kernels))
	return nil
}

// apart is ‖a−b‖, and size ‖a‖.
func apart(a, b []float32) (apart, size float64) {
	for i, x := range a {
		d := float64(x) - float64(b[i])
		apart += d * d
		size += float64(x) * float64(x)
	}
	return math.Sqrt(apart), math.Sqrt(size)
}

// TestUpdatesAndNoise compares update ratios and gradient noise with what the weights themselves tell: plain SGD moves
// them by the gradient, times the learning rate.
func TestUpdatesAndNoise(t *testing.T) {
	const rate = 0.25
	a := parse(t, nets["plain"], `"batch_size":10,"optimizer":{"type":"sgd","learning_rate":0.25}`)
	s := start(t, a, 2, 2)
	d := &diary{t: t, session: s}
	if _, err := s.TrainTo(t.Context(), 2, d); err != nil {
		t.Fatal(err)
	}
	if first := d.records[0].Layers[0]; first.UpdateRatio.Known() || !first.GradientNoise.Known() ||
		first.GradientNoise <= 0 {
		t.Errorf("at initialisation: update ratio %v, gradient noise %v", first.UpdateRatio, first.GradientNoise)
	}
	for k, r := range d.records[1:] {
		now := d.batches[k+1] // the record stands within this batch, whose weights come next
		for i, l := range r.Layers {
			w0, w1, w2 := d.kernels[now-2][i], d.kernels[now-1][i], d.kernels[now][i]
			moved, _ := apart(w2, w1)
			_, before := apart(w1, w2)
			if got := float64(l.UpdateRatio); math.Abs(got-moved/before) > 1e-5*moved/before {
				t.Errorf("epoch %g, %s: update ratio %g, want %g", r.Epoch, l.Layer, got, moved/before)
			}
			var difference, squares float64
			for j := range w1 {
				g, previous := float64(w1[j]-w2[j])/rate, float64(w0[j]-w1[j])/rate
				difference += (g - previous) * (g - previous)
				squares += g*g + previous*previous
			}
			if got, want := float64(l.GradientNoise), difference/squares; math.Abs(got-want) > 1e-3 {
				t.Errorf("epoch %g, %s: gradient noise %g, want %g", r.Epoch, l.Layer, got, want)
			}
		}
	}
	if len(d.records) != 9 {
		t.Errorf("%d records", len(d.records))
	}
}

// TestNoiseNeedsABatchBefore: with one batch an epoch every batch ends a record.
func TestNoiseNeedsABatchBefore(t *testing.T) {
	s := start(t, parse(t, nets["plain"], `"batch_size":180`), 1, 2)
	n := &notebook{}
	trainTo(t, s, 2, n)
	for _, r := range n.records {
		if l := r.Layers[0]; l.GradientNoise.Known() || l.UpdateRatio.Known() != (r.Epoch > 0) {
			t.Errorf("epoch %g: gradient noise %v, update ratio %v", r.Epoch, l.GradientNoise, l.UpdateRatio)
		}
	}
}

// TestHistogramsAreWhole: the shares of a histogram add up to one, and its upper half to the share of values from 0.
func TestHistogramsAreWhole(t *testing.T) {
	s := start(t, parse(t, nets["plain"], ""), 1, 1)
	n := &notebook{}
	trainTo(t, s, 1, n)
	for _, r := range n.records {
		for _, l := range r.Layers {
			for kind, s := range map[string]trainer.Statistics{"weights": l.Weights, "gradients": l.Gradients,
				"activations": l.Activations} {
				sum, low := 0.0, float32(0)
				for i, share := range s.Histogram {
					sum += float64(share)
					if i < trainer.HistogramBins/2 {
						low += share
					}
				}
				if len(s.Histogram) != trainer.HistogramBins || math.Abs(sum-1) > 1e-5 {
					t.Errorf("epoch %g, %s of %s: %d bins with %g in all",
						r.Epoch, kind, l.Layer, len(s.Histogram), sum)
				}
				if (s.Q50 < 0) != (low > 0.5) {
					t.Errorf("epoch %g, %s of %s: median %g, %g of the values below 0",
						r.Epoch, kind, l.Layer, s.Q50, low)
				}
			}
		}
	}
}

// TestStatisticsChangeNothing: weights are those of the same batches without records, bit by bit.
func TestStatisticsChangeNothing(t *testing.T) {
	for _, name := range []string{"plain", "norm"} {
		a := parse(t, nets[name], `"batch_size":16`)
		recorded, bare := start(t, a, 2, 2), start(t, a, 2, 2)
		trainTo(t, recorded, 1, &notebook{})
		order := dataset.Order(bare.training, bare.spec.Seed, 0)
		batches := (len(order) + bare.input.rows - 1) / bare.input.rows
		for i := range batches {
			rows := order[i*bare.input.rows : min((i+1)*bare.input.rows, len(order))]
			n, err := bare.input.fill(bare.train, rows, bare.augmentation(0))
			if err != nil {
				t.Fatal(err)
			}
			bare.step.Index++
			bare.step.LearningRate = float32(learningRate(a.Training, 0, float64(i)/float64(batches)/2))
			if err := errors.Join(bare.forward.run(n, bare.step), bare.update.run(n, bare.step)); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(weights(t, recorded), weights(t, bare)) {
			t.Errorf("%s: records change what is learnt", name)
		}
	}
}
