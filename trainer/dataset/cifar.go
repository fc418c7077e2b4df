package dataset

import (
	"context"
	"io"
	"strings"

	"probewise/trainer"
)

// cifarLayout is one of the two binary layouts of Krizhevsky's CIFAR page: files of records, each of labelBytes label
// bytes (of which the last counts: CIFAR-100 puts the coarse label before the fine one) and 3072 pixels, three planes
// of 32×32, red, green, blue.
type cifarLayout struct {
	format      string
	train       []string
	trainImages int // in each file
	test        string
	testImages  int
	names       string // file of class names, one a line
	classes     int
	labelBytes  int
}

const (
	cifarSide   = 32
	cifarPixels = 3 * cifarSide * cifarSide
)

var cifarLayouts = []cifarLayout{
	{
		format:     "cifar10-binary",
		classes:    10,
		labelBytes: 1,
		names:      "batches.meta.txt",
		train: []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
			"data_batch_5.bin"},
		trainImages: 10000,
		test:        "test_batch.bin",
		testImages:  10000,
	},
	{
		format:      "cifar100-binary",
		classes:     100,
		labelBytes:  2,
		names:       "fine_label_names.txt",
		train:       []string{"train.bin"},
		trainImages: 50000,
		test:        "test.bin",
		testImages:  10000,
	},
}

func readCIFARSet(ctx context.Context, t *tree, l cifarLayout,
	progress func(done, total int64)) (*trainer.Dataset, error) {
	d := &trainer.Dataset{Height: cifarSide, Width: cifarSide, Channels: 3}
	text, err := t.readAll(l.names, 1<<16)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			d.Classes = append(d.Classes, line)
		}
	}
	if len(d.Classes) != l.classes {
		return nil, badInput(l.names, "%d class names, expected %d", len(d.Classes), l.classes)
	}
	images := len(l.train) * l.trainImages
	d.Train.Pixels = make([]byte, 0, images*cifarPixels)
	d.Test.Pixels = make([]byte, 0, l.testImages*cifarPixels)
	total := int64(images + l.testImages)
	for _, file := range append(l.train[:len(l.train):len(l.train)], l.test) {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		to, n := &d.Train, l.trainImages
		if file == l.test {
			to, n = &d.Test, l.testImages
		}
		if err := t.read(file, func(r io.Reader) error { return readCIFAR(file, r, l, n, to) }); err != nil {
			return nil, err
		}
		progress(int64(d.Train.Len()+d.Test.Len()), total)
	}
	return d, nil
}

// readCIFAR appends the n images that a file must have.
func readCIFAR(file string, r io.Reader, l cifarLayout, n int, to *trainer.Images) error {
	record := l.labelBytes + cifarPixels
	data, err := readExactly(file, r, int64(n)*int64(record))
	if err != nil {
		return err
	}
	for i := range n {
		b := data[i*record : (i+1)*record]
		label := b[l.labelBytes-1]
		if int(label) >= l.classes {
			return badInput(file, "label %d of image %d is out of range: there are %d classes", label, i, l.classes)
		}
		to.Labels = append(to.Labels, uint16(label))
		to.Pixels = append(to.Pixels, b[l.labelBytes:]...)
	}
	return nil
}
