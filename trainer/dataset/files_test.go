package dataset

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files are a data set's files by name; a name that ends in a slash is a folder.
type files map[string]string

func (f files) with(changes files) files {
	f = maps.Clone(f)
	maps.Copy(f, changes)
	return f
}

func (f files) without(names ...string) files {
	f = maps.Clone(f)
	for _, name := range names {
		delete(f, name)
	}
	return f
}

func (f files) under(folder string) files {
	g := files{}
	for name, content := range f {
		g[folder+"/"+name] = content
	}
	return g
}

func (f files) folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range f {
		p := filepath.Join(dir, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(p, 0o755))
		} else {
			must(t, os.WriteFile(p, []byte(content), 0o644))
		}
	}
	return dir
}

func (f files) zip(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range f {
		w, err := z.Create(name)
		must(t, err)
		_, err = w.Write([]byte(content))
		must(t, err)
	}
	must(t, z.Close())
	return write(t, "set.zip", b.Bytes())
}

func (f files) tgz(t testing.TB, extra ...tar.Header) string {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	for _, h := range extra {
		must(t, w.WriteHeader(&h))
	}
	for name, content := range f {
		must(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}))
		_, err := w.Write([]byte(content))
		must(t, err)
	}
	must(t, w.Close())
	must(t, g.Close())
	return write(t, "set.tar.gz", b.Bytes())
}

func write(t testing.TB, name string, content []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(p, content, 0o644))
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// idx encodes an array of bytes.
func idx(values []byte, shape ...int) string {
	b := []byte{0, 0, 8, byte(len(shape))}
	for _, n := range shape {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return string(append(b, values...))
}

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

// idxFiles: three training images and two test images of 1×2 pixels, two classes.
var idxFiles = files{
	idxTrainImages:         idx([]byte{1, 2, 3, 4, 5, 6}, 3, 1, 2),
	idxTrainLabels + ".gz": zipped(idx([]byte{0, 1, 0}, 3)),
	idxTestImages + ".gz":  zipped(idx([]byte{7, 8, 9, 10}, 2, 1, 2)),
	idxTestLabels:          idx([]byte{1, 0}, 2),
}

// smallCIFAR is the CIFAR-10 layout with two files of two training images, and one class more in front of the label.
var smallCIFAR = cifarLayout{
	format:      "small",
	train:       []string{"data_batch_1.bin", "data_batch_2.bin"},
	trainImages: 2,
	test:        "test_batch.bin",
	testImages:  2,
	names:       "batches.meta.txt",
	classes:     2,
	labelBytes:  2,
}

func cifarRecord(label, first byte) string {
	pixels := bytes.Repeat([]byte{first}, cifarPixels)
	pixels[cifarPixels-1] = 99
	return string(append([]byte{200, label}, pixels...))
}

var cifarFiles = files{
	"data_batch_1.bin": cifarRecord(0, 10) + cifarRecord(1, 20),
	"data_batch_2.bin": cifarRecord(1, 30) + cifarRecord(1, 40),
	"test_batch.bin":   cifarRecord(1, 50) + cifarRecord(0, 60),
	"batches.meta.txt": "cat\ndog\n\n",
	"readme.html":      "<html>",
}

// pngOf encodes an image of height 1 whose pixels are given as gray values or as RGB triples.
func pngOf(gray bool, values ...byte) string {
	var img image.Image
	if gray {
		img = &image.Gray{Pix: values, Stride: len(values), Rect: image.Rect(0, 0, len(values), 1)}
	} else {
		rgba := image.NewNRGBA(image.Rect(0, 0, len(values)/3, 1))
		for i := range len(values) / 3 {
			rgba.Set(i, 0, color.NRGBA{values[3*i], values[3*i+1], values[3*i+2], 255})
		}
		img = rgba
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.String()
}

func jpegOf(height, width int, c color.Color) string {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range height * width {
		img.Set(i%width, i/width, c)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		panic(err)
	}
	return b.String()
}

// colourFiles: one or two images of 1×2 pixels a class.
var colourFiles = files{
	"train/dog/b.png": pngOf(false, 1, 2, 3, 4, 5, 6),
	"train/dog/a.png": pngOf(false, 7, 8, 9, 10, 11, 12),
	"train/cat/z.PNG": pngOf(false, 13, 14, 15, 16, 17, 18),
	"test/cat/1.png":  pngOf(false, 19, 20, 21, 22, 23, 24),
	"test/dog/1.png":  pngOf(false, 25, 26, 27, 28, 29, 30),
}
