package dataset

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"probewise/trainer"
)

const (
	cacheFile    = "images.bin" // see parts
	manifestFile = "manifest.json"
	workPrefix   = ".add-" // of folders that are being written
	staleAfter   = time.Hour
)

// readCache reads the images that m describes and checks their hash.
func readCache(ctx context.Context, file string, m Manifest) (*trainer.Dataset, error) {
	if err := checkShape(m.Train, m.Test, m.Channels, m.Height, m.Width, len(m.Classes)); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestFile, err)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	d := m.empty()
	size := d.ImageSize()
	want := (m.Train + m.Test) * (size + 2)
	if info.Size() != int64(want) {
		return nil, fmt.Errorf("%s has %d bytes, expected %d", cacheFile, info.Size(), want)
	}
	all := make([]byte, want)
	const chunk = 16 << 20
	for at := 0; at < want; at += chunk {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(f, all[at:min(at+chunk, want)]); err != nil {
			return nil, fmt.Errorf("read %s: %w", cacheFile, err)
		}
	}
	d.Train, all = takeImages(all, m.Train, size)
	d.Test, _ = takeImages(all, m.Test, size)
	if id := contentID(d); id != m.ID {
		return nil, fmt.Errorf("%s is damaged: its hash is %s, the manifest says %s", cacheFile, id, m.ID)
	}
	return d, check(d)
}

func takeImages(b []byte, n, size int) (trainer.Images, []byte) {
	return trainer.Images{Pixels: b[: n*size : n*size], Labels: unpackLabels(b[n*size : n*(size+2)])}, b[n*(size+2):]
}

// save puts a data set into the library: written and synced aside, then renamed, so that a crash at any time leaves
// either all of it or none. A data set of that name with the same content is a success; with other content, ErrExists.
func (l *Library) save(d *trainer.Dataset, m Manifest) (Manifest, error) {
	if err := os.MkdirAll(l.folder, 0o755); err != nil {
		return Manifest{}, err
	}
	l.sweep()
	final := filepath.Join(l.folder, m.Name)
	if old, err := l.read(m.Name); err == nil {
		return sameContent(old, m)
	}
	work, err := os.MkdirTemp(l.folder, workPrefix)
	if err != nil {
		return Manifest{}, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.Chmod(work, 0o755); err != nil {
		return Manifest{}, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return Manifest{}, err
	}
	if err := writeSynced(filepath.Join(work, cacheFile), parts(d)...); err != nil {
		return Manifest{}, err
	}
	if err := writeSynced(filepath.Join(work, manifestFile), text, []byte("\n")); err != nil {
		return Manifest{}, err
	}
	syncFolder(work)
	if err := os.Rename(work, final); err != nil {
		// Another process may have been faster.
		if old, readErr := l.read(m.Name); readErr == nil {
			return sameContent(old, m)
		}
		return Manifest{}, err
	}
	syncFolder(l.folder)
	return m, nil
}

func sameContent(old, m Manifest) (Manifest, error) {
	if old.ID != m.ID {
		return Manifest{}, fmt.Errorf("data set %q is %w (from %s); choose another name or remove it first: "+
			"probewise dataset remove %s", m.Name, ErrExists, old.Source, m.Name)
	}
	return old, nil
}

func writeSynced(file string, parts ...[]byte) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	for _, p := range parts {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

// syncFolder makes a rename lasting where the platform can; it has no effect where folders cannot be synced.
func syncFolder(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		f.Close()
	}
}

// sweep removes what killed processes left. Writing takes seconds, so an hour without a change means nobody is there.
func (l *Library) sweep() {
	left, _ := filepath.Glob(filepath.Join(l.folder, workPrefix+"*"))
	for _, dir := range left {
		newest := time.Time{}
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, f := range append(files, dir) {
			if info, err := os.Stat(f); err == nil && info.ModTime().After(newest) {
				newest = info.ModTime()
			}
		}
		if time.Since(newest) > staleAfter {
			_ = os.RemoveAll(dir) // the next Add tries again
		}
	}
}
