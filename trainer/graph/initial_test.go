package graph

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"probewise/trainer"
)

func TestLearningRate(t *testing.T) {
	step := trainer.Training{Optimizer: trainer.Optimizer{LearningRate: 1},
		Schedule: trainer.Schedule{Type: trainer.StepDown, Every: 2, Factor: 0.1}}
	cosine := trainer.Training{Optimizer: trainer.Optimizer{LearningRate: 2},
		Schedule: trainer.Schedule{Type: trainer.Cosine, Minimum: 0.1}}
	for _, c := range []struct {
		training trainer.Training
		epoch    int
		share    float64
		want     float64
	}{
		{step, 0, 0, 1}, {step, 1, .9, 1}, {step, 2, 0, .1}, {step, 5, 0, .01},
		{cosine, 0, 0, 2}, {cosine, 3, .5, 1.1}, {cosine, 9, 1, .2},
	} {
		if got := learningRate(c.training, c.epoch, c.share); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s at epoch %d: %g, want %g", c.training.Schedule.Type, c.epoch, got, c.want)
		}
	}
}

func TestWarmUp(t *testing.T) {
	for _, c := range []struct {
		warmup            float64
		epoch, i, batches int
		want              float64
	}{
		{0, 0, 0, 10, 1}, {0, 3, 4, 10, 1},
		{1, 0, 0, 10, .1}, {1, 0, 4, 10, .5}, {1, 0, 9, 10, 1}, {1, 1, 0, 10, 1},
		{2.5, 0, 0, 10, .04}, {2.5, 2, 3, 10, .96}, {2.5, 2, 4, 10, 1}, {2.5, 7, 0, 10, 1},
		{0.25, 0, 0, 3, 1}, // less than one update
	} {
		got := warmed(trainer.Schedule{Warmup: c.warmup}, c.epoch, c.i, c.batches)
		if math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: %g", c, got)
		}
	}
}

func TestInitialValues(t *testing.T) {
	node := gorgonia.NewTensor(gorgonia.NewGraph(), tensor.Float32, 2, gorgonia.WithShape(100, 200),
		gorgonia.WithName("w"))
	for kind, variance := range map[trainer.Initializer]float64{
		trainer.GlorotUniform: 2.0 / 300, trainer.GlorotNormal: 2.0 / 300, trainer.HeUniform: 2.0 / 100,
		trainer.HeNormal: 2.0 / 100,
	} {
		p := param{node: node, fanIn: 100, fanOut: 200, layer: trainer.Layer{Initializer: kind}}
		x, err := p.initialValues(9, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := norm(x) * norm(x) / 20000; math.Abs(got-variance) > 0.03*variance {
			t.Errorf("%s: variance %g, want %g", kind, got, variance)
		}
		if other, _ := p.initialValues(9, 1); other[0] == x[0] {
			t.Errorf("%s: two params share their draw", kind)
		}
	}
}
