package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// photoFolder writes folders of two classes, eight and four images of several sizes, one file cut off.
func photoFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, side int) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		img := image.NewNRGBA(image.Rect(0, 0, side, 2*side))
		for i := range side * 2 * side {
			img.Set(i%side, i/side, color.NRGBA{uint8(20 * side), uint8(i), 0, 255})
		}
		if err := png.Encode(f, img); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 8 {
		write(fmt.Sprintf("cat/%d.png", i), 4+i)
	}
	for i := range 4 {
		write(fmt.Sprintf("dog/%d.png", i), 14+i)
	}
	if err := os.Truncate(filepath.Join(dir, "cat", "7.png"), 60); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDatasetCommands(t *testing.T) {
	dir, photos := t.TempDir(), photoFolder(t)
	sheet, mean := filepath.Join(dir, "samples.png"), filepath.Join(dir, "mean.png")
	for _, c := range []struct {
		args []string
		code int
		says []string // on the standard output, or with an error on the other
	}{
		{[]string{"add", "pets", photos}, exitUsage, []string{"8 to 34 pixels high and 4 to 17 wide", "--size"}},
		{[]string{"add", "pets", photos, "--size", "8"}, exitUsage, []string{`"8": expected HEIGHTxWIDTH`}},
		{[]string{"add", "pets", photos, "--size", "8x8"}, exitUsage,
			[]string{"cat/7.png: png: invalid format", "--skip-broken 1"}},
		{[]string{"add", "pets", photos, "--size", "8x6", "--skip-broken", "1", "--test-share", "0.25", "--split-seed", "7"},
			exitOK, []string{"8 training and 3 test images of 8×6×3 in 2 classes", "25 % of each class", "seed 7",
				"1 broken file left out", "11 images scaled to 8×6"}},
		{[]string{"list"}, exitOK, []string{"pets", "8×6×3"}},
		{[]string{"show", "pets", "--samples", sheet, "--mean", mean}, exitOK,
			[]string{"from " + filepath.Base(photos), "cat   │               5 │           2 │ 0.625", "0.667", sheet, mean}},
		{[]string{"show", "pets", "--json"}, exitOK, []string{`"class_counts"`, `"broken": [`, `"test_share": 0.25`}},
		{[]string{"show", "none"}, exitUsage, []string{`"none" is not here`}},
		{[]string{"show", "pets", "--mean", filepath.Join(dir, "no", "x.png")}, exitUsage, []string{"--mean", "x.png"}},
		{[]string{"remove", "pets"}, exitOK, []string{"pets: removed, 11 images"}},
		{[]string{"remove", "pets"}, exitUsage, []string{`"pets" is not here`}},
		{[]string{"remove", "fashion-mnist-sample"}, exitUsage, []string{"cannot be removed"}},
	} {
		code, out, errOut := call(t, append([]string{"dataset", "--data-dir", dir}, c.args...)...)
		text := out
		if c.code != exitOK {
			text = errOut
		}
		for _, part := range c.says {
			if code != c.code || !strings.Contains(text, part) {
				t.Errorf("%v: exit %d, want %d with %q: %s%s", c.args, code, c.code, part, out, errOut)
			}
		}
	}
	for file, want := range map[string]image.Point{sheet: {10*7 - 1, 2*9 - 1}, mean: {3*7 - 1, 8}} {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if config, err := png.DecodeConfig(f); err != nil || config.Width != want.X || config.Height != want.Y {
			t.Errorf("%s: %d×%d, %v, want %v", filepath.Base(file), config.Height, config.Width, err, want)
		}
	}
}
