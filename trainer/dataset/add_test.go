package dataset

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func open(t testing.TB) *Library {
	l := Open(t.TempDir())
	l.layouts = append([]cifarLayout{smallCIFAR}, cifarLayouts[1])
	return l
}

func TestAddReadsEveryLayout(t *testing.T) {
	cifarPixel := func(first byte) []byte { return []byte(cifarRecord(0, first))[2:] }
	for _, c := range []struct {
		name, format string
		files        files
		classes      []string
		train, test  []byte
		labels       []uint16 // training, then test
		tar          bool
	}{
		{"idx", "idx", idxFiles, []string{"0", "1"}, []byte{1, 2, 3, 4, 5, 6}, []byte{7, 8, 9, 10},
			[]uint16{0, 1, 0, 1, 0}, true},
		{"cifar", "small", cifarFiles, []string{"cat", "dog"},
			slices.Concat(cifarPixel(10), cifarPixel(20), cifarPixel(30), cifarPixel(40)),
			slices.Concat(cifarPixel(50), cifarPixel(60)),
			[]uint16{0, 1, 1, 1, 1, 0}, true},
		{"images", "image-folder (png)", colourFiles, []string{"cat", "dog"},
			[]byte{13, 16, 14, 17, 15, 18, 7, 10, 8, 11, 9, 12, 1, 4, 2, 5, 3, 6},
			[]byte{19, 22, 20, 23, 21, 24, 25, 28, 26, 29, 27, 30},
			[]uint16{0, 1, 1, 0, 1}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			wrapped := c.files.under("wrap").with(files{"__MACOSX/wrap/._x": "x", "wrap/.DS_Store": "x",
				"wrap/README.md": "x"})
			ids := map[string]bool{}
			for form, path := range map[string]string{
				"folder":                   c.files.folder(t),
				"wrapped folder":           wrapped.folder(t),
				"zip":                      c.files.zip(t),
				"wrapped zip":              wrapped.zip(t),
				"wrapped zip with folders": wrapped.with(files{"wrap/": ""}).zip(t),
				"tgz":                      c.files.tgz(t),
				"wrapped tgz":              wrapped.tgz(t, tar.Header{Name: "./wrap/", Typeflag: tar.TypeDir}),
			} {
				l := open(t)
				var done, total int64
				m, err := l.Add(t.Context(), "mine", path, Options{}, func(d, n int64) { done, total = d, n })
				if err != nil {
					t.Fatalf("%s: %v", form, err)
				}
				ids[m.ID] = true
				if images := int64(m.Train + m.Test); done != images || total != images {
					t.Errorf("%s: progress ended at %d of %d, want %d", form, done, total, images)
				}
				d, err := l.Load(t.Context(), "mine")
				if err != nil {
					t.Fatalf("%s: %v", form, err)
				}
				if m.Format != c.format || m.Source != filepath.Base(path) || m.Name != "mine" || m.SplitSeed != 1 ||
					m.Added.IsZero() {
					t.Errorf("%s: manifest %+v", form, m)
				}
				if !slices.Equal(d.Classes, c.classes) || !bytes.Equal(d.Train.Pixels, c.train) ||
					!bytes.Equal(d.Test.Pixels, c.test) ||
					!slices.Equal(append(d.Train.Labels, d.Test.Labels...), c.labels) {
					t.Errorf("%s: got %+v", form, d)
				}
			}
			if len(ids) != 1 {
				t.Errorf("the same files have %d ids", len(ids))
			}
		})
	}
}

func TestAddComputesMoments(t *testing.T) {
	m, err := open(t).Add(t.Context(), "mine", colourFiles.folder(t), Options{}, nil)
	must(t, err)
	// Red values are 13 16 7 10 1 4: mean 8.5, variance 26.25; green and blue are one and two more.
	for c, got := range m.Mean {
		if want := (8.5 + float64(c)) / 255; got < want-1e-12 || got > want+1e-12 {
			t.Errorf("mean of channel %d: %v, want %v", c, got, want)
		}
		if got, want := m.Deviation[c], 5.123475382979799/255; got < want-1e-12 || got > want+1e-12 {
			t.Errorf("deviation of channel %d: %v, want %v", c, got, want)
		}
	}
}

func TestAddReadsJPEGInParallel(t *testing.T) {
	f := files{}
	for i := range 150 {
		f["train/a/"+string(rune('a'+i/26))+string(rune('a'+i%26))+".jpg"] = jpegOf(4, 5, color.Gray{Y: byte(i)})
	}
	f["train/b/x.jpeg"], f["test/a/x.JPG"], f["test/b/x.png"] = jpegOf(4, 5, color.RGBA{200, 0, 0, 255}),
		jpegOf(4, 5, color.White), jpegOf(4, 5, color.White)
	l := open(t)
	m, err := l.Add(t.Context(), "mine", f.zip(t), Options{}, nil)
	must(t, err)
	d, err := l.Load(t.Context(), "mine")
	must(t, err)
	if m.Format != "image-folder (jpeg)" || m.Height != 4 || m.Width != 5 || m.Train != 151 {
		t.Errorf("manifest %+v", m)
	}
	for i := range 150 {
		if got := int(d.Train.Pixels[i*60]); got < i-1 || got > i+1 {
			t.Fatalf("image %d has value %d: out of order", i, got)
		}
	}
}

func TestAddNamesOfficialClasses(t *testing.T) {
	l := open(t)
	l.official = map[string]official{"two": {classes: []string{"zero", "one"}}}
	m, err := l.Add(t.Context(), "two", idxFiles.folder(t), Options{}, nil)
	must(t, err)
	if !slices.Equal(m.Classes, []string{"zero", "one"}) {
		t.Errorf("classes %q", m.Classes)
	}
}

func TestAddAgain(t *testing.T) {
	l := open(t)
	first, err := l.Add(t.Context(), "mine", idxFiles.folder(t), Options{}, nil)
	must(t, err)
	same, err := l.Add(t.Context(), "mine", idxFiles.zip(t), Options{}, nil)
	if err != nil || same.ID != first.ID || same.Source != first.Source {
		t.Errorf("the same content again: %+v, %v", same, err)
	}
	if _, err := l.Add(t.Context(), "mine", colourFiles.folder(t), Options{}, nil); !errors.Is(err, ErrExists) {
		t.Errorf("other content: got %v, want ErrExists", err)
	}
	if m, _ := l.Manifest("mine"); m.ID != first.ID {
		t.Error("the data set was replaced")
	}
	if _, err := l.Add(t.Context(), Sample, idxFiles.folder(t), Options{}, nil); !errors.Is(err, ErrExists) {
		t.Errorf("the sample's name: got %v, want ErrExists", err)
	}
	for _, name := range []string{"", "..", "a/b", `a\b`, "A", ".x", strings.Repeat("a", 65), "a\n"} {
		if _, err := l.Add(t.Context(), name, idxFiles.folder(t), Options{}, nil); !errors.Is(err, ErrName) {
			t.Errorf("name %q: got %v, want ErrName", name, err)
		}
	}
}

func TestAddHeedsContext(t *testing.T) {
	for name, f := range map[string]files{"idx": idxFiles, "cifar": cifarFiles, "images": colourFiles} {
		ctx, cancel := context.WithCancel(t.Context())
		l := open(t)
		_, err := l.Add(ctx, "mine", f.folder(t), Options{}, func(int64, int64) { cancel() })
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", name, err)
		}
		nothingLeft(t, l)
	}
}

func nothingLeft(t *testing.T, l *Library) {
	t.Helper()
	left, err := os.ReadDir(l.folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
