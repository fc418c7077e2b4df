package rule

import (
	"testing"

	"probewise/advisor"
)

func flatFiltersFixtures(t *testing.T) []fixture {
	of := func(layers string) advisor.Case { return untrained(t, parse(t, layers, "")) }
	conv := func(filters string) string {
		return `{"type":"conv","filters":` + filters + `,"kernel":3,"padding":"same","activation":"relu"},`
	}
	const (
		pool   = `{"type":"max_pool"},`
		flat   = `{"type":"flatten"},`
		output = `{"type":"dense","units":10,"activation":"softmax"}`
		medium = advisor.Medium
	)
	return []fixture{
		// 685,216 multiply-adds (28·28·9·16 + 14·14·9·16·16 + 7·7·9·16·16 + 7·7·16·10) become 1,232,896; 16, 32 and 64 would
		// take 1,950,592, more than 2.5 times as many.
		{"flat-filters", "three stages", of(conv("16") + pool + conv("16") + pool + conv("16") + flat + output),
			[]want{{"conv3", "filter_ratio", 1, 1, null, null, medium}},
			[]string{"Ladder the filters up: conv1 16, conv2 24 and conv3 40 | conv2.Filters 16→24, conv3.Filters 16→40"}},
		{"flat-filters", "falling, two conv layers in a stage",
			of(conv("32") + conv("32") + pool + conv("24") + `{"type":"global_avg_pool"},` + output),
			[]want{{"conv3", "filter_ratio", 0.75, 1, null, null, medium}},
			[]string{"Ladder the filters up: conv1 32, conv2 32 and conv3 64 | conv3.Filters 24→64"}},
		{"flat-filters", "strides end stages",
			of(conv("8") + `{"type":"conv","filters":8,"kernel":3,"stride":2},` + flat + output),
			[]want{{"conv2", "filter_ratio", 1, 1, null, null, medium}},
			[]string{"Ladder the filters up: conv1 8 and conv2 16 | conv2.Filters 8→16"}},
		{"flat-filters", "one stage of three, lower layers shrink", of(conv("16") + conv("16") + conv("16") + flat + output),
			[]want{{"conv3", "filter_ratio", 1, 1, null, null, medium}},
			[]string{"Ladder the filters up: conv1 8, conv2 16 and conv3 32 | conv1.Filters 16→8, conv3.Filters 16→32"}},
		{"flat-filters", "one stage of seven", of(conv("16") + conv("16") + conv("16") + conv("16") + conv("16") +
			conv("16") + conv("16") + `{"type":"global_avg_pool"},` + output),
			[]want{{"conv6", "filter_ratio", 1, 1, null, null, medium}},
			// Σ fᵢ·fᵢ₊₁ is 1,552 before, 4,048 (too much) with 16, 24 and 40, 2,056 with 8, 16 and 32.
			[]string{"Ladder the filters up: conv1 8, conv2 8, conv3 8, conv4 16, conv5 16, conv6 32 and conv7 32 | " +
				"conv1.Filters 16→8, conv2.Filters 16→8, conv3.Filters 16→8, conv6.Filters 16→32, conv7.Filters 16→32"}},
		{"flat-filters", "rising", of(conv("16") + pool + conv("24") + flat + output), nil, nil},
		{"flat-filters", "one stage of two", of(conv("16") + conv("16") + pool + flat + output), nil, nil},
		{"flat-filters", "flat in the middle only",
			of(conv("16") + pool + conv("16") + pool + conv("24") + flat + output), nil, nil},
	}
}
