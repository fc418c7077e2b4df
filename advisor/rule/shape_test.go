package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// whole gives a statistic its values at the ends of epochs 1 to 3.
func whole(get func(*trainer.LayerStatistics) *trainer.Number, x1, x2, x3 trainer.Number) func(float64,
	*trainer.LayerStatistics) {
	return func(epoch float64, l *trainer.LayerStatistics) {
		switch epoch {
		case 1:
			*get(l) = x1
		case 2:
			*get(l) = x2
		case 3:
			*get(l) = x3
		}
	}
}

func weightVariance(l *trainer.LayerStatistics) *trainer.Number     { return &l.Weights.Variance }
func activationMax(l *trainer.LayerStatistics) *trainer.Number      { return &l.Activations.MaxAbs }
func activationVariance(l *trainer.LayerStatistics) *trainer.Number { return &l.Activations.Variance }
func gradientVariance(l *trainer.LayerStatistics) *trainer.Number   { return &l.Gradients.Variance }

func shapeFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	techniques := parse(t, `{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"max_pool"},{"type":"flatten"},
		{"type":"dense","units":64,"activation":"relu","l2":0.0005},{"type":"dense","units":32,"activation":"relu","batch_norm":true},
		{"type":"dense","units":10,"activation":"softmax"}`, "")
	// 3·(0.03 − 2·0.022 + 0.02) / (0.02 + 0.022 + 0.03) = 0.25
	bent := func(layer string) change { return of(layer, whole(weightVariance, 0.02, 0.022, 0.03)) }
	spread := func(layer string, v trainer.Number) change { return of(layer, whole(activationVariance, 1, 1, v)) }
	known := func(name string, most float64) past { return past{30, map[string][]float64{name: evenly(most)}} }
	const (
		lower = "Lower the learning rate to 0.0003 | Training.Optimizer.LearningRate 0.001→0.0003"
		l2    = "Add L2 0.001 to dense1 | dense1.L2 0→0.001"
		accel = "weight_variance_acceleration dense-higher 3"
		wide  = "activation_variance dense-higher 3"
	)
	quarters := stopped(probed(t, plain,
		at(0.5, of("conv2", func(_ float64, l *trainer.LayerStatistics) { l.Weights.MaxAbs = 1 })),
		at(0.75, of("conv2", func(_ float64, l *trainer.LayerStatistics) { l.Weights.MaxAbs = 1.25 })),
		at(1, of("conv2", func(_ float64, l *trainer.LayerStatistics) { l.Weights.MaxAbs = 1.75 }))), 1) // 3·0.25/4 = 0.1875
	return []fixture{
		{"parabolic-layer", "weights", probed(t, plain, bent("dense1")),
			[]want{{"dense1", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.High}}, []string{l2}},
		{"parabolic-layer", "the worst two, lower layers first", probed(t, plain, bent("dense1"), bent("dense2"),
			of("conv1", whole(activationMax, 1, 2, 30)), // 3·27/33
			of("conv2", whole(gradientVariance, 1, 2, 10))),
			[]want{{"conv1", "activation_max_abs_acceleration", 27.0 / 11, 0.3, null, 3, advisor.High},
				{"dense1", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.High}},
			[]string{"Add L2 0.0003 to conv1 | conv1.L2 0→0.0003", l2}},
		// 3·87/93
		{"parabolic-layer", "gradients are never severe", probed(t, plain, of("dense1", whole(gradientVariance, 1, 2, 90))),
			[]want{{"dense1", "gradient_variance_acceleration", 87.0 / 31, 2.7, null, 3, advisor.Medium}}, []string{l2}},
		{"parabolic-layer", "quarters of a short probe", quarters,
			[]want{{"conv2", "weight_max_abs_acceleration", 0.1875, 0.1, null, 1, advisor.Medium}},
			[]string{"Add L2 0.0003 to conv2 | conv2.L2 0→0.0003"}},
		{"parabolic-layer", "more L2 where there is some", probed(t, techniques, bent("dense1")),
			[]want{{"dense1", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.High}},
			[]string{"Raise L2 of dense1 to 0.0015 | dense1.L2 0.0005→0.0015"}},
		{"parabolic-layer", "no second technique", probed(t, techniques, bent("dense2")),
			[]want{{"dense2", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.High}}, []string{lower}},
		{"parabolic-layer", "the output stays as it is", probed(t, plain, bent("dense2")),
			[]want{{"dense2", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.High}}, []string{lower}},
		{"parabolic-layer", "above the 95th percentile", among(probed(t, plain, bent("dense1")), known(accel, 0.2)),
			[]want{{"dense1", "weight_variance_acceleration", 0.25, 0.19, 100, 3, advisor.Medium}}, []string{l2}},
		{"parabolic-layer", "past runs hardly bend: the default", among(probed(t, plain, bent("dense1")), known(accel, 0.01)),
			[]want{{"dense1", "weight_variance_acceleration", 0.25, 0.05, 100, 3, advisor.High}}, []string{l2}},
		{"parabolic-layer", "too few past runs",
			among(probed(t, plain, bent("dense1")), past{29, map[string][]float64{accel: evenly(1)}}),
			[]want{{"dense1", "weight_variance_acceleration", 0.25, 0.05, null, 3, advisor.High}}, []string{l2}},
		{"parabolic-layer", "past runs bend as much", among(probed(t, plain, bent("dense1")), known(accel, 0.3)), nil, nil},
		{"parabolic-layer", "slower and slower", probed(t, plain, of("dense1", whole(weightVariance, 0.02, 0.05, 0.06))), nil,
			nil},
		{"parabolic-layer", "falls to rest", probed(t, plain, of("dense1", whole(weightVariance, 0.05, 0.02, 0.01))), nil,
			nil},
		// 3·0.001/0.091
		{"parabolic-layer", "steady growth", probed(t, plain, of("dense1", whole(weightVariance, 0.02, 0.03, 0.041))), nil,
			nil},
		{"parabolic-layer", "two quarters tell nothing",
			stopped(probed(t, plain, at(0.5, of("dense1", whole(weightVariance, 0, 0, 0)))), 0.5), nil, nil},

		{"high-activation-variance", "higher layer", probed(t, plain, spread("dense1", 60)),
			[]want{{"dense1", "activation_variance", 60, 50, null, 3, advisor.Medium}},
			[]string{"Add batch norm to dense1 | dense1.BatchNorm false→true, dense1.Momentum 0→0.99, dense1.Epsilon 0→0.001"}},
		{"high-activation-variance", "lower layer, severe", probed(t, plain, spread("conv1", 16)),
			[]want{{"conv1", "activation_variance", 16, 5, null, 3,
				advisor.High}}, []string{"Add L2 0.0003 to conv1 | conv1.L2 0→0.0003"}},
		{"high-activation-variance", "regularised layers", probed(t, techniques, spread("dense1", 51), spread("dense2", 52)),
			[]want{{"dense1", "activation_variance", 51, 50, null, 3, advisor.Medium},
				{"dense2", "activation_variance", 52, 50, null, 3, advisor.Medium}},
			[]string{"Raise L2 of dense1 to 0.0015 | dense1.L2 0.0005→0.0015", lower}},
		{"high-activation-variance", "among past runs", among(probed(t, plain, spread("dense1", 39)), known(wide, 40)),
			[]want{{"dense1", "activation_variance", 39, 38, 97.5, 3, advisor.Medium}},
			[]string{"Add batch norm to dense1 | dense1.BatchNorm false→true, dense1.Momentum 0→0.99, dense1.Epsilon 0→0.001"}},
		{"high-activation-variance", "past runs have as much",
			among(probed(t, plain, spread("dense1", 60)), known(wide, 80)), nil, nil},
		{"high-activation-variance", "past runs hardly learnt",
			among(probed(t, plain, spread("dense1", 24)), known(wide, 4)), nil, nil},
		{"high-activation-variance", "at the default", probed(t, plain, spread("dense1", 50), spread("conv2", 5)), nil, nil},
		{"high-activation-variance", "the output is no activation to calm", probed(t, plain, spread("dense2", 90)), nil, nil},
		{"high-activation-variance", "earlier, not at the end", probed(t, plain, at(2, spread("dense1", 90))), nil, nil},
	}
}

func overfitFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	done := parse(t, `{"type":"conv","filters":8,"kernel":3,"batch_norm":true},{"type":"flatten"},{"type":"dense","units":256},
		{"type":"dropout","rate":0.5},{"type":"dense","units":10}`, `"augment":{"flip":true}`)
	wide := parse(
		t, `{"type":"conv","filters":8,"kernel":3,"l2":0.001},{"type":"global_avg_pool"},{"type":"dense","units":300},{"type":"dense","units":10}`, "")
	gap := func(epoch float64, gap trainer.Number) change {
		return at(epoch, func(r *trainer.EpochRecord) { r.TrainAccuracy, r.ValidationAccuracy = 0.7+gap, 0.7 })
	}
	const (
		drop = "Add dropout 0.25 behind dense1 | +dropout1 behind dense1"
		l2   = "Add L2 0.0003 to conv2 and L2 0.001 to dense1 | conv2.L2 0→0.0003, dense1.L2 0→0.001"
		flip = "Flip training images left to right | Training.Augment.Flip false→true"
	)
	return []fixture{
		{"overfit", "gap grows", probed(t, plain, gap(1, 0.01), gap(2, 0.03), gap(3, 0.08)),
			[]want{{"", "accuracy_gap", 0.08, 0.05, null, 3, advisor.Medium}}, []string{drop, l2, flip}},
		{"overfit", "severe, one layer free", probed(t, wide, gap(1, -0.02), gap(2, 0.2), gap(3, 0.25)),
			[]want{{"", "accuracy_gap", 0.25, 0.05, null, 3, advisor.High}},
			[]string{"Add dropout 0.5 behind dense1 | +dropout1 behind dense1",
				"Add L2 0.001 to dense1 | dense1.L2 0→0.001", flip}},
		{"overfit", "all is done already", probed(t, done, gap(1, 0), gap(2, 0.02), gap(3, 0.06)),
			[]want{{"", "accuracy_gap", 0.06, 0.05, null, 3, advisor.Medium}}, nil},
		{"overfit", "quarters of a short probe",
			stopped(probed(t, plain, gap(0.25, -0.05), gap(0.5, 0), gap(0.75, 0.03), gap(1, 0.06)), 1),
			[]want{{"", "accuracy_gap", 0.06, 0.05, null, 1, advisor.Medium}}, []string{drop, l2, flip}},
		{"overfit", "validation swings", probed(t, plain, gap(1, 0), gap(2, 0.03), gap(3, 0.09),
			at(3, func(r *trainer.EpochRecord) { r.TrainAccuracy, r.ValidationAccuracy = 0.735, 0.645 })), nil, nil},
		{"overfit", "batch norm lags", probed(t, plain, func(r *trainer.EpochRecord) {
			r.TrainAccuracy, r.ValidationAccuracy = 0.2+trainer.Number(r.Epoch)/10, 0.2
		}), nil, nil},
		{"overfit", "small gap", probed(t, plain, gap(1, 0), gap(2, 0.02), gap(3, 0.049)), nil, nil},
		{"overfit", "gap narrows at the end", probed(t, plain, gap(1, 0.01), gap(2, 0.09), gap(3, 0.08)), nil, nil},
		{"overfit", "gap stays", probed(t, plain, gap(1, 0.06), gap(2, 0.06), gap(3, 0.07)), nil, nil},
		{"overfit", "accuracy unknown",
			probed(t, plain, func(r *trainer.EpochRecord) { r.ValidationAccuracy = trainer.Missing }), nil, nil},
	}
}
