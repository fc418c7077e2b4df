package main

import (
	"fmt"
	"math/rand/v2"

	"probewise/trainer"
)

// few is how many images of a data set are kept: a run uses one batch and its validation images.
const few = 400

// fit gives the sample the form that a net takes: as it is, or as colour pictures of 32×32.
func fit(d *trainer.Dataset, input [3]int) (*trainer.Dataset, error) {
	small := *d
	small.Train, small.Test = first(d, d.Train, few), first(d, d.Test, few/4)
	switch input {
	case [3]int{d.Height, d.Width, d.Channels}:
		return &small, nil
	case [3]int{32, 32, 3}:
		return colour(&small), nil
	}
	return nil, fmt.Errorf("there are no images of %v", input)
}

func first(d *trainer.Dataset, from trainer.Images, n int) trainer.Images {
	return trainer.Images{Pixels: from.Pixels[:n*d.ImageSize()], Labels: from.Labels[:n]}
}

// colour makes pictures of 32×32 in three channels, as photographs are: the gray one in the middle, its mirror image
// and its negative, under noise. Without noise a pool would see a background of equal values, of which rounding picks
// the largest.
func colour(d *trainer.Dataset) *trainer.Dataset {
	const side = 32
	noise := rand.New(rand.NewPCG(1, 1))
	c := *d
	c.Name, c.ID, c.Height, c.Width, c.Channels = "colour", "colour", side, side, 3
	for _, part := range []*trainer.Images{&c.Train, &c.Test} {
		gray := *part
		part.Pixels = make([]byte, gray.Len()*c.ImageSize())
		for i := range gray.Len() {
			image := part.Pixels[i*c.ImageSize() : (i+1)*c.ImageSize()]
			for at := range image {
				image[at] = byte(noise.IntN(128))
			}
			for at, pixel := range gray.Pixels[i*d.ImageSize() : (i+1)*d.ImageSize()] {
				row, column := at/d.Width+(side-d.Height)/2, at%d.Width+(side-d.Width)/2
				image[row*side+column] += pixel / 2
				image[(side+row)*side+side-1-column] += pixel / 2
				image[(2*side+row)*side+column] += (255 - pixel) / 2
			}
		}
	}
	return &c
}
