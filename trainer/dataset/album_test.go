package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
)

// collection is a folder of two classes with everything that people's folders have.
func collection() files {
	brown, blue := color.RGBA{120, 60, 20, 255}, color.RGBA{0, 0, 255, 255}
	deep := image.NewGray16(image.Rect(0, 0, 10, 10))
	for i := range deep.Pix {
		deep.Pix[i] = 0x80
	}
	f := files{
		"cat/wide.jpg":      jpegOf(10, 20, brown),
		"cat/tall.jpeg":     jpegOf(20, 10, blue),
		"cat/turned.JPG":    withExif(jpegOf(12, 18, color.White), exif(false, 8)),
		"cat/gray.png":      pngOf(true, 1, 2, 3, 4),
		"cat/cut.jpg":       jpegOf(64, 64, blue)[:650], // its header is whole
		"dog/deep.png":      pngImage(deep),
		"dog/indexed.gif":   animation(blue),
		"dog/one.webp":      webpOf(9, 7, color.NRGBA{10, 200, 30, 255}),
		"dog/clear.png":     pngImage(image.NewNRGBA(image.Rect(0, 0, 5, 5))),
		"dog/page.png":      "<html>404</html>",
		"dog/notes.txt":     "mine",
		"dog/Thumbs.db":     "x",
		"__MACOSX/cat/._x":  "x",
		"cat/.DS_Store":     "x",
		"cat/annotation.xm": "x",
	}
	for i := range 6 {
		f[fmt.Sprintf("cat/%d.bmp", i)] = bmpImage(halves(10, 10, color.RGBA{byte(i), 0, 0, 255}, brown))
		f[fmt.Sprintf("dog/%d.bmp", i)] = bmpImage(halves(10, 10, color.RGBA{byte(i), 0, 0, 255}, blue))
	}
	return f
}

func TestAFolderAsPeopleHaveIt(t *testing.T) {
	f := collection()
	l := open(t)
	_, err := l.Add(t.Context(), "mine", f.folder(t), Options{}, nil)
	refused(t, "no size", err, "", "9 sizes, 1 to 64 pixels high and 4 to 64 wide", "--size",
		"2 of 22 images", "dog/page.png")
	_, err = l.Add(t.Context(), "mine", f.folder(t), Options{Height: 8, Width: 8}, nil)
	refused(t, "broken", err, "cat/cut.jpg", "2 of 22 images cannot be read",
		"cat/cut.jpg: invalid JPEG format: short Huffman data",
		"dog/page.png: not a JPEG", "--skip-broken 2")
	_, err = l.Add(t.Context(), "mine", f.folder(t), Options{Height: 8, Width: 8, SkipBroken: 1}, nil)
	refused(t, "too many broken", err, "", "2 of 22 images cannot be read")
	nothingLeft(t, l)
	o := Options{Height: 8, Width: 8, SkipBroken: 2, Fit: FitLetterbox}
	m, d := f.addWith(t, o)
	p := m.Preparation
	if m.Train+m.Test != 20 || m.Height != 8 || m.Width != 8 || m.Channels != 3 ||
		m.Format != "image-folder (bmp, gif, jpeg, png, webp)" {
		t.Errorf("manifest %+v", m)
	}
	if p.Ignored != 5 || p.Resized != 20 || p.Fit != FitLetterbox || p.Turned != 1 || p.Coloured != 2 || p.Deep != 1 ||
		p.Transparent != 2 || len(p.Broken) != 2 || p.Heights != [2]int{1, 20} || p.Widths != [2]int{4, 20} {
		t.Errorf("preparation %+v", p)
	}
	notes := strings.Join(m.Notes(), "\n")
	for _, part := range []string{"20 images scaled to 8×8, with black bars", "they were 1 to 20 high and 4 to 20 wide",
		"1 image turned", "2 images gray among", "2 images with transparent pixels, laid over white", "1 image of 16 bits",
		"2 broken files left out:\n  cat/cut.jpg: invalid JPEG", "5 files that are no images"} {
		if !strings.Contains(notes, part) {
			t.Errorf("notes %q do not say %q", notes, part)
		}
	}
	// From a zip and from a folder, on however many cores, the same.
	again, err := open(t).Add(t.Context(), "mine", f.folder(t), o, nil)
	must(t, err)
	if again.ID != m.ID || contentID(d) != m.ID {
		t.Errorf("ids %s and %s", again.ID, m.ID)
	}
}

