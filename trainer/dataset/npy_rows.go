package dataset

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// imageRaster says how an array of images is laid out.
func (a *npy) imageRaster() (raster, error) {
	pixel := func(n int) bool { return n == 1 || n == 3 || n == 4 }
	if a.isText() {
		return raster{}, badInput(a.file, "text, where images are expected")
	}
	switch s := a.shape; {
	case len(s) == 2:
		if r, ok := squareRaster(s[1]); ok {
			return r, nil
		}
		return raster{},
			badInput(a.file, "rows of %d values, which is no square: give it the shape (images, height, width) or "+
				"(images, height, width, channels)", s[1])
	case len(s) == 3:
		return raster{height: s[1], width: s[2], channels: 1}, nil
	case len(s) == 4 && pixel(s[3]):
		return raster{height: s[1], width: s[2], channels: s[3]}, nil
	case len(s) == 4 && pixel(s[1]):
		return raster{height: s[2], width: s[3], channels: s[1], planar: true}, nil
	}
	return raster{},
		badInput(a.file, "of shape %v: expected (images, height, width), with channels (1, 3 or 4) behind or in "+
			"front of height and width, or none", a.shape)
}

// imageRows hands on the images as numbers.
func (a *npy) imageRows(part string) (valueRows, error) {
	r, err := a.imageRaster()
	if err != nil {
		return valueRows{}, err
	}
	return valueRows{file: a.file, part: part, raster: r, each: func(ctx context.Context,
		f func(string, []float64) error) error {
		var values []float64 // allocated when a row is there, since the shape is only claimed
		return a.each(ctx, func(i int, row []byte) error {
			if values == nil {
				values = make([]float64, r.size())
			}
			a.numbers(row, values)
			return f(fmt.Sprintf("%s[%d]", a.file, i), values)
		})
	}}, nil
}

// labelTexts reads the labels: integers (also as floats), one-hot rows, or text.
func (a *npy) labelTexts(ctx context.Context) ([]string, error) {
	n := a.row()
	if len(a.shape) > 2 || a.isText() && n > 1 || n > maxClasses {
		return nil, badInput(a.file, "of shape %v: expected one label an image, or one-hot rows", a.shape)
	}
	var labels []string // grows with what comes
	values := make([]float64, n)
	err := a.each(ctx, func(i int, row []byte) error {
		place := fmt.Sprintf("%s[%d]", a.file, i)
		if a.isText() {
			label := strings.TrimSpace(a.text(row))
			if label == "" {
				return badInput(place, "an empty label")
			}
			labels = append(labels, label)
			return nil
		}
		a.numbers(row, values)
		number := values[0]
		if n > 1 {
			hot, err := oneHot(place, values)
			if err != nil {
				return err
			}
			number = float64(hot)
		}
		if number < 0 || number != float64(int64(number)) {
			return badInput(place, "label %v: expected a whole number from 0", number)
		}
		labels = append(labels, strconv.FormatInt(int64(number), 10))
		return nil
	})
	return labels, err
}

// oneHot returns the place of the single 1 among zeros.
func oneHot(place string, values []float64) (int, error) {
	hot := -1
	for k, v := range values {
		if v != 0 && (v != 1 || hot >= 0) {
			return 0, badInput(place, "not one-hot: %v at %d; expected a single 1 and zeros", v, k)
		}
		if v == 1 {
			hot = k
		}
	}
	if hot < 0 {
		return 0, badInput(place, "not one-hot: all zeros; expected a single 1")
	}
	return hot, nil
}
