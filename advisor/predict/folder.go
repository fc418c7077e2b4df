package predict

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
func (p *Predictor) load(name string) (*forest.Model, error) {
	data, err := p.read(name)
	if err != nil {
		return nil, err
	}
	return forest.Load(bytes.NewReader(data))
}

// read returns a file of the folder, which counts as used.
func (p *Predictor) read(name string) ([]byte, error) {
	if p.Folder == "" {
		return nil, os.ErrNotExist
	}
	path := filepath.Join(p.Folder, name)
	data, err := os.ReadFile(path)
	if err == nil {
		now := time.Now()
		_ = os.Chtimes(path, now, now) // it only goes earlier
	}
	return data, err
}

// save keeps what write writes, whole or not at all.
func (p *Predictor) save(name string, write func(io.Writer) error) (err error) {
	if p.Folder == "" {
		return nil
	}
	if err := os.MkdirAll(p.Folder, 0o755); err != nil {
		return fmt.Errorf("keep the forest: %w", err)
	}
	f, err := os.CreateTemp(p.Folder, "fitting-*")
	if err != nil {
		return fmt.Errorf("keep the forest: %w", err)
	}
	err = errors.Join(write(f), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(p.Folder, name))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep the forest: %w", err), os.Remove(f.Name()))
	}
	p.prune()
	return nil
}

// prune removes what was used longest ago until the folder is within its bound. Whoever reads a file that goes finds it again, by fitting.
func (p *Predictor) prune() {
	entries, err := os.ReadDir(p.Folder)
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
	for _, f := range files[:max(len(files)-1, 0)] { // the newest is what has just been kept
		if sum <= cmp.Or(p.FolderBytes, 512<<20) {
			return
		}
		if os.Remove(filepath.Join(p.Folder, f.Name())) == nil {
			sum -= f.Size()
		}
	}
}
