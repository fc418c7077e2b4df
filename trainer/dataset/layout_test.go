package dataset

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
)

// photos returns so many images of 1×1 pixel in each class; each pixel is there once: 20·class + number, from 1.
func photos(counts ...int) files {
	f := files{}
	for class, n := range counts {
		for i := range n {
			f[fmt.Sprintf("%c/%02d.png", 'a'+class, i)] = pngOf(true, byte(20*class+i+1))
		}
	}
	return f
}

func (f files) addWith(t *testing.T, o Options) (Manifest, *trainer.Dataset) {
	t.Helper()
	l := open(t)
	m, err := l.Add(t.Context(), "mine", f.zip(t), o, nil)
	must(t, err)
	d, err := l.Load(t.Context(), "mine")
	must(t, err)
	return m, d
}

func TestTestImagesAreDrawnByClass(t *testing.T) {
	f := photos(10, 4, 2)
	m, d := f.addWith(t, Options{})
	perClass := map[uint16]int{}
	for _, label := range d.Test.Labels {
		perClass[label]++
	}
	// A fifth of 10, 4 and 2, rounded, is 2, 1 and 0, and at least one is needed.
	if !maps.Equal(perClass, map[uint16]int{0: 2, 1: 1, 2: 1}) || m.Train != 12 || m.Test != 4 {
		t.Errorf("test images by class %v, %d and %d in all", perClass, m.Train, m.Test)
	}
	var want []byte
	for class, n := range []int{10, 4, 2} {
		for i := range n {
			want = append(want, byte(20*class+i+1))
		}
	}
	if got := slices.Sorted(slices.Values(slices.Concat(d.Train.Pixels, d.Test.Pixels))); !slices.Equal(got, want) {
		t.Errorf("images %v, want each once: %v", got, want)
	}
	for _, part := range []trainer.Images{d.Train, d.Test} {
		for i, label := range part.Labels {
			if part.Pixels[i]/20 != byte(label) {
				t.Errorf("pixel %d has label %d", part.Pixels[i], label)
			}
		}
	}
	if m.Preparation.Split != SplitDrawn || m.Preparation.TestShare != DefaultTestShare || m.SplitSeed != 1 {
		t.Errorf("manifest %+v", m)
	}
	if notes := strings.Join(m.Notes(), "\n"); !strings.Contains(notes, "20 % of each class") ||
		!strings.Contains(notes, "seed 1") {
		t.Errorf("notes %q", notes)
	}
}

func TestTheDrawFollowsSeedShareAndClass(t *testing.T) {
	f := photos(10, 10, 10)
	_, first := f.addWith(t, Options{Seed: 1})
	_, again := f.under("one").under("two").addWith(t, Options{})
	if !slices.Equal(first.Test.Pixels, again.Test.Pixels) {
		t.Errorf("the same seed drew %v and %v", first.Test.Pixels, again.Test.Pixels)
	}
	m, other := f.addWith(t, Options{Seed: 2, TestShare: 0.3})
	if m.SplitSeed != 2 || m.Preparation.TestShare != 0.3 || other.Test.Len() != 9 {
		t.Errorf("manifest %+v, %d test images", m, other.Test.Len())
	}
	_, same := f.addWith(t, Options{Seed: 2})
	if slices.Equal(first.Test.Pixels, same.Test.Pixels) {
		t.Error("another seed drew the same images")
	}
	inClass := func(d *trainer.Dataset, class byte) (numbers []byte) {
		for _, p := range d.Test.Pixels {
			if p/20 == class {
				numbers = append(numbers, p%20)
			}
		}
		return numbers
	}
	if a, b, c := inClass(first, 0), inClass(first, 1), inClass(first, 2); slices.Equal(a, b) && slices.Equal(b, c) {
		t.Errorf("classes of one size drew the same places %v", a)
	}
	_, fewer := photos(10, 3).addWith(t, Options{Seed: 1})
	if !slices.Equal(inClass(first, 0), inClass(fewer, 0)) {
		t.Error("what a class draws depends on another class")
	}
}

