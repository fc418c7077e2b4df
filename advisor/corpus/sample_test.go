package corpus

import (
	"errors"
	"math"
	"reflect"
	"testing"

	"probewise/trainer"
)

var space = Space{Input: [3]int{28, 28, 1}, Classes: 10, Epochs: 15, MultiplyAdds: 3_000_000, MaxParameters: 3_000_000}

// TestSampleCoversTheKnobs draws many architectures and looks for every knob of the paper in them.
func TestSampleCoversTheKnobs(t *testing.T) {
	seen := map[string]int{}
	rates := []float64{}
	const n = 200
	for i := range n {
		a, err := Sample(space, 1, i)
		if err != nil {
			t.Fatal(err)
		}
		cost := a.Cost()
		least, most := int64(0), space.MultiplyAdds
		if i%5 == 4 {
			least, most = most+1, 4*most
		}
		if cost.MultiplyAdds < least || cost.MultiplyAdds > most || cost.Parameters > space.MaxParameters {
			t.Errorf("sample %d costs %+v", i, cost)
		}
		if _, err := trainer.Parse(a.Canonical(), trainer.ParseOptions{Input: space.Input, Classes: 10}); err != nil {
			t.Errorf("sample %d: %v", i, err)
		}
		convs, dense := 0, 0
		for _, l := range a.Layers {
			switch l.Type {
			case trainer.Conv:
				convs++
			case trainer.Dense:
				dense++
			case trainer.Dropout:
				seen["dropout"]++
			}
			if l.BatchNorm {
				seen["batch norm"]++
			}
			if l.L1 > 0 {
				seen["l1"]++
			}
			if l.L2 > 0 {
				seen["l2"]++
			}
		}
		seen[[...]string{"", "1 conv", "2 conv", "3 conv", "4 conv", "5 conv"}[convs]]++
		seen[[...]string{"", "1 dense", "2 dense", "3 dense", "4 dense", "5 dense"}[dense]]++
		seen[string(a.Training.Optimizer.Type)]++
		rates = append(rates, math.Log10(a.Training.Optimizer.LearningRate))
	}
	for _, knob := range []string{"dropout", "batch norm", "l1", "l2", "1 conv", "2 conv", "3 conv", "4 conv", "5 conv",
		"1 dense", "2 dense", "3 dense", "4 dense", "5 dense", "adam", "rmsprop", "sgd"} {
		if seen[knob] < n/50 {
			t.Errorf("%q in %d of %d samples", knob, seen[knob], n)
		}
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range rates {
		low, high = min(low, r), max(high, r)
	}
	if high-low < 3 {
		t.Errorf("learning rates span %.1f powers of ten", high-low)
	}
}

// TestRateFactor: the same sequence of architectures but for their learning rates, some of which are above what is
// drawn without it.
func TestRateFactor(t *testing.T) {
	fast := space
	fast.RateFactor = 30
	above := 0
	for i := range 40 {
		a, err := Sample(space, 3, i)
		b, err2 := Sample(fast, 3, i)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		most := 0.02
		if a.Training.Optimizer.Type == trainer.SGD {
			most = 0.3
		}
		if a.Training.Optimizer.LearningRate > most {
			t.Errorf("sample %d: learning rate %g", i, a.Training.Optimizer.LearningRate)
		}
		if b.Training.Optimizer.LearningRate > most {
			above++
		}
		b.Training.Optimizer.LearningRate = a.Training.Optimizer.LearningRate
		if !reflect.DeepEqual(a, b) {
			t.Errorf("sample %d: the factor changes more than the learning rate", i)
		}
	}
	if above < 10 {
		t.Errorf("%d of 40 learning rates are above the usual", above)
	}
}

func TestSampleIsDeterministic(t *testing.T) {
	for i := range 20 {
		a, err := Sample(space, 3, i)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Sample(space, 3, i)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("sample %d differs from itself", i)
		}
		c, err := Sample(space, 4, i)
		if err != nil {
			t.Fatal(err)
		}
		if a.ID() == c.ID() {
			t.Errorf("sample %d is the same for two seeds", i)
		}
	}
}

func TestSampleOfAnImpossibleSpace(t *testing.T) {
	impossible := space
	impossible.MultiplyAdds = 100
	if _, err := Sample(impossible, 1, 0); err == nil {
		t.Error("no error")
	}
}
