package dataset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
)

// written is where interop/datasets.sh has put data sets that NumPy, pandas and PyArrow wrote.
func written(t testing.TB) string {
	if dir := os.Getenv("PROBEWISE_DATASETS"); dir != "" {
		return dir
	}
	return filepath.Join("testdata", "written")
}

// expectation is what the program that wrote them says is in them.
type expectation struct {
	Classes      []string
	Gray, Colour map[string][][]byte
	Labels       map[string][]uint16
}

func expected(t testing.TB) expectation {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(written(t), "expected.json"))
	must(t, err)
	var raw struct {
		Classes      []string
		Gray, Colour map[string][][]int
		Labels       map[string][]uint16
	}
	must(t, json.Unmarshal(text, &raw))
	asBytes := func(parts map[string][][]int) map[string][][]byte {
		out := map[string][][]byte{}
		for part, images := range parts {
			for _, values := range images {
				var b []byte
				for _, v := range values {
					b = append(b, byte(v))
				}
				out[part] = append(out[part], b)
			}
		}
		return out
	}
	return expectation{raw.Classes, asBytes(raw.Gray), asBytes(raw.Colour), raw.Labels}
}

// lines are images with their labels, in order.
func lines(images trainer.Images, size int) []string {
	var out []string
	for i, label := range images.Labels {
		out = append(out, fmt.Sprintf("%d %v", label, images.Pixels[i*size:(i+1)*size]))
	}
	return out
}

func TestWrittenByOthers(t *testing.T) {
	e := expected(t)
	numbers := []string{"0", "1", "2"}
	for _, c := range []struct {
		path, format string
		images       map[string][][]byte
		classes      []string
		drawn        string // the part that is there, or "all", where the split is drawn
		note         string
	}{
		{"keras.npz", "numpy", e.Gray, numbers, "", "images are x_train"},
		{"medmnist.npz", "numpy", e.Colour, numbers, "", ""},
		{"floats.npz", "numpy", e.Colour, numbers, "", "multiplied by 255"},
		{"float64.npz", "numpy", e.Colour, numbers, "", ""},
		{"half.npz", "numpy", e.Gray, numbers, "", "multiplied by 255"},
		{"planes.npz", "numpy", e.Colour, numbers, "", ""},
		{"big-endian.npz", "numpy", e.Gray, numbers, "", ""},
		{"fortran.npz", "numpy", e.Colour, numbers, "", ""},
		{"flat.npz", "numpy", e.Gray, numbers, "", ""},
		{"named.npz", "numpy", e.Gray, e.Classes, "", "class names are class_names"},
		{"text.npz", "numpy", e.Gray, e.Classes, "", ""},
		{"pair.npz", "numpy", e.Gray, numbers, "all", "20 % of each class"},
		{"pixels.csv", "csv", e.Gray, numbers, "all", `the values of 16 columns, labels column "label"`},
		{"headless.csv", "csv", e.Gray, numbers, "train", "labels column 1"},
		{"kaggle", "csv", e.Gray, numbers, "train", "test.csv has no labels and is not used"},
		{"paths/labels.csv", "csv (png)", e.Colour, e.Classes, "",
			`files named in column "file_name", labels column "species"`},
		{"paths/labels.tsv", "csv (png)", e.Colour, e.Classes, "", `the split column "split"`},
		{"hub", "parquet (png)", e.Colour, e.Classes, "",
			`3 Parquet files: images are column "image", labels column "label"`},
		{"none.parquet", "parquet (png)", e.Colour, e.Classes, "train", `labels column "class"`},
		{"gzip.parquet", "parquet (png)", e.Colour, e.Classes, "train", ""},
		{"brotli.parquet", "parquet (png)", e.Colour, e.Classes, "train", ""},
		{"zstd.parquet", "parquet (png)", e.Colour, e.Classes, "train", ""},
		{"lz4.parquet", "parquet (png)", e.Colour, e.Classes, "train", ""},
	} {
		t.Run(c.path, func(t *testing.T) {
			l := open(t)
			m, err := l.Add(t.Context(), "mine", filepath.Join(written(t), c.path), Options{}, nil)
			must(t, err)
			d, err := l.Load(t.Context(), "mine")
			must(t, err)
			if m.Format != c.format || !slices.Equal(m.Classes, c.classes) ||
				!strings.Contains(strings.Join(m.Notes(), "\n"), c.note) {
				t.Errorf("%s of classes %q, notes %q", m.Format, m.Classes, m.Notes())
			}
			part := func(name string) trainer.Images {
				return trainer.Images{Pixels: bytes.Join(c.images[name], nil), Labels: e.Labels[name]}
			}
			size := d.ImageSize()
			train, test := lines(part("train"), size), lines(part("test"), size)
			gotTrain, gotTest := lines(d.Train, size), lines(d.Test, size)
			if c.drawn != "" {
				if c.drawn == "all" {
					train = append(train, test...)
				}
				if len(gotTest) == 0 || m.Preparation.Split != SplitDrawn {
					t.Errorf("split %s", m.Preparation.Split)
				}
				gotTrain, gotTest, test = slices.Sorted(slices.Values(append(gotTrain, gotTest...))), nil, nil
				slices.Sort(train)
			}
			if !slices.Equal(gotTrain, train) || !slices.Equal(gotTest, test) {
				t.Errorf("%d and %d images, want %d and %d; the first is %.60s, want %.60s", len(gotTrain),
					len(gotTest), len(train),
					len(test), gotTrain[0], train[0])
			}
		})
	}
}

// The same images have the same ID, whatever they came from.
func TestTheSameContentHasTheSameID(t *testing.T) {
	ids := map[string]bool{}
	for _, path := range []string{"keras.npz", "half.npz", "big-endian.npz", "flat.npz"} {
		m, err := open(t).Add(t.Context(), "mine", filepath.Join(written(t), path), Options{}, nil)
		must(t, err)
		ids[m.ID] = true
	}
	e := expected(t)
	asIDX := files{
		idxTrainImages: idx(bytes.Join(e.Gray["train"], nil), 9, 4, 4), idxTrainLabels: idx(low(e.Labels["train"]), 9),
		idxTestImages: idx(bytes.Join(e.Gray["test"], nil), 6, 4, 4), idxTestLabels: idx(low(e.Labels["test"]), 6),
	}
	m, err := open(t).Add(t.Context(), "mine", asIDX.zip(t), Options{}, nil)
	must(t, err)
	if ids[m.ID] = true; len(ids) != 1 {
		t.Errorf("gray images have %d ids", len(ids))
	}
	clear(ids)
	for _, path := range []string{"paths", "paths/labels.csv", "hub", "hub/data"} {
		source := filepath.Join(written(t), path)
		if path == "paths" { // two tables, of which one has to be named
			source = folderFiles(t, source).without("labels.tsv").zip(t)
		}
		m, err := open(t).Add(t.Context(), "mine", source, Options{}, nil)
		must(t, err)
		ids[m.ID] = true
	}
	if len(ids) != 1 {
		t.Errorf("colour images have %d ids", len(ids))
	}
}

func low(labels []uint16) []byte {
	var b []byte
	for _, l := range labels {
		b = append(b, byte(l))
	}
	return b
}

// folderFiles reads a folder.
func folderFiles(t testing.TB, dir string) files {
	t.Helper()
	f := files{}
	must(t, filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		f[filepath.ToSlash(rel)] = string(content)
		return err
	}))
	return f
}