func TestPartsInTheirUsualNames(t *testing.T) {
	one := func(folder string, pixel byte) files {
		return files{folder + "/a/1.png": pngOf(true, pixel), folder + "/b/1.png": pngOf(true, pixel+1)}
	}
	join := func(parts ...files) files {
		all := files{}
		for _, p := range parts {
			maps.Copy(all, p)
		}
		return all
	}
	for _, c := range []struct {
		name        string
		files       files
		split, note string
		train, test []byte
	}{
		{"train and test", join(one("Training", 1), one("TEST", 3)), SplitFolders, "", []byte{1, 2}, []byte{3, 4}},
		{"train and val", join(one("train", 1), one("valid", 3)), SplitValidationTests, "validation images are the test set",
			[]byte{1, 2}, []byte{3, 4}},
		{"all three", join(one("train", 1), one("validation", 3), one("testing", 5)), SplitValidationJoins,
			"join the training images", []byte{1, 3, 2, 4}, []byte{5, 6}},
		{"an empty part", join(one("train", 1), one("test", 3), files{"val/": ""}), SplitFolders, "",
			[]byte{1, 2}, []byte{3, 4}},
	} {
		m, d := c.files.under("pets").addWith(t, Options{})
		if m.Preparation.Split != c.split || !slices.Equal(d.Train.Pixels, c.train) || !slices.Equal(d.Test.Pixels, c.test) {
			t.Errorf("%s: %s, %v and %v", c.name, m.Preparation.Split, d.Train.Pixels, d.Test.Pixels)
		}
		if notes := strings.Join(m.Notes(), "\n"); !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
			t.Errorf("%s: notes %q", c.name, notes)
		}
	}
	alone := files{}
	for name, content := range photos(5, 5) {
		alone["train/"+name] = content
	}
	if m, d := alone.addWith(t, Options{}); m.Preparation.Split != SplitDrawn || d.Test.Len() != 2 {
		t.Errorf("a training folder alone: %+v", m)
	}
	vehicles := files{}
	for name, content := range photos(5, 5) {
		vehicles[strings.Replace(strings.Replace(name, "a/", "car/", 1), "b/", "train/", 1)] = content
	}
	if m, _ := vehicles.addWith(t, Options{}); !slices.Equal(m.Classes, []string{"car", "train"}) {
		t.Errorf("a class called train: %q", m.Classes)
	}
}

func TestFilesThatAreNoImagesAreCounted(t *testing.T) {
	f := photos(5, 5).with(files{"a/notes.pdf": "x", "a/notes.txt": "x", "labels.csv": "x", "b/Thumbs.db": "x",
		"b/.DS_Store": "x", "README.md": "x"})
	m, d := f.addWith(t, Options{})
	_, plain := photos(5, 5).addWith(t, Options{})
	if m.Preparation.Ignored != 6 || !slices.Equal(d.Train.Pixels, plain.Train.Pixels) ||
		!slices.Contains(m.Notes(), "6 files that are no images ignored") {
		t.Errorf("%+v, notes %q", m.Preparation, m.Notes())
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		name, says string
		files      files
		o          Options
	}{
		{"no share", "-0.5 is out of range", photos(3, 3), Options{TestShare: -0.5}},
		{"all", "above 0 and below 1", photos(3, 3), Options{TestShare: 1}},
		{"a split of their own", "test, train are a split already", colourFiles, Options{TestShare: 0.5}},
		{"IDX", "IDX files have a test set of their own", idxFiles, Options{TestShare: 0.5}},
		{"CIFAR", "CIFAR files have a test set of their own", cifarFiles, Options{TestShare: 0.5}},
		{"IDX of another size", "size: IDX files", idxFiles, Options{Height: 8, Width: 8}},
		{"half a size", "8x0 is out of range", photos(3, 3), Options{Height: 8}},
		{"too large", "expected 1 to 1024", photos(3, 3), Options{Height: 8, Width: 2000}},
		{"a fit without a size", "needs a size", photos(3, 3), Options{Fit: FitCrop}},
		{"another fit", `fit: "stretch"`, photos(3, 3), Options{Height: 8, Width: 8, Fit: "stretch"}},
		{"fewer than no broken files", "skip-broken: -1", photos(3, 3), Options{SkipBroken: -1}},
		{"duplicates otherwise", `duplicates: "move"`, photos(3, 3), Options{Duplicates: "move"}},
		{"a seed that JSON would round", "9007199254740992 is out of range", idxFiles, Options{Seed: 1 << 53}},
	} {
		l := open(t)
		_, err := l.Add(t.Context(), "mine", c.files.folder(t), c.o, nil)
		var option *OptionError
		if !errors.As(err, &option) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.says)
		}
		nothingLeft(t, l)
	}
}
