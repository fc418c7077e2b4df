package rule

import (
	"testing"

	"probewise/advisor"
)

func unregularisedHigherLayersFixtures(t *testing.T) []fixture {
	of := func(layers string) advisor.Case { return untrained(t, parse(t, layers, "")) }
	const (
		conv   = `{"type":"conv","filters":8,"kernel":3,"activation":"relu"},`
		output = `{"type":"dense","units":10,"activation":"softmax"}`
		head   = `{"type":"flatten"},` + output
	)
	return []fixture{
		{"unregularised-higher-layers", "dense layers",
			of(conv + conv +
				`{"type":"flatten"},{"type":"dense","units":256,"activation":"relu"},
					{"type":"dense","units":64,"activation":"relu"},` + output),
			[]want{{"dense1", "unregularised_share", 1, 0.5, null, null, advisor.Low}},
			[]string{"Add dropout 0.5 after dense1 and L2 0.0003 to dense2 | +dropout1 after dense1, dense2.L2 0→0.0003",
				"Add L2 0.0003 to dense1 and dense2 | dense1.L2 0→0.0003, dense2.L2 0→0.0003",
				"Add batch norm to dense1 and dense2 | dense1.BatchNorm false→true, dense1.Momentum 0→0.99, dense1.Epsilon " +
					"0→0.001, dense2.BatchNorm false→true, dense2.Momentum 0→0.99, dense2.Epsilon 0→0.001"}},
		{"unregularised-higher-layers", "conv and dense, activation as a layer",
			of(conv + conv + `{"type":"flatten"},{"type":"dense","units":64},{"type":"activation","activation":"relu"},` +
				output), []want{{"conv2", "unregularised_share", 1, 0.5, null, null, advisor.Low}},
			[]string{"Add batch norm to conv2 and dropout 0.25 after dense1 | conv2.BatchNorm false→true, conv2.Momentum " +
				"0→0.99, conv2.Epsilon 0→0.001, +dropout1 after activation1",
				"Add L2 0.0003 to conv2 and dense1 | conv2.L2 0→0.0003, dense1.L2 0→0.0003",
				"Add batch norm to conv2 and dense1 | conv2.BatchNorm false→true, conv2.Momentum 0→0.99, conv2.Epsilon 0→0.001, " +
					"dense1.BatchNorm false→true, dense1.Momentum 0→0.99, dense1.Epsilon 0→0.001"}},
		{"unregularised-higher-layers", "conv alone", of(conv + conv + head),
			[]want{{"conv2", "unregularised_share", 1, 0.5, null, null, advisor.Low}},
			[]string{"Add L2 0.0003 to conv2 | conv2.L2 0→0.0003",
				"Add batch norm to conv2 | conv2.BatchNorm false→true, conv2.Momentum 0→0.99, conv2.Epsilon 0→0.001"}},
		{"unregularised-higher-layers", "dropout after a pool and flatten",
			of(conv + conv + `{"type":"max_pool"},{"type":"flatten"},{"type":"dropout","rate":0.3},` + output), nil, nil},
		{"unregularised-higher-layers", "half of them",
			of(conv + conv + `{"type":"flatten"},{"type":"dense","units":32},{"type":"dense","units":32,"l1":0.0001},` + output),
			nil, nil},
		{"unregularised-higher-layers", "a single hidden layer", of(conv + head), nil, nil},
		{"unregularised-higher-layers", "no hidden layer", of(head), nil, nil},
	}
}
