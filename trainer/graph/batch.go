package graph

import (
	"errors"
	"fmt"
	"slices"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

// source is where the images of batches come from: a data set's training or test images.
type source struct {
	data   *trainer.Dataset
	images trainer.Images
	kept   *kept // nil: batches are made on the host
}

// kept are images that a backend with memory of its own holds, so that a step sends only which of them it takes.
type kept struct {
	indices        []int   // of the images, in their order on the backend
	place          []int32 // of each image of the source
	pixels, labels trainer.Buffer
}

// maxKept images have whole numbers as float32.
const maxKept = 1 << 24

// keep allocates memory for the images with the given indices.
func (s *source) keep(b trainer.Backend, indices []int) error {
	k := &kept{indices: indices, place: make([]int32, s.images.Len())}
	for at, i := range indices {
		k.place[i] = int32(at)
	}
	var err, err2 error
	k.pixels, err = b.Alloc(len(indices) * dataset.PackedSize(s.data))
	k.labels, err2 = b.Alloc(len(indices))
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("allocate %d images: %w", len(indices), err)
	}
	s.kept = k
	return nil
}

// uploadedAtOnce is the number of images that are packed and uploaded together: where the next ones begin a slice can.
func uploadedAtOnce(d *trainer.Dataset) int {
	return max(1<<20/dataset.PackedSize(d), 1) * trainer.SliceStep
}

// upload puts the images that are kept on the backend, some at a time.
func (s *source) upload(b trainer.Backend) error {
	if s.kept == nil {
		return nil
	}
	size, most := dataset.PackedSize(s.data), uploadedAtOnce(s.data)
	pixels, labels := make([]float32, most*size), make([]float32, most)
	at := 0
	for some := range slices.Chunk(s.kept.indices, most) {
		n := len(some)
		dataset.Pack(pixels, labels, s.data, s.images, some)
		toPixels, err := b.Slice(s.kept.pixels, at*size, n*size)
		toLabels, err2 := b.Slice(s.kept.labels, at, n)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if err := errors.Join(b.Upload(toPixels, pixels[:n*size]), b.Upload(toLabels, labels[:n])); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// upTo are the numbers from 0 to n−1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// batch is the input of a network: up to rows images and their labels on the backend, and what it takes to put them
// there.
type batch struct {
	backend        trainer.Backend
	data           *trainer.Dataset
	rows           int
	images, labels trainer.Buffer
	picks          trainer.Buffer    // where images are kept
	gather         map[*source]*plan // from each source that is kept
	host           []float32         // pixels and then labels, or picks
	more           []float32         // of the batch that is prepared meanwhile
}

// newBatch allocates a batch on the backend; what it needs on the host is made by onHost. All sources are kept, or
// none.
func newBatch(b trainer.Backend, rows int, sources ...*source) (batch, error) {
	d := sources[0].data
	in := batch{backend: b, data: d, rows: rows}
	var err error
	if in.images, err = b.Alloc(rows * d.ImageSize()); err != nil {
		return in, fmt.Errorf("allocate a batch of %d images: %w", rows, err)
	}
	if in.labels, err = b.Alloc(rows); err != nil {
		return in, fmt.Errorf("allocate a batch of %d labels: %w", rows, err)
	}
	if sources[0].kept == nil {
		return in, nil
	}
	if in.picks, err = b.Alloc(rows * dataset.PickSize); err != nil {
		return in, fmt.Errorf("allocate a batch of %d picks: %w", rows, err)
	}
	in.gather = map[*source]*plan{}
	for _, s := range sources {
		if len(s.kept.indices) == 0 {
			continue
		}
		in.gather[s] = newPlan(b, rows, trainer.Call{
			Op:  trainer.GatherOp{N: rows, Images: len(s.kept.indices), C: d.Channels, H: d.Height, W: d.Width},
			In:  []trainer.Buffer{s.kept.pixels, s.kept.labels, in.picks},
			Out: []trainer.Buffer{in.images, in.labels}})
	}
	return in, nil
}

// plans gather a batch from these sources; there are none where batches are made on the host.
func (b *batch) plans(sources ...*source) (plans []*plan) {
	for _, s := range sources {
		if p, ok := b.gather[s]; ok {
			plans = append(plans, p)
		}
	}
	return plans
}

// hostValues are the values that a batch takes on the host.
func (b *batch) hostValues() int {
	if b.picks != nil {
		return b.rows * dataset.PickSize
	}
	return b.rows * (b.data.ImageSize() + 1)
}

// onHost allocates what batches are prepared in: once, or twice where they are fed.
func (b *batch) onHost(fed bool) {
	b.host = make([]float32, b.hostValues())
	if fed {
		b.more = make([]float32, len(b.host))
	}
}

// prepare writes the batch of the images with the given indices to values, as send takes it.
func (b *batch) prepare(values []float32, from *source, indices []int, a dataset.Augmentation) {
	if from.kept != nil {
		dataset.Picks(values, indices, from.kept.place, a)
		return
	}
	pixels, labels := b.parts(values)
	dataset.Fill(pixels, labels, from.data, from.images, indices, a)
}

func (b *batch) parts(values []float32) (pixels, labels []float32) {
	at := b.rows * b.data.ImageSize()
	return values[:at], values[at:]
}

// send puts a prepared batch of n images on the backend.
func (b *batch) send(values []float32, from *source, n int) error {
	if from.kept != nil {
		return errors.Join(b.backend.Upload(b.picks, values[:n*dataset.PickSize]),
			b.gather[from].run(n, trainer.Step{}))
	}
	pixels, labels := b.parts(values)
	return errors.Join(b.backend.Upload(b.images, pixels[:n*b.data.ImageSize()]),
		b.backend.Upload(b.labels, labels[:n]))
}

// fill puts the images with the given indices into the batch and returns their number.
func (b *batch) fill(from *source, indices []int, a dataset.Augmentation) (int, error) {
	b.prepare(b.host, from, indices, a)
	return len(indices), b.send(b.host, from, len(indices))
}

// feed prepares the batches of an epoch while those before are trained on.
type feed struct {
	batch *batch
	from  *source
	ready chan filled
	free  chan []float32
	done  chan struct{}
	ended chan struct{}
}

// filled is a batch on the host.
type filled struct {
	values []float32
	rows   int
}

// feed begins to prepare batches of the images in the given order; the feed has to be stopped.
func (b *batch) feed(from *source, order []int, a dataset.Augmentation) *feed {
	f := &feed{
		batch: b,
		from:  from,
		ready: make(chan filled, 2),
		free:  make(chan []float32, 2),
		done:  make(chan struct{}),
		ended: make(chan struct{}),
	}
	f.free <- b.host
	f.free <- b.more
	go func() {
		defer close(f.ended)
		for indices := range slices.Chunk(order, b.rows) {
			select {
			case values := <-f.free:
				b.prepare(values, from, indices, a)
				f.ready <- filled{values, len(indices)} // there is room for all of them
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
	err := f.batch.send(got.values, f.from, got.rows)
	f.free <- got.values
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
