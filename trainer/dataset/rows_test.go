package dataset

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// npyOf writes an array of version 1.
func npyOf(descr, shape, data string) string {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", descr, shape)
	return npyMagic + "\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header + data
}

func float32s(values ...float32) string {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return string(b)
}

// pairFiles are four gray images of 1×2 pixels in two classes.
var pairFiles = files{"x.npy": npyOf("|u1", "4, 1, 2", "\x01\x02\x03\x04\x05\x06\x07\xff"),
	"y.npy": npyOf("|u1", "4,", "\x00\x01\x00\x01")}

func TestArraysRefused(t *testing.T) {
	x := pairFiles["x.npy"]
	parts := files{"x_train.npy": x, "y_train.npy": pairFiles["y.npy"], "x_test.npy": x, "y_test.npy": pairFiles["y.npy"]}
	for _, c := range []struct {
		name    string
		files   files
		file    string
		message []string
	}{
		{"fewer labels", pairFiles.with(files{"y.npy": npyOf("|u1", "3,", "\x00\x01\x00")}), "y.npy",
			[]string{"3 labels for the 4 images of x.npy"}},
		{"standardised values", pairFiles.with(files{"x.npy": npyOf("<f4", "4, 1, 2", float32s(-1, 0, 1, 2, 0, 0, 0, 0))}),
			"x.npy", []string{"-1 to 2", "0 to 1, or 0 to 255"}},
		{"not a number", pairFiles.with(files{"x.npy": npyOf("<f4", "4, 1, 2", float32s(0, 0, 0, float32(math.NaN()), 0, 0, 0,
			0))}), "x.npy[1]", []string{"value 1 is NaN"}},
		{"too bright", pairFiles.with(files{"x.npy": npyOf("<u2", "4, 1, 2", strings.Repeat("\x00\x01", 8))}), "x.npy",
			[]string{"256 to 256", "0 to 255"}},
		{"negative label", pairFiles.with(files{"y.npy": npyOf("|i1", "4,", "\x00\x01\xff\x01")}), "y.npy[2]",
			[]string{"label -1", "whole number from 0"}},
		{"half a label", pairFiles.with(files{"y.npy": npyOf("<f4", "4,", float32s(0, 1, 0.5, 0))}), "y.npy[2]",
			[]string{"label 0.5"}},
		{"two hot", pairFiles.with(files{"y.npy": npyOf("|u1", "4, 2", "\x01\x00\x00\x01\x01\x01\x01\x00")}), "y.npy[2]",
			[]string{"not one-hot: 1 at 1"}},
		{"none hot", pairFiles.with(files{"y.npy": npyOf("|u1", "4, 2", "\x01\x00\x00\x01\x00\x00\x01\x00")}), "y.npy[2]",
			[]string{"all zeros"}},
		{"soft", pairFiles.with(files{"y.npy": npyOf("<f4", "4, 2", float32s(1, 0, 0.25, 0.75, 0, 1, 0, 1))}), "y.npy[1]",
			[]string{"not one-hot: 0.25 at 0"}},
		{"an empty label", pairFiles.with(files{"y.npy": npyOf("|S1", "4,", "ab\x00a")}), "y.npy[2]",
			[]string{"empty label"}},
		{"cut off", pairFiles.with(files{"x.npy": x[:len(x)-3]}), "x.npy", []string{"truncated: it holds 2 of 4 rows"}},
		{"too long", pairFiles.with(files{"x.npy": x + "x"}), "x.npy", []string{"more than its 4 rows"}},
		{"a huge claim", pairFiles.with(files{"x.npy": npyOf("|u1", "4, 99999, 99999", "\x01")}), "x.npy",
			[]string{"99999×99999 pixels", "4096×4096"}},
		{"beyond all", pairFiles.with(files{"x.npy": npyOf("<f8", "4000000000, 4000, 4000", "\x01")}), "x.npy",
			[]string{"out of range", "64 GiB"}},
		{"no images", pairFiles.with(files{"x.npy": npyOf("|u1", "0, 1, 2", "")}), "x.npy", []string{"no size may be 0"}},
		{"a header of another kind", pairFiles.with(files{"x.npy": npyOf("V8", "4, 1, 2", "")}), "x.npy",
			[]string{"values of type V8"}},
		{"a structure", pairFiles.with(files{"x.npy": strings.Replace(x, "'|u1'", "[('a', '|u1')]", 1)}), "x.npy",
			[]string{"not a plain array"}},
		{"no array", pairFiles.with(files{"x.npy": "hello, world"}), "x.npy", []string{"not a NumPy array"}},
		{"another version", pairFiles.with(files{"x.npy": npyMagic + "\x09\x00xxxxxx"}), "x.npy", []string{"version 9.0"}},
		{"a long header", pairFiles.with(files{"x.npy": npyMagic + "\x02\x00\xff\xff\xff\x7f"}), "x.npy",
			[]string{"a header of 2147483647 bytes"}},
		{"no square",
			files{"x.npy": npyOf("|u1", "4, 2", "\x01\x02\x03\x04\x05\x06\x07\xff"), "labels.npy": pairFiles["y.npy"],
				"more.npy": x}, "x.npy", []string{"rows of 2 values", "no square"}},
		{"two channels", pairFiles.with(files{"x.npy": npyOf("|u1", "4, 2, 1, 2", strings.Repeat("\x02", 16))}), "x.npy",
			[]string{"channels (1, 3 or 4)"}},
		{"labels alone", files{"y_train.npy": pairFiles["y.npy"]}, "",
			[]string{"without", "x_train, y_train", "y_train.npy [4]"}},
		{"images twice", parts.with(files{"images_train.npy": x}), "", []string{"could both be taken"}},
		{"names that say nothing", files{"a.npy": x, "b.npy": x, "c.npy": x}, "",
			[]string{"no array of images", "a.npy [4 1 2]"}},
		{"other sizes", parts.with(files{"x_test.npy": npyOf("|u1", "4, 2, 1", "\x01\x02\x03\x04\x05\x06\x07\xff")}), "",
			[]string{"2 sizes", "--size"}},
		{"a class of the test images alone", parts.with(files{"y_test.npy": npyOf("|u1", "4,", "\x00\x01\x00\x02")}),
			"train/2",
			[]string{`class "2" is in the other part only`}},
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
	_, err := open(t).Add(t.Context(), "mine", filepath.Join(written(t), "objects.npz"), Options{}, nil)
	refused(t, "pickled", err, "x.npy", "Python objects", "never unpickled")
	_, err = open(t).Add(t.Context(), "mine", write(t, "x.npy", []byte(x)), Options{}, nil)
	refused(t, "alone", err, "", "images without labels")
}

func TestArraysInFoldersAndArchives(t *testing.T) {
	npz, err := os.ReadFile(filepath.Join(written(t), "keras.npz"))
	must(t, err)
	want, err := open(t).Add(t.Context(), "mine", filepath.Join(written(t), "keras.npz"), Options{}, nil)
	must(t, err)
	nested := files{"data/mnist.npz": string(npz), "data/README.md": "x"}
	for form, path := range map[string]string{"folder": nested.folder(t), "zip": nested.zip(t), "tgz": nested.tgz(t)} {
		m, err := open(t).Add(t.Context(), "mine", path, Options{}, nil)
		must(t, err)
		if m.ID != want.ID {
			t.Errorf("%s: another data set", form)
		}
	}
	m, d := pairFiles.addWith(t, Options{})
	if m.Train != 2 || d.Test.Len() != 2 {
		t.Errorf("%d and %d images", m.Train, d.Test.Len())
	}
	dark := pairFiles.with(files{"x.npy": npyOf("|u1", "4, 1, 2", "\x01\x02\x03\x04\x05\x06\x07\x10")})
	if m, _ := dark.addWith(t, Options{}); !strings.Contains(strings.Join(m.Notes(), ""),
		"from 1 to 16 and were taken as of") {
		t.Errorf("notes %q", m.Notes())
	}
}
