package dataset

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
)

// labelled returns a data set of n training and n test images of 1×1 pixel.
func labelled(n int) *trainer.Dataset {
	images := trainer.Images{Pixels: make([]byte, n), Labels: make([]uint16, n)}
	return &trainer.Dataset{
		Name:      "dots",
		Height:    1,
		Width:     1,
		Channels:  1,
		Classes:   []string{"a", "b"},
		SplitSeed: 1,
		Train:     images,
		Test:      images,
	}
}

func TestPartition(t *testing.T) {
	d := labelled(1000)
	for _, c := range []struct{ images, train, validation int }{
		{1000, 900, 100}, {5, 4, 1}, {14, 13, 1}, {15, 13, 2}, {994, 895, 99}, {995, 895, 100},
	} {
		train, validation, err := Partition(d, c.images)
		if err != nil {
			t.Fatal(err)
		}
		if len(train) != c.train || len(validation) != c.validation {
			t.Errorf("%d images: %d + %d, want %d + %d", c.images, len(train), len(validation), c.train, c.validation)
		}
		both := slices.Sorted(slices.Values(append(slices.Clone(train), validation...)))
		if len(slices.Compact(both)) != c.images || both[0] < 0 || both[len(both)-1] >= 1000 {
			t.Errorf("%d images: training and validation overlap or leave the range", c.images)
		}
	}
}

func TestPartitionIsNested(t *testing.T) {
	d := labelled(1000)
	_, small, _ := Partition(d, 100)
	_, large, _ := Partition(d, 1000)
	if !slices.Equal(small, large[:10]) {
		t.Errorf("the validation set of 100 images %v does not begin that of 1000 %v", small, large[:10])
	}
	d.SplitSeed = 2
	if _, other, _ := Partition(d, 1000); slices.Equal(large, other) {
		t.Error("another split seed gives the same validation set")
	}
}

func TestPartitionRefuses(t *testing.T) {
	for _, images := range []int{-1, 0, 4, 1001} {
		_, _, err := Partition(labelled(1000), images)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprint(images)) || !strings.Contains(err.Error(), "1000") {
			t.Errorf("%d images: got %v, want an error naming %[1]d and 1000", images, err)
		}
	}
}

// The order of past runs must never change. The values come from a second implementation, in Python, of SplitMix64,
// PCG-DXSM and Fisher–Yates.
func TestDrawsArePinned(t *testing.T) {
	_, validation, _ := Partition(labelled(100), 100)
	for _, c := range []struct {
		name      string
		got, want []int
	}{
		{"validation", validation, []int{69, 99, 13, 89, 48, 62, 58, 21, 86, 27}},
		{"test subset", TestSubset(labelled(100), 5), []int{25, 68, 50, 79, 98}},
		{"order", Order([]int{0, 1, 2, 3, 4, 5, 6, 7}, 7, 3), []int{4, 2, 3, 5, 0, 7, 6, 1}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

// First outputs of SplitMix64 with seed 1234567, as published with its implementations in other languages.
func TestFinaliseIsSplitMix64(t *testing.T) {
	state := uint64(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
		16408922859458223821} {
		if got := finalise(state); got != want {
			t.Errorf("output %d: %d, want %d", i, got, want)
		}
		state += 0x9e3779b97f4a7c15
	}
}

func TestTestSubset(t *testing.T) {
	d := labelled(50)
	subset := TestSubset(d, 20)
	if len(subset) != 20 || !slices.Equal(subset, TestSubset(d, 20)) || !slices.Equal(subset[:7], TestSubset(d, 7)) {
		t.Errorf("the subset is not fixed: %v", subset)
	}
	if all := slices.Sorted(slices.Values(TestSubset(d, 1000))); len(all) != 50 || len(slices.Compact(all)) != 50 {
		t.Errorf("1000 of 50: %v", all)
	}
	if none := TestSubset(d, 0); len(none) != 0 {
		t.Errorf("0 of 50: %v", none)
	}
}

func TestOrder(t *testing.T) {
	indices := permutation(500, 3, 99)
	first := Order(indices, 1, 0)
	if slices.Equal(first, indices) || !slices.Equal(first, Order(indices, 1, 0)) {
		t.Error("an epoch's order must be shuffled and always the same")
	}
	for name, other := range map[string][]int{"epoch": Order(indices, 1, 1), "seed": Order(indices, 2, 0)} {
		if slices.Equal(first, other) {
			t.Errorf("another %s gives the same order", name)
		}
		if !slices.Equal(slices.Sorted(slices.Values(other)), slices.Sorted(slices.Values(indices))) {
			t.Errorf("another %s gives other images", name)
		}
	}
	if len(Order(nil, 1, 0)) != 0 {
		t.Error("no indices must give no order")
	}
}

// Every element must reach every place equally often: chi-squared over 8×8 cells, 49 degrees of freedom.
func TestShuffleIsUniform(t *testing.T) {
	const n, rounds = 8, 20000
	var counts [n][n]float64
	for epoch := range rounds {
		for place, i := range Order([]int{0, 1, 2, 3, 4, 5, 6, 7}, 1, epoch) {
			counts[i][place]++
		}
	}
	var chi float64
	for _, row := range counts {
		for _, c := range row {
			off := c - rounds/n
			chi += off * off / (rounds / n)
		}
	}
	if chi < 20 || chi > 94 { // 0.0001 on either side
		t.Errorf("chi-squared %.1f with 49 degrees of freedom", chi)
	}
}
