package dataset

import (
	"math"
	"slices"
	"testing"

	"probewise/trainer"
)

// corners is one colour image of 2×3 pixels, repeated n times; every pixel is another number.
func corners(n int) *trainer.Dataset {
	d := &trainer.Dataset{Height: 2, Width: 3, Channels: 3, Classes: []string{"a", "b", "c"}}
	for i := range n {
		for p := range 18 {
			d.Train.Pixels = append(d.Train.Pixels, byte(p*10+51))
		}
		d.Train.Labels = append(d.Train.Labels, uint16(i%3))
	}
	return d
}

func TestFillPlain(t *testing.T) {
	d := corners(4)
	d.Train.Pixels[3*18] = 255
	x, labels := make([]float32, 2*18), make([]float32, 2)
	Fill(x, labels, d, d.Train, []int{3, 1}, Augmentation{})
	if !slices.Equal(labels, []float32{0, 1}) {
		t.Errorf("labels %v", labels)
	}
	if x[0] != 1 || x[1] != float32(61)/255 || x[18] != float32(51)/255 || x[35] != float32(221)/255 {
		t.Errorf("pixels %v", x)
	}
}

// moved is the statement of augmentation: pixel (y, x) comes from (y−down, x−right) of the mirrored or plain image.
func moved(d *trainer.Dataset, flip bool, down, right int) []float32 {
	var out []float32
	for c := range d.Channels {
		for y := range d.Height {
			for x := range d.Width {
				sy, sx := y-down, x-right
				if sy < 0 || sy >= d.Height || sx < 0 || sx >= d.Width {
					out = append(out, 0)
					continue
				}
				if flip {
					sx = d.Width - 1 - sx
				}
				out = append(out, float32(d.Train.Pixels[(c*d.Height+sy)*d.Width+sx])/255)
			}
		}
	}
	return out
}

func TestFillAugmented(t *testing.T) {
	const n = 4000
	d := corners(n)
	type change struct {
		flip        bool
		down, right int
	}
	for _, c := range []struct {
		name    string
		augment trainer.Augment
		changes int
	}{
		{"flip", trainer.Augment{Flip: true}, 2},
		{"crop", trainer.Augment{Crop: 1}, 9},
		{"flip and crop", trainer.Augment{Flip: true, Crop: 1}, 18},
		{"crop beyond the image", trainer.Augment{Crop: 4}, 81},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := Augmentation{Augment: c.augment, Seed: 5, Epoch: 2}
			x, label, counts := make([]float32, 18), make([]float32, 1), map[change]float64{}
			for i := range n {
				for j := range x {
					x[j] = 9
				}
				Fill(x, label, d, d.Train, []int{i}, a)
				var ch change
				ch.flip, ch.down, ch.right = a.draw(i)
				if !slices.Equal(x, moved(d, ch.flip, ch.down, ch.right)) {
					t.Fatalf("image %d, %+v: %v", i, ch, x)
				}
				counts[ch]++
			}
			if len(counts) != c.changes {
				t.Fatalf("%d different changes, want %d", len(counts), c.changes)
			}
			want := float64(n) / float64(c.changes)
			for ch, k := range counts { // binomial: five deviations
				if math.Abs(k-want) > 5*math.Sqrt(want) {
					t.Errorf("%+v: %v times, expected about %.0f", ch, k, want)
				}
			}
		})
	}
}

func TestFillDependsOnIndexSeedAndEpochAlone(t *testing.T) {
	d := corners(64)
	fill := func(indices []int, seed uint64, epoch int) []float32 {
		x := make([]float32, len(indices)*18)
		Fill(x, make([]float32, len(indices)), d, d.Train, indices,
			Augmentation{trainer.Augment{Flip: true, Crop: 2}, seed, epoch})
		return x
	}
	var whole []int
	for i := range 64 {
		whole = append(whole, i)
	}
	all := fill(whole, 1, 1)
	if got := fill([]int{40, 7}, 1, 1); !slices.Equal(got[:18], all[40*18:41*18]) ||
		!slices.Equal(got[18:], all[7*18:8*18]) {
		t.Error("an image's change depends on its batch")
	}
	if slices.Equal(all, fill(whole, 2, 1)) || slices.Equal(all, fill(whole, 1, 2)) {
		t.Error("another seed or epoch must give other changes")
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	d := corners(8)
	x, labels, indices := make([]float32, 8*18), make([]float32, 8), []int{0, 1, 2, 3, 4, 5, 6, 7}
	for _, a := range []Augmentation{{}, {Augment: trainer.Augment{Flip: true, Crop: 1}}} {
		if n := testing.AllocsPerRun(10, func() { Fill(x, labels, d, d.Train, indices, a) }); n != 0 {
			t.Errorf("%+v: %v allocations", a, n)
		}
	}
}

func BenchmarkFill(b *testing.B) {
	const n, size = 64, 3 * 32 * 32
	d := &trainer.Dataset{
		Height:   32,
		Width:    32,
		Channels: 3,
		Train:    trainer.Images{Pixels: make([]byte, n*size), Labels: make([]uint16, n)},
	}
	x, labels, indices := make([]float32, n*size), make([]float32, n), permutation(n, 1, 1)
	for name, a := range map[string]Augmentation{"plain": {},
		"augmented": {Augment: trainer.Augment{Flip: true, Crop: 4}}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(n * size)
			for b.Loop() {
				Fill(x, labels, d, d.Train, indices, a)
			}
		})
	}
}
