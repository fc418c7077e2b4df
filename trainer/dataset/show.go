package dataset

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"

	"probewise/trainer"
)

// Details is a data set's manifest with its counts by class.
type Details struct {
	Manifest
	Counts []ClassCount `json:"class_counts" nullable:"false"` // in the order of the classes
	// Chance is the test accuracy of always answering the class with the most training images.
	Chance float64  `json:"chance"`
	Notes  []string `json:"notes,omitempty"` // what was done to the files, in sentences
}

// ClassCount counts the images of one class.
type ClassCount struct {
	Class string `json:"class"`
	Train int    `json:"train"` // validation included
	Test  int    `json:"test"`
}

// Show counts the images of a data set by class. A name that is not there gives an UnknownError.
func (l *Library) Show(ctx context.Context, name string) (Details, *trainer.Dataset, error) {
	m, err := l.Manifest(name)
	if err != nil {
		return Details{}, nil, err
	}
	d, err := l.Load(ctx, name)
	if err != nil {
		return Details{}, nil, err
	}
	s, err := m.details(d.Train.Labels, d.Test.Labels)
	return s, d, err
}

// Details counts the images of a data set by class, from its labels alone: pixels are neither read nor checked. A name
// that is not there gives an UnknownError.
func (l *Library) Details(ctx context.Context, name string) (Details, error) {
	if name == Sample {
		s, _, err := l.Show(ctx, name)
		return s, err
	}
	m, err := l.Manifest(name)
	if err != nil {
		return Details{}, err
	}
	fail := func(err error) (Details, error) { return Details{}, fmt.Errorf("count data set %q: %w", name, err) }
	if err := checkShape(m.Train, m.Test, m.Channels, m.Height, m.Width, len(m.Classes)); err != nil {
		return fail(err)
	}
	f, err := os.Open(filepath.Join(l.folder, name, cacheFile))
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	train, test, size := make([]byte, 2*m.Train), make([]byte, 2*m.Test), m.empty().ImageSize()
	_, err = f.ReadAt(train, int64(m.Train*size))
	if err == nil {
		_, err = f.ReadAt(test, int64(m.Train*(size+2)+m.Test*size))
	}
	if err != nil {
		return fail(err)
	}
	s, err := m.details(unpackLabels(train), unpackLabels(test))
	if err != nil {
		return fail(err)
	}
	return s, nil
}

func (m Manifest) details(train, test []uint16) (Details, error) {
	s := Details{Manifest: m, Counts: make([]ClassCount, len(m.Classes)), Notes: m.Notes()}
	for i, class := range m.Classes {
		s.Counts[i].Class = class
	}
	for _, label := range slices.Concat(train, test) {
		if int(label) >= len(s.Counts) {
			return Details{}, fmt.Errorf("%s is damaged: label %d of %d classes", cacheFile, label, len(s.Counts))
		}
	}
	for _, label := range train {
		s.Counts[label].Train++
	}
	for _, label := range test {
		s.Counts[label].Test++
	}
	most := slices.MaxFunc(s.Counts, func(a, b ClassCount) int { return cmp.Compare(a.Train, b.Train) })
	s.Chance = float64(most.Test) / float64(len(test))
	return s, nil
}

const (
	sampleColumns = 10
	meanColumns   = 10
	sheetGap      = 1       // pixels between images, white
	maxSheet      = 1 << 25 // pixels of a sheet, rows beyond which are left out
)

// Samples draws a sheet of training images, one row of 10 for each class in their order, always the same ones. A class
// with fewer has a shorter row. Of very many or large classes the first rows are shown: as many as it returns.
func Samples(d *trainer.Dataset) (sheet *image.RGBA, classes int) {
	byClass := make([][]int, len(d.Classes))
	for _, i := range permutation(d.Train.Len(), d.SplitSeed, streamSamples) {
		if label := d.Train.Labels[i]; len(byClass[label]) < sampleColumns {
			byClass[label] = append(byClass[label], i)
		}
	}
	rows := min(len(d.Classes), max(1, maxSheet/(sampleColumns*(d.Height+sheetGap)*(d.Width+sheetGap))))
	s := newSheet(d, rows, sampleColumns)
	for row, indices := range byClass[:rows] {
		for column, i := range indices {
			s.put(row, column, d.Train.Pixels[i*d.ImageSize():(i+1)*d.ImageSize()])
		}
	}
	return s.img, rows
}

// Means draws the mean of all training images, and behind it that of each class in their order, 10 to a row. Of very
// many or large classes the first are shown: as many as it returns.
func Means(d *trainer.Dataset) (sheet *image.RGBA, classes int) {
	most := maxSheet / ((d.Height + sheetGap) * (d.Width + sheetGap)) / meanColumns * meanColumns
	classes = min(len(d.Classes), max(meanColumns, most)-1)
	sums, counts := make([][]int64, classes+1), make([]int64, classes+1)
	for i := range sums {
		sums[i] = make([]int64, d.ImageSize())
	}
	for i, label := range d.Train.Labels {
		places := []int{0}
		if int(label) < classes {
			places = append(places, int(label)+1)
		}
		for _, place := range places {
			counts[place]++
			for j, p := range d.Train.Pixels[i*d.ImageSize() : (i+1)*d.ImageSize()] {
				sums[place][j] += int64(p)
			}
		}
	}
	s := newSheet(d, (classes+meanColumns)/meanColumns, min(classes+1, meanColumns))
	mean := make([]byte, d.ImageSize())
	for place, sum := range sums {
		for j, v := range sum {
			mean[j] = byte((2*v + counts[place]) / (2 * counts[place])) // rounded; each class has training images
		}
		s.put(place/meanColumns, place%meanColumns, mean)
	}
	return s.img, classes
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
