package rule

import (
	"testing"

	"probewise/advisor"
)

func tooManyDenseFixtures(t *testing.T) []fixture {
	of := func(layers string) advisor.Case { return untrained(t, parse(t, layers, "")) }
	conv := func(filters string) string {
		return `{"type":"conv","filters":` + filters + `,"kernel":3,"padding":"same","activation":"relu"},`
	}
	dense := func(units string) string { return `{"type":"dense","units":` + units + `,"activation":"relu"},` }
	const (
		flat   = `{"type":"flatten"},`
		output = `{"type":"dense","units":10,"activation":"softmax"}`
		medium = advisor.Medium
	)
	return []fixture{
		{"too-many-dense", "four", of(conv("8") + `{"type":"global_avg_pool"},` + dense("128") + dense("128") +
			`{"type":"dropout","rate":0.2},` + dense("64") + `{"type":"dropout","rate":0.2},` + output),
			[]want{{"dense3", "dense_layers", 4, 3, null, null, medium}},
			[]string{"Trim to 3 dense layers without dense3: dense1 128 and dense2 64 | " +
				"dense2.Units 128→64, -dense3, -dropout2"}},
		{"too-many-dense", "five rising",
			of(conv("8") + `{"type":"global_avg_pool"},` + dense("32") + dense("64") + dense("600") + dense("64") + output),
			[]want{{"dense3", "dense_layers", 5, 3, null, null, medium}},
			[]string{"Trim to 3 dense layers without dense3 and dense4: dense1 512 and dense2 64 | dense1.Units 32→512, " +
				"-dense3, -dense4"}},
		{"too-many-dense", "three", of(conv("8") + flat + dense("64") + dense("32") + output), nil, nil},
		{"too-many-dense", "many conv layers, one dense",
			of(conv("8") + conv("8") + conv("8") + conv("8") + flat + output), nil, nil},
	}
}
