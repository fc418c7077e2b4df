package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func highActivationVarianceFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	techniques := parse(t,
		`{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"max_pool"},{"type":"flatten"},
		{"type":"dense","units":64,"activation":"relu","l2":0.0005},
		{"type":"dense","units":32,"activation":"relu","batch_norm":true},
		{"type":"dense","units":10,"activation":"softmax"}`, "")
	// 3·(0.03 − 2·0.022 + 0.02) / (0.02 + 0.022 + 0.03) = 0.25
	spread := func(layer string, v trainer.Number) change { return of(layer, whole(activationVariance, 1, 1, v)) }
	known := func(name string, most float64) past { return past{30, map[string][]float64{name: evenly(most)}} }
	const (
		lower = "Lower the learning rate to 0.0003 | Training.Optimizer.LearningRate 0.001→0.0003"
		wide  = "activation_variance dense-higher 3"
	)
	return []fixture{
		{"high-activation-variance", "higher layer", probed(t, plain, spread("dense1", 60)),
			[]want{{"dense1", "activation_variance", 60, 50, null, 3, advisor.Low}},
			[]string{"Add batch norm to dense1 | dense1.BatchNorm false→true, dense1.Momentum 0→0.99, dense1.Epsilon 0→0.001"}},
		{"high-activation-variance", "lower layer, severe", probed(t, plain, spread("conv1", 16)),
			[]want{{"conv1", "activation_variance", 16, 5, null, 3, advisor.Medium}},
			[]string{"Add L2 0.0003 to conv1 | conv1.L2 0→0.0003"}},
		{"high-activation-variance", "regularised layers", probed(t, techniques, spread("dense1", 51), spread("dense2", 52)),
			[]want{
				{"dense1", "activation_variance", 51, 50, null, 3, advisor.Low},
				{"dense2", "activation_variance", 52, 50, null, 3, advisor.Low},
			}, []string{"Raise L2 of dense1 to 0.0009 | dense1.L2 0.0005→0.0009", lower}},
		{"high-activation-variance", "among past runs", among(probed(t, plain, spread("dense1", 39)), known(wide, 40)),
			[]want{{"dense1", "activation_variance", 39, 38, 97.5, 3, advisor.Low}},
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
