package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func parabolicLayerFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	techniques := parse(t,
		`{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"max_pool"},{"type":"flatten"},
		{"type":"dense","units":64,"activation":"relu","l2":0.0005},
		{"type":"dense","units":32,"activation":"relu","batch_norm":true},
		{"type":"dense","units":10,"activation":"softmax"}`, "")
	// 3·(0.03 − 2·0.022 + 0.02) / (0.02 + 0.022 + 0.03) = 0.25
	bent := func(layer string) change { return of(layer, whole(weightVariance, 0.02, 0.022, 0.03)) }
	known := func(name string, most float64) past { return past{30, map[string][]float64{name: evenly(most)}} }
	const (
		lower = "Lower the learning rate to 0.0003 | Training.Optimizer.LearningRate 0.001→0.0003"
		l2    = "Add L2 0.0003 to dense1 | dense1.L2 0→0.0003"
		accel = "weight_variance_acceleration dense-higher 3"
	)
	quarters := stopped(probed(t, plain,
		at(0.5, of("conv2", func(_ float64, l *trainer.LayerStatistics) { l.Weights.MaxAbs = 1 })),
		at(0.75, of("conv2", func(_ float64, l *trainer.LayerStatistics) { l.Weights.MaxAbs = 1.25 })),
		at(1, of("conv2", func(_ float64, l *trainer.LayerStatistics) { l.Weights.MaxAbs = 1.75 }))), 1) // 3·0.25/4 = 0.1875
	return []fixture{
		{"parabolic-layer", "weights", probed(t, plain, bent("dense1")),
			[]want{{"dense1", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.Medium}}, []string{l2}},
		{"parabolic-layer", "the worst two, lower layers first", probed(t, plain, bent("dense1"), bent("dense2"),
			of("conv1", whole(activationMax, 1, 2, 30)), // 3·27/33
			of("conv2", whole(gradientVariance, 1, 2, 10))),
			[]want{{"conv1", "activation_max_abs_acceleration", 27.0 / 11, 0.3, null, 3, advisor.Medium},
				{"dense1", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.Medium}},
			[]string{"Add L2 0.0003 to conv1 | conv1.L2 0→0.0003", l2}},
		// 3·87/93
		{"parabolic-layer", "gradients are never severe", probed(t, plain, of("dense1", whole(gradientVariance, 1, 2, 90))),
			[]want{{"dense1", "gradient_variance_acceleration", 87.0 / 31, 2.7, null, 3, advisor.Low}}, []string{l2}},
		{"parabolic-layer", "quarters of a short probe", quarters,
			[]want{{"conv2", "weight_max_abs_acceleration", 0.1875, 0.1, null, 1, advisor.Low}},
			[]string{"Add L2 0.0003 to conv2 | conv2.L2 0→0.0003"}},
		{"parabolic-layer", "more L2 where there is some", probed(t, techniques, bent("dense1")),
			[]want{{"dense1", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.Medium}},
			[]string{"Raise L2 of dense1 to 0.0009 | dense1.L2 0.0005→0.0009"}},
		{"parabolic-layer", "no second technique", probed(t, techniques, bent("dense2")),
			[]want{{"dense2", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.Medium}}, []string{lower}},
		{"parabolic-layer", "the output stays as it is", probed(t, plain, bent("dense2")),
			[]want{{"dense2", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.Medium}}, []string{lower}},
		{"parabolic-layer", "above the 95th percentile", among(probed(t, plain, bent("dense1")), known(accel, 0.2)),
			[]want{{"dense1", "weight_variance_acceleration", 0.25, 0.19, 100, 3, advisor.Low}}, []string{l2}},
		{"parabolic-layer", "past runs hardly bend: the default", among(probed(t, plain, bent("dense1")), known(accel, 0.01)),
			[]want{{"dense1", "weight_variance_acceleration", 0.25, 0.05, 100, 3, advisor.Medium}}, []string{l2}},
		{"parabolic-layer", "too few past runs",
			among(probed(t, plain, bent("dense1")), past{29, map[string][]float64{accel: evenly(1)}}),
			[]want{{"dense1", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.Medium}}, []string{l2}},
		{"parabolic-layer", "past runs bend as much", among(probed(t, plain, bent("dense1")), known(accel, 0.3)), nil, nil},
		{"parabolic-layer", "slower and slower",
			probed(t, plain, of("dense1", whole(weightVariance, 0.02, 0.05, 0.06))), nil, nil},
		{"parabolic-layer", "falls to rest",
			probed(t, plain, of("dense1", whole(weightVariance, 0.05, 0.02, 0.01))), nil, nil},
		// 3·0.001/0.091
		{"parabolic-layer", "steady growth",
			probed(t, plain, of("dense1", whole(weightVariance, 0.02, 0.03, 0.041))), nil, nil},
		{"parabolic-layer", "two quarters tell nothing",
			stopped(probed(t, plain, at(0.5, of("dense1", whole(weightVariance, 0, 0, 0)))), 0.5), nil, nil},
	}
}
