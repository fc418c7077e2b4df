package dataset

import (
	"math/bits"

	"probewise/trainer"
)

// Augmentation is how the training images of one epoch are changed at random. What an image gets depends on Seed, Epoch
// and its index alone, so not on the batch it is in. The zero value changes nothing; validation and test images take
// it.
type Augmentation struct {
	trainer.Augment
	Seed  uint64 // of the run
	Epoch int    // from 0
}

// inputs holds pixel/255.
var inputs = func() (t [256]float32) {
	for v := range t {
		t[v] = float32(v) / 255
	}
	return t
}()

// Fill writes one batch: the images of d (d.Train or d.Test) with these indices into x, as (len(indices), channels,
// height, width) float32 of pixel/255, and their class numbers into labels. It panics where x or labels are too short.
// It allocates nothing.
func Fill(x, labels []float32, d *trainer.Dataset, images trainer.Images, indices []int, a Augmentation) {
	size := d.ImageSize()
	plain := !a.Flip && a.Crop <= 0
	for k, i := range indices {
		labels[k] = float32(images.Labels[i])
		src := images.Pixels[i*size : (i+1)*size]
		dst := x[k*size : (k+1)*size]
		if plain {
			for j, p := range src {
				dst[j] = inputs[p]
			}
			continue
		}
		flip, down, right := a.draw(i)
		for c := range d.Channels {
			plane := d.Height * d.Width
			shift(dst[c*plane:(c+1)*plane], src[c*plane:(c+1)*plane], d.Height, d.Width, flip, down, right)
		}
	}
}

// PickSize is the number of values that trainer.GatherOp takes of an image.
const PickSize = 4

// Picks writes the batch that Fill makes of these images to picks, (len(indices), PickSize), as trainer.GatherOp takes
// it. place says where an image is among those that are kept.
func Picks(picks []float32, indices []int, place []int32, a Augmentation) {
	for k, i := range indices {
		flip, down, right := a.draw(i)
		mirrored := float32(0)
		if flip {
			mirrored = 1
		}
		copy(picks[k*PickSize:], []float32{float32(place[i]), mirrored, float32(down), float32(right)})
	}
}

// PackedSize is the number of values that an image takes where trainer.GatherOp reads it.
func PackedSize(d *trainer.Dataset) int {
	return (d.ImageSize() + trainer.PixelsPerValue - 1) / trainer.PixelsPerValue
}

// Pack writes the images with these indices to pixels, (len(indices), PackedSize), and their class numbers to labels,
// as trainer.GatherOp reads them.
func Pack(pixels, labels []float32, d *trainer.Dataset, images trainer.Images, indices []int) {
	size, packed := d.ImageSize(), PackedSize(d)
	for k, i := range indices {
		labels[k] = float32(images.Labels[i])
		src := images.Pixels[i*size : (i+1)*size]
		dst := pixels[k*packed : (k+1)*packed]
		for j := range dst {
			value := uint32(0)
			for e, p := range src[j*trainer.PixelsPerValue : min((j+1)*trainer.PixelsPerValue, size)] {
				value |= uint32(p) << (8 * e)
			}
			dst[j] = float32(value)
		}
	}
}

// draw says what happens to image i: mirrored or not, then moved by down rows and right columns.
func (a Augmentation) draw(i int) (flip bool, down, right int) {
	epoch := mix(a.Seed, streamAugment, uint64(a.Epoch))
	flip = a.Flip && mix(epoch, streamFlip, uint64(i))>>63 == 1
	if a.Crop > 0 {
		down = offset(mix(epoch, streamShiftRows, uint64(i)), a.Crop)
		right = offset(mix(epoch, streamShiftColumns, uint64(i)), a.Crop)
	}
	return flip, down, right
}

// offset maps 64 random bits to -limit … limit.
func offset(r uint64, limit int) int {
	v, _ := bits.Mul64(r, uint64(2*limit+1))
	return int(v) - limit
}

func shift(dst []float32, src []byte, height, width int, flip bool, down, right int) {
	first, last := min(max(0, right), width), max(0, min(width, width+right)) // the columns that get pixels
	for y := range height {
		row := dst[y*width : (y+1)*width]
		from := y - down
		if from < 0 || from >= height || first >= last {
			clear(row)
			continue
		}
		pixels := src[from*width : (from+1)*width]
		clear(row[:first])
		clear(row[last:])
		if flip {
			for x := first; x < last; x++ {
				row[x] = inputs[pixels[width-1-(x-right)]]
			}
		} else {
			for x := first; x < last; x++ {
				row[x] = inputs[pixels[x-right]]
			}
		}
	}
}
