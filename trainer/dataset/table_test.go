package dataset

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tableFiles are a table and its images, two of each class.
var tableFiles = files{
	"labels.csv": "file,kind\nimg/1.png,cat\nimg/2.png,dog\nimg/3.png,cat\nimg/4.png,dog\n",
	"img/1.png":  pngOf(true, 1), "img/2.png": pngOf(true, 2), "img/3.png": pngOf(true, 3), "img/4.png": pngOf(true, 4),
}

func TestTablesAsPeopleWriteThem(t *testing.T) {
	for name, text := range map[string]string{
		"as it is":      tableFiles["labels.csv"],
		"without names": "img/1.png,cat\nimg/2.png,dog\nimg/3.png,cat\nimg/4.png,dog",
		"labels first":  "cat,img/1.png\ndog,img/2.png\ncat,img/3.png\ndog,img/4.png\n",
		"semicolons":    "file;kind\nimg/1.png;cat\nimg/2.png;dog\nimg/3.png;cat\nimg/4.png;dog\n",
		"Excel": bom +
			"file;kind\r\nimg\\1.png;cat\r\nimg\\2.png;dog\r\nimg\\3.png;cat\r\nimg\\4.png;dog\r\n",
		"quotes":                    "file,kind\n\"img/1.png\",\"cat\"\nimg/2.png, dog\n./img/3.png,cat\nimg/4.png,dog\n",
		"names without an ending":   "id,kind\n1,cat\n2,dog\n3,cat\n4,dog\n",
		"names without a folder":    "name,kind\n1.png,cat\n2.png,dog\n3.png,cat\n4.png,dog\n",
		"paths of another machine":  "path,kind\n/a/img/1.png,cat\n/a/img/2.png,dog\n/a/img/3.png,cat\n/a/img/4.png,dog\n",
		"more columns":              "path,n,label\nimg/1.png,7,cat\nimg/2.png,7,dog\nimg/3.png,7,cat\nimg/4.png,7,dog\n",
		"text before numbers":       "path,class_id,class\n1.png,0,cat\n2.png,1,dog\n3.png,0,cat\n4.png,1,dog\n",
		"a split of one part":       "path,kind,split\n1.png,cat,train\n2.png,dog,train\n3.png,cat,train\n4.png,dog,train\n",
		"a column that is no split": "path,label,set\n1.png,cat,a\n2.png,dog,b\n3.png,cat,a\n4.png,dog,c\n",
		"images with two dots":      "path,label\n1.png,cat\n2.png,dog\n3.png,cat\n4.png,dog\n",
		"empty lines":               "path,label\n\n1.png,cat\n2.png,dog\n\n3.png,cat\n4.png,dog\n\n",
		"one elsewhere":             "path,label\nx/img/1.png,cat\n1.png,cat\n2.png,dog\n3.png,cat\n4.png,dog\n",
	} {
		o := Options{}
		if name == "one elsewhere" {
			o.SkipBroken = 1
		}
		m, d := tableFiles.with(files{"labels.csv": text}).addWith(t, o)
		got := map[byte]string{}
		for _, part := range []struct {
			pixels []byte
			labels []uint16
		}{{d.Train.Pixels, d.Train.Labels}, {d.Test.Pixels, d.Test.Labels}} {
			for i, p := range part.pixels {
				got[p] = d.Classes[part.labels[i]]
			}
		}
		if len(got) != 4 || got[1] != "cat" || got[2] != "dog" || got[3] != "cat" || got[4] != "dog" {
			t.Errorf("%s: %v, notes %q", name, got, m.Notes())
		}
	}
}

func TestTableNamedItself(t *testing.T) {
	dir := tableFiles.with(files{"other.csv": "file,kind\nimg/1.png,x\n",
		"x/a.csv":   "1.png,cat\n2.png,dog\n3.png,cat\n4.png,dog\n",
		"x/out.csv": "../img/1.png,cat\n/etc/2.png,dog\n"}).folder(t)
	_, err := open(t).Add(t.Context(), "mine", dir, Options{}, nil)
	refused(t, "two tables", err, "labels.csv", "other.csv", "name the one to go by")
	for path, o := range map[string]Options{"labels.csv": {}, "x/a.csv": {Images: filepath.Join(dir, "img")}} {
		if m, err := open(t).Add(t.Context(), "mine", filepath.Join(dir, path), o, nil); err != nil || m.Train != 2 {
			t.Errorf("%s: %+v, %v", path, m, err)
		}
	}
	_, err = open(t).Add(t.Context(), "mine", filepath.Join(dir, "x", "a.csv"), Options{}, nil)
	refused(t, "images elsewhere", err, "a.csv line 1", "not there", "--images")
	_, err = open(t).Add(t.Context(), "mine", filepath.Join(dir, "x", "out.csv"), Options{}, nil)
	refused(t, "outside", err, "out.csv line 1", "leads outside", "out.csv line 2")
}