func TestBrokenFilesAreListedUpToANumber(t *testing.T) {
	f := photos(20, 20)
	for i := range 25 {
		f[fmt.Sprintf("a/broken%02d.png", i)] = "x"
	}
	f["b/00.png"] = f["b/00.png"][:len(f["b/00.png"])-20] // its header is whole
	_, err := open(t).Add(t.Context(), "mine", f.zip(t), Options{}, nil)
	var broken *BrokenError
	if !errors.As(err, &broken) || len(broken.Files) != 26 || broken.Of != 65 {
		t.Fatalf("got %v", err)
	}
	for part, want := range map[string]bool{"26 of 65 images": true, "a/broken00.png": true, "a/broken19.png": true,
		"a/broken20.png": false, "and 6 more": true, "--skip-broken 26": true} {
		if strings.Contains(err.Error(), part) != want {
			t.Errorf("%q: says %q is not %v", err, part, want)
		}
	}
	m, d := f.addWith(t, Options{SkipBroken: 26})
	if m.Train+m.Test != 39 || len(m.Preparation.Broken) != 26 || d.Train.Len() != m.Train {
		t.Errorf("manifest %+v", m)
	}
	pixels := slices.Concat(d.Train.Pixels, d.Test.Pixels)
	labels := slices.Concat(d.Train.Labels, d.Test.Labels)
	for i, p := range pixels {
		// Pixels of class a are 1 to 20, those of b 22 to 40: 21 was broken.
		if p == 21 || int(labels[i]) != int(p-1)/20 {
			t.Errorf("pixel %d has label %d", p, labels[i])
		}
	}
	// The share is one of the images that can be read: a fifth of 19 and of 20.
	if m.Test != 8 || m.Train != 31 {
		t.Errorf("%d training and %d test images", m.Train, m.Test)
	}
	without := photos(20, 20)
	delete(without, "b/00.png")
	if plain, _ := without.addWith(t, Options{}); plain.ID != m.ID {
		t.Error("what is drawn depends on broken files")
	}
	parts := colourFiles.with(files{"test/cat/1.png": "x", "test/dog/1.png": "x"})
	_, err = open(t).Add(t.Context(), "mine", parts.zip(t), Options{SkipBroken: 5}, nil)
	refused(t, "a part that is broken", err, "", "test/cat/1.png: not a JPEG", "a part has no image left")
}

func TestDuplicates(t *testing.T) {
	one := func(v byte) string { return pngOf(true, v) }
	three := image.NewGray16(image.Rect(0, 0, 1, 1))
	three.SetGray16(0, 0, color.Gray16{0x03ff})
	deepThree := pngImage(three) // other bytes, the same pixel
	f := files{"train/a/1.png": one(1), "train/a/2.png": one(2), "train/a/3.png": deepThree,
		"train/a/4.png": one(4), "train/a/5.png": one(4), "train/b/1.png": one(5), "train/b/2.png": one(2),
		"train/b/3.png": one(6), "test/a/x.png": one(3), "test/b/x.png": one(5), "test/b/y.png": one(7)}
	m, d := f.addWith(t, Options{})
	found := m.Preparation.Duplicates
	if found == nil || found.Across != 2 || found.Dropped || found.Within != 2 || found.Contradictions != 1 ||
		!slices.Equal(found.Pairs, []Pair{{"train/a/3.png", "test/a/x.png"}, {"train/b/1.png", "test/b/x.png"}}) ||
		*found.Contradiction != (Pair{"train/a/2.png", "train/b/2.png"}) {
		t.Fatalf("found %+v", found)
	}
	if d.Train.Len() != 8 {
		t.Errorf("%d training images, want all 8 of a split that was there", d.Train.Len())
	}
	notes := strings.Join(m.Notes(), "\n")
	for _, part := range []string{"warning: 2 training images with the pixels of a test image", "--duplicates drop",
		"train/a/3.png = test/a/x.png", "2 images once more", "warning: 1 image in more than one class"} {
		if !strings.Contains(notes, part) {
			t.Errorf("notes %q do not say %q", notes, part)
		}
	}
	m, d = f.addWith(t, Options{Duplicates: DuplicatesDrop})
	if !slices.Equal(d.Train.Pixels, []byte{1, 2, 4, 4, 2, 6}) ||
		!slices.Equal(d.Train.Labels, []uint16{0, 0, 0, 0, 1, 1}) ||
		!slices.Equal(d.Test.Pixels, []byte{3, 5, 7}) || m.Train != 6 || !m.Preparation.Duplicates.Dropped {
		t.Errorf("dropped: %v, %v and %v", d.Train.Pixels, d.Train.Labels, d.Test.Pixels)
	}
	const left = "2 training images with the pixels of a test image left out"
	if notes := strings.Join(m.Notes(), "\n"); !strings.Contains(notes, left) {
		t.Errorf("notes %q", notes)
	}
}

