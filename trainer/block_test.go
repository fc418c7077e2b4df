package trainer

import (
	"maps"
	"slices"
	"testing"
)

func named(t *testing.T, layers string) Architecture {
	t.Helper()
	p, err := Parse([]byte(`{"version":1,"input":[28,28,1],"classes":10,"layers":[`+layers+`]}`), ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}

func layerNames(layers []Layer) []string {
	var names []string
	for _, l := range layers {
		names = append(names, l.Name)
	}
	return names
}

// blockNet has two blocks at the top, three in and after a residual block with a projection, and the output.
const blockNet = `
	{"name":"c1","type":"conv","filters":8,"kernel":3,"padding":"same"},
	{"name":"n1","type":"batch_norm"},{"name":"d1","type":"dropout","rate":0.1},
	{"name":"a1","type":"activation","activation":"relu"},{"name":"p1","type":"max_pool"},
	{"name":"r","type":"residual",
		"body":[{"name":"a2","type":"activation","activation":"elu"},
			{"name":"c2","type":"conv","filters":8,"kernel":3,"padding":"same"},{"name":"n2","type":"batch_norm"},
			{"name":"c3","type":"conv","filters":8,"kernel":3,"padding":"same"}],
		"shortcut":[{"name":"p2","type":"max_pool","size":1},
			{"name":"c4","type":"conv","filters":8,"kernel":1,"activation":"tanh"}]},
	{"name":"n3","type":"batch_norm"},{"name":"a3","type":"activation","activation":"relu"},
	{"name":"f","type":"flatten"},
	{"name":"o","type":"dense","units":10,"activation":"softmax"}`

// TestBlocks: what belongs to each block, by its list, directly, as its output, and on its path to the output.
func TestBlocks(t *testing.T) {
	a := named(t, blockNet)
	type row struct {
		name                    string
		following, direct, path []string
		output                  string
		activation, onPath      Activation
		norm, inner, shortcut   bool
	}
	want := []row{
		{"c1", []string{"n1", "d1", "a1", "p1"}, []string{"n1", "d1", "a1"},
			[]string{"c1", "n1", "d1", "a1", "p1", "a2"},
			"n1", ReLU, ReLU, true, false, false},
		{"c2", []string{"n2"}, []string{"n2"}, []string{"c2", "n2"}, "n2", Linear, Linear, true, true, false},
		{"c3", nil, nil, []string{"c3", "n3", "a3", "f"}, "c3", Linear, ReLU, true, true, false},
		{"c4", nil, nil, []string{"c4"}, "c4", Tanh, Tanh, false, true, true},
		{"o", nil, nil, []string{"o"}, "o", Softmax, Softmax, false, false, false},
	}
	blocks := Blocks(&a)
	if len(blocks) != len(want) {
		t.Fatalf("%d blocks, want %d", len(blocks), len(want))
	}
	for i, b := range blocks {
		w := want[i]
		var path []string
		for l := range b.Path() {
			path = append(path, l.Name)
		}
		if b.Layer().Name != w.name || !slices.Equal(layerNames(b.Following()), w.following) ||
			!slices.Equal(layerNames(b.Direct()), w.direct) || !slices.Equal(path, w.path) || b.Output().Name != w.output {
			t.Errorf("%s: followed by %v, directly %v; path %v; output %s; want %+v", b.Layer().Name,
				layerNames(b.Following()), layerNames(b.Direct()), path, b.Output().Name, w)
		}
		if b.Activation() != w.activation || b.PathActivation() != w.onPath || b.PathBatchNorm() != w.norm ||
			b.Inner != w.inner || b.Shortcut != w.shortcut {
			t.Errorf("%s: %s, on its path %s, batch norm %v, inner %v, shortcut %v; want %+v", w.name,
				b.Activation(), b.PathActivation(), b.PathBatchNorm(), b.Inner, b.Shortcut, w)
		}
	}
	blocks[3].Layer().Filters = 4
	if a.Layers[5].Shortcut[1].Filters != 4 {
		t.Error("a change through the block is lost")
	}
}

// TestPlaces: nets of one to five layers with weights, by hand.
func TestPlaces(t *testing.T) {
	dense := `{"type":"dense","units":16},`
	for hidden, want := range []struct {
		upper, upperHidden, lowerHidden, middle []int
	}{
		{nil, nil, nil, nil},
		{[]int{1}, nil, []int{0}, nil},
		{[]int{2}, []int{1}, []int{0}, nil},
		{[]int{2, 3}, []int{1, 2}, []int{0}, nil},
		{[]int{3, 4}, []int{2, 3}, []int{0, 1}, []int{2}},
	} {
		layers := `{"type":"flatten"},`
		for range hidden {
			layers += dense
		}
		a := named(t, layers+`{"type":"dense","units":10,"activation":"softmax"}`)
		blocks := Blocks(&a)
		at := func(some []Block) (places []int) {
			for _, b := range some {
				places = append(places, slices.IndexFunc(blocks, func(o Block) bool { return o.At == b.At }))
			}
			return places
		}
		var upper, middle []int
		for i := range blocks {
			if InUpperHalf(i, len(blocks)) {
				upper = append(upper, i)
			}
			if MiddleLayers.Has(i, len(blocks), Dense) {
				middle = append(middle, i)
			}
		}
		if !slices.Equal(upper, want.upper) || !slices.Equal(at(UpperHidden(blocks)), want.upperHidden) ||
			!slices.Equal(at(LowerHidden(blocks)), want.lowerHidden) || !slices.Equal(middle, want.middle) {
			t.Errorf("%d hidden: upper half %v, of the hidden %v, the others %v, middle %v; want %v", hidden,
				upper, at(UpperHidden(blocks)), at(LowerHidden(blocks)), middle, want)
		}
		if a.HasLayersAt(ConvLayers) || !a.HasLayersAt(DenseLayers) || !a.HasLayersAt(FirstTwo) ||
			!a.HasLayersAt(LastTwo) {
			t.Errorf("%d hidden: sets", hidden)
		}
	}
}

func TestDepthThirds(t *testing.T) {
	a := named(t, `{"type":"conv","filters":8,"kernel":3},{"type":"max_pool"},{"type":"flatten"},
		{"type":"dense","units":32},{"type":"dense","units":64},{"type":"dense","units":10,"activation":"softmax"}`)
	want := map[string]DepthThird{"conv1": ConvLower, "dense1": DenseMiddle, "dense2": DenseHigher,
		"dense3": OutputLayer}
	if got := DepthThirds(a); !maps.Equal(got, want) {
		t.Errorf("thirds %v, want %v", got, want)
	}
}
