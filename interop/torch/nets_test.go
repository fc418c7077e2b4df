package main

import (
	"testing"

	"probewise/trainer/dataset"
)

// TestSampledNetsShowAllThatIsWanted: sample fails where something is missing, or cannot be drawn any more.
func TestSampledNetsShowAllThatIsWanted(t *testing.T) {
	nets, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range nets {
		if seen[a.ID()] {
			t.Errorf("%s is there twice", a.Name)
		}
		seen[a.ID()] = true
	}
}

// TestEveryNetHasImages reads the nets of this folder and finds a batch for each.
func TestEveryNetHasImages(t *testing.T) {
	nets, err := read([]string{"nets/medley.json", "nets/residual.json", "nets/settled.json", "nets/twins.json",
		"../../trainer/graph/testdata/nets/C.json"})
	if err != nil {
		t.Fatal(err)
	}
	images, err := dataset.Open(t.TempDir()).Load(t.Context(), dataset.Sample)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range nets {
		d, err := fit(images, a.Input)
		if err != nil {
			t.Fatal(err)
		}
		_, training, validation, err := oneBatch(d, a.Training.BatchSize)
		if err != nil || len(training) != a.Training.BatchSize || len(validation) == 0 {
			t.Errorf("%s: %d training and %d validation images for a batch of %d, error %v", a.Name, len(training),
				len(validation), a.Training.BatchSize, err)
		}
	}
}
