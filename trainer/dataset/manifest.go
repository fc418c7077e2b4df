package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"probewise/trainer"
)

// The largest data set that is taken.
const (
	MaxSide   = 4096        // pixels, height and width of an image as it is kept
	MaxPixels = 100_000_000 // pixels of an image that is scaled down
	MaxBytes  = 8 << 30     // decoded pixels of all images, one byte a value

	maxClasses = math.MaxUint16
)

const (
	scale     = "pixel/255"
	splitSeed = 1 // of new data sets unless another is asked for; kept in the manifest
)

// Manifest describes one data set; it lies beside the images as manifest.json.
type Manifest struct {
	Name      string    `json:"name"`
	ID        string    `json:"id"`     // SHA-256 of shape, classes, pixels and labels, in hexadecimal
	Format    string    `json:"format"` // of the files it was read from
	Source    string    `json:"source"` // address, or name of the file or folder
	Train     int       `json:"train"`  // images, validation included
	Test      int       `json:"test"`
	Height    int       `json:"height"`
	Width     int       `json:"width"`
	Channels  int       `json:"channels"`
	Classes   []string  `json:"classes"`
	Mean      []float64 `json:"mean"`      // per channel, of pixel/255 over the training images
	Deviation []float64 `json:"deviation"` // standard deviation, the same way
	Scale     string    `json:"scale"`     // how pixels become inputs: always "pixel/255"
	SplitSeed uint64    `json:"split_seed"`
	Added     time.Time `json:"added"`

	// Preparation is nil where the files were taken as they are.
	Preparation *Preparation `json:"preparation,omitempty"`
}

// Describe returns the manifest of a data set: its counts, content hash and pixel statistics. Format, Source and Added
// are left for the caller.
func Describe(d *trainer.Dataset) Manifest {
	mean, deviation := moments(d)
	return Manifest{
		Name:      d.Name,
		ID:        contentID(d),
		Train:     d.Train.Len(),
		Test:      d.Test.Len(),
		Height:    d.Height,
		Width:     d.Width,
		Channels:  d.Channels,
		Classes:   d.Classes,
		Mean:      mean,
		Deviation: deviation,
		Scale:     scale,
		SplitSeed: d.SplitSeed,
	}
}

func (m Manifest) empty() *trainer.Dataset {
	return &trainer.Dataset{
		Name:      m.Name,
		ID:        m.ID,
		Height:    m.Height,
		Width:     m.Width,
		Channels:  m.Channels,
		Classes:   m.Classes,
		SplitSeed: m.SplitSeed,
	}
}

// contentID hashes the header and the bytes of the cache file, in that order.
func contentID(d *trainer.Dataset) string {
	h := sha256.New()
	fmt.Fprintf(h, "probewise data set 1\n%d train %d test %d channels %d high %d wide\n",
		d.Train.Len(), d.Test.Len(), d.Channels, d.Height, d.Width)
	for _, class := range d.Classes {
		fmt.Fprintf(h, "%q\n", class)
	}
	for _, part := range parts(d) {
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// parts is the content of the cache file: pixels (NCHW bytes) and labels (16 bits, little endian) of the training
// images, then of the test images.
func parts(d *trainer.Dataset) [][]byte {
	return [][]byte{d.Train.Pixels, packLabels(d.Train.Labels), d.Test.Pixels, packLabels(d.Test.Labels)}
}

func packLabels(labels []uint16) []byte {
	b := make([]byte, 0, 2*len(labels))
	for _, l := range labels {
		b = binary.LittleEndian.AppendUint16(b, l)
	}
	return b
}

func unpackLabels(b []byte) []uint16 {
	labels := make([]uint16, len(b)/2)
	for i := range labels {
		labels[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return labels
}

// moments counts byte values, so that mean and deviation are exact whatever the number of images.
func moments(d *trainer.Dataset) (mean, deviation []float64) {
	plane := d.Height * d.Width
	counts := make([][256]int, d.Channels)
	for start := 0; start < len(d.Train.Pixels); start += plane {
		count := &counts[start/plane%d.Channels]
		for _, p := range d.Train.Pixels[start : start+plane] {
			count[p]++
		}
	}
	n := float64(d.Train.Len() * plane)
	for _, count := range counts {
		var sum, squares float64
		for v, k := range count {
			sum += float64(k) * float64(v)
			squares += float64(k) * float64(v) * float64(v)
		}
		m := sum / n
		mean = append(mean, m/255)
		deviation = append(deviation, math.Sqrt(max(0, squares/n-m*m))/255)
	}
	return mean, deviation
}

// checkShape refuses sizes that no data set may have, before anything is allocated for them.
func checkShape(train, test, channels, height, width, classes int) error {
	switch {
	case train < 1 || test < 1:
		return fmt.Errorf("%d training and %d test images: both are needed", train, test)
	case height < 1 || width < 1 || height > MaxSide || width > MaxSide:
		return fmt.Errorf("images of %d×%d pixels: expected 1 to %d each way", height, width, MaxSide)
	case channels != 1 && channels != 3:
		return fmt.Errorf("%d channels: expected 1 (gray) or 3 (colour)", channels)
	case classes < 2 || classes > maxClasses:
		return fmt.Errorf("%d classes: expected 2 to %d", classes, maxClasses)
	}
	// Divide, since the product may overflow.
	if size := channels * height * width; train > MaxBytes/size || test > MaxBytes/size-train {
		return fmt.Errorf("%d images of %d bytes are more than the limit of %d GiB", train+test, size, MaxBytes>>30)
	}
	return nil
}

// check makes sure that d is whole: sizes fit, labels name classes, and each class has training and test images.
func check(d *trainer.Dataset) error {
	if err := checkShape(d.Train.Len(), d.Test.Len(), d.Channels, d.Height, d.Width, len(d.Classes)); err != nil {
		return err
	}
	for _, part := range []struct {
		name   string
		images trainer.Images
	}{{"training", d.Train}, {"test", d.Test}} {
		if got, want := len(part.images.Pixels), part.images.Len()*d.ImageSize(); got != want {
			return fmt.Errorf("%d bytes of %s pixels, expected %d", got, part.name, want)
		}
		seen := make([]bool, len(d.Classes))
		for i, l := range part.images.Labels {
			if int(l) >= len(seen) {
				return fmt.Errorf("%s image %d has label %d, but there are %d classes", part.name, i, l, len(seen))
			}
			seen[l] = true
		}
		for class, there := range seen {
			if !there {
				return fmt.Errorf("class %q has no %s images", d.Classes[class], part.name)
			}
		}
	}
	return nil
}
