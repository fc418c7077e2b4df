package rule

import (
	"testing"

	"probewise/advisor"
)

func plainSGDFixtures(t *testing.T) []fixture {
	found := []want{{"", "momentum", 0, 0.5, null, null, advisor.Medium}}
	return []fixture{
		{"plain-sgd", "small rate", untrained(t, trained(t, filled(sgd, "0.01"))), found,
			[]string{"momentum 0.9", "optimizer adam", "learning-rate usual", "learning-rate ×3"}},
		{"plain-sgd", "nearly usual", untrained(t, trained(t, filled(sgd, "0.04"))), found,
			[]string{"momentum 0.9", "optimizer adam", "learning-rate ×3"}},
		{"plain-sgd", "usual rate", untrained(t, trained(t, filled(sgd, "0.1"))), nil, nil},
		{"plain-sgd", "momentum",
			untrained(t, trained(t, `"optimizer":{"type":"sgd","learning_rate":0.001,"momentum":0.9}`)), nil, nil},
		{"plain-sgd", "adam", untrained(t, trained(t, filled(adam, "0.0001"))), nil, nil},
	}
}
