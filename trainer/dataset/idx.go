package dataset

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/binary"
	"io"
	"slices"
	"strconv"

	"probewise/trainer"
)

// The names of the four files of MNIST and its successors, each with or without ".gz".
const (
	idxTrainImages = "train-images-idx3-ubyte"
	idxTrainLabels = "train-labels-idx1-ubyte"
	idxTestImages  = "t10k-images-idx3-ubyte"
	idxTestLabels  = "t10k-labels-idx1-ubyte"
)

// readIDXSet reads the four files. The classes are the numbers 0 … the largest training label.
func readIDXSet(ctx context.Context, t *tree, progress func(done, total int64)) (*trainer.Dataset, error) {
	d := &trainer.Dataset{Channels: 1}
	for _, part := range []struct {
		images, labels string
		to             *trainer.Images
	}{{idxTrainImages, idxTrainLabels, &d.Train}, {idxTestImages, idxTestLabels, &d.Test}} {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		shape, pixels, err := t.readIDX(part.images, 3)
		if err != nil {
			return nil, err
		}
		count, labels, err := t.readIDX(part.labels, 1)
		if err != nil {
			return nil, err
		}
		if count[0] != shape[0] {
			return nil, badInput(part.labels, "%d labels for %d images", count[0], shape[0])
		}
		if d.Height == 0 {
			d.Height, d.Width = shape[1], shape[2]
			for c := range int(slices.Max(labels)) + 1 {
				d.Classes = append(d.Classes, strconv.Itoa(c))
			}
		} else if d.Height != shape[1] || d.Width != shape[2] {
			return nil, badInput(part.images, "images of %d×%d, but %s has %d×%d", shape[1], shape[2], idxTrainImages,
				d.Height, d.Width)
		}
		part.to.Pixels, part.to.Labels = pixels, make([]uint16, len(labels))
		for i, l := range labels {
			if int(l) >= len(d.Classes) {
				return nil, badInput(part.labels,
					"label %d of image %d is out of range: the training labels are 0 to %d", l, i, len(d.Classes)-1)
			}
			part.to.Labels[i] = uint16(l)
		}
	}
	n := int64(d.Train.Len() + d.Test.Len())
	progress(n, n)
	return d, nil
}

// readIDX reads the file of that name, with or without ".gz".
func (t *tree) readIDX(base string, rank int) (shape []int, data []byte, err error) {
	name := base
	if t.find(base) == nil && t.find(base+".gz") != nil {
		name = base + ".gz"
	}
	err = t.read(name, func(f io.Reader) error {
		r := bufio.NewReader(f)
		if magic, _ := r.Peek(2); string(magic) != gzipMagic {
			shape, data, err = readIDX(name, r, rank)
			return err
		}
		z, err := gzip.NewReader(r)
		if err != nil {
			return badInput(name, "%v", err)
		}
		shape, data, err = readIDX(name, z, rank)
		return err
	})
	return shape, data, err
}

const gzipMagic = "\x1f\x8b"

// readIDX reads an array of bytes with rank 1 (labels) or 3 (images, height, width) in the IDX format: two zero bytes,
// the type 8 (unsigned byte), the rank, each size as 32 bits big-endian, the values (LeCun, Cortes, Burges: "The MNIST
// database"). It takes no more memory than the file holds.
func readIDX(file string, r io.Reader, rank int) (shape []int, data []byte, err error) {
	header := make([]byte, 4+4*rank)
	n, err := io.ReadFull(r, header)
	if want := [4]byte{0, 0, 8, byte(rank)}; n >= 4 && [4]byte(header) != want {
		return nil, nil, badInput(file,
			"not an IDX file of rank %d with bytes: begins with % x, expected % x", rank, header[:4], want)
	}
	if err != nil {
		return nil, nil, badInput(file, "not a whole IDX header: expected %d bytes, has %d", len(header), n)
	}
	total := int64(1)
	for i := range rank {
		n := int64(binary.BigEndian.Uint32(header[4+4*i:]))
		if n < 1 || i > 0 && n > MaxSide || n > MaxBytes/total {
			return nil, nil, badInput(file,
				"size %d of dimension %d is out of range (images up to %d×%d, %d GiB in all)", n, i, MaxSide, MaxSide,
				MaxBytes>>30)
		}
		total *= n
		shape = append(shape, int(n))
	}
	data, err = readExactly(file, r, total)
	return shape, data, err
}
