package patch

import (
	"encoding/json"
	"slices"
	"testing"

	"probewise/trainer"
)

func sixLayers(t *testing.T) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse([]byte(`{"version":1,"input":[28,28,1],"classes":10,"layers":[
		{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"max_pool","size":2},
		{"type":"flatten"},{"type":"dense","units":32,"activation":"relu"},{"type":"dense","units":64,"activation":"relu"},
		{"type":"dense","units":10,"activation":"softmax"}]}`), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}

func mutated(a trainer.Architecture, mutate func(*trainer.Architecture)) trainer.Architecture {
	a = a.Clone()
	mutate(&a)
	return a
}

// mutations change an architecture the way rules do, and in ways that no rule does.
var mutations = map[string]func(*trainer.Architecture){
	"nothing":     func(*trainer.Architecture) {},
	"a member":    func(a *trainer.Architecture) { a.Layers[3].L2 = 1e-3 },
	"two members": func(a *trainer.Architecture) { a.Layers[0].Filters, a.Layers[4].Units = 16, 24 },
	"training": func(a *trainer.Architecture) {
		a.Training.Optimizer.LearningRate, a.Training.ClipNorm, a.Training.Augment.Flip = 3e-4, 1, true
	},
	"another optimizer": func(a *trainer.Architecture) {
		a.Training.Optimizer = trainer.Optimizer{Type: trainer.SGD, LearningRate: 0.1, Momentum: 0.9}
	},
	"warm-up":      func(a *trainer.Architecture) { a.Training.Schedule.Warmup = 1 },
	"a layer less": func(a *trainer.Architecture) { a.Layers = slices.Delete(a.Layers, 3, 4) },
	"a layer more": func(a *trainer.Architecture) {
		a.Layers = slices.Insert(a.Layers, 4, trainer.Layer{Type: trainer.Dropout, Name: "dropout1", Rate: 0.25})
	},
	"one less, two more, a member": func(a *trainer.Architecture) {
		a.Layers[0].Filters = 12
		a.Layers = slices.Delete(a.Layers, 3, 4)
		a.Layers = slices.Insert(a.Layers, 3, trainer.Layer{Type: trainer.Dropout, Name: "d1", Rate: 0.25})
		a.Layers = slices.Insert(a.Layers, 1, trainer.Layer{Type: trainer.SpatialDropout, Name: "d2", Rate: 0.1})
	},
	"flatten becomes a pool": func(a *trainer.Architecture) {
		a.Layers[2] = trainer.Layer{Type: trainer.GlobalAvgPool, Name: a.Layers[2].Name}
	},
	"layers change places": func(a *trainer.Architecture) { a.Layers[3], a.Layers[4] = a.Layers[4], a.Layers[3] },
	"leaky": func(a *trainer.Architecture) {
		a.Layers[0].Activation, a.Layers[0].NegativeSlope = trainer.LeakyReLU, 0.1
	},
}

// inBlocks change a net with residual blocks.
var inBlocks = map[string]func(*trainer.Architecture){
	"a member": func(a *trainer.Architecture) { a.Layers[1].Body[0].L2 = 1e-3 },
	"a member of both": func(a *trainer.Architecture) {
		a.Layers[2].Body[0].Filters, a.Layers[2].Shortcut[0].Filters = 16, 16
	},
	"a layer less": func(a *trainer.Architecture) { a.Layers[1].Body = slices.Delete(a.Layers[1].Body, 0, 1) },
	"a layer more": func(a *trainer.Architecture) {
		a.Layers[1].Body = slices.Insert(a.Layers[1].Body, 1,
			trainer.Layer{Type: trainer.Dropout, Name: "d", Rate: 0.25})
	},
	"a shortcut of its own": func(a *trainer.Architecture) {
		a.Layers[1].Shortcut = []trainer.Layer{{Type: trainer.SpatialDropout, Name: "d", Rate: 0.25}}
	},
	"layers change places": func(a *trainer.Architecture) { slices.Reverse(a.Layers[1].Body) },
	"a block less, the next one changed": func(a *trainer.Architecture) {
		a.Layers[2].Body[0].L2, a.Layers[2].Shortcut[0].L1 = 1e-3, 1e-4
		a.Layers = slices.Delete(a.Layers, 1, 2)
	},
	"a layer moves into the body": func(a *trainer.Architecture) {
		a.Layers[2].Body = append(a.Layers[2].Body, a.Layers[3])
		a.Layers = slices.Delete(a.Layers, 3, 4)
	},
	"the body alone": func(a *trainer.Architecture) {
		a.Layers = slices.Concat(a.Layers[:1], a.Layers[1].Body, a.Layers[2:])
	},
}

