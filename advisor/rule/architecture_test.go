package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func regularisationFixtures(t *testing.T) []fixture {
	of := func(layers string) advisor.Case { return untrained(t, parse(t, layers, "")) }
	const (
		conv   = `{"type":"conv","filters":8,"kernel":3,"activation":"relu"},`
		normed = `{"type":"conv","filters":8,"kernel":3,"activation":"relu","batch_norm":true},`
		output = `{"type":"dense","units":10,"activation":"softmax"}`
		head   = `{"type":"flatten"},` + output
	)
	return []fixture{
		{"unregularised-higher-layers", "dense layers",
			of(
				conv + conv + `{"type":"flatten"},{"type":"dense","units":256,"activation":"relu"},{"type":"dense","units":64,"activation":"relu"},` + output),
			[]want{{"dense1", "unregularised_share", 1, 0.5, null, null, advisor.Medium}},
			[]string{"Add dropout 0.5 behind dense1 and L2 0.001 to dense2 | +dropout1 behind dense1, dense2.L2 0→0.001",
				"Add L2 0.001 to dense1 and dense2 | dense1.L2 0→0.001, dense2.L2 0→0.001",
				"Add batch norm to dense1 and dense2 | dense1.BatchNorm false→true, dense1.Momentum 0→0.99, dense1.Epsilon " +
					"0→0.001, dense2.BatchNorm false→true, dense2.Momentum 0→0.99, dense2.Epsilon 0→0.001"}},
		{"unregularised-higher-layers", "conv and dense, activation as a layer",
			of(conv + conv + `{"type":"flatten"},{"type":"dense","units":64},{"type":"activation","activation":"relu"},` +
				output),
			[]want{{"conv2", "unregularised_share", 1, 0.5, null, null, advisor.Medium}},
			[]string{"Add batch norm to conv2 and dropout 0.25 behind dense1 | conv2.BatchNorm false→true, conv2.Momentum " +
				"0→0.99, conv2.Epsilon 0→0.001, +dropout1 behind activation1",
				"Add L2 0.0003 to conv2 and L2 0.001 to dense1 | conv2.L2 0→0.0003, dense1.L2 0→0.001",
				"Add batch norm to conv2 and dense1 | conv2.BatchNorm false→true, conv2.Momentum 0→0.99, conv2.Epsilon 0→0.001, " +
					"dense1.BatchNorm false→true, dense1.Momentum 0→0.99, dense1.Epsilon 0→0.001"}},
		{"unregularised-higher-layers", "conv alone", of(conv + conv + head),
			[]want{{"conv2", "unregularised_share", 1, 0.5, null, null, advisor.Medium}},
			[]string{"Add L2 0.0003 to conv2 | conv2.L2 0→0.0003",
				"Add batch norm to conv2 | conv2.BatchNorm false→true, conv2.Momentum 0→0.99, conv2.Epsilon 0→0.001"}},
		{"unregularised-higher-layers", "dropout behind a pool and flatten",
			of(conv + conv + `{"type":"max_pool"},{"type":"flatten"},{"type":"dropout","rate":0.3},` + output), nil, nil},
		{"unregularised-higher-layers", "half of them",
			of(conv + conv + `{"type":"flatten"},{"type":"dense","units":32},{"type":"dense","units":32,"l1":0.0001},` + output),
			nil, nil},
		{"unregularised-higher-layers", "a single hidden layer", of(conv + head), nil, nil},
		{"unregularised-higher-layers", "no hidden layer", of(head), nil, nil},

		{"batch-norm-everywhere", "flags", of(normed + normed + normed + head),
			[]want{{"conv1", "batch_norm_share", 1, 0.9, null, null, advisor.Low}},
			[]string{"Remove batch norm from conv1 | conv1.BatchNorm true→false, conv1.Momentum 0.99→0, conv1.Epsilon 0.001→0"}},
		{"batch-norm-everywhere", "layers of their own",
			of(`{"type":"conv","filters":8,"kernel":3},{"type":"batch_norm"},{"type":"activation","activation":"relu"},` +
				`{"type":"conv","filters":8,"kernel":3},{"type":"batch_norm"},{"type":"activation","activation":"relu"},` +
				normed + normed + head),
			[]want{{"conv1", "batch_norm_share", 1, 0.9, null, null, advisor.Low}},
			[]string{"Remove batch norm from conv1 and conv2 | -batch_norm1, -batch_norm2"}},
		{"batch-norm-everywhere", "not on the first", of(conv + normed + normed + head), nil, nil},
		{"batch-norm-everywhere", "two layers are not everywhere", of(normed + normed + head), nil, nil},

		{"stacked-regularisers", "dense with all three",
			of(
				conv + `{"type":"flatten"},{"type":"dense","units":64,"batch_norm":true,"activation":"relu","l2":0.001},{"type":"dropout","rate":0.5},` + output),
			[]want{{"dense1", "techniques", 3, 1, null, null, advisor.Medium}},
			[]string{"Keep only dropout on dense1 | dense1.L2 0.001→0, dense1.BatchNorm true→false, dense1.Momentum 0.99→0, " +
				"dense1.Epsilon 0.001→0"}},
		{"stacked-regularisers", "conv below and above",
			of(`{"type":"conv","filters":8,"kernel":3,"l1":0.001,"batch_norm":true},` +
				`{"type":"conv","filters":8,"kernel":3,"l2":0.001},{"type":"batch_norm"},{"type":"activation","activation":"relu"},{"type":"spatial_dropout","rate":0.1},{"type":"dropout","rate":0.1},` + head),
			[]want{{"conv2", "techniques", 3, 1, null, null, advisor.Medium},
				{"conv1", "techniques", 2, 1, null, null, advisor.Low}},
			[]string{"Keep only L1/L2 on conv1 and only batch norm on conv2 | conv1.BatchNorm true→false, conv1.Momentum " +
				"0.99→0, conv1.Epsilon 0.001→0, conv2.L2 0.001→0, -spatial_dropout1, -dropout1"}},
		{"stacked-regularisers", "L1 with L2 is one technique",
			of(`{"type":"conv","filters":8,"kernel":3,"l1":0.001,"l2":0.001},` + head), nil, nil},
		{"stacked-regularisers", "dropout behind a pool",
			of(normed + `{"type":"max_pool"},{"type":"dropout","rate":0.25},` + head), nil, nil},
		{"stacked-regularisers", "one technique on each layer",
			of(normed + `{"type":"flatten"},{"type":"dense","units":32},{"type":"dropout","rate":0.25},` + output), nil, nil},
	}
}

