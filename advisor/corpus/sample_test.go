package corpus

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"probewise/advisor/knob"
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
			case trainer.Residual:
				seen["residual"]++
			case trainer.AvgPool, trainer.GlobalAvgPool, trainer.GlobalMaxPool:
				seen[string(l.Type)]++
			case trainer.Dropout:
				seen["dropout"]++
			}
			if l.Type == trainer.Conv && l.Stride[0] > 1 {
				seen["stride"]++
			}
			if l.Type == trainer.Conv {
				seen[fmt.Sprint("kernel ", l.Kernel[0])]++
			}
			if l.Activation == trainer.Tanh || l.Activation == trainer.Sigmoid || l.Activation == trainer.ELU {
				seen[string(l.Activation)]++
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
		seen[fmt.Sprint(convs, " conv")]++
		seen[fmt.Sprint(dense, " dense")]++
		tr := a.Training
		for name, is := range map[string]bool{string(tr.Optimizer.Type): true, string(tr.Schedule.Type): true,
			"warm-up": tr.Schedule.Warmup > 0, "flip": tr.Augment.Flip, "crop": tr.Augment.Crop > 0,
			"plain sgd": tr.Optimizer.Type == trainer.SGD &&
				tr.Optimizer.Momentum == 0, fmt.Sprint("batch ", tr.BatchSize): true,
			"clip": tr.ClipNorm > 0} {
			if is {
				seen[name]++
			}
		}
		rates = append(rates, math.Log10(a.Training.Optimizer.LearningRate))
	}
	for _, knob := range []string{"dropout", "batch norm", "l1", "l2", "1 conv", "2 conv", "3 conv", "4 conv", "5 conv",
		"6 conv", "1 dense", "2 dense", "3 dense", "4 dense", "5 dense", "adam", "adamw", "rmsprop", "sgd", "plain sgd",
		"constant", "cosine", "step", "warm-up", "flip", "crop", "clip", "residual", "avg_pool", "global_avg_pool",
		"global_max_pool", "stride", "kernel 1", "kernel 5", "kernel 7", "tanh", "sigmoid", "elu", "batch 16", "batch 512"} {
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
		most := 10.5 * knob.UsualRate(a) // rounded to two digits
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
	if above < 6 {
		t.Errorf("%d of 40 learning rates are above ten times the usual", above)
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

// TestRepeats: the same architecture with seeds that no other number of the sequence has.
func TestRepeats(t *testing.T) {
	drafts, err := DrawRepeats(3)(space, 5, 7, nil)
	if err != nil || len(drafts) != 3 {
		t.Fatalf("%d drafts, %v", len(drafts), err)
	}
	sampled, err := Sample(space, 5, 7)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range drafts {
		if d.Edit != i || d.Architecture.Training.Seed != 8+uint64(i)<<20 {
			t.Errorf("draft %d is edit %d with seed %d", i, d.Edit, d.Architecture.Training.Seed)
		}
		d.Architecture.Training.Seed = sampled.Training.Seed
		if !reflect.DeepEqual(d.Architecture, sampled) {
			t.Errorf("draft %d is another architecture", i)
		}
	}
}
