package rule

import (
	"reflect"
	"slices"
	"testing"

	"probewise/advisor"
	"probewise/advisor/knob"
	"probewise/trainer"
)

// checkRevised wants what the parser accepts and reads back the same, with the output layer as it was but for its
// penalties; and, unless settings of knobs are among the changes, no layer that is new or has a technique beside the
// ones it had before.
func checkRevised(t *testing.T, before, after trainer.Architecture, what string, settings bool) {
	t.Helper()
	p, err := trainer.Parse(after.Canonical(), trainer.ParseOptions{})
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if !reflect.DeepEqual(p.Architecture, after) {
		t.Errorf("%s: the parser reads something else: %v", what, changes(after, p.Architecture))
	}
	old, now := trainer.Blocks(&before), trainer.Blocks(&after)
	output := *old[len(old)-1].Layer()
	got := *now[len(now)-1].Layer()
	if settings && got.L1 <= output.L1 && got.L2 <= output.L2 {
		got.L1, got.L2 = output.L1, output.L2
	}
	if !reflect.DeepEqual(got, output) {
		t.Errorf("%s: output layer %+v became %+v", what, output, got)
	}
	if settings {
		return
	}
	for _, b := range now[:len(now)-1] {
		name := b.Layer().Name
		was, known := knob.Find(&before, name)
		if !known {
			t.Errorf("%s: %s came from nowhere", what, name)
			continue
		}
		had, has := knob.Techniques(was, was.Following()), knob.Techniques(b, b.Following())
		for _, technique := range has {
			if !slices.Contains(had, technique) && len(has) > 1 {
				t.Errorf("%s: %s had %v, has %v", what, name, had, has)
			}
		}
	}
}

// mixed is a case on which many rules fire at once.
func mixed(t *testing.T, a trainer.Architecture) advisor.Case {
	return probed(t, a,
		of("conv1", func(_ float64, l *trainer.LayerStatistics) { l.DeadUnits, l.Gradients.MaxAbs = 0.7, 2e4 }),
		of("conv2", whole(activationVariance, 1, 1, 60)), of("dense1", whole(weightVariance, 0.02, 0.022, 0.03)),
		at(1, func(r *trainer.EpochRecord) { r.TrainAccuracy, r.ValidationAccuracy = 0.5, 0.5 }),
		at(2, func(r *trainer.EpochRecord) { r.TrainAccuracy, r.ValidationAccuracy = 0.6, 0.55 }),
		at(3, func(r *trainer.EpochRecord) { r.TrainAccuracy, r.ValidationAccuracy = 0.8, 0.6 }))
}

func TestProposalsAndPairsAreLegal(t *testing.T) {
	var cases []fixture
	for _, f := range fixtures(t) {
		if f.want != nil {
			cases = append(cases, f)
		}
	}
	for _, file := range []string{"flawed.json", "flawed-cifar10.json", "paper.json", "small-cnn.json"} {
		cases = append(cases, fixture{rule: "mixed", name: file, of: mixed(t, example(t, file))})
	}
	for name, layers := range residualNets {
		cases = append(cases, fixture{rule: "mixed", name: name, of: mixed(t, parse(t, layers, ""))})
	}
	pairs := 0
	for _, f := range cases {
		base := f.of.Architecture
		_, proposals := strict(t).Examine(f.of)
		for _, p := range proposals {
			revised := base
			p.Revise(&revised)
			checkRevised(t, base, revised, f.name+": "+p.Title, p.Setting != "")
			once := revised
			p.Revise(&revised)
			if !reflect.DeepEqual(once, revised) {
				t.Errorf("%s: %s twice: %v", f.name, p.Title, changes(once, revised))
			}
			for _, second := range proposals {
				if p.Setting != "" && second.Setting != "" {
					continue // pairs of these are the catalogue's business
				}
				both := once
				second.Revise(&both)
				checkRevised(t, base, both, f.name+": "+p.Title+"; "+second.Title, p.Setting+second.Setting != "")
				pairs++
			}
		}
	}
	if pairs < 1000 {
		t.Errorf("only %d pairs", pairs)
	}
}

func TestMixedFindsMuch(t *testing.T) {
	diagnoses, proposals := strict(t).Examine(mixed(t, example(t, "flawed.json")))
	want := []string{"under-capacity", "bottleneck", "exploding-gradient", "dead-relu", "high-activation-variance",
		"parabolic-layer", "overfit", "unregularised-higher-layers", "flat-filters", "ascending-dense", "too-many-dense"}
	var got []string
	for _, d := range diagnoses {
		if !slices.Contains(got, d.Rule) {
			got = append(got, d.Rule)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(proposals) < 10 {
		t.Errorf("only %d proposals", len(proposals))
	}
}
