package dataset

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"image"
	"image/png"

	"probewise/trainer"
)

// Sample is the data set inside the program: 10,000 training and 2,000 test images of Fashion-MNIST, the same number of
// each class (MIT licence, Zalando SE; see sample/LICENSE). It is cut from the train and t10k files of an IDX copy that
// holds all images but not the official split.
const Sample = "fashion-mnist-sample"

// The sample's images are stored as two PNG contact sheets, which any viewer shows: SheetColumns images to a row, image
// i of class i mod (number of classes).
const SheetColumns = 100

var (
	//go:embed sample/train.png
	sampleTrain []byte
	//go:embed sample/test.png
	sampleTest []byte
	//go:embed sample/manifest.json
	sampleText []byte
)

func sampleManifest() Manifest {
	var m Manifest
	if err := json.Unmarshal(sampleText, &m); err != nil {
		panic("dataset: embedded sample/manifest.json: " + err.Error()) // a fault of the build, not of the user
	}
	return m
}

func loadSample(ctx context.Context) (*trainer.Dataset, error) {
	m := sampleManifest()
	d := m.empty()
	for _, part := range []struct {
		sheet  []byte
		n      int
		images *trainer.Images
	}{{sampleTrain, m.Train, &d.Train}, {sampleTest, m.Test, &d.Test}} {
		if err := context.Cause(ctx); err != nil {
			return nil, fmt.Errorf("load data set %q: %w", Sample, err)
		}
		images, err := readSheet(part.sheet, part.n, d)
		if err != nil {
			return nil, fmt.Errorf("load data set %q: %w", Sample, err)
		}
		*part.images = images
	}
	if id := contentID(d); id != m.ID {
		return nil, fmt.Errorf("load data set %q: its hash is %s, the manifest says %s", Sample, id, m.ID)
	}
	return d, check(d)
}

// readSheet cuts n gray images of d's size out of a contact sheet.
func readSheet(sheet []byte, n int, d *trainer.Dataset) (trainer.Images, error) {
	decoded, err := png.Decode(bytes.NewReader(sheet))
	if err != nil {
		return trainer.Images{}, fmt.Errorf("contact sheet: %w", err)
	}
	gray, ok := decoded.(*image.Gray)
	want := image.Pt(SheetColumns*d.Width, (n+SheetColumns-1)/SheetColumns*d.Height)
	if !ok || gray.Rect.Size() != want {
		return trainer.Images{}, fmt.Errorf("contact sheet: %T of %v pixels, expected gray of %v", decoded,
			decoded.Bounds().Size(), want)
	}
	images := trainer.Images{Pixels: make([]byte, 0, n*d.ImageSize()), Labels: make([]uint16, n)}
	for i := range n {
		images.Labels[i] = uint16(i % len(d.Classes))
		left, top := i%SheetColumns*d.Width, i/SheetColumns*d.Height
		for y := range d.Height {
			row := gray.Pix[(top+y)*gray.Stride+left:]
			images.Pixels = append(images.Pixels, row[:d.Width]...)
		}
	}
	return images, nil
}