func ladderFixtures(t *testing.T) []fixture {
	of := func(layers string) advisor.Case { return untrained(t, parse(t, layers, "")) }
	conv := func(filters string) string {
		return `{"type":"conv","filters":` + filters + `,"kernel":3,"padding":"same","activation":"relu"},`
	}
	dense := func(units string) string { return `{"type":"dense","units":` + units + `,"activation":"relu"},` }
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

		{"ascending-dense", "widest moves to the front",
			of(conv("8") + `{"type":"global_avg_pool"},` + dense("64") + dense("128") + output),
			[]want{{"dense2", "unit_ratio", 2, 1, null, null, medium}},
			[]string{"Ladder the dense widths down: dense1 128 and dense2 64 | dense1.Units 64→128, dense2.Units 128→64"}},
		{"ascending-dense", "a first layer that must not become wide",
			of(conv("8") + flat + dense("16") + dense("32") + dense("24") + output),
			[]want{{"dense2", "unit_ratio", 2, 1, null, null, medium}},
			[]string{"Ladder the dense widths down: dense1 16, dense2 16 and dense3 16 | dense2.Units 32→16, dense3.Units 24→16"}},
		{"ascending-dense", "equal widths", of(conv("8") + flat + dense("64") + dense("64") + output), nil, nil},
		{"ascending-dense", "the output may be wider", of(conv("8") + flat + dense("8") + output), nil, nil},

		{"too-many-dense", "four", of(conv("8") + `{"type":"global_avg_pool"},` + dense("128") + dense("128") +
			`{"type":"dropout","rate":0.2},` + dense("64") + `{"type":"dropout","rate":0.2},` + output),
			[]want{{"dense3", "dense_layers", 4, 3, null, null, medium}},
			[]string{"Trim to 3 dense layers without dense3: dense1 128 and dense2 64 | dense2.Units 128→64, -dense3, -dropout2"}},
		{"too-many-dense", "five rising",
			of(conv("8") + `{"type":"global_avg_pool"},` + dense("32") + dense("64") + dense("600") + dense("64") + output),
			[]want{{"dense3", "dense_layers", 5, 3, null, null, medium}},
			[]string{"Trim to 3 dense layers without dense3 and dense4: dense1 512 and dense2 64 | dense1.Units 32→512, " +
				"-dense3, -dense4"}},
		{"too-many-dense", "three", of(conv("8") + flat + dense("64") + dense("32") + output), nil, nil},
		{"too-many-dense", "many conv layers, one dense",
			of(conv("8") + conv("8") + conv("8") + conv("8") + flat + output), nil, nil},

		// 14·14·8·128 + 128 = 200,832 of 202,202 parameters.
		{"wide-dense", "narrow it, or pool", of(conv("8") + pool + flat + dense("128") + output),
			[]want{{"dense1", "parameter_share", 200832.0 / 202202, 0.6, null, null, medium}},
			[]string{"Narrow dense1 to 32 units | dense1.Units 128→32",
				"Put a 2×2 max pool before flatten1 | +max_pool2 behind max_pool1"}},
		{"wide-dense", "global pooling; layers behind stay narrower",
			of(conv("64") + pool + flat + dense("256") + dense("128") + output),
			[]want{{"dense1", "parameter_share", 3211520.0 / 3246346, 0.6, null, null, medium}},
			[]string{"Narrow dense1 to 32 units | dense1.Units 256→32, dense2.Units 128→24",
				"Replace flatten1 by global average pooling | flatten1.Type flatten→global_avg_pool"}},
		{"wide-dense", "the output is only fed less", of(conv("64") + flat + output),
			[]want{{"dense1", "parameter_share", 501770.0 / 502410, 0.6, null, null, medium}},
			[]string{"Replace flatten1 by global average pooling | flatten1.Type flatten→global_avg_pool"}},
		{"wide-dense", "few parameters", of(conv("8") + pool + pool + flat + dense("128") + output), nil, nil},
		{"wide-dense", "conv layers hold as much", of(conv("128") + pool + conv("128") + pool +
			`{"type":"conv","filters":128,"kernel":3,"padding":"same"},` + pool + `{"type":"global_avg_pool"},` +
			dense("1000") + output), nil, nil},
	}
}

