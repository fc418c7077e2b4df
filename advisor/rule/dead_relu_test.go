package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func deadReLUFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	sigmoid := parse(t, saturating, "")
	dead := func(share trainer.Number) func(float64, *trainer.LayerStatistics) {
		return func(_ float64, l *trainer.LayerStatistics) { l.DeadUnits = share }
	}
	return []fixture{
		{"dead-relu", "lower layer", probed(t, plain, of("conv1", dead(0.625))),
			[]want{{"conv1", "dead_units", 0.625, 0.5, null, 3, advisor.Medium}},
			[]string{"Use leaky_relu with slope 0.1 in conv1, initialised after He | conv1.Initializer " +
				"glorot_uniform→he_uniform, conv1.Activation relu→leaky_relu, conv1.NegativeSlope 0→0.1",
				"Lower the learning rate to 0.0003 | Training.Optimizer.LearningRate 0.001→0.0003"}},
		{"dead-relu", "higher layer among past runs", among(probed(t, plain, of("dense1", dead(0.75))),
			past{40, map[string][]float64{"dead_units dense-higher 3": evenly(1)}}),
			[]want{{"dense1", "dead_units", 0.75, 0.5, 75, 3, advisor.Medium}},
			[]string{"Use leaky_relu with slope 0.1 in dense1, initialised after He | dense1.Initializer " +
				"glorot_uniform→he_uniform, dense1.Activation relu→leaky_relu, dense1.NegativeSlope 0→0.1",
				"Lower the learning rate to 0.0003 | Training.Optimizer.LearningRate 0.001→0.0003"}},
		{"dead-relu", "nearly all", probed(t, parse(t, plainLayers, `"optimizer":{"type":"adam","learning_rate":1e-12}`),
			of("conv2", dead(0.9375))), []want{{"conv2", "dead_units", 0.9375, 0.5, null, 3, advisor.High}},
			[]string{"Use leaky_relu with slope 0.1 in conv2, initialised after He | conv2.Initializer " +
				"glorot_uniform→he_uniform, conv2.Activation relu→leaky_relu, conv2.NegativeSlope 0→0.1"}},
		{"dead-relu", "half is not more than half", probed(t, plain, of("conv1", dead(0.5))), nil, nil},
		{"dead-relu", "zeros of another activation", probed(t, sigmoid, of("conv1", dead(1))), nil, nil},
		{"dead-relu", "unknown", probed(t, plain, of("conv1", dead(trainer.Missing))), nil, nil},
	}
}