func TestTablesRefused(t *testing.T) {
	table := func(text string) files { return tableFiles.with(files{"labels.csv": text}) }
	pixels := strings.Repeat(",7", 16) + "\n"
	for _, c := range []struct {
		name    string
		files   files
		file    string
		message []string
	}{
		{"a row too short", table(tableFiles["labels.csv"] + "img/1.png\n"), "labels.csv",
			[]string{"line 6 has 1 columns, the first line has 2"}},
		{"an open quote", table(tableFiles["labels.csv"] + "img/1.png,\"cat\n"), "labels.csv", []string{"line 6"}},
		{"files that are missing", table("file,kind\nimg/1.png,cat\nimg/9.png,dog\n,cat\nimg/4.png,\nhttps://x/1.png,cat\n"),
			"labels.csv line 3", []string{"4 of 5 images", "img/9.png: not there", `line 4: column "file" is empty`,
				`line 5: column "kind" is empty: no label`, "line 6", "fetch the images", "--skip-broken 4"}},
		{"which label", table("file,big,small\nimg/1.png,cat,tom\nimg/2.png,dog,rex\n"), "labels.csv",
			[]string{"which column", "file, big, small", "--label-column"}},
		{"which label, without names", table("img/1.png,cat,tom\nimg/2.png,dog,rex\n"), "labels.csv",
			[]string{"which column", "columns 1 to 3"}},
		{"a name of two images", tableFiles.with(files{"labels.csv": "1.png,cat\n2.png,dog\n", "more/1.png": pngOf(true, 9)}),
			"labels.csv line 1", []string{"could be img/1.png or more/1.png"}},
		{"no image of the table", table("path,label\na.png,cat\nb.png,dog\n"), "labels.csv", []string{"1 classes",
			`column "path" names images that are not there, such as "a.png"`}},
		{"no square", files{"a.csv": "7,1" + pixels + "7,2" + pixels}, "", []string{"not a layout that is known"}},
		{"no square, with names", files{"a.csv": "label,p" + strings.Repeat(",q", 16) + "\n7,1" + pixels}, "a.csv",
			[]string{"17 columns of pixel values", "no square"}},
		{"no number", files{"a.csv": "7" + pixels + "8,x" + pixels[2:]}, "a.csv line 2", []string{`column 2 is "x"`}},
		{"no label", files{"a.csv": "label" + strings.Repeat(",p", 16) + "\n7" + pixels + pixels}, "a.csv line 3",
			[]string{`column "label" is empty`}},
		{"one class", files{"a.csv": "7" + pixels + "7" + pixels}, "", []string{"1 classes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for form, path := range map[string]string{"folder": c.files.folder(t), "zip": c.files.zip(t)} {
				l := open(t)
				_, err := l.Add(t.Context(), "mine", path, Options{}, nil)
				refused(t, form, err, c.file, c.message...)
				nothingLeft(t, l)
			}
		})
	}
	var option *OptionError
	for says, o := range map[string]Options{`no column "breed": it has file, kind`: {LabelColumn: "breed"},
		`no column "3"`: {ImageColumn: "3"}} {
		_, err := open(t).Add(t.Context(), "mine", tableFiles.folder(t), o, nil)
		if !errors.As(err, &option) || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	_, err := open(t).Add(t.Context(), "mine", photos(3, 3).folder(t), Options{LabelColumn: "x"}, nil)
	if !errors.As(err, &option) || !strings.Contains(err.Error(), "image folders have no columns") {
		t.Errorf("an image folder: %v", err)
	}
	if m, _ := table("file,big,small\n1.png,cat,a\n2.png,dog,b\n3.png,cat,a\n4.png,dog,b\n").addWith(t,
		Options{LabelColumn: "small", ImageColumn: "1"}); !slices.Equal(m.Classes, []string{"a", "b"}) {
		t.Errorf("classes %q", m.Classes)
	}
}

func TestLongLinesAreNotKept(t *testing.T) {
	endless := entry{"a.csv", "", func() (io.ReadCloser, error) { return io.NopCloser(zeros{}), nil }}
	_, err := openTable(endless)
	refused(t, "endless", err, "a.csv", "a line of more than 64 MiB")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestParquetRefused(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(written(t), name))
		must(t, err)
		return string(b)
	}
	whole := read("none.parquet")
	cut := func(s string) string { return s[:len(s)/2] }
	footer := []byte(whole)
	binary.LittleEndian.PutUint32(footer[len(footer)-8:], math.MaxUint32)
	for _, c := range []struct {
		name    string
		files   files
		message []string
	}{
		{"cut off", files{"a.parquet": cut(whole)}, []string{"not a whole Parquet file"}},
		{"a footer that cannot be", files{"a.parquet": string(footer)}, []string{"damaged: a footer of 4294967295 bytes"}},
		{"empty", files{"a.parquet": ""}, []string{"not a Parquet file"}},
		{"one with a part, one without", files{"train.parquet": whole, "more.parquet": whole},
			[]string{"does not say in its name"}},
		{"pages of zeros", files{"a.parquet": "PAR1" + strings.Repeat("\x00", 200) + whole[204:]}, []string{"a.parquet"}},
	} {
		l := open(t)
		_, err := l.Add(t.Context(), "mine", c.files.zip(t), Options{}, nil)
		refused(t, c.name, err, "", c.message...)
		nothingLeft(t, l)
	}
	var option *OptionError
	for says, o := range map[string]Options{`no such column "y": it has img, class, weight`: {LabelColumn: "y"},
		`no such column "x"`: {SplitColumn: "x"}} {
		if _, err := (files{"a.parquet": whole}).addError(t, o); !errors.As(err, &option) ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := (files{"a.parquet": whole}).addError(t, Options{SplitColumn: "class"}); err == nil ||
		!strings.Contains(err.Error(), `a.parquet row 1: column "class" is "bird"`) {
		t.Errorf("a split column of labels: %v", err)
	}
	if m, err := (files{"a.parquet": whole}).addError(t, Options{LabelColumn: "weight"}); err == nil ||
		!strings.Contains(err.Error(), "1 image of this class") {
		t.Errorf("nine classes: %+v, %v", m, err)
	}
}

func (f files) addError(t *testing.T, o Options) (Manifest, error) {
	return open(t).Add(t.Context(), "mine", f.folder(t), o, nil)
}
