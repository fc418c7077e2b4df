package pastruns

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"probewise/forest"
)

// load reads a kept model; any error means that it is fitted again.
func (f *Forests) load(name string) (*forest.Model, error) {
	data, err := f.read(name)
	if err != nil {
		return nil, err
	}
	return forest.Load(bytes.NewReader(data))
}

// loadTransfer reads a kept transfer; any error means that it is fitted again.
func (f *Forests) loadTransfer(name string) (*forest.Transfer, error) {
	data, err := f.read(name)
	if err != nil {
		return nil, err
	}
	return forest.LoadTransfer(bytes.NewReader(data))
}

// read returns a file of the folder, which counts as used.
func (f *Forests) read(name string) ([]byte, error) {
	if f.Folder == "" {
		return nil, os.ErrNotExist
	}
	path := filepath.Join(f.Folder, name)
	data, err := os.ReadFile(path)
	if err == nil {
		now := time.Now()
		_ = os.Chtimes(path, now, now) // it only goes earlier
	}
	return data, err
}

// save keeps what write writes, whole or not at all.
func (f *Forests) save(name string, write func(io.Writer) error) (err error) {
	if f.Folder == "" {
		return nil
	}
	if err := os.MkdirAll(f.Folder, 0o755); err != nil {
		return fmt.Errorf("keep the forest: %w", err)
	}
	file, err := os.CreateTemp(f.Folder, "fitting-*")
	if err != nil {
		return fmt.Errorf("keep the forest: %w", err)
	}
	err = errors.Join(write(file), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(f.Folder, name))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep the forest: %w", err), os.Remove(file.Name()))
	}
	f.prune()
	return nil
}

// prune removes what was used longest ago until the folder is within its bound. What goes is fitted again when it is
// needed.
func (f *Forests) prune() {
	entries, err := os.ReadDir(f.Folder)
	if err != nil {
		return
	}
	var files []fs.FileInfo
	var sum int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files, sum = append(files, info), sum+info.Size()
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	for _, file := range files[:max(len(files)-1, 0)] { // the newest is what has just been kept
		if sum <= cmp.Or(f.FolderBytes, 512<<20) {
			return
		}
		if os.Remove(filepath.Join(f.Folder, file.Name())) == nil {
			sum -= file.Size()
		}
	}
}
