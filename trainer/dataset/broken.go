package dataset

import (
	"fmt"
	"strings"
)

// maxListed is how many files a message lists by name.
const maxListed = 20

// BrokenError lists the files of an image folder that cannot be read.
type BrokenError struct {
	Files []*InputError // in the order of their names
	Of    int           // images in all

	Without error // what is wrong with the data set without them; nil: nothing that is known
}

func (e *BrokenError) Error() string {
	var b strings.Builder
	if e.Without != nil {
		fmt.Fprintf(&b, "%v\nBesides, ", e.Without)
	}
	fmt.Fprintf(&b, "%d of %s cannot be read:", len(e.Files), count(e.Of, "image"))
	for _, f := range e.Files[:min(len(e.Files), maxListed)] {
		fmt.Fprintf(&b, "\n  %v", f)
	}
	if more := len(e.Files) - maxListed; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more", more)
	}
	fmt.Fprintf(&b, "\nmend them or take them out; --skip-broken %d goes on without them", len(e.Files))
	return b.String()
}

// Unwrap gives each file as an InputError of its own.
func (e *BrokenError) Unwrap() []error {
	list := make([]error, len(e.Files))
	for i, f := range e.Files {
		list[i] = f
	}
	if e.Without != nil {
		list = append([]error{e.Without}, list...)
	}
	return list
}
