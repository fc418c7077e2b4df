package dataset

import "fmt"

// Options say how a data set is made of image folders. The zero value is what Add does by itself.
type Options struct {
	// TestShare of each class becomes the test set where the folders have no split, above 0 and below 1;
	// 0: DefaultTestShare.
	TestShare float64
	// Seed draws that split, and the validation images of runs, from 1; 0: 1.
	Seed uint64
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
	return nil
}

// maxSeed is the largest number that JSON keeps whole everywhere.
const maxSeed = 1<<53 - 1

// forFolders refuses options that other layouts than image folders have no use for.
func (o Options) forFolders(format string) error {
	if o.TestShare != 0 {
		return badOption("test-share", "%s files have a test set of their own: leave the option away", format)
	}
	return nil
}
