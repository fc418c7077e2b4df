package rule

import (
	"testing"

	"probewise/advisor"
)

func globalPoolingTooEarlyFixtures(t *testing.T) []fixture {
	const pooled = `{"type":"conv","filters":%,"kernel":3,"activation":"relu"},{"type":"max_pool"},
		{"type":"conv","filters":%,"kernel":3,"activation":"relu"},{"type":"global_avg_pool"},{"type":"dense","units":10}`
	return []fixture{
		{"global-pooling-too-early", "few channels", untrained(t, parse(t, filled(pooled, "16"), "")),
			[]want{{"global_avg_pool1", "channels", 16, 24, null, null, advisor.Medium}},
			[]string{"head flatten", "conv-layers +1 stage", "filters ×2"}},
		{"global-pooling-too-early", "one conv layer", untrained(t, parse(t, `{"type":"conv","filters":32,"kernel":3,
			"activation":"relu"},{"type":"global_avg_pool"},{"type":"dense","units":10}`, "")),
			[]want{{"global_avg_pool1", "conv_layers", 1, 1, null, null, advisor.Medium}},
			[]string{"head flatten", "filters ×2", "filters ×4"}},
		{"global-pooling-too-early", "enough", untrained(t, parse(t, filled(pooled, "32"), "")), nil, nil},
		{"global-pooling-too-early", "flatten", untrained(t, trained(t, "")), nil, nil},
	}
}