func withBlocks(t *testing.T) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse([]byte(`{"version":1,"input":[28,28,1],"classes":10,"layers":[
		{"type":"conv","filters":8,"kernel":3,"activation":"relu"},
		{"type":"residual","body":[{"type":"conv","filters":8,"kernel":3,"padding":"same","activation":"relu"},
		{"type":"conv","filters":8,"kernel":3,"padding":"same"}]},
		{"type":"residual","body":[{"type":"conv","filters":8,"kernel":3,"padding":"same","stride":2}],
		"shortcut":{"type":"conv","filters":8,"kernel":1,"stride":2}},
		{"type":"activation","activation":"relu"},{"type":"flatten"},
		{"type":"dense","units":10,"activation":"softmax"}]}`), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}

// TestEditsLeadFromOneToTheOther applies the edits with the JSON Patch library, after a trip through JSON.
func TestEditsLeadFromOneToTheOther(t *testing.T) {
	checkEdits(t, sixLayers(t), mutations)
}

func TestEditsReachIntoBlocks(t *testing.T) {
	from := withBlocks(t)
	checkEdits(t, from, inBlocks)
	for name, want := range map[string]string{
		"a member": "add /layers/1/body/0/l2", "a layer less": "remove /layers/1/body/0",
		"a layer more": "add /layers/1/body/1", "a shortcut of its own": "add /layers/1/shortcut/0",
	} {
		edits, err := Diff(from, mutated(from, inBlocks[name]))
		if err != nil || len(edits) != 1 || edits[0].Op+" "+edits[0].Path != want {
			t.Errorf("%s: %+v, want %s (%v)", name, edits, want, err)
		}
	}
}

func checkEdits(t *testing.T, from trainer.Architecture, mutations map[string]func(*trainer.Architecture)) {
	t.Helper()
	for name, mutate := range mutations {
		to := mutated(from, mutate)
		edits, err := Diff(from, to)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		encoded, err := json.Marshal(edits)
		if err != nil {
			t.Fatal(err)
		}
		var sent []Edit
		if err := json.Unmarshal(encoded, &sent); err != nil {
			t.Fatal(err)
		}
		got, err := Apply(from, sent)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if string(got.Canonical()) != string(to.Canonical()) {
			t.Errorf("%s: edits %s lead to\n%s\nwant\n%s", name, encoded, got.Canonical(), to.Canonical())
		}
		if back, err := Diff(to, from); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got, err := Apply(to, back); err != nil || got.ID() != from.ID() {
			t.Errorf("%s: the way back fails: %v", name, err)
		}
	}
}

func TestEditsAreSmall(t *testing.T) {
	from := sixLayers(t)
	for name, want := range map[string]int{"nothing": 0, "a member": 1, "two members": 2, "training": 3,
		"a layer less": 1, "a layer more": 1} {
		edits, err := Diff(from, mutated(from, mutations[name]))
		if err != nil || len(edits) != want {
			t.Errorf("%s: %d edits %+v, want %d (%v)", name, len(edits), edits, want, err)
		}
	}
}

func TestApplyRefusesWhatIsInvalid(t *testing.T) {
	from := sixLayers(t)
	for name, e := range map[string]Edit{
		"a path that is not there": {Op: "remove", Path: "/layers/17"},
		"an invalid architecture":  {Op: "add", Path: "/layers/0/filters", Value: -1},
		"an unknown operation":     {Op: "ad", Path: "/layers/0/filters", Value: 1},
	} {
		if _, err := Apply(from, []Edit{e}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
