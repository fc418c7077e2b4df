package dataset

import (
	"cmp"
	"context"
	"fmt"
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
	return m.details(d.Train.Labels, d.Test.Labels), d, nil
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
	f, train, test, err := l.openLabels(m)
	if err != nil {
		return fail(err)
	}
	f.Close()
	return m.details(train, test), nil
}

// openLabels opens the images of a data set and reads their labels.
func (l *Library) openLabels(m Manifest) (f *os.File, train, test []uint16, err error) {
	if err := checkShape(m.Train, m.Test, m.Channels, m.Height, m.Width, len(m.Classes)); err != nil {
		return nil, nil, nil, err
	}
	if f, err = os.Open(filepath.Join(l.folder, m.Name, cacheFile)); err != nil {
		return nil, nil, nil, err
	}
	first, second, size := make([]byte, 2*m.Train), make([]byte, 2*m.Test), m.empty().ImageSize()
	_, err = f.ReadAt(first, int64(m.Train*size))
	if err == nil {
		_, err = f.ReadAt(second, int64(m.Train*(size+2)+m.Test*size))
	}
	train, test = unpackLabels(first), unpackLabels(second)
	for _, label := range slices.Concat(train, test) {
		if err == nil && int(label) >= len(m.Classes) {
			err = fmt.Errorf("%s is damaged: label %d of %d classes", cacheFile, label, len(m.Classes))
		}
	}
	if err != nil {
		f.Close()
		return nil, nil, nil, err
	}
	return f, train, test, nil
}

func (m Manifest) details(train, test []uint16) Details {
	s := Details{Manifest: m, Counts: make([]ClassCount, len(m.Classes)), Notes: m.Notes()}
	for i, class := range m.Classes {
		s.Counts[i].Class = class
	}
	for _, label := range train {
		s.Counts[label].Train++
	}
	for _, label := range test {
		s.Counts[label].Test++
	}
	most := slices.MaxFunc(s.Counts, func(a, b ClassCount) int { return cmp.Compare(a.Train, b.Train) })
	s.Chance = float64(most.Test) / float64(len(test))
	return s
}
