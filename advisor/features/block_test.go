package features

import (
	"math"
	"slices"
	"testing"

	"probewise/trainer"
)

// layersOwn and keras are one net in two spellings.
const (
	layersOwn = `
		{"type":"conv","filters":8,"kernel":3,"activation":"relu","initializer":"he_normal","batch_norm":true},
		{"type":"max_pool","size":2},
		{"type":"conv","filters":16,"kernel":3,"activation":"elu"},{"type":"flatten"},
		{"type":"dense","units":32,"activation":"leaky_relu","batch_norm":true},{"type":"dropout","rate":0.4},
		{"type":"dense","units":24,"activation":"tanh","batch_norm":true},
		{"type":"dense","units":10,"activation":"softmax"}`
	keras = `
		{"type":"conv","filters":8,"kernel":3,"initializer":"he_normal"},{"type":"batch_norm"},
		{"type":"activation","activation":"relu"},{"type":"max_pool","size":2},
		{"type":"conv","filters":16,"kernel":3},{"type":"activation","activation":"elu"},{"type":"flatten"},
		{"type":"dense","units":32},{"type":"batch_norm"},{"type":"activation","activation":"leaky_relu"},
		{"type":"dropout","rate":0.4},
		{"type":"dense","units":24,"activation":"linear"},{"type":"batch_norm"},{"type":"activation","activation":"tanh"},
		{"type":"dense","units":10},{"type":"activation","activation":"softmax"}`
)

func parse(t *testing.T, layers string) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse([]byte(`{"version":1,"input":[28,28,1],"classes":10,"layers":[`+layers+`]}`),
		trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}

// TestSpellingsAreAlike: layers of their own give the vector that the layers' own fields give.
func TestSpellingsAreAlike(t *testing.T) {
	for kind, vector := range map[string]func(trainer.Architecture) Vector{
		"architecture": Architecture,
		"probe":        func(a trainer.Architecture) Vector { return Probe(a, records, trainer.Outcome{}, 1) },
	} {
		own, separate := vector(parse(t, layersOwn)), vector(parse(t, keras))
		for i, name := range own.Names {
			if x, y := own.Values[i], separate.Values[i]; x != y && !(math.IsNaN(x) && math.IsNaN(y)) {
				t.Errorf("%s, %s: %g, and %g by layers of their own", kind, name, x, y)
			}
		}
	}
}

// TestResidualSpellings: a net in residual blocks has the sizes and shares of its layers, wherever they stand.
func TestResidualSpellings(t *testing.T) {
	const (
		head = `{"type":"conv","filters":8,"kernel":3,"padding":"same","activation":"relu"},`
		tail = `{"type":"flatten"},{"type":"dense","units":10,"activation":"softmax"}`
		a    = `{"type":"conv","filters":8,"kernel":3,"padding":"same","batch_norm":true,"activation":"relu"}`
		b    = `{"type":"conv","filters":8,"kernel":3,"padding":"same"}`
		norm = `{"type":"batch_norm"},{"type":"activation","activation":"relu"}`
	)
	plain := Architecture(parse(t, head+a+`,`+b+`,`+norm+`,{"type":"max_pool"},{"type":"dropout","rate":0.2},`+tail))
	block := Architecture(parse(t, head+`{"type":"residual","body":[`+a+`,`+b+`]},`+norm+`,
		{"type":"residual","body":{"type":"max_pool"},"shortcut":[{"type":"avg_pool"},{"type":"dropout","rate":0.2}]},`+tail))
	for i, name := range plain.Names {
		want := plain.Values[i]
		if name == "pools" || name == "residuals" {
			want = 2
		}
		if got := block.Values[i]; got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%s: %g, and %g without a block", name, got, want)
		}
	}
	projected := Architecture(parse(t, head+`{"type":"residual","body":[`+a+`,`+b+`],
		"shortcut":{"type":"conv","filters":8,"kernel":1,"initializer":"he_normal"}},`+norm+`,`+tail))
	for name, want := range map[string]float64{
		"conv_layers": 4, "rectified_share": 3.0 / 5, "batch_norm_share": 2.0 / 5, "he_share": 1.0 / 5,
	} {
		if got := projected.Values[slices.Index(projected.Names, name)]; math.Abs(got-want) > 1e-12 {
			t.Errorf("with a projection, %s = %g, want %g", name, got, want)
		}
	}
}

// TestShares works the shares of keras out by hand.
func TestShares(t *testing.T) {
	v := Architecture(parse(t, keras))
	const (
		first  = 32*11*11*16 + 32 + 64 // 28 → 26 → 13 → 11 by 11 of 16 filters; bias, gamma and beta
		second = 32*24 + 24 + 48
		dense  = first + second + 250
		all    = 80 + 16 + (8*9*16 + 16) + dense
	)
	for name, want := range map[string]float64{
		"batch_norm_share": 3.0 / 5, "batch_norm_share_higher": 1.0 / 2, // the two highest of five: 24 units and the output
		"rectified_share": 3.0 / 5, "he_share": 1.0 / 5,
		"dense_share": float64(dense) / all, "largest_dense_share": float64(first) / all,
	} {
		if got := v.Values[slices.Index(v.Names, name)]; math.Abs(got-want) > 1e-12 {
			t.Errorf("%s = %g, want %g", name, got, want)
		}
	}
}
