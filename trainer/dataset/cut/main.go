// Command cut makes the data set that is embedded in the program: from the four IDX files of Fashion-MNIST it draws
// 1,000 training and 200 test images of each class and writes sample/train.png, sample/test.png and
// sample/manifest.json. The draw is seeded: the same files give the same sample, byte for byte in its content.
//
//	go run ./trainer/dataset/cut --from DIR
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

const (
	trainPerClass = 1000
	testPerClass  = 200
	drawSeed      = 1
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "cut:", err)
		stop()
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("cut", flag.ContinueOnError)
	flags.SetOutput(errOut)
	from := flags.String("from", "", "folder with the four IDX files of Fashion-MNIST")
	to := flags.String("to", filepath.Join("trainer", "dataset", "sample"), "folder to write to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *from == "" {
		return errors.New("--from DIR is needed")
	}
	all, err := load(ctx, *from)
	if err != nil {
		return err
	}
	sample, err := cut(all)
	if err != nil {
		return err
	}
	if err := write(sample, *to); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d training and %d test images, id %s\n", sample.Train.Len(), sample.Test.Len(),
		dataset.Describe(sample).ID)
	return err
}

// load reads the files through a library that is thrown away.
func load(ctx context.Context, from string) (*trainer.Dataset, error) {
	dir, err := os.MkdirTemp("", "probewise-cut-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	library := dataset.Open(dir)
	const name = "fashion-mnist" // gives the classes their names
	if _, err := library.Add(ctx, name, from, dataset.Options{}, nil); err != nil {
		return nil, err
	}
	return library.Load(ctx, name)
}

// cut draws the sample. No image is taken twice, and no test image that is also a training image of the sample.
func cut(all *trainer.Dataset) (*trainer.Dataset, error) {
	sample := &trainer.Dataset{
		Name:      dataset.Sample,
		Height:    all.Height,
		Width:     all.Width,
		Channels:  all.Channels,
		Classes:   all.Classes,
		SplitSeed: all.SplitSeed,
	}
	taken := map[string]bool{}
	var err error
	if sample.Train, err = draw(all, all.Train, trainPerClass, taken); err != nil {
		return nil, fmt.Errorf("training images: %w", err)
	}
	if sample.Test, err = draw(all, all.Test, testPerClass, taken); err != nil {
		return nil, fmt.Errorf("test images: %w", err)
	}
	return sample, nil
}

// draw takes n images of each class and lays them out with image i of class i mod classes, as the sheets need it.
func draw(d *trainer.Dataset, from trainer.Images, n int, taken map[string]bool) (trainer.Images, error) {
	indices := make([]int, from.Len())
	for i := range indices {
		indices[i] = i
	}
	size := d.ImageSize()
	drawn := make([][]string, len(d.Classes))
	for _, i := range dataset.Order(indices, drawSeed, 0) {
		pixels, class := string(from.Pixels[i*size:(i+1)*size]), from.Labels[i]
		if len(drawn[class]) < n && !taken[pixels] {
			taken[pixels] = true
			drawn[class] = append(drawn[class], pixels)
		}
	}
	var to trainer.Images
	for i := range n {
		for class := range d.Classes {
			if len(drawn[class]) < n {
				return to, fmt.Errorf("class %q has only %d different images, %d are needed", d.Classes[class],
					len(drawn[class]), n)
			}
			to.Pixels = append(to.Pixels, drawn[class][i]...)
			to.Labels = append(to.Labels, uint16(class))
		}
	}
	return to, nil
}

func write(sample *trainer.Dataset, to string) error {
	if sample.Channels != 1 {
		return fmt.Errorf("%d channels: contact sheets are gray", sample.Channels)
	}
	m := dataset.Describe(sample)
	m.Format = "idx"
	m.Source = "Fashion-MNIST (Zalando SE, MIT licence), cut by trainer/dataset/cut from a copy with all images but " +
		"not the official split"
	// publication of Fashion-MNIST: the output depends on no clock
	m.Added = time.Date(2017, 8, 25, 0, 0, 0, 0, time.UTC)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(to, "manifest.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := writeSheet(filepath.Join(to, "train.png"), sample, sample.Train); err != nil {
		return err
	}
	return writeSheet(filepath.Join(to, "test.png"), sample, sample.Test)
}

func writeSheet(file string, d *trainer.Dataset, images trainer.Images) (err error) {
	rows := (images.Len() + dataset.SheetColumns - 1) / dataset.SheetColumns
	sheet := image.NewGray(image.Rect(0, 0, dataset.SheetColumns*d.Width, rows*d.Height))
	for i, pixels := range slices.Collect(slices.Chunk(images.Pixels, d.ImageSize())) {
		left, top := i%dataset.SheetColumns*d.Width, i/dataset.SheetColumns*d.Height
		for y := range d.Height {
			copy(sheet.Pix[(top+y)*sheet.Stride+left:], pixels[y*d.Width:(y+1)*d.Width])
		}
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	return encoder.Encode(f, sheet)
}
