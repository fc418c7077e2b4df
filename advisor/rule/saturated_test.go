package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func saturatedFixtures(t *testing.T) []fixture {
	tanh := parse(t, `{"type":"conv","filters":8,"kernel":3,"activation":"tanh"},{"type":"max_pool"},{"type":"flatten"},
		{"type":"dense","units":10}`, "")
	stuck := of("conv1", func(_ float64, l *trainer.LayerStatistics) { l.Activations.Variance = 0.9 })
	calm := of("conv1", func(_ float64, l *trainer.LayerStatistics) { l.Activations.Variance = 0.3 })
	return []fixture{
		{"saturated", "sigmoid", untrained(t, parse(t, saturating, "")),
			[]want{{"conv1", "saturating_layers", 2, 0, null, null, advisor.Medium}},
			[]string{"Use relu in conv1, dense1 and dense2, initialised after He | conv1.Initializer " +
				"glorot_uniform→he_uniform, conv1.Activation sigmoid→relu, dense1.Initializer glorot_normal→he_normal, " +
				"activation1.Activation tanh→relu, dense2.Initializer glorot_uniform→he_uniform, dense2.Activation " +
				"sigmoid→relu", "batch-norm all"}},
		{"saturated", "softmax", untrained(t, parse(t, `{"type":"flatten"},
			{"type":"dense","units":32,"activation":"softmax"},{"type":"dense","units":10}`, "")),
			[]want{{"dense1", "saturating_layers", 1, 0, null, null, advisor.Medium}},
			[]string{"Use relu in dense1, initialised after He | dense1.Initializer glorot_uniform→he_uniform, " +
				"dense1.Activation softmax→relu", "batch-norm all"}},
		{"saturated", "tanh at its ends", probed(t, tanh, stuck),
			[]want{{"conv1", "activation_variance", 0.9, 0.6, null, 3, advisor.Medium}},
			[]string{"Use relu in conv1, initialised after He | conv1.Initializer glorot_uniform→he_uniform, " +
				"conv1.Activation tanh→relu", "batch-norm all"}},
		{"saturated", "tanh", probed(t, tanh, calm), nil, nil},
		{"saturated", "relu", probed(t, trained(t, "")), nil, nil},
	}
}
