package tree

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestFind(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := find(deep); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without go.mod: error %v, want one that is fs.ErrNotExist", err)
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{root, deep} {
		if got, err := find(dir); err != nil || got != root {
			t.Errorf("find(%s) = %s, %v; want %s", dir, got, err, root)
		}
	}
}

func TestRootIsTheModule(t *testing.T) {
	if _, err := os.Stat(filepath.Join(Root(t), "test", "tree", "tree_test.go")); err != nil {
		t.Error(err)
	}
}