// A class that lives on copies of test images alone is not lost without a word.
func TestDroppedDuplicatesLeaveEveryClass(t *testing.T) {
	f := files{"train/a/1.png": pngOf(true, 1), "train/b/1.png": pngOf(true, 2), "train/b/2.png": pngOf(true, 2),
		"test/a/1.png": pngOf(true, 3), "test/b/1.png": pngOf(true, 2)}
	_, err := open(t).Add(t.Context(), "mine", f.zip(t), Options{Duplicates: DuplicatesDrop}, nil)
	var option *OptionError
	if !errors.As(err, &option) || option.Option != "duplicates" || !strings.Contains(option.Problem, `class "b"`) {
		t.Errorf("error %v", err)
	}
	if m, _ := f.addWith(t, Options{Duplicates: DuplicatesKeep}); m.Train != 3 {
		t.Errorf("%d training images kept", m.Train)
	}
}

// In a split that is drawn, no copy of a test image may stay among the training images.
func TestDrawnSplitsDoNotLeak(t *testing.T) {
	f := photos(20, 20)
	for i := range 20 {
		f[fmt.Sprintf("a/copy%02d.png", i)] = f[fmt.Sprintf("a/%02d.png", i)]
	}
	m, d := f.addWith(t, Options{})
	found := m.Preparation.Duplicates
	if found == nil || !found.Dropped || found.Across == 0 || m.Train+m.Test+found.Across != 60 {
		t.Fatalf("manifest %+v, duplicates %+v", m, found)
	}
	if p := bytes.IndexAny(d.Train.Pixels, string(d.Test.Pixels)); p >= 0 {
		t.Errorf("test image %d is a training image too", d.Train.Pixels[p])
	}
	kept, all := f.addWith(t, Options{Duplicates: DuplicatesKeep})
	if kept.Train+kept.Test != 60 || kept.Preparation.Duplicates.Dropped ||
		!bytes.ContainsAny(all.Train.Pixels, string(all.Test.Pixels)) {
		t.Errorf("kept: %+v", kept.Preparation.Duplicates)
	}
}

func TestGrayStaysGray(t *testing.T) {
	f := files{"a/1.jpg": jpegImage(grayImage([]byte{9})), "b/1.png": pngOf(true, 1), "a/2.png": pngOf(true, 3),
		"b/2.png": pngOf(true, 4)}
	if m, _ := f.addWith(t, Options{}); m.Channels != 1 || m.Preparation.Coloured != 0 || m.Preparation.Resized != 0 {
		t.Errorf("manifest %+v, %+v", m, m.Preparation)
	}
	// One colour image makes all of them colour, with the gray value in each channel.
	m, d := f.with(files{"b/3.png": pngOf(false, 50, 60, 70)}).addWith(t, Options{})
	if m.Channels != 3 || m.Preparation.Coloured != 4 {
		t.Errorf("manifest %+v, %+v", m, m.Preparation)
	}
	for _, part := range []trainer.Images{d.Train, d.Test} {
		for i := range part.Labels {
			v := part.Pixels[3*i : 3*i+3]
			if gray := v[0] == v[1] && v[1] == v[2]; gray == (v[0] == 50) || v[0] == 50 && v[2] != 70 {
				t.Errorf("an image of %v", v)
			}
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string][2]int{"64x48": {64, 48}, "1×1024": {1, 1024}} {
		if h, w, err := ParseSize(text); err != nil || h != want[0] || w != want[1] {
			t.Errorf("%s: %d, %d, %v", text, h, w, err)
		}
	}
	for _, text := range []string{"", "64", "64x", "x64", "0x8", "8x1025", "-1x8", "8x8x3", "8 x 8", "99999x1"} {
		if _, _, err := ParseSize(text); err == nil || !strings.Contains(err.Error(), "size: ") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
