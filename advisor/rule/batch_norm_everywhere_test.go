package rule

import (
	"testing"

	"probewise/advisor"
)

func batchNormEverywhereFixtures(t *testing.T) []fixture {
	of := func(layers string) advisor.Case { return untrained(t, parse(t, layers, "")) }
	const (
		conv   = `{"type":"conv","filters":8,"kernel":3,"activation":"relu"},`
		normed = `{"type":"conv","filters":8,"kernel":3,"activation":"relu","batch_norm":true},`
		output = `{"type":"dense","units":10,"activation":"softmax"}`
		head   = `{"type":"flatten"},` + output
	)
	return []fixture{
		{"batch-norm-everywhere", "flags", of(normed + normed + normed + head),
			[]want{{"conv1", "batch_norm_share", 1, 0.9, null, null, advisor.Low}},
			[]string{"Remove batch norm from conv1 | conv1.BatchNorm true→false, conv1.Momentum 0.99→0, conv1.Epsilon 0.001→0"}},
		{"batch-norm-everywhere", "layers of their own",
			of(`{"type":"conv","filters":8,"kernel":3},{"type":"batch_norm"},{"type":"activation","activation":"relu"},` +
				`{"type":"conv","filters":8,"kernel":3},{"type":"batch_norm"},{"type":"activation","activation":"relu"},` +
				normed + normed + head),
			[]want{{"conv1", "batch_norm_share", 1, 0.9, null, null, advisor.Low}},
			[]string{"Remove batch norm from conv1 and conv2 | -batch_norm1, -batch_norm2"}},
		{"batch-norm-everywhere", "not on the first", of(conv + normed + normed + head), nil, nil},
		{"batch-norm-everywhere", "two layers are not everywhere", of(normed + normed + head), nil, nil},
	}
}
