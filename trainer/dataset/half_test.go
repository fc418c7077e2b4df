package dataset

import (
	"reflect"
	"testing"
)

func TestTestHalfSharesEachClassOut(t *testing.T) {
	d, err := Open(t.TempDir()).Load(t.Context(), "fashion-mnist-sample")
	if err != nil {
		t.Fatal(err)
	}
	fitting, proof := TestHalf(d, Fitting), TestHalf(d, Proof)
	if got := fitting.Test.Len() + proof.Test.Len(); got != d.Test.Len() {
		t.Errorf("the halves have %d images together, want %d", got, d.Test.Len())
	}
	for class := range d.Classes {
		count := func(labels []uint16) (n int) {
			for _, l := range labels {
				if int(l) == class {
					n++
				}
			}
			return n
		}
		if a, b := count(fitting.Test.Labels), count(proof.Test.Labels); a-b < 0 || a-b > 1 {
			t.Errorf("class %d has %d images for fitting and %d for the proof", class, a, b)
		}
	}
	size := d.ImageSize()
	seen := map[string]int{}
	for i := range d.Test.Len() {
		seen[string(d.Test.Pixels[i*size:(i+1)*size])]++
	}
	for i := range fitting.Test.Len() {
		seen[string(fitting.Test.Pixels[i*size:(i+1)*size])]--
	}
	for i := range proof.Test.Len() {
		seen[string(proof.Test.Pixels[i*size:(i+1)*size])]--
	}
	for _, left := range seen {
		if left != 0 {
			t.Fatal("an image is in no half, or in both")
		}
	}
	if !reflect.DeepEqual(fitting, TestHalf(d, Fitting)) {
		t.Error("the half is another one the second time")
	}
	if fitting.ID != d.ID || !reflect.DeepEqual(fitting.Train, d.Train) {
		t.Error("training images or ID are not the data set's")
	}
}
