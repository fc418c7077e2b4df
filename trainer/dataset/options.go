package dataset

import (
	"fmt"
	"regexp"
	"strconv"
)

// Options say how a data set is made of image folders. The zero value is what Add does by itself.
type Options struct {
	// TestShare of each class becomes the test set where the folders have no split, above 0 and below 1;
	// 0: DefaultTestShare.
	TestShare float64
	// Seed draws that split, and the validation images of runs, from 1; 0: 1.
	Seed uint64
	// Height and Width in pixels, 1 to MaxFit, that all images get; 0: all must have one size, which is kept.
	Height, Width int
	// Fit is how they get it: FitCrop or FitLetterbox; "": FitCrop.
	Fit string
	// SkipBroken is how many files that cannot be read may be left out; with more, nothing is added.
	SkipBroken int
	// Duplicates is what happens to training images that have the pixels of a test image: DuplicatesDrop or
	// DuplicatesKeep; "": they are left out where the split is drawn, and kept with a warning in a split that was
	// there, which others may have used.
	Duplicates string
	// ImageColumn, LabelColumn and SplitColumn are columns of a table (CSV, Parquet): a name, or a number from 1 where a
	// CSV file has no names; "": found by name and content.
	ImageColumn, LabelColumn, SplitColumn string
	// Images is the folder in which the paths of a CSV file that is named itself begin; "": the one that it lies in.
	Images string
}

// How an image is brought to another shape, without being distorted.
const (
	FitCrop      = "crop"      // what is too long is cut off on both sides
	FitLetterbox = "letterbox" // what is too short gets black bars on both sides
)

// What happens to training images that are test images too.
const (
	DuplicatesDrop = "drop"
	DuplicatesKeep = "keep"
)

// MaxFit is the longest side, in pixels, that images are scaled to.
const MaxFit = 1024

var sizePattern = regexp.MustCompile(`^([0-9]{1,4})[x×]([0-9]{1,4})$`)

// ParseSize reads a height and a width in pixels, such as "64x48".
func ParseSize(text string) (height, width int, err error) {
	m := sizePattern.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, badOption("size", "%q: expected HEIGHTxWIDTH in pixels, such as 64x64", text)
	}
	height, _ = strconv.Atoi(m[1]) // at most four digits
	width, _ = strconv.Atoi(m[2])
	return height, width, checkSize(height, width)
}

func checkSize(height, width int) error {
	if height < 1 || width < 1 || height > MaxFit || width > MaxFit {
		return badOption("size", "%dx%d is out of range: expected 1 to %d pixels each way", height, width, MaxFit)
	}
	return nil
}

// DefaultTestShare of the images of each class is drawn for the test set of a folder without a split.
const DefaultTestShare = 0.2

// OptionError says which of the Options cannot be met, and what can.
type OptionError struct {
	Option  string // as on the command line, without dashes in front: "test-share"
	Problem string
}

func (e *OptionError) Error() string { return e.Option + ": " + e.Problem }

func badOption(option, format string, args ...any) error {
	return &OptionError{option, fmt.Sprintf(format, args...)}
}

// check refuses values that no data set can have.
func (o Options) check() error {
	if o.TestShare != 0 && !(o.TestShare > 0 && o.TestShare < 1) {
		return badOption("test-share", "%v is out of range: expected above 0 and below 1", o.TestShare)
	}
	if o.Seed > maxSeed {
		return badOption("split-seed", "%d is out of range: expected 1 to %d", o.Seed, uint64(maxSeed))
	}
	if o.SkipBroken < 0 {
		return badOption("skip-broken", "%d is out of range: expected 0 or more files", o.SkipBroken)
	}
	if o.Duplicates != "" && o.Duplicates != DuplicatesDrop && o.Duplicates != DuplicatesKeep {
		return badOption("duplicates", "%q: expected %s or %s", o.Duplicates, DuplicatesDrop, DuplicatesKeep)
	}
	if o.Fit != "" && o.Fit != FitCrop && o.Fit != FitLetterbox {
		return badOption("fit", "%q: expected %s or %s", o.Fit, FitCrop, FitLetterbox)
	}
	if o.Height == 0 && o.Width == 0 {
		if o.Fit != "" {
			return badOption("fit", "%s needs a size, such as 64x64", o.Fit)
		}
		return nil
	}
	return checkSize(o.Height, o.Width)
}

// maxSeed is the largest number that JSON keeps whole everywhere.
const maxSeed = 1<<53 - 1

// forFolders refuses options that other layouts than image folders have no use for.
func (o Options) forFolders(format string) error {
	const away = "%s files need no such thing: leave the option away"
	switch {
	case o.TestShare != 0:
		return badOption("test-share", "%s files have a test set of their own: leave the option away", format)
	case o.Height != 0:
		return badOption("size", away, format)
	case o.SkipBroken != 0:
		return badOption("skip-broken", away, format)
	case o.Duplicates != "":
		return badOption("duplicates", away, format)
	}
	return o.forTables(format + " files")
}

// forTables refuses options that only tables have a use for.
func (o Options) forTables(what string) error {
	for _, option := range [][2]string{{"image-column", o.ImageColumn}, {"label-column", o.LabelColumn},
		{"split-column", o.SplitColumn}, {"images", o.Images}} {
		if option[1] != "" {
			return badOption(option[0], "%s have no columns: leave the option away", what)
		}
	}
	return nil
}
