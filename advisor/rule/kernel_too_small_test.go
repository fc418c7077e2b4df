package rule

import (
	"testing"

	"probewise/advisor"
)

func kernelTooSmallFixtures(t *testing.T) []fixture {
	const kernels = `{"type":"conv","filters":8,"kernel":%,"activation":"relu"},{"type":"max_pool"},
		{"type":"conv","filters":16,"kernel":1,"activation":"relu"},{"type":"flatten"},{"type":"dense","units":10}`
	found := []want{{"conv1", "kernel_size", 1, 2, null, null, advisor.Medium}}
	return []fixture{
		{"kernel-too-small", "two layers", untrained(t, parse(t, filled(kernels, "1"), "")), found,
			[]string{"kernel-size 1→3"}},
		{"kernel-too-small", "one layer", untrained(t, parse(t,
			`{"type":"conv","filters":8,"kernel":1,"activation":"relu"},{"type":"flatten"},{"type":"dense","units":10}`, "")),
			found, []string{"kernel-size 1→3"}},
		{"kernel-too-small", "one of two", untrained(t, parse(t, filled(kernels, "3"), "")), nil, nil},
		{"kernel-too-small", "a row", untrained(t, parse(t, filled(kernels, "[1,3]"), "")), nil, nil},
		{"kernel-too-small", "no conv",
			untrained(t, parse(t, `{"type":"flatten"},{"type":"dense","units":10}`, "")), nil, nil},
	}
}
