package rule

import (
	"testing"

	"probewise/advisor"
)

func tooManyPoolsFixtures(t *testing.T) []fixture {
	const pooled = `{"type":"conv","filters":%,"kernel":3,"padding":"same","activation":"relu"},{"type":"max_pool"},
		{"type":"conv","filters":%,"kernel":3,"padding":"same","activation":"relu"},{"type":"max_pool"},
		{"type":"conv","filters":%,"kernel":3,"padding":"same","activation":"relu"},{"type":"max_pool"},
		{"type":"flatten"},{"type":"dense","units":10}`
	return []fixture{
		{"too-many-pools", "27 values", untrained(t, parse(t, filled(pooled, "3"), "")), // 28 → 14 → 7 → 3
			[]want{{"flatten1", "features", 27, 64, null, null, advisor.Medium}},
			[]string{"pools −1 last", "filters ×2", "pools −1 first"}},
		{"too-many-pools", "54 values", untrained(t, parse(t, filled(pooled, "6"), "")),
			[]want{{"flatten1", "features", 54, 64, null, null, advisor.Medium}},
			[]string{"pools −1 last", "filters ×2", "pools −1 first"}},
		{"too-many-pools", "many channels", untrained(t, parse(t, filled(pooled, "16"), "")), nil, nil},
		{"too-many-pools", "large images", untrained(t, trained(t, "")), nil, nil},
	}
}
