package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func underCapacityFixtures(t *testing.T) []fixture {
	const small = `{"type":"conv","filters":%,"kernel":3,"activation":"relu"},{"type":"max_pool"},
		{"type":"conv","filters":%,"kernel":3,"activation":"relu"},{"type":"max_pool"},{"type":"flatten"},
		{"type":"dense","units":32,"activation":"relu"},{"type":"dense","units":10}`
	return []fixture{
		{"under-capacity", "tiny", probed(t, parse(t, filled(small, "2"), "")),
			[]want{{"conv1", "filters", 2, 4, null, 3, advisor.Medium}},
			[]string{"filters ×2", "filters doubling", "conv-layers +1 stage"}},
		{"under-capacity", "small, and the loss flattens",
			probed(t, parse(t, filled(small, "8"), ""), losses(1.2, 1.1, 1.045)),
			[]want{{"conv1", "filters", 8, 8, null, 3, advisor.Medium}},
			[]string{"filters ×2", "filters doubling", "conv-layers +1 stage"}},
		{"under-capacity", "small, and learns", probed(t, parse(t, filled(small, "8"), "")), nil, nil},
		{"under-capacity", "has learnt all", probed(t, parse(t, filled(small, "2"), ""),
			at(3, func(r *trainer.EpochRecord) { r.TrainAccuracy = 0.995 })), nil, nil},
		{"under-capacity", "large, and the loss flattens", probed(t, trained(t, ""), losses(1.2, 1.1, 1.045)), nil, nil},
	}
}
