package advisor

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

// TestEditsLeadFromOneToTheOther applies the edits with the JSON Patch library, after a trip through JSON.
func TestEditsLeadFromOneToTheOther(t *testing.T) {
	for name, mutate := range mutations {
		from := sixLayers(t)
		to := revise(from, []Proposal{{Revise: mutate}})
		edits, err := Edits(from, to)
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
		if back, err := Edits(to, from); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got, err := Apply(to, back); err != nil || got.ID() != from.ID() {
			t.Errorf("%s: the way back fails: %v", name, err)
		}
	}
}

func TestEditsAreSmall(t *testing.T) {
	from := sixLayers(t)
	for name, want := range map[string]int{"nothing": 0, "a member": 1, "two members": 2, "training": 3, "a layer less": 1, "a layer more": 1} {
		edits, err := Edits(from, revise(from, []Proposal{{Revise: mutations[name]}}))
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
