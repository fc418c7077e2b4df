package dataset

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"probewise/trainer"
)

func FuzzIDX(f *testing.F) {
	f.Add([]byte(idxFiles[idxTrainImages]))
	f.Add([]byte(idxFiles[idxTestLabels]))
	f.Add([]byte(idx(nil, 1<<31, 4096, 4096)))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, rank := range []int{1, 3} {
			shape, data, err := readIDX("fuzz", bytes.NewReader(content), rank)
			if err != nil {
				continue
			}
			total := 1
			for _, n := range shape {
				total *= n
			}
			if len(data) != total || !bytes.Equal(data, content[4+4*rank:]) {
				t.Errorf("shape %v, %d values from %d bytes", shape, len(data), len(content))
			}
		}
	})
}

// The file is content over and over, up to length: records are too long to be found byte by byte.
func FuzzCIFAR(f *testing.F) {
	const record = 2 + cifarPixels
	f.Add([]byte{0, 1, 2}, uint16(2*record))
	f.Add([]byte{0}, uint16(record))
	f.Add([]byte{255}, uint16(2*record+1))
	f.Fuzz(func(t *testing.T, content []byte, length uint16) {
		if len(content) == 0 {
			return
		}
		file := bytes.Repeat(content, int(length)/len(content)+1)[:length]
		var d trainer.Images
		err := readCIFAR("fuzz", bytes.NewReader(file), smallCIFAR, 2, &d)
		if whole := len(file) == 2*record && file[1] < 2 && file[record+1] < 2; whole != (err == nil) {
			t.Fatalf("%d bytes: %v", len(file), err)
		}
		for i, label := range d.Labels {
			r := file[i*record : (i+1)*record]
			if byte(label) != r[1] || err == nil && !bytes.Equal(d.Pixels[i*cifarPixels:(i+1)*cifarPixels], r[2:]) {
				t.Errorf("image %d differs from its record", i)
			}
		}
	})
}

func FuzzNPY(f *testing.F) {
	f.Add([]byte(pairFiles["x.npy"]))
	f.Add([]byte(npyOf("<U3", "2,", strings.Repeat("a\x00\x00\x00", 6))))
	f.Add([]byte(npyOf("<f2", "2, 2", "\x00\x3c\x00\x00\x00\x3c\x00\x00")))
	f.Add([]byte(strings.Replace(npyOf(">i8", "2, 1, 1", strings.Repeat("\x00", 16)), "False", "True ", 1)))
	f.Add([]byte(npyOf("|u1", "4000000000, 9", "")))
	f.Fuzz(func(t *testing.T, content []byte) {
		a, err := readNPYHeader("fuzz", func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(string(content))), nil
		})
		if err != nil {
			return
		}
		labels, err := a.labelTexts(t.Context())
		if err == nil && len(labels) != a.shape[0] {
			t.Errorf("%d labels of %v", len(labels), a.shape)
		}
		source, err := a.imageRows("")
		if err != nil {
			return
		}
		pictures, _, err := readRasters(t.Context(), []valueRows{source})
		if err == nil && (len(pictures) != a.shape[0] || len(pictures[0].values) != source.raster.size()) {
			t.Errorf("%d pictures of %v", len(pictures), a.shape)
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add(tableFiles["labels.csv"])
	f.Add("7" + strings.Repeat(",7", 16) + "\n8" + strings.Repeat(",1", 16))
	f.Add("a;b\n\"x\";\"y\n\"\n")
	f.Add(bom + "path\tlabel\tsplit\n1.png\tcat\ttrain\n")
	f.Fuzz(func(t *testing.T, content string) {
		e := entry{"a.csv", "", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
		tree := &tree{source: "fuzz", single: singleTable, root: "nowhere", files: []entry{e}}
		list, unlabelled, _ := tree.tables(Options{})
		if len(list) == 0 {
			return
		}
		a, err := tree.tableAlbum(t.Context(), list, unlabelled)
		if err != nil {
			return
		}
		for _, p := range a.pictures {
			if p.problem == "" && (p.class < 0 || p.class >= len(a.classes)) {
				t.Errorf("class %d of %d", p.class, len(a.classes))
			}
		}
	})
}

func FuzzParquet(f *testing.F) {
	for _, name := range []string{"none.parquet", "zstd.parquet", "hub/data/train-00001-of-00002.parquet"} {
		b, err := os.ReadFile(filepath.Join(written(f), filepath.FromSlash(name)))
		must(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		e := entry{"a.parquet", "",
			func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(content))), nil }}
		tree := &tree{source: "fuzz", single: singleParquet, files: []entry{e}}
		a, err := tree.parquetAlbum(t.Context(), tree.files, Options{})
		if err == nil && len(a.pictures) > len(content)*1000 {
			t.Errorf("%d pictures of %d bytes", len(a.pictures), len(content))
		}
	})
}
