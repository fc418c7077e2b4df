package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func explodingGradientFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	gradients := func(scale, norm trainer.Number) func(float64, *trainer.LayerStatistics) {
		return func(_ float64, l *trainer.LayerStatistics) {
			l.Gradients = trainer.Statistics{Variance: scale * scale, MaxAbs: 4 * scale, L2Norm: norm}
		}
	}
	const (
		calm = "Lower the learning rate to 0.0003 and clip gradients at norm 1 | Training.Optimizer.LearningRate " +
			"0.001→0.0003, Training.ClipNorm 0→1"
		normed = "Add batch norm to conv2 | conv2.BatchNorm false→true, conv2.Momentum 0→0.99, conv2.Epsilon 0→0.001"
	)
	return []fixture{
		{"exploding-gradient", "maximum", probed(t, plain, of("conv2", gradients(5000, 9000))),
			[]want{{"conv2", "gradient_max_abs", 2e4, 1e4, null, 3, advisor.High}}, []string{calm, normed}},
		{"exploding-gradient", "maximum among past runs", among(probed(t, plain, of("conv2", gradients(5000, 9000))),
			past{40, map[string][]float64{"gradient_max_abs conv-middle 3": evenly(10)}}),
			[]want{{"conv2", "gradient_max_abs", 2e4, 1e4, 100, 3, advisor.High}}, []string{calm, normed}},
		{"exploding-gradient", "ratio", probed(t, plain, of("conv1", gradients(1, 40))),
			[]want{{"conv1", "gradient_norm_ratio", 80, 70, null, 3, advisor.High}}, []string{calm, normed}},
		{"exploding-gradient", "ratio below 70", probed(t, plain, of("conv1", gradients(1, 34))), nil, nil},
		{"exploding-gradient", "maximum below 1e4", probed(t, plain, of("conv2", gradients(2400, 30))), nil, nil},
		{"exploding-gradient", "only at initialisation", probed(t, plain, at(0, of("conv2", gradients(1e6, 30)))), nil, nil},
	}
}
