package rule

import (
	"testing"

	"probewise/advisor"
)

func linearActivationsFixtures(t *testing.T) []fixture {
	return []fixture{
		{"linear-activations", "all", untrained(t, parse(t, `{"type":"conv","filters":8,"kernel":3},{"type":"max_pool"},
			{"type":"flatten"},{"type":"dense","units":64},{"type":"dense","units":10}`, "")),
			[]want{{"conv1", "linear_share", 1, 0.5, null, null, advisor.Medium}},
			[]string{"Use relu in conv1 and dense1, initialised after He | conv1.Initializer " +
				"glorot_uniform→he_uniform, conv1.Activation linear→relu, dense1.Initializer " +
				"glorot_uniform→he_uniform, dense1.Activation linear→relu"}},
		{"linear-activations", "two of three", untrained(t, parse(t, `{"type":"conv","filters":8,"kernel":3,
			"activation":"relu"},{"type":"flatten"},{"type":"dense","units":64},{"type":"dense","units":32},
			{"type":"dense","units":10}`, "")),
			[]want{{"dense1", "linear_share", 2. / 3, 0.5, null, null, advisor.Medium}},
			[]string{"Use relu in dense1 and dense2, initialised after He | dense1.Initializer " +
				"glorot_uniform→he_uniform, dense1.Activation linear→relu, dense2.Initializer " +
				"glorot_uniform→he_uniform, dense2.Activation linear→relu"}},
		{"linear-activations", "layers of their own", untrained(t, parse(t, `{"type":"conv","filters":8,"kernel":3},
			{"type":"max_pool"},{"type":"activation","activation":"relu"},{"type":"flatten"},{"type":"dense","units":10}`, "")),
			nil, nil},
		{"linear-activations", "residual", untrained(t, parse(t, residualNets["identity"], "")), nil, nil},
	}
}
