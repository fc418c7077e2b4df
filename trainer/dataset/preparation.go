package dataset

import "fmt"

// Where the training and the test images of an image folder come from: Preparation.Split.
const (
	SplitFolders         = "folders"                   // training and test folders
	SplitValidationTests = "validation-is-test"        // training and validation folders: the latter is the test set
	SplitValidationJoins = "validation-joins-training" // all three: runs draw validation images from both
	SplitDrawn           = "drawn"                     // no split, or one part alone: drawn by class from the split seed
)

// Preparation is what was done to the files of an image folder.
type Preparation struct {
	Split     string  `json:"split" enum:"folders,validation-is-test,validation-joins-training,drawn"`
	TestShare float64 `json:"test_share,omitempty"` // of each class, where the split is drawn
	Ignored   int     `json:"ignored,omitempty"`    // files that are no images
}

// Notes says in sentences what was done, for people.
func (m Manifest) Notes() []string {
	p := m.Preparation
	if p == nil {
		return nil
	}
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	switch p.Split {
	case SplitDrawn:
		note("the files have no split: %.4g %% of each class were drawn as test images (seed %d)", 100*p.TestShare,
			m.SplitSeed)
	case SplitValidationTests:
		note("the validation folder is the test set, since there is no test folder")
	case SplitValidationJoins:
		note("the validation folder joins the training images, from which runs draw their validation images")
	}
	if p.Ignored > 0 {
		note("%s that %s no images ignored", count(p.Ignored, "file"), isAre(p.Ignored))
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
