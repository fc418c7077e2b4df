package dataset

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"

	"probewise/trainer"
)

// A Sheet is a picture of a data set.
type Sheet string

// The sheets: some training images of each class, and the means of all and of each class.
const (
	SheetSamples Sheet = "samples"
	SheetMean    Sheet = "mean"
)

// Tag changes with what a sheet shows.
func (m Manifest) Tag(s Sheet) string { return fmt.Sprintf(`"%s-%d-%s"`, m.ID, m.SplitSeed, s) }

// Sheet draws a sheet as a PNG; images come from the disk one by one and are not kept. classes: as many are shown. A
// name that is not there gives an UnknownError.
func (l *Library) Sheet(ctx context.Context, name string, s Sheet) (content []byte, classes int, err error) {
	source, done, err := l.trainingImages(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	defer done()
	draw := samples
	if s == SheetMean {
		draw = means
	}
	sheet, classes, err := draw(ctx, source)
	if err != nil {
		return nil, 0, fmt.Errorf("draw data set %q: %w", name, err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, sheet); err != nil {
		return nil, 0, fmt.Errorf("draw data set %q: %w", name, err)
	}
	return b.Bytes(), classes, nil
}

// trainingSource is the training images of a data set: labels, and pixels when they are asked for.
type trainingSource struct {
	*trainer.Dataset
	labels []uint16
	pixels func(i int) ([]byte, error) // valid until the next
	stream func() func(i int) ([]byte, error)
}

func sourceOf(d *trainer.Dataset) trainingSource {
	pixels := func(i int) ([]byte, error) { return d.Train.Pixels[i*d.ImageSize() : (i+1)*d.ImageSize()], nil }
	return trainingSource{d, d.Train.Labels, pixels, func() func(int) ([]byte, error) { return pixels }}
}

func (l *Library) trainingImages(ctx context.Context, name string) (s trainingSource, done func(), err error) {
	if name == Sample {
		d, err := l.Load(ctx, name)
		if err != nil {
			return s, nil, err
		}
		return sourceOf(d), func() {}, nil
	}
	m, err := l.Manifest(name)
	if err != nil {
		return s, nil, err
	}
	f, train, _, err := l.openLabels(m)
	if err != nil {
		return s, nil, fmt.Errorf("draw data set %q: %w", name, err)
	}
	s = trainingSource{Dataset: m.empty(), labels: train}
	pixels := make([]byte, s.ImageSize())
	s.pixels = func(i int) ([]byte, error) {
		_, err := f.ReadAt(pixels, int64(i)*int64(len(pixels)))
		return pixels, err
	}
	s.stream = func() func(int) ([]byte, error) { // from the first on
		r := bufio.NewReaderSize(io.NewSectionReader(f, 0, int64(len(train))*int64(len(pixels))), 1<<20)
		return func(int) ([]byte, error) {
			_, err := io.ReadFull(r, pixels)
			return pixels, err
		}
	}
	return s, func() { f.Close() }, nil
}

// SheetColumnsShown is how many images stand in a row of a Sheet.
const SheetColumnsShown = 10

const (
	sampleColumns = SheetColumnsShown
	meanColumns   = SheetColumnsShown
	sheetGap      = 1       // pixels between images, white
	maxSheet      = 1 << 23 // pixels of a sheet, rows beyond which are left out
)

// samples draws a sheet of training images, one row of 10 for each class in their order, always the same ones. A class
// with fewer has a shorter row. Of very many or large classes the first rows are shown: as many as it returns.
func samples(ctx context.Context, d trainingSource) (sheet *image.RGBA, classes int, err error) {
	byClass := make([][]int, len(d.Classes))
	for _, i := range permutation(len(d.labels), d.SplitSeed, streamSamples) {
		if label := d.labels[i]; len(byClass[label]) < sampleColumns {
			byClass[label] = append(byClass[label], i)
		}
	}
	rows := min(len(d.Classes), max(1, maxSheet/(sampleColumns*(d.Height+sheetGap)*(d.Width+sheetGap))))
	s := newSheet(d.Dataset, rows, sampleColumns)
	for row, indices := range byClass[:rows] {
		if err := context.Cause(ctx); err != nil {
			return nil, 0, err
		}
		for column, i := range indices {
			pixels, err := d.pixels(i)
			if err != nil {
				return nil, 0, err
			}
			s.put(row, column, pixels)
		}
	}
	return s.img, rows, nil
}

// means draws the mean of all training images, and behind it that of each class in their order, 10 to a row. Of very
// many or large classes the first are shown: as many as it returns.
func means(ctx context.Context, d trainingSource) (sheet *image.RGBA, classes int, err error) {
	most := maxSheet / ((d.Height + sheetGap) * (d.Width + sheetGap)) / meanColumns * meanColumns
	classes = min(len(d.Classes), max(meanColumns, most)-1)
	sums, counts := make([][]int64, classes+1), make([]int64, classes+1)
	for i := range sums {
		sums[i] = make([]int64, d.ImageSize())
	}
	next := d.stream()
	for i, label := range d.labels {
		if err := context.Cause(ctx); err != nil {
			return nil, 0, err
		}
		pixels, err := next(i)
		if err != nil {
			return nil, 0, err
		}
		places := []int{0}
		if int(label) < classes {
			places = append(places, int(label)+1)
		}
		for _, place := range places {
			counts[place]++
			for j, p := range pixels {
				sums[place][j] += int64(p)
			}
		}
	}
	s := newSheet(d.Dataset, (classes+meanColumns)/meanColumns, min(classes+1, meanColumns))
	mean := make([]byte, d.ImageSize())
	for place, sum := range sums {
		for j, v := range sum {
			mean[j] = byte((2*v + counts[place]) / (2 * max(counts[place], 1))) // rounded
		}
		s.put(place/meanColumns, place%meanColumns, mean)
	}
	return s.img, classes, nil
}

// grid is a sheet of images of one size.
type grid struct {
	d   *trainer.Dataset
	img *image.RGBA
}

func newSheet(d *trainer.Dataset, rows, columns int) grid {
	img := image.NewRGBA(image.Rect(0, 0, columns*(d.Width+sheetGap)-sheetGap, rows*(d.Height+sheetGap)-sheetGap))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return grid{d, img}
}

// put draws an image of planes.
func (s grid) put(row, column int, pixels []byte) {
	plane := s.d.Height * s.d.Width
	for i := range plane {
		x, y := column*(s.d.Width+sheetGap)+i%s.d.Width, row*(s.d.Height+sheetGap)+i/s.d.Width
		to := s.img.Pix[s.img.PixOffset(x, y):]
		for c := range 3 {
			to[c] = pixels[min(c, s.d.Channels-1)*plane+i]
		}
	}
}
