package dataset

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestRemove(t *testing.T) {
	l, _ := added(t)
	other := Open(t.TempDir()) // the same folder in another process
	other.folder, other.layouts = l.folder, l.layouts
	old, err := other.Load(t.Context(), "mine")
	must(t, err)
	must(t, l.Remove("mine"))
	nothingLeft(t, l)
	var unknown *UnknownError
	for name, err := range map[string]error{"again": l.Remove("mine"), "never": l.Remove("never")} {
		if !errors.As(err, &unknown) {
			t.Errorf("%s: got %v, want an UnknownError", name, err)
		}
	}
	for _, l := range []*Library{l, other} {
		if _, err := l.Load(t.Context(), "mine"); !errors.As(err, &unknown) {
			t.Errorf("loads what was removed: %v", err)
		}
	}
	if err := l.Remove(Sample); !errors.Is(err, ErrEmbedded) {
		t.Errorf("the sample: got %v, want ErrEmbedded", err)
	}
	if err := l.Remove("../mine"); !errors.Is(err, ErrName) {
		t.Errorf("a path: got %v, want ErrName", err)
	}
	// Another data set may have the name now, in every process.
	m, err := l.Add(t.Context(), "mine", colourFiles.folder(t), Options{}, nil)
	must(t, err)
	for _, l := range []*Library{l, other} {
		if d, err := l.Load(t.Context(), "mine"); err != nil || d.ID != m.ID || d.ID == old.ID {
			t.Errorf("the new one: %v", err)
		}
	}
	if _, err := os.Stat(l.folder); err != nil {
		t.Error(err)
	}
}

func TestShowCountsByClass(t *testing.T) {
	l := open(t)
	f := files{"train/a/1.png": pngOf(true, 10), "train/a/2.png": pngOf(true, 21), "train/a/3.png": pngOf(true, 31),
		"train/b/1.png": pngOf(true, 100), "test/a/1.png": pngOf(true, 4), "test/b/1.png": pngOf(true, 5),
		"test/b/2.png": pngOf(true, 6), "test/b/x.txt": "x"}
	_, err := l.Add(t.Context(), "mine", f.folder(t), Options{}, nil)
	must(t, err)
	s, d, err := l.Show(t.Context(), "mine")
	must(t, err)
	if !slices.Equal(s.Counts, []ClassCount{{"a", 3, 1}, {"b", 1, 2}}) || s.Name != "mine" || s.Chance != 1./3 ||
		!slices.Equal(s.Notes, []string{"1 file that is no images ignored"}) {
		t.Errorf("%+v", s)
	}
	if light, err := l.Details(t.Context(), "mine"); err != nil || !reflect.DeepEqual(light, s) {
		t.Errorf("from labels alone %+v, %v", light, err)
	}
	sheet, classes := drawn(t, samples, sourceOf(d))
	fromDisk(t, l, SheetSamples, sheet, classes)
	if size := sheet.Rect.Size(); size.X != 19 || size.Y != 3 || classes != 2 {
		t.Fatalf("samples of %v, %d classes", size, classes)
	}
	var shown []byte
	for x := 0; x < 6; x += 2 {
		shown = append(shown, sheet.RGBAAt(x, 0).R)
	}
	if slices.Sort(shown); !slices.Equal(shown, []byte{10, 21, 31}) ||
		sheet.RGBAAt(0, 2) != (color.RGBA{100, 100, 100, 255}) || sheet.RGBAAt(2, 2) != (color.RGBA{255, 255, 255, 255}) {
		t.Errorf("samples %v", shown)
	}
	// Means of all (162/4 = 40.5, rounded up), of class a (62/3 = 20.67) and of class b.
	sheet, classes = drawn(t, means, sourceOf(d))
	fromDisk(t, l, SheetMean, sheet, classes)
	for place, want := range []byte{41, 21, 100} {
		if got := sheet.RGBAAt(2*place, 0).G; got != want || classes != 2 {
			t.Errorf("mean %d is %d, want %d", place, got, want)
		}
	}
	change(t, filepath.Join(l.folder, "mine", cacheFile), func(s string) string { return s[:len(s)-1] + "\x07" })
	if _, err := l.Details(t.Context(), "mine"); err == nil || !strings.Contains(err.Error(), "label 1793 of 2 classes") {
		t.Errorf("a damaged label: %v", err)
	}
	change(t, filepath.Join(l.folder, "mine", cacheFile), func(s string) string { return s[:len(s)-1] })
	if _, err := l.Details(t.Context(), "mine"); err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("a short file: %v", err)
	}
	if _, _, err := l.Show(t.Context(), "none"); err == nil || !strings.Contains(err.Error(), "not here") {
		t.Errorf("an unknown name: %v", err)
	}
}

type drawing func(context.Context, trainingSource) (*image.RGBA, int, error)

func drawn(t *testing.T, draw drawing, source trainingSource) (*image.RGBA, int) {
	t.Helper()
	sheet, classes, err := draw(t.Context(), source)
	must(t, err)
	return sheet, classes
}

// fromDisk compares a sheet with the one that is drawn without loading the data set.
func fromDisk(t *testing.T, l *Library, s Sheet, want *image.RGBA, classes int) {
	t.Helper()
	content, n, err := l.Sheet(t.Context(), "mine", s)
	must(t, err)
	img, err := png.Decode(bytes.NewReader(content))
	must(t, err)
	if img.Bounds() != want.Rect || n != classes {
		t.Fatalf("%s: %v of %d classes", s, img.Bounds(), n)
	}
	for i := range want.Rect.Dx() * want.Rect.Dy() {
		x, y := i%want.Rect.Dx(), i/want.Rect.Dx()
		if r, g, b, _ := img.At(x, y).RGBA(); want.RGBAAt(x, y) != (color.RGBA{byte(r), byte(g), byte(b), 255}) {
			t.Fatalf("%s: pixel %d, %d differs", s, x, y)
		}
	}
}

func TestSheetsAreInColourAndBounded(t *testing.T) {
	f := colourFiles
	_, d := f.addWith(t, Options{})
	sheet, _ := drawn(t, means, sourceOf(d)) // dog: (1+7)/2, (2+8)/2, (3+9)/2 at the left
	if got := sheet.RGBAAt(2*3, 0); got != (color.RGBA{4, 5, 6, 255}) {
		t.Errorf("mean of the second class begins with %v", got)
	}
	large := labelled(2)
	large.Height, large.Width = 1200, 1400
	large.Train.Pixels, large.Train.Labels = make([]byte, 2*1200*1400), []uint16{0, 1}
	if sheet, classes := drawn(t, samples, sourceOf(large)); classes != 1 || sheet.Rect.Dy() != 1200 {
		t.Errorf("a sheet of %d classes, %v", classes, sheet.Rect)
	}
}
