package rule

import (
	"testing"

	"probewise/advisor"
)

func bottleneckFixtures(t *testing.T) []fixture {
	const neck = `{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"flatten"},
		{"type":"dense","units":%,"activation":"relu"},{"type":"dense","units":64,"activation":"relu"},
		{"type":"dense","units":10}`
	const thin = `{"type":"conv","filters":32,"kernel":3,"activation":"relu"},
		{"type":"conv","filters":%,"kernel":3,"activation":"relu"},{"type":"conv","filters":32,"kernel":3,
		"activation":"relu"},{"type":"max_pool"},{"type":"flatten"},{"type":"dense","units":10}`
	return []fixture{
		{"bottleneck", "fewer units than classes", untrained(t, parse(t, filled(neck, "3"), "")),
			[]want{{"dense1", "units", 3, 10, null, null, advisor.Medium}},
			[]string{"dense-width bottleneck", "dense-width ×2", "dense-width ×4"}},
		{"bottleneck", "few units", untrained(t, parse(t, filled(neck, "16"), "")),
			[]want{{"dense1", "units", 16, 20, null, null, advisor.Low}},
			[]string{"dense-width bottleneck", "dense-width ×2", "dense-width ×4"}},
		{"bottleneck", "thin conv", untrained(t, parse(t, filled(thin, "2"), "")),
			[]want{{"conv2", "filters", 2, 6, null, null, advisor.Medium}}, []string{"filters bottleneck", "filters ×2"}},
		{"bottleneck", "enough units", untrained(t, parse(t, filled(neck, "24"), "")), nil, nil},
		{"bottleneck", "enough filters", untrained(t, parse(t, filled(thin, "8"), "")), nil, nil},
	}
}
