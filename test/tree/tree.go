package tree

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Root returns the absolute path of the repository's root: the nearest folder above the test that holds go.mod.
//
// It also lists every folder below. Tests that look at the tree through a child process (go list, a shell) would
// otherwise pass from Go's test cache after the tree has changed: the cache sees only what the test itself opens.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	root, err := find(dir)
	if err != nil {
		tb.Fatal(err)
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil && !os.IsNotExist(err) { // a file that another test just removed is none of ours
			return err
		}
		if entry != nil && entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return root
}

// find returns the nearest folder at or above dir that holds go.mod.
func find(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", &fs.PathError{Op: "find go.mod above", Path: dir, Err: fs.ErrNotExist}
		}
	}
}
