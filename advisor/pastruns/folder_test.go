package pastruns

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestFolderIsBounded: what was read or written longest ago goes, and what has just been kept stays, however large.
func TestFolderIsBounded(t *testing.T) {
	f := &Forests{Folder: t.TempDir(), FolderBytes: 250}
	hour := time.Now().Add(-10 * time.Hour)
	keep := func(name string, size int) {
		t.Helper()
		err := f.save(name, func(w io.Writer) error { _, err := w.Write(make([]byte, size)); return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	age := func(name string) { // each later than those before
		hour = hour.Add(time.Hour)
		if err := os.Chtimes(filepath.Join(f.Folder, name), hour, hour); err != nil {
			t.Fatal(err)
		}
	}
	there := func(want ...string) {
		t.Helper()
		entries, err := os.ReadDir(f.Folder)
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("the folder holds %v, want %v (%v)", got, want, err)
		}
	}
	for _, name := range []string{"a", "b"} {
		keep(name, 100)
		age(name)
	}
	there("a", "b")
	if _, err := f.read("a"); err != nil {
		t.Fatal(err)
	}
	keep("c", 100)
	there("a", "c")
	keep("d", 1000)
	there("d")
	if _, err := f.read("c"); !os.IsNotExist(err) {
		t.Errorf("what has gone is read: %v", err)
	}
}
