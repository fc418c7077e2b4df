package rule

import (
	"testing"

	"probewise/advisor"
)

func wideDenseFixtures(t *testing.T) []fixture {
	of := func(layers string) advisor.Case { return untrained(t, parse(t, layers, "")) }
	conv := func(filters string) string {
		return `{"type":"conv","filters":` + filters + `,"kernel":3,"padding":"same","activation":"relu"},`
	}
	dense := func(units string) string { return `{"type":"dense","units":` + units + `,"activation":"relu"},` }
	const (
		pool   = `{"type":"max_pool"},`
		flat   = `{"type":"flatten"},`
		output = `{"type":"dense","units":10,"activation":"softmax"}`
		low    = advisor.Low
	)
	return []fixture{
		// 14·14·8·128 + 128 = 200,832 of 202,202 parameters.
		{"wide-dense", "drop out, or narrow it", of(conv("8") + pool + flat + dense("128") + output),
			[]want{{"dense1", "parameter_share", 200832.0 / 202202, 0.6, null, null, low}},
			[]string{"Add dropout 0.25 after dense1 | +dropout1 after dense1",
				"Narrow dense1 to 32 units | dense1.Units 128→32"}},
		{"wide-dense", "layers after stay narrower",
			of(conv("64") + pool + flat + dense("256") + dense("128") + output),
			[]want{{"dense1", "parameter_share", 3211520.0 / 3246346, 0.6, null, null, low}},
			[]string{"Add dropout 0.5 after dense1 | +dropout1 after dense1",
				"Narrow dense1 to 32 units | dense1.Units 256→32, dense2.Units 128→24"}},
		{"wide-dense", "dropout is there",
			of(conv("8") + pool + flat + dense("128") + `{"type":"dropout","rate":0.3},` + output),
			[]want{{"dense1", "parameter_share", 200832.0 / 202202, 0.6, null, null, low}},
			[]string{"Narrow dense1 to 32 units | dense1.Units 128→32"}},
		{"wide-dense", "the output stays as it is", of(conv("64") + flat + output),
			[]want{{"dense1", "parameter_share", 501770.0 / 502410, 0.6, null, null, low}},
			nil},
		{"wide-dense", "few parameters", of(conv("8") + pool + pool + flat + dense("128") + output), nil, nil},
		{"wide-dense", "conv layers hold as much", of(conv("128") + pool + conv("128") + pool +
			`{"type":"conv","filters":128,"kernel":3,"padding":"same"},` + pool + `{"type":"global_avg_pool"},` +
			dense("1000") + output), nil, nil},
	}
}
