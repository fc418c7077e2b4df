package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrEmbedded: the sample is part of the program and cannot be removed.
var ErrEmbedded = errors.New("part of the program and cannot be removed")

// Remove takes a data set out of the library and deletes its images: first out of sight with a rename, so that a crash
// leaves all of it or none. Trainings that have begun keep the images they loaded; past runs stay, and are known by the
// data set's name. A name that is not there gives an UnknownError.
func (l *Library) Remove(name string) error {
	if name == Sample {
		return fmt.Errorf("data set %q is %w", name, ErrEmbedded)
	}
	if err := checkName(name); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	folder := filepath.Join(l.folder, name)
	if _, err := os.Stat(filepath.Join(folder, manifestFile)); errors.Is(err, fs.ErrNotExist) {
		return l.unknown(name)
	}
	l.sweep()
	// Where this process is killed, the next Add or Remove sweeps what is left.
	aside, err := os.MkdirTemp(l.folder, workPrefix)
	if err != nil {
		return fmt.Errorf("remove data set %q: %w", name, err)
	}
	err = os.Rename(folder, filepath.Join(aside, name))
	if err == nil {
		syncFolder(l.folder)
		if l.last != nil && l.last.Name == name {
			l.last = nil
		}
	}
	if err := errors.Join(err, os.RemoveAll(aside)); err != nil {
		return fmt.Errorf("remove data set %q: %w", name, err)
	}
	return nil
}
