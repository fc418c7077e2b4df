package rule

import (
	"testing"

	"probewise/advisor"
)

func batchTooLargeFixtures(t *testing.T) []fixture {
	large := trained(t, `"batch_size":512,"epochs":15`)
	return []fixture{
		{"batch-too-large", "512", inFull(untrained(t, large), 10_000, 15), // ⌈9000/512⌉ · 15
			[]want{{"", "updates", 270, 500, null, null, advisor.Medium}},
			[]string{"batch-size 64", "batch-size ÷4", "learning-rate ×3"}},
		{"batch-too-large", "few images", inFull(probed(t, trained(t, `"batch_size":64,"epochs":15`)), 1000, 15),
			[]want{{"", "updates", 225, 500, null, 3, advisor.Medium}}, []string{"batch-size ÷4", "learning-rate ×3"}},
		{"batch-too-large", "many images", inFull(untrained(t, large), 50_000, 15), nil, nil},
		{"batch-too-large", "images not known", untrained(t, large), nil, nil},
	}
}
