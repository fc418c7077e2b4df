package rule

import (
	"testing"

	"probewise/advisor"
)

func ascendingDenseFixtures(t *testing.T) []fixture {
	of := func(layers string) advisor.Case { return untrained(t, parse(t, layers, "")) }
	conv := func(filters string) string {
		return `{"type":"conv","filters":` + filters + `,"kernel":3,"padding":"same","activation":"relu"},`
	}
	dense := func(units string) string { return `{"type":"dense","units":` + units + `,"activation":"relu"},` }
	const (
		flat   = `{"type":"flatten"},`
		output = `{"type":"dense","units":10,"activation":"softmax"}`
		medium = advisor.Low
	)
	return []fixture{
		{"ascending-dense", "widest moves to the front",
			of(conv("8") + `{"type":"global_avg_pool"},` + dense("64") + dense("128") + output),
			[]want{{"dense2", "unit_ratio", 2, 1, null, null, medium}},
			[]string{"Ladder the dense widths down: dense1 128 and dense2 64 | dense1.Units 64→128, dense2.Units 128→64"}},
		{"ascending-dense", "a first layer that must not become wide",
			of(conv("8") + flat + dense("16") + dense("32") + dense("24") + output),
			[]want{{"dense2", "unit_ratio", 2, 1, null, null, medium}},
			[]string{"Ladder the dense widths down: dense1 16, dense2 16 and dense3 16 | " +
				"dense2.Units 32→16, dense3.Units 24→16"}},
		{"ascending-dense", "equal widths", of(conv("8") + flat + dense("64") + dense("64") + output), nil, nil},
		{"ascending-dense", "the output may be wider", of(conv("8") + flat + dense("8") + output), nil, nil},
	}
}
