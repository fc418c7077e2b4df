package graph

import (
	"math"
	"slices"
	"testing"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// TestClassesAreCounted: the counts by class are those of the same images and answers as the accuracy.
func TestClassesAreCounted(t *testing.T) {
	n := &notebook{}
	s := start(t, parse(t, nets["norm"], `"batch_size":16`), 0, 2)
	out := trainTo(t, s, 2, n)
	check := func(name string, c *trainer.ClassScores, accuracy trainer.Number, indices []int, of trainer.Images) {
		t.Helper()
		images, right := make([]int, 3), 0
		for _, i := range indices {
			images[of.Labels[i]]++
		}
		for _, k := range c.Correct {
			right += k
		}
		if !slices.Equal(c.Images, images) || math.Abs(float64(right)/float64(len(indices))-float64(accuracy)) > 1e-12 {
			t.Errorf("%s: %+v of the images %v, accuracy %v", name, c, images, accuracy)
		}
	}
	for _, r := range n.records {
		check("a record", r.ValidationByClass, r.ValidationAccuracy, s.measure.validation, s.train.images)
		if r.ValidationByClass.Confusion != nil {
			t.Error("a record has a confusion matrix")
		}
	}
	check("validation", out.ValidationByClass, out.ValidationAccuracy, s.measure.validation, s.train.images)
	check("test", out.TestByClass, out.TestAccuracy, upTo(s.test.images.Len()), s.test.images)
	for i, row := range out.TestByClass.Confusion {
		total := 0
		for _, k := range row {
			total += k
		}
		if total != out.TestByClass.Images[i] || row[i] != out.TestByClass.Correct[i] {
			t.Errorf("row %d of the confusion matrix is %v, of %+v", i, row, out.TestByClass)
		}
	}
}

// TestLargestIsWhatCorrectOpFinds: ties go to the first, NaN to none.
func TestLargestIsWhatCorrectOpFinds(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		logits []float32
		want   int
	}{
		{[]float32{1, 3, 2}, 1}, {[]float32{2, 2, 1}, 0}, {[]float32{1, nan, 2}, -1}, {[]float32{nan, 1}, -1},
		{[]float32{-inf, -inf}, 0}, {[]float32{0, inf}, 1},
	} {
		if got := largest(c.logits); got != c.want {
			t.Errorf("largest of %v is %d, want %d", c.logits, got, c.want)
		}
	}
}

// TestClassWeightsFindTheRareClass: of a data set with few images of one class, balanced weights tell more of them.
func TestClassWeightsFindTheRareClass(t *testing.T) {
	recall := func(settings string) float64 {
		d := stripes(900, 600)
		kept := d.Train
		kept.Pixels, kept.Labels = nil, nil
		size := d.ImageSize()
		for i, label := range d.Train.Labels {
			if label != 0 || i%15 == 0 {
				kept.Pixels = append(kept.Pixels, d.Train.Pixels[i*size:(i+1)*size]...)
				kept.Labels = append(kept.Labels, label)
			}
		}
		d.Train = kept
		a := parse(t, nets["norm"], `"batch_size":16`+settings)
		tr := Trainer{Open: func(int) (trainer.Backend, error) { return kernel.New(0) }}
		trained, err := tr.Start(t.Context(), trainer.Spec{Architecture: a, Data: d, Seed: 3,
			Budget: trainer.Budget{Images: d.Train.Len(), Epochs: 1}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := trained.TrainTo(t.Context(), 1, &notebook{})
		if err != nil {
			t.Fatal(err)
		}
		if err := trained.Close(); err != nil {
			t.Error(err)
		}
		return float64(out.TestByClass.Correct[0]) / float64(out.TestByClass.Images[0])
	}
	if plain, balanced := recall(""), recall(`,"class_weights":"balanced"`); balanced <= plain+0.1 {
		t.Errorf("recall of the rare class: %.3f, with balanced weights %.3f", plain, balanced)
	}
}

// TestUntestedRunsLookAtNoTestImage: no record has anything of them; the full length is tested.
func TestUntestedRunsLookAtNoTestImage(t *testing.T) {
	tr := Trainer{Open: func(int) (trainer.Backend, error) { return kernel.New(0) }}
	s, err := tr.Start(t.Context(), trainer.Spec{Architecture: parse(t, nets["norm"], `"batch_size":16`),
		Data: stripes(220, 90), Budget: trainer.Budget{Images: 200, Epochs: 2}, Seed: 3, Untested: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	n := &notebook{}
	out, err := s.TrainTo(t.Context(), 1, n)
	if err != nil || out.TestAccuracy.Known() || out.TestByClass != nil {
		t.Errorf("after an epoch %+v (%v)", out, err)
	}
	if out, err = s.TrainTo(t.Context(), 2, n); err != nil || !out.TestAccuracy.Known() {
		t.Errorf("after all epochs %+v (%v)", out, err)
	}
	for _, r := range n.records {
		if r.TestAccuracy.Known() || r.TestLoss.Known() || !r.ValidationAccuracy.Known() {
			t.Errorf("a record of an untested run: %+v", r)
		}
	}
}
