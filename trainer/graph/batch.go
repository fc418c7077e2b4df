package graph

import (
	"fmt"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

// batch is the input of a network: up to rows images and their labels, on the host and on the backend.
type batch struct {
	backend        trainer.Backend
	data           *trainer.Dataset
	rows           int
	images, labels trainer.Buffer
	pixels         []float32
	classes        []float32
}

func newBatch(b trainer.Backend, d *trainer.Dataset, rows int) (batch, error) {
	in := batch{backend: b, data: d, rows: rows, pixels: make([]float32, rows*d.ImageSize()), classes: make([]float32, rows)}
	var err error
	if in.images, err = b.Alloc(len(in.pixels)); err != nil {
		return in, fmt.Errorf("allocate a batch of %d images: %w", rows, err)
	}
	if in.labels, err = b.Alloc(rows); err != nil {
		return in, fmt.Errorf("allocate a batch of %d labels: %w", rows, err)
	}
	return in, nil
}

// fill puts the images with the given indices into the batch and returns their number.
func (b *batch) fill(images trainer.Images, indices []int, a dataset.Augmentation) (int, error) {
	n := len(indices)
	pixels, classes := b.pixels[:n*b.data.ImageSize()], b.classes[:n]
	dataset.Fill(pixels, classes, b.data, images, indices, a)
	if err := b.backend.Upload(b.images, pixels); err != nil {
		return 0, err
	}
	return n, b.backend.Upload(b.labels, classes)
}

func upload(b trainer.Backend, values []float32) (trainer.Buffer, error) {
	buffer, err := b.Alloc(len(values))
	if err != nil {
		return nil, err
	}
	return buffer, b.Upload(buffer, values)
}
