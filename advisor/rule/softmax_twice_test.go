package rule

import (
	"testing"

	"probewise/advisor"
)

func softmaxTwiceFixtures(t *testing.T) []fixture {
	const once = `{"type":"flatten"},{"type":"dense","units":32,"activation":"relu"},`
	found := []want{{"dense2", "softmax_layers", 2, 1, null, null, advisor.Medium}}
	return []fixture{
		{"softmax-twice", "after the layer's own", untrained(t, parse(t, once+
			`{"type":"dense","units":10,"activation":"softmax"},{"type":"activation","activation":"softmax"}`, "")), found,
			[]string{"Take the second softmax away from dense2 | -activation1"}},
		{"softmax-twice", "two layers", untrained(t, parse(t, once+`{"type":"dense","units":10},
			{"type":"activation","activation":"softmax"},{"type":"activation","activation":"softmax"}`, "")), found,
			[]string{"Take the second softmax away from dense2 | -activation2"}},
		{"softmax-twice", "its own", untrained(t, parse(t, once+`{"type":"dense","units":10,"activation":"softmax"}`, "")),
			nil, nil},
		{"softmax-twice", "a layer of its own", untrained(t, parse(t, once+`{"type":"dense","units":10},
			{"type":"activation","activation":"softmax"}`, "")), nil, nil},
	}
}
