package dataset

import (
	"context"
	"fmt"
	"image"
	"math"
)

// raster says how the pixels of an image lie in a row of values.
type raster struct {
	height, width, channels int
	planar                  bool // one plane a channel; otherwise the channels of a pixel lie together
}

func (r raster) size() int { return r.height * r.width * r.channels }

// image shows the values as an image; a gray one uses them in place.
func (r raster) image(values []byte) image.Image {
	bounds := image.Rect(0, 0, r.width, r.height)
	if r.channels == 1 {
		return &image.Gray{Pix: values, Stride: r.width, Rect: bounds}
	}
	if r.channels == 4 && !r.planar {
		return &image.NRGBA{Pix: values, Stride: 4 * r.width, Rect: bounds}
	}
	plane := r.height * r.width
	pixels := make([]byte, 4*plane)
	for i := range plane {
		pixels[4*i+3] = 255
		for c := range r.channels {
			from := i*r.channels + c
			if r.planar {
				from = c*plane + i
			}
			pixels[4*i+c] = values[from]
		}
	}
	if r.channels == 4 {
		return &image.NRGBA{Pix: pixels, Stride: 4 * r.width, Rect: bounds}
	}
	return &image.RGBA{Pix: pixels, Stride: 4 * r.width, Rect: bounds}
}

// squareRaster is for rows of which only the number of values is known.
func squareRaster(values int) (raster, bool) {
	side := int(math.Sqrt(float64(values)))
	return raster{height: side, width: side, channels: 1}, side > 0 && side*side == values
}

// valueRows are images as rows of numbers: an array or the columns of a table.
type valueRows struct {
	file   string // that holds them
	part   string // what they are for; "": not said
	raster raster
	// each hands on the rows, one after the other, each with the place that messages name. The values are valid until the
	// next row.
	each func(ctx context.Context, f func(place string, values []float64) error) error
}

// scaling is what the values of all images are multiplied with to be 0 to 255.
type scaling struct{ low, high float64 }

func (s *scaling) see(values []float64) error {
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("value %d is %v", i, v)
		}
		s.low, s.high = min(s.low, v), max(s.high, v)
	}
	return nil
}

func (s *scaling) factor() float64 {
	if s.high <= 1 {
		return 255
	}
	return 1
}

// note says what values became, where they were not bytes of the whole range.
func (s *scaling) note() string {
	const dim = 128 // the brightest image of a data set has brighter pixels
	switch {
	case s.high <= 1:
		return fmt.Sprintf("pixel values of %v to %v were multiplied by 255", s.low, s.high)
	case s.high < dim:
		return fmt.Sprintf("warning: pixel values go from %v to %v and were taken as of 0 to 255, so that all images are "+
			"dark; where %[2]v is white, divide by %[2]v first", s.low, s.high)
	}
	return ""
}

// readRasters reads the images of all sources as pictures without a class, in two passes: the first finds out what
// values there are.
func readRasters(ctx context.Context, sources []valueRows) (pictures []picture, s scaling, err error) {
	s = scaling{low: math.Inf(1), high: math.Inf(-1)}
	total := int64(0)
	for _, source := range sources {
		size := source.raster.size()
		if r := source.raster; r.height > MaxSide || r.width > MaxSide {
			return nil, s, badInput(source.file, "images of %d×%d pixels: at most %d×%d are taken", r.height, r.width,
				MaxSide, MaxSide)
		}
		err := source.each(ctx, func(place string, values []float64) error {
			if total += int64(size); total > MaxBytes {
				return badInput(source.file, "more than the limit of %d GiB", MaxBytes>>30)
			}
			if err := s.see(values); err != nil {
				return badInput(place, "%v", err)
			}
			return nil
		})
		if err != nil {
			return nil, s, err
		}
	}
	if s.low < 0 || s.high > 255 {
		return nil, s,
			badInput(sources[0].file, "pixel values of %v to %v: expected 0 to 1, or 0 to 255; undo what was done "+
				"to them", s.low, s.high)
	}
	factor := s.factor()
	for _, source := range sources {
		size := source.raster.size()
		err := source.each(ctx, func(place string, values []float64) error {
			pixels := make([]byte, size)
			for i, v := range values {
				pixels[i] = byte(math.Round(min(max(v*factor, 0), 255))) // the file may have changed
			}
			pictures = append(pictures, picture{
				entry:  entry{name: place},
				part:   source.part,
				row:    len(pictures),
				values: pixels,
				raster: &source.raster,
			})
			return nil
		})
		if err != nil {
			return nil, s, err
		}
	}
	return pictures, s, nil
}
