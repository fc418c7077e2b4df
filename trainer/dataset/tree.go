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
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// tree is the files and folders of a data set to be added, wherever they lie. Names are slash-separated, without a
// wrapping folder, and sorted, so that the same files give the same data set from a folder and from an archive.
type tree struct {
	source  string // name of the folder or archive
	files   []entry
	folders []string
	close   func() error
}

type entry struct {
	name string
	open func() (io.ReadCloser, error)
}

// openTree lists a folder, a zip or a gzipped tar; an archive is known by its first bytes.
func openTree(ctx context.Context, p string) (*tree, error) {
	info, err := os.Stat(p)
	if err != nil {
		return nil, err
	}
	t := &tree{source: filepath.Base(p), close: func() error { return nil }}
	if info.IsDir() {
		err = t.listFolder(ctx, p)
	} else {
		err = t.listArchive(ctx, p)
	}
	if err == nil {
		err = t.arrange()
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *tree) find(name string) *entry {
	i, ok := slices.BinarySearchFunc(t.files, name, func(e entry, name string) int { return strings.Compare(e.name, name) })
	if !ok {
		return nil
	}
	return &t.files[i]
}

func (t *tree) listFolder(ctx context.Context, root string) error {
	return filepath.WalkDir(root, func(p string, item fs.DirEntry, err error) error {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil || p == root {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch mode := item.Type(); {
		case ignored(name):
			if item.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case item.IsDir():
			t.folders = append(t.folders, name)
			return nil
		case mode&fs.ModeSymlink != 0: // in the user's own folder a link to a file is as good as the file
			info, err := os.Stat(p)
			if err != nil {
				return err
			}
			if !info.Mode().IsRegular() {
				return badInput(name, "a link to something that is not a file")
			}
		case !mode.IsRegular():
			return badInput(name, "not a file or folder")
		}
		t.files = append(t.files, entry{name, func() (io.ReadCloser, error) { return os.Open(p) }})
		return nil
	})
}

func (t *tree) listArchive(ctx context.Context, p string) error {
	f, err := os.Open(p)
	if err != nil {
		return err
	}
	magic := make([]byte, 4)
	n, err := io.ReadFull(f, magic)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		f.Close()
		return err
	}
	switch magic := string(magic[:n]); {
	case magic == "PK\x03\x04" || magic == "PK\x05\x06":
		t.close = f.Close
		return t.listZip(f)
	case strings.HasPrefix(magic, gzipMagic):
		defer f.Close()
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return t.readTar(ctx, f)
	}
	f.Close()
	return badInput(t.source, "neither a folder, a zip nor a gzipped tar archive")
}

func (t *tree) listZip(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, info.Size())
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
		case ignored(name):
		case mode.IsDir() || strings.HasSuffix(item.Name, "/"):
			t.folders = append(t.folders, name)
		case !mode.IsRegular():
			return badInput(name, "a link or special file; only files and folders are taken from archives")
		case item.Flags&1 != 0:
			return badInput(name, "encrypted")
		default:
			t.files = append(t.files, entry{name, item.Open})
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
			return badInput(name, "the archive holds more than %d MiB or %d files; unpack it and add the folder", maxTarContent>>20, maxTarFiles)
		case ignored(name):
			left -= item.Size
			continue
		}
		left -= item.Size
		data, err := readExactly(name, r, item.Size)
		if err != nil {
			return err
		}
		t.files = append(t.files, entry{name, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }})
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

// ignored says which files may lie about in a data set without meaning anything: dot files, notes, and what file
// browsers leave.
func ignored(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") || part == "__MACOSX" {
			return true
		}
	}
	switch strings.ToLower(path.Base(name)) {
	case "thumbs.db", "desktop.ini", "readme", "license", "readme.html":
		return true
	}
	return strings.EqualFold(path.Ext(name), ".md")
}

// arrange sorts the files and takes away one folder that wraps all of them.
func (t *tree) arrange() error {
	slices.SortFunc(t.files, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(t.files); i++ {
		if t.files[i].name == t.files[i-1].name {
			return badInput(t.files[i].name, "there twice")
		}
	}
	if len(t.files) == 0 {
		return badInput(t.source, "holds no files")
	}
	wrap, _, inside := strings.Cut(t.files[0].name, "/")
	if !inside || wrap == trainFolder || wrap == testFolder {
		return nil
	}
	wrap += "/"
	outside := func(name string) bool { return !strings.HasPrefix(name+"/", wrap) }
	if slices.ContainsFunc(t.files, func(e entry) bool { return outside(e.name) }) || slices.ContainsFunc(t.folders, outside) {
		return nil
	}
	for i := range t.files {
		t.files[i].name = t.files[i].name[len(wrap):]
	}
	folders := t.folders[:0]
	for _, name := range t.folders {
		if len(name) > len(wrap) {
			folders = append(folders, name[len(wrap):])
		}
	}
	t.folders = folders
	return nil
}
