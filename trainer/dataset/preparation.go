package dataset

import (
	"fmt"
	"slices"
)

// Where the training and the test images come from: Preparation.Split.
const (
	SplitFolders         = "folders"                   // training and test folders, files, columns or arrays
	SplitValidationTests = "validation-is-test"        // training and validation images: the latter are the test set
	SplitValidationJoins = "validation-joins-training" // all three: runs draw validation images from both
	SplitDrawn           = "drawn"                     // no split, or one part alone: drawn by class from the split seed
)

// Preparation is what was done to images that are not taken as they are: of folders, tables and arrays.
type Preparation struct {
	Split     string  `json:"split" enum:"folders,validation-is-test,validation-joins-training,drawn"`
	TestShare float64 `json:"test_share,omitempty"` // of each class, where the split is drawn
	Ignored   int     `json:"ignored,omitempty"`    // files that are no images
	// Found says, in sentences, where images and labels were found in arrays and tables, and what became of their values.
	Found []string `json:"found,omitempty"`

	Heights     [2]int `json:"heights"`               // of the images as they were, in pixels: smallest and largest
	Widths      [2]int `json:"widths"`                // the same way
	Resized     int    `json:"resized,omitempty"`     // images that had another size
	Fit         string `json:"fit,omitempty"`         // how they got it: "crop" or "letterbox"
	Turned      int    `json:"turned,omitempty"`      // images turned or mirrored as their Exif orientation says
	Coloured    int    `json:"coloured,omitempty"`    // gray images among colour ones
	Transparent int    `json:"transparent,omitempty"` // images with transparent pixels, laid over white
	Deep        int    `json:"deep,omitempty"`        // images of 16 bits a value, of which the upper 8 were taken

	Broken     []string    `json:"broken,omitempty"` // files that were left out, each with the reason
	Duplicates *Duplicates `json:"duplicates,omitempty"`
}

func (p *Preparation) found(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); text != "" {
		p.Found = append(p.Found, text)
	}
}

// Notes says in sentences what was done, for people.
func (m Manifest) Notes() []string {
	p := m.Preparation
	if p == nil {
		return nil
	}
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	notes = append(notes, p.Found...)
	switch p.Split {
	case SplitDrawn:
		note("the files have no split: %.4g %% of each class were drawn as test images (seed %d)", 100*p.TestShare,
			m.SplitSeed)
	case SplitValidationTests:
		note("the validation images are the test set, since there are no test images")
	case SplitValidationJoins:
		note("the validation images join the training images, from which runs draw their own")
	}
	if p.Ignored > 0 {
		note("%s that %s no images ignored", count(p.Ignored, "file"), isAre(p.Ignored))
	}
	return append(notes, slices.Concat(p.imageNotes(m.Height, m.Width), p.brokenNotes(), p.Duplicates.notes())...)
}

func (p *Preparation) imageNotes(height, width int) []string {
	var notes []string
	note := func(n int, format string, args ...any) {
		if n > 0 {
			notes = append(notes, count(n, "image")+" "+fmt.Sprintf(format, args...))
		}
	}
	how := "the middle part cut out"
	if p.Fit == FitLetterbox {
		how = "with black bars"
	}
	note(p.Resized, "scaled to %d×%d, %s where the shape differed (they were %d to %d high and %d to %d wide)", height,
		width, how, p.Heights[0], p.Heights[1], p.Widths[0], p.Widths[1])
	note(p.Turned, "turned as their Exif orientation says")
	note(p.Coloured, "gray among colour ones, made colour")
	note(p.Transparent, "with transparent pixels, laid over white")
	note(p.Deep, "of 16 bits a value, of which the upper 8 were taken")
	return notes
}

func (p *Preparation) brokenNotes() []string {
	if len(p.Broken) == 0 {
		return nil
	}
	notes := []string{count(len(p.Broken), "broken file") + " left out:"}
	for _, f := range p.Broken[:min(len(p.Broken), maxListed)] {
		notes = append(notes, "  "+f)
	}
	if more := len(p.Broken) - maxListed; more > 0 {
		notes = append(notes, fmt.Sprintf("  and %d more", more))
	}
	return notes
}

func (d *Duplicates) notes() []string {
	if d == nil {
		return nil
	}
	var notes []string
	if d.Across > 0 {
		text := "warning: " + count(d.Across, "training image") + " with the pixels of a test image, which flatters " +
			"the test accuracy; --duplicates drop leaves them out:"
		if d.Dropped {
			text = count(d.Across, "training image") + " with the pixels of a test image left out:"
		}
		notes = append(notes, text)
		for _, p := range d.Pairs {
			notes = append(notes, "  "+p.First+" = "+p.Second)
		}
		if more := d.Across - len(d.Pairs); more > 0 {
			notes = append(notes, fmt.Sprintf("  and %d more", more))
		}
	}
	if d.Within > 0 {
		notes = append(notes, count(d.Within, "image")+" once more in the same part, kept")
	}
	if c := d.Contradiction; c != nil {
		notes = append(notes, fmt.Sprintf("warning: %s in more than one class, the first %s = %s",
			count(d.Contradictions, "image"), c.First, c.Second))
	}
	return notes
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
