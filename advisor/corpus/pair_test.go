package corpus

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"probewise/trainer"
)

var pairSpace = Space{
	Input:         [3]int{28, 28, 1},
	Classes:       10,
	Epochs:        15,
	MultiplyAdds:  500_000,
	MaxParameters: 1_000_000,
}

func TestDrawPairs(t *testing.T) {
	settings := map[string]bool{}
	for index := range 24 {
		drafts, err := DrawPairs(pairSpace, 3, index, nil)
		if err != nil {
			t.Fatal(err)
		}
		base := drafts[0].Architecture
		want := 1 + singles + packages + (index+1)%2 // every second base is trained again
		if len(drafts) != want {
			t.Errorf("base %d has %d drafts, want %d", index, len(drafts), want)
		}
		ids := map[string]bool{}
		for i, d := range drafts {
			if d.Edit != i {
				t.Errorf("draft %d of base %d is edit %d", i, index, d.Edit)
			}
			if _, err := trainer.Validate(d.Architecture, trainer.Limits{}); err != nil {
				t.Errorf("%s: %v", d.Architecture.Name, err)
			}
			if growth := d.Architecture.Cost().TrainingFLOPs / base.Cost().TrainingFLOPs; growth > maxGrowth {
				t.Errorf("%s costs %d times as much", d.Architecture.Name, growth)
			}
			again := i > 0 && len(d.Settings) == 0
			if same := d.Architecture.Training.Seed == base.Training.Seed; same == again {
				t.Errorf("%s: seed %d, the base's is %d", d.Architecture.Name, d.Architecture.Training.Seed,
					base.Training.Seed)
			}
			ids[d.Architecture.ID()] = true
			for _, s := range d.Settings {
				settings[s] = true
			}
		}
		if len(ids) != len(drafts) {
			t.Errorf("base %d: %d architectures in %d drafts", index, len(ids), len(drafts))
		}
		if second, err := DrawPairs(pairSpace, 3, index, nil); err != nil || !reflect.DeepEqual(drafts, second) {
			t.Errorf("base %d is drawn otherwise the second time (%v)", index, err)
		}
		given := base.Clone()
		given.Training.BatchSize = 8
		if kept, err := DrawPairs(pairSpace, 3, index, &given); err != nil ||
			!reflect.DeepEqual(kept[0].Architecture, given) {
			t.Errorf("base %d: the given one was not kept (%v)", index, err)
		}
	}
	if len(settings) < 40 {
		t.Errorf("only %d settings of knobs were drawn", len(settings))
	}
}

// TestFaults: each fault alone makes another legal net of some sampled one.
func TestFaults(t *testing.T) {
	for i, fault := range faults {
		done := false
		for index := range 20 {
			a, err := Sample(pairSpace, 3, index)
			if err != nil {
				t.Fatal(err)
			}
			damaged := a.Clone()
			fault(randomAt(uint64(index)), &damaged)
			damaged, err = trainer.Validate(damaged, trainer.Limits{})
			done = done || err == nil && damaged.ID() != a.ID()
		}
		if !done {
			t.Errorf("fault %d changes no net", i)
		}
	}
}

func randomAt(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
