package dataset

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func added(t *testing.T) (*Library, string) {
	t.Helper()
	l := open(t)
	_, err := l.Add(t.Context(), "mine", idxFiles.folder(t), Options{}, nil)
	must(t, err)
	return l, filepath.Join(l.folder, "mine")
}

func TestListIsSorted(t *testing.T) {
	l, _ := added(t)
	_, err := l.Add(t.Context(), "a.2", colourFiles.folder(t), Options{}, nil)
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(l.folder, ".add-1"), 0o755))
	must(t, os.MkdirAll(filepath.Join(l.folder, "empty"), 0o755))
	must(t, os.WriteFile(filepath.Join(l.folder, "file"), nil, 0o644))
	list, err := l.List()
	must(t, err)
	var names []string
	for _, m := range list {
		names = append(names, m.Name)
	}
	if !slices.Equal(names, []string{Sample, "a.2", "mine"}) {
		t.Errorf("names %q", names)
	}
	if list, err := Open(filepath.Join(t.TempDir(), "none")).List(); err != nil || len(list) != 1 {
		t.Errorf("no folder: %v, %v", list, err)
	}
}

func TestUnknownNames(t *testing.T) {
	l, _ := added(t)
	for name, want := range map[string]string{
		"cifar10": `"probewise dataset get cifar10" fetches it`,
		"other": `"probewise dataset get" fetches cifar10, cifar100, fashion-mnist, mnist, "probewise dataset add ` +
			`other PATH"`,
	} {
		_, err := l.Load(t.Context(), name)
		var unknown *UnknownError
		if !errors.As(err, &unknown) || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "here: "+Sample+", mine") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := l.Load(t.Context(), "../mine"); !errors.Is(err, ErrName) {
		t.Errorf("a path as name: got %v, want ErrName", err)
	}
}

func TestLoadNoticesDamage(t *testing.T) {
	for _, c := range []struct {
		name, want string
		damage     func(t *testing.T, dir string)
	}{
		{"a pixel", "damaged", func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, cacheFile), func(s string) string { return "\xff" + s[1:] })
		}},
		{"cut", "has 19 bytes, expected 20", func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, cacheFile), func(s string) string { return s[1:] })
		}},
		{"no images", "no such file", func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, cacheFile)))
		}},
		{"a class name", "damaged", func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, manifestFile),
				func(s string) string { return strings.Replace(s, `"1"`, `"2"`, 1) })
		}},
		{"a huge count", "more than the limit", func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, manifestFile),
				func(s string) string { return strings.Replace(s, `"train": 3`, `"train": 9223372036854775807`, 1) })
		}},
		{"not JSON", manifestFile, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, manifestFile), func(s string) string { return s[1:] })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, dir := added(t)
			c.damage(t, dir)
			if _, err := l.Load(t.Context(), "mine"); err == nil || !strings.Contains(err.Error(), c.want) ||
				!strings.Contains(err.Error(), "mine") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func change(t *testing.T, file string, f func(string) string) {
	t.Helper()
	b, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, []byte(f(string(b))), 0o644))
}

func TestLoadHeedsContext(t *testing.T) {
	l, _ := added(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Load(ctx, "mine"); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "remove") {
		t.Errorf("got %v, want context.Canceled alone", err)
	}
}

// A killed Add leaves a folder that no one sees; a later one removes it, but not that of an Add under way.
func TestAddSweepsWhatKilledOnesLeft(t *testing.T) {
	l, _ := added(t)
	stale, fresh := filepath.Join(l.folder, workPrefix+"stale"), filepath.Join(l.folder, workPrefix+"fresh")
	long := time.Now().Add(-2 * staleAfter)
	for _, dir := range []string{stale, fresh} {
		must(t, os.Mkdir(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, cacheFile), []byte("x"), 0o644))
		must(t, os.Chtimes(dir, long, long))
	}
	must(t, os.Chtimes(filepath.Join(stale, cacheFile), long, long))
	_, err := l.Add(t.Context(), "other", colourFiles.folder(t), Options{}, nil)
	must(t, err)
	if _, err := os.Stat(stale); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("stale folder: %v", err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("fresh folder: %v", err)
	}
}

func TestIDDependsOnContentAlone(t *testing.T) {
	base := labelled(4)
	id := contentID(base)
	same := labelled(4)
	same.Name, same.SplitSeed = "other", 7
	if contentID(same) != id {
		t.Error("name or split seed change the id")
	}
	for name, d := range map[string]func(){
		"classes": func() { same.Classes = []string{"a", "c"} },
		"label":   func() { same.Train.Labels = []uint16{0, 1, 0, 0} },
		"pixel":   func() { same.Test.Pixels = []byte{0, 0, 0, 1} },
		"shape":   func() { same.Height, same.Width = 2, 0 },
	} {
		same = labelled(4)
		if d(); contentID(same) == id {
			t.Errorf("another %s gives the same id", name)
		}
	}
}