func TestLadderUpKeepsToTheBound(t *testing.T) {
	for _, layers := range []string{
		`{"type":"conv","filters":4,"kernel":3},{"type":"max_pool"},{"type":"conv","filters":4,"kernel":3},{"type":"flatten"}`,
		`{"type":"conv","filters":64,"kernel":3},{"type":"max_pool"},{"type":"conv","filters":32,"kernel":3},{"type":"max_pool"},{"type":"conv","filters":8,"kernel":3},{"type":"flatten"}`,
		`{"type":"conv","filters":20,"kernel":5},{"type":"conv","filters":20,"kernel":5},{"type":"conv","filters":20,"kernel":5},{"type":"conv","filters":20,"kernel":5},{"type":"global_avg_pool"}`,
		`{"type":"conv","filters":1,"kernel":3},{"type":"max_pool"},{"type":"conv","filters":1,"kernel":3},{"type":"max_pool"},{"type":"conv","filters":1,"kernel":3},{"type":"flatten"}`,
	} {
		a := parse(t, layers+`,{"type":"dense","units":10}`, "")
		all := stages(&a)
		filters := ladderUp(a, all)
		if filters == nil {
			t.Errorf("%s: nothing fits", layers)
			continue
		}
		for i := 1; i < len(filters); i++ {
			if filters[i] <= filters[i-1] {
				t.Errorf("%s: %v does not rise", layers, filters)
			}
		}
		before := a.Cost().MultiplyAdds
		a.Layers = append([]trainer.Layer(nil), a.Layers...)
		filtered(all, filters)(&a)
		if after := a.Cost().MultiplyAdds; float64(after) > 2.5*float64(before) {
			t.Errorf("%s: %v takes %d multiply-adds, before %d", layers, filters, after, before)
		}
	}
}
