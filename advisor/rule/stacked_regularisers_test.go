package rule

import (
	"testing"

	"probewise/advisor"
)

func stackedRegularisersFixtures(t *testing.T) []fixture {
	of := func(layers string) advisor.Case { return untrained(t, parse(t, layers, "")) }
	const (
		conv   = `{"type":"conv","filters":8,"kernel":3,"activation":"relu"},`
		normed = `{"type":"conv","filters":8,"kernel":3,"activation":"relu","batch_norm":true},`
		output = `{"type":"dense","units":10,"activation":"softmax"}`
		head   = `{"type":"flatten"},` + output
	)
	return []fixture{
		{"stacked-regularisers", "dense with all three",
			of(conv +
				`{"type":"flatten"},{"type":"dense","units":64,"batch_norm":true,"activation":"relu","l2":0.001},
					{"type":"dropout","rate":0.5},` + output), []want{{"dense1", "techniques", 3, 1, null, null, advisor.Low}},
			[]string{"Keep only dropout on dense1 | dense1.L2 0.001→0, dense1.BatchNorm true→false, dense1.Momentum 0.99→0, " +
				"dense1.Epsilon 0.001→0"}},
		{"stacked-regularisers", "conv below and above",
			of(`{"type":"conv","filters":8,"kernel":3,"l1":0.001,"batch_norm":true},` +
				`{"type":"conv","filters":8,"kernel":3,"l2":0.001},{"type":"batch_norm"},{"type":"activation","activation":"relu"},
					{"type":"spatial_dropout","rate":0.1},{"type":"dropout","rate":0.1},` + head), []want{
				{"conv1", "techniques", 2, 1, null, null, advisor.Low},
				{"conv2", "techniques", 3, 1, null, null, advisor.Low},
			},
			[]string{"Keep only L1/L2 on conv1 and only batch norm on conv2 | conv1.BatchNorm true→false, conv1.Momentum " +
				"0.99→0, conv1.Epsilon 0.001→0, conv2.L2 0.001→0, -spatial_dropout1, -dropout1"}},
		{"stacked-regularisers", "L1 with L2 is one technique",
			of(`{"type":"conv","filters":8,"kernel":3,"l1":0.001,"l2":0.001},` + head), nil, nil},
		{"stacked-regularisers", "dropout after a pool",
			of(normed + `{"type":"max_pool"},{"type":"dropout","rate":0.25},` + head), nil, nil},
		{"stacked-regularisers", "one technique on each layer",
			of(normed + `{"type":"flatten"},{"type":"dense","units":32},{"type":"dropout","rate":0.25},` + output), nil, nil},
	}
}
