package graph

import (
	"errors"
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
	morePixels     []float32 // of the batch that is prepared meanwhile
	moreClasses    []float32
}

// newBatch allocates a batch on the backend; what it needs on the host is made by onHost.
func newBatch(b trainer.Backend, d *trainer.Dataset, rows int) (batch, error) {
	in := batch{backend: b, data: d, rows: rows}
	var err error
	if in.images, err = b.Alloc(rows * d.ImageSize()); err != nil {
		return in, fmt.Errorf("allocate a batch of %d images: %w", rows, err)
	}
	if in.labels, err = b.Alloc(rows); err != nil {
		return in, fmt.Errorf("allocate a batch of %d labels: %w", rows, err)
	}
	return in, nil
}

// onHost allocates the images and labels on the host: once, or twice where batches are fed.
func (b *batch) onHost(fed bool) {
	b.pixels, b.classes = make([]float32, b.rows*b.data.ImageSize()), make([]float32, b.rows)
	if fed {
		b.morePixels, b.moreClasses = make([]float32, len(b.pixels)), make([]float32, b.rows)
	}
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

// feed prepares the batches of an epoch while those before are trained on.
type feed struct {
	batch *batch
	ready chan filled
	free  chan filled
	done  chan struct{}
	ended chan struct{}
}

// filled is a batch on the host.
type filled struct {
	pixels, classes []float32
	rows            int
}

// feed begins to fill batches with the images in the given order; the feed has to be stopped.
func (b *batch) feed(images trainer.Images, order []int, a dataset.Augmentation) *feed {
	f := &feed{batch: b, ready: make(chan filled, 2), free: make(chan filled, 2), done: make(chan struct{}), ended: make(chan struct{})}
	f.free <- filled{pixels: b.pixels, classes: b.classes}
	f.free <- filled{pixels: b.morePixels, classes: b.moreClasses}
	go func() {
		defer close(f.ended)
		for start := 0; start < len(order); start += b.rows {
			indices := order[start:min(start+b.rows, len(order))]
			select {
			case next := <-f.free:
				next.rows = len(indices)
				dataset.Fill(next.pixels, next.classes, b.data, images, indices, a)
				f.ready <- next // there is room for all of them
			case <-f.done:
				return
			}
		}
	}()
	return f
}

// next puts the next batch on the backend and returns its number of images.
func (f *feed) next() (int, error) {
	got := <-f.ready
	b := f.batch
	err := errors.Join(b.backend.Upload(b.images, got.pixels[:got.rows*b.data.ImageSize()]), b.backend.Upload(b.labels, got.classes[:got.rows]))
	f.free <- got
	return got.rows, err
}

func (f *feed) stop() {
	close(f.done)
	<-f.ended
}

func upload(b trainer.Backend, values []float32) (trainer.Buffer, error) {
	buffer, err := b.Alloc(len(values))
	if err != nil {
		return nil, err
	}
	return buffer, b.Upload(buffer, values)
}
