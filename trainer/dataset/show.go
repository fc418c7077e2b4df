package dataset

import (
	"context"
	"image"

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
	s := Details{Manifest: m, Counts: make([]ClassCount, len(d.Classes)), Notes: m.Notes()}
	for i, class := range d.Classes {
		s.Counts[i].Class = class
	}
	for _, label := range d.Train.Labels {
		s.Counts[label].Train++
	}
	for _, label := range d.Test.Labels {
		s.Counts[label].Test++
	}
	most := s.Counts[0]
	for _, c := range s.Counts[1:] {
		if c.Train > most.Train {
			most = c
		}
	}
	s.Chance = float64(most.Test) / float64(d.Test.Len())
	return s, d, nil
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
