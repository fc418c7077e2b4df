package dataset

import (
	"slices"

	"probewise/trainer"
)

// Half names one half of a data set's test images.
type Half int

// The halves. What is fitted (past runs, pairs, forests) is tested on the first, what is proved on the second, so that
// a proof's images have touched nothing that it proves.
const (
	Fitting Half = iota
	Proof
)

// TestHalf returns the data set with one half of its test images, each class shared out evenly (the odd image goes to
// Fitting), in the data set's own order. The halves are always the same for a data set, and do not overlap. Training
// images, split and ID are the data set's.
func TestHalf(d *trainer.Dataset, half Half) *trainer.Dataset {
	seen := make([]int, len(d.Classes)) // of each class
	var kept []int
	for _, i := range permutation(d.Test.Len(), d.SplitSeed, streamTestHalf) {
		label := d.Test.Labels[i]
		if Half(seen[label]%2) == half {
			kept = append(kept, i)
		}
		seen[label]++
	}
	slices.Sort(kept)
	size := d.ImageSize()
	out := *d
	out.Test = trainer.Images{Pixels: make([]byte, 0, len(kept)*size), Labels: make([]uint16, 0, len(kept))}
	for _, i := range kept {
		out.Test.Pixels = append(out.Test.Pixels, d.Test.Pixels[i*size:(i+1)*size]...)
		out.Test.Labels = append(out.Test.Labels, d.Test.Labels[i])
	}
	return &out
}
