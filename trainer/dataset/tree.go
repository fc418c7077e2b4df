package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// tree is the files and folders of a data set to be added, wherever they lie. Names are slash-separated, without a
// wrapping folder, and sorted, so that the same files give the same data set from a folder and from an archive.
type tree struct {
	source  string // name of the folder or archive
	files   []entry
	folders []string
	ignored int    // files left out since they are never part of a data set
	single  string // a file that is neither folder nor archive: what it holds, as its first bytes say
	root    string // the folder that it lies in
	closers []io.Closer
}

type entry struct {
	name string
	path string // on the disk; "": in an archive
	open func() (io.ReadCloser, error)
}

// maxMember bounds a file in an archive that cannot be read from front to back.
const maxMember = 1 << 30

// random opens a file for reading at any place, until the tree is closed. In an archive it has to fit into memory.
func (t *tree) random(e entry) (io.ReaderAt, int64, error) {
	if e.path != "" {
		f, err := os.Open(e.path)
		if err != nil {
			return nil, 0, err
		}
		t.closers = append(t.closers, f)
		info, err := f.Stat()
		if err != nil {
			return nil, 0, err
		}
		return f, info.Size(), nil
	}
	r, err := e.open()
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", e.name, err)
	}
	defer r.Close()
	data, err := readUpTo(r, maxMember)
	if err == nil {
		return nil, 0, badInput(e.name, "more than %d GiB inside an archive: unpack it and add the folder", maxMember>>30)
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, readFailure(e.name, err)
	}
	return bytes.NewReader(data), int64(len(data)), nil
}

// ending returns the files whose names end so.
func (t *tree) ending(ends ...string) []entry {
	var found []entry
	for _, e := range t.files {
		if slices.Contains(ends, strings.ToLower(path.Ext(e.name))) {
			found = append(found, e)
		}
	}
	return found
}

// openTree lists a folder, a zip or a gzipped tar, or takes a file of its own; what it is is known by its first bytes.
func openTree(ctx context.Context, p string) (*tree, error) {
	info, err := os.Stat(p)
	if err != nil {
		return nil, err
	}
	t := &tree{source: filepath.Base(p)}
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

func (t *tree) close() {
	for _, c := range t.closers {
		c.Close()
	}
}

func (t *tree) find(name string) *entry {
	i, ok := slices.BinarySearchFunc(t.files, name,
		func(e entry, name string) int { return strings.Compare(e.name, name) })
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
		case negligible(name):
			if item.IsDir() {
				return filepath.SkipDir
			}
			t.ignored++
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
		t.files = append(t.files, diskEntry(name, p))
		return nil
	})
}

func diskEntry(name, p string) entry {
	return entry{name, p, func() (io.ReadCloser, error) { return os.Open(p) }}
}

// negligible says which files may lie about in a data set without meaning anything: dot files, notes, and what file
// browsers leave.
func negligible(name string) bool {
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

// arrange sorts the files and takes away the folders that wrap all of them.
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
	for t.unwrap() {
	}
	return nil
}

// unwrap takes away one folder that wraps everything, unless its name says what the files are for.
func (t *tree) unwrap() bool {
	wrap, _, inside := strings.Cut(t.files[0].name, "/")
	if !inside || isPart(wrap) {
		return false
	}
	wrap += "/"
	outside := func(name string) bool { return !strings.HasPrefix(name+"/", wrap) }
	if slices.ContainsFunc(t.files, func(e entry) bool { return outside(e.name) }) ||
		slices.ContainsFunc(t.folders, outside) {
		return false
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
	return true
}
