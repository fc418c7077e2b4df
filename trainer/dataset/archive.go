package dataset

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func (t *tree) listArchive(ctx context.Context, p string) error {
	f, err := os.Open(p)
	if err != nil {
		return err
	}
	magic := make([]byte, 4096)
	n, err := io.ReadFull(f, magic)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		f.Close()
		return err
	}
	switch magic := string(magic[:n]); {
	case isZip(magic):
		t.closers = append(t.closers, f)
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return t.listZip(f, info.Size())
	case strings.HasPrefix(magic, gzipMagic):
		defer f.Close()
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return t.readTar(ctx, f)
	case strings.HasPrefix(magic, npyMagic):
		t.single = singleNPY
	case strings.HasPrefix(magic, parquetMagic):
		t.single = singleParquet
	case isTable(magic, n == 4096):
		t.single = singleTable
	}
	f.Close()
	if t.single == "" {
		return badInput(t.source, "neither a folder, a zip nor a gzipped tar archive, nor a CSV, NumPy or Parquet file")
	}
	t.root = filepath.Dir(p)
	t.files = []entry{diskEntry(t.source, p)}
	return nil
}

// What a file that is no archive holds: tree.single.
const (
	singleNPY     = "npy"
	singleParquet = "parquet"
	singleTable   = "table"
)

func isZip(magic string) bool {
	return strings.HasPrefix(magic, "PK\x03\x04") || strings.HasPrefix(magic, "PK\x05\x06")
}

func (t *tree) listZip(f io.ReaderAt, size int64) error {
	z, err := zip.NewReader(f, size)
	// ErrInsecurePath depends on GODEBUG; safeName is stricter.
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return badInput(t.source, "%v", err)
	}
	for _, item := range z.File {
		name, err := safeName(item.Name)
		if err != nil {
			return err
		}
		switch mode := item.Mode(); {
		case negligible(name):
			if !mode.IsDir() {
				t.ignored++
			}
		case mode.IsDir() || strings.HasSuffix(item.Name, "/"):
			t.folders = append(t.folders, name)
		case !mode.IsRegular():
			return badInput(name, "a link or special file; only files and folders are taken from archives")
		case item.Flags&1 != 0:
			return badInput(name, "encrypted")
		default:
			t.files = append(t.files, entry{name, "", item.Open})
		}
	}
	return nil
}

// What a gzipped tar may hold: it has to be kept in memory, and the data sets published so are small.
const (
	maxTarContent = 1 << 30
	maxTarFiles   = 1000
)

func (t *tree) readTar(ctx context.Context, f io.Reader) error {
	z, err := gzip.NewReader(f)
	if err != nil {
		return badInput(t.source, "%v", err)
	}
	r := tar.NewReader(z)
	left := int64(maxTarContent)
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return badInput(t.source, "truncated or damaged archive: %v", err)
		}
		name, err := safeName(item.Name)
		if err != nil {
			return err
		}
		switch {
		case item.Typeflag == tar.TypeXGlobalHeader:
			continue
		case item.Typeflag == tar.TypeDir:
			t.folders = append(t.folders, name)
			continue
		case item.Typeflag != tar.TypeReg:
			return badInput(name, "a link or special file; only files and folders are taken from archives")
		case item.Size > left || len(t.files) == maxTarFiles:
			return badInput(name, "the archive holds more than %d MiB or %d files; unpack it and add the folder",
				maxTarContent>>20, maxTarFiles)
		case negligible(name):
			t.ignored++
			left -= item.Size
			continue
		}
		left -= item.Size
		data, err := readExactly(name, r, item.Size)
		if err != nil {
			return err
		}
		t.files = append(t.files,
			entry{name, "", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }})
	}
	// Reading to the end lets gzip check its checksum.
	if _, err := io.Copy(io.Discard, io.LimitReader(z, maxTarContent)); err != nil {
		return badInput(t.source, "truncated or damaged archive: %v", err)
	}
	return nil
}

var drive = regexp.MustCompile(`^[A-Za-z]:`)

// safeName returns the cleaned name of an archive's member, and refuses names that could lead outside a folder on any
// platform. Nothing is unpacked, but such an archive is not to be trusted with anything else either.
func safeName(name string) (string, error) {
	clean := path.Clean(name)
	switch {
	case name == "" || strings.ContainsAny(name, "\\\x00") || path.IsAbs(name) || drive.MatchString(name),
		slices.Contains(strings.Split(name, "/"), ".."):
		return "", badInput(fmt.Sprintf("%q", name), "a name that leads outside the archive's folder")
	}
	return clean, nil
}
