package rule

import (
	"slices"
	"testing"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// residualNets have faults inside and around residual blocks.
var residualNets = map[string]string{
	"identity": `{"type":"conv","filters":16,"kernel":3,"padding":"same","activation":"relu"},
		{"type":"residual","body":[{"type":"conv","filters":16,"kernel":3,"padding":"same","activation":"relu"},
		{"type":"conv","filters":16,"kernel":3,"padding":"same"}]},
		{"type":"activation","activation":"relu"},{"type":"max_pool"},
		{"type":"residual","body":[{"type":"conv","filters":16,"kernel":3,"padding":"same","activation":"sigmoid"},
		{"type":"conv","filters":16,"kernel":3,"padding":"same"}]},
		{"type":"activation","activation":"relu"},{"type":"flatten"},{"type":"dense","units":32,"activation":"relu"},
		{"type":"dense","units":64,"activation":"relu"},{"type":"dense","units":10}`,
	"projection": `{"type":"conv","filters":16,"kernel":3,"padding":"same","activation":"relu"},
		{"type":"residual","body":[{"type":"conv","filters":16,"kernel":3,"stride":2,"padding":"same"},{"type":"batch_norm"},
		{"type":"activation","activation":"relu"},{"type":"conv","filters":16,"kernel":3,"padding":"same","batch_norm":true}],
			"shortcut":{"type":"conv","filters":16,"kernel":1,"stride":2,"batch_norm":true}},
		{"type":"activation","activation":"relu"},
		{"type":"residual","body":[{"type":"conv","filters":16,"kernel":3,"stride":2,"padding":"same","activation":"relu"},
		{"type":"dropout","rate":0.3},{"type":"conv","filters":16,"kernel":3,"padding":"same"}],
			"shortcut":[{"type":"avg_pool"},{"type":"conv","filters":16,"kernel":1}]},
		{"type":"activation","activation":"relu"},{"type":"flatten"},{"type":"dense","units":256,"activation":"relu"},
		{"type":"residual","body":[{"type":"dense","units":512,"activation":"relu","l2":1e-4},{"type":"dense","units":256}]},
		{"type":"dense","units":128,"activation":"relu"},{"type":"dense","units":10}`,
}

// TestRulesReachIntoBlocks: what is wrong inside a residual block is named and mended there.
func TestRulesReachIntoBlocks(t *testing.T) {
	identity, projection := parse(t, residualNets["identity"], ""), parse(t, residualNets["projection"], "")
	dead := func(_ float64, l *trainer.LayerStatistics) { l.DeadUnits = 0.7 }
	for _, tt := range []struct {
		rule     string
		of       advisor.Case
		layer    string // of the first diagnosis
		proposal string // the first
	}{
		{"dead-relu", probed(t, identity, of("conv2", dead)), "conv2",
			"Use leaky_relu with slope 0.1 in conv2, initialised after He | conv2.Initializer glorot_uniform→he_uniform, " +
				"conv2.Activation relu→leaky_relu, conv2.NegativeSlope 0→0.1"},
		{"dead-relu", probed(t, projection, of("conv2", dead)), "conv2", // its activation is a layer of the body
			"Use leaky_relu with slope 0.1 in conv2, initialised after He | conv2.Initializer glorot_uniform→he_uniform, " +
				"activation1.Activation relu→leaky_relu, activation1.NegativeSlope 0→0.1"},
		{"dead-relu", probed(t, identity, of("conv3", dead)), "", ""}, // the relu after the block is the sum's
		{"parabolic-layer", probed(t, identity, of("conv4", whole(weightVariance, 0.02, 0.022, 0.03))), "conv4",
			"Add L2 0.0003 to conv4 | conv4.L2 0→0.0003"},
		{"high-activation-variance", probed(t, identity, of("conv5", whole(activationVariance, 1, 1, 60))), "conv5",
			"Add batch norm to conv5 | conv5.BatchNorm false→true, conv5.Momentum 0→0.99, conv5.Epsilon 0→0.001"},
		// Three stages, by the strides of the bodies; each projection keeps up with its body. 3.86 million multiply-adds, at
		// most 2.5 times the 1.80 million before; the next wider ladder, 16, 32 and 48, would have more.
		{"flat-filters", untrained(t, projection), "conv5",
			"Ladder the filters up: conv1 16, conv2 24, conv3 24, conv4 24, conv5 40, conv6 40 and conv7 40 | conv2.Filters " +
				"16→24, conv3.Filters 16→24, conv4.Filters 16→24, conv5.Filters 16→40, conv6.Filters 16→40, conv7.Filters 16→40"},
		{"flat-filters", untrained(t, identity), "conv4", ""}, // no projection: every ladder would break a sum
		{"ascending-dense", untrained(t, projection), "", ""}, // the widths inside the block are its own
	} {
		var only []Rule
		for _, r := range All() {
			if r.Name == tt.rule {
				only = append(only, r)
			}
		}
		diagnoses, proposals := strict(t, only...).Examine(tt.of)
		layer, proposal := "", ""
		if len(diagnoses) > 0 {
			layer = diagnoses[0].Layer
		}
		if len(proposals) > 0 {
			proposal = describe(tt.of.Architecture, proposals[0])
		}
		if layer != tt.layer || proposal != tt.proposal {
			t.Errorf("%s on %s: got\n%s\nwant\n%s", tt.rule, layer, proposal, tt.proposal)
		}
	}
}

// TestProposalsLeaveTheCaseAlone: blocks share their layers with every shallow copy of an architecture.
func TestProposalsLeaveTheCaseAlone(t *testing.T) {
	for name, layers := range residualNets {
		a := parse(t, layers, "")
		before := string(a.Canonical())
		_, proposals := strict(t).Examine(mixed(t, a))
		for _, p := range proposals {
			revised := a
			p.Revise(&revised)
			if string(a.Canonical()) != before {
				t.Fatalf("%s: %s changed the case", name, p.Title)
			}
		}
	}
}

func TestDropoutGoesIntoTheBody(t *testing.T) {
	a := parse(t, residualNets["projection"], "")
	knob.Each([]string{"dense3"}, knob.DropOut(0.5))(&a)
	block := a.Layers[slices.IndexFunc(a.Layers, func(l trainer.Layer) bool { return l.Name == "residual3" })]
	if n := len(block.Body); n != 3 || block.Body[2].Type != trainer.Dropout {
		t.Errorf("body %+v", block.Body)
	}
}
