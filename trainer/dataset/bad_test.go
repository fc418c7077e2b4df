package dataset

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// claim returns the PNG file content with another size in its header: an image bomb.
func claim(content string, width, height uint32) string {
	b := []byte(content)
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[20:], height)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return string(b)
}

// Every fault is an InputError that names the file and says what was expected.
func TestAddRefuses(t *testing.T) {
	pixels := pngOf(false, 1, 2, 3, 4, 5, 6)
	images := idxFiles[idxTrainImages]
	for _, c := range []struct {
		name    string
		files   files
		file    string   // that the error names
		message []string // parts of it
	}{
		{"nothing", files{".hidden": "x"}, "", []string{"no files"}},
		{"another layout", files{"a.csv": "1", "b.csv": "2"}, "",
			[]string{"a.csv, b.csv", "data_batch_1.bin", idxTrainImages, "train/CLASS"}},

		{"idx: truncated", idxFiles.with(files{idxTrainImages: images[:len(images)-2]}), idxTrainImages,
			[]string{"expected 6 bytes", "has 4"}},
		{"idx: too long", idxFiles.with(files{idxTrainImages: images + "x"}), idxTrainImages,
			[]string{"expected 6 bytes", "at least 7"}},
		{"idx: header cut", idxFiles.with(files{idxTrainImages: images[:9]}), idxTrainImages,
			[]string{"expected 16 bytes", "has 9"}},
		{"idx: empty file", idxFiles.with(files{idxTestLabels: ""}), idxTestLabels,
			[]string{"expected 8 bytes", "has 0"}},
		{"idx: labels for images", idxFiles.with(files{idxTrainImages: idx([]byte{0, 1, 0}, 3)}), idxTrainImages,
			[]string{"00 00 08 01", "00 00 08 03"}},
		{"idx: floats", idxFiles.with(files{idxTrainImages: images[:2] + "\x0d" + images[3:]}), idxTrainImages,
			[]string{"00 00 0d 03"}},
		{"idx: huge claim", idxFiles.with(files{idxTrainImages: idx(nil, 1<<31, 4096, 4096)}), idxTrainImages,
			[]string{"out of range"}},
		{"idx: claim beyond the file", idxFiles.with(files{idxTrainImages: idx([]byte{1}, 500, 4096, 4096)}),
			idxTrainImages, []string{"expected 8388608000 bytes", "has 1"}},
		{"idx: no height", idxFiles.with(files{idxTrainImages: idx(nil, 3, 0, 2)}), idxTrainImages, []string{"size 0"}},
		{"idx: missing", idxFiles.without(idxTestLabels), idxTestLabels, []string{"missing"}},
		{"idx: other number of labels", idxFiles.with(files{idxTestLabels: idx([]byte{1}, 1)}), idxTestLabels,
			[]string{"1 labels for 2 images"}},
		{"idx: other test size", idxFiles.with(files{idxTestImages + ".gz": zipped(idx([]byte{7, 8}, 2, 1, 1))}),
			idxTestImages, []string{"1×1", "1×2"}},
		{"idx: label beyond the training ones", idxFiles.with(files{idxTestLabels: idx([]byte{1, 7}, 2)}),
			idxTestLabels, []string{"label 7 of image 1", "0 to 1"}},
		{"idx: empty class", idxFiles.with(files{idxTrainLabels + ".gz": zipped(idx([]byte{0, 2, 0}, 3))}), "",
			[]string{`class "1"`, "no training images"}},
		{"idx: class without test image", idxFiles.with(files{idxTestLabels: idx([]byte{1, 1}, 2)}), "",
			[]string{`class "0"`, "no test images"}},
		{"idx: gzip cut", idxFiles.with(files{idxTestImages + ".gz": idxFiles[idxTestImages+".gz"][:30]}),
			idxTestImages + ".gz", []string{"expected"}},
		{"idx: gzip checksum", idxFiles.with(files{idxTestImages + ".gz": damage(idxFiles[idxTestImages+".gz"], -8)}),
			idxTestImages + ".gz", []string{"checksum"}},
		{"idx: gzip header",
			idxFiles.with(files{idxTestImages + ".gz": "\x1f\x8bxxxxxxxxxxx"}), idxTestImages + ".gz", []string{"gzip"}},

		{"cifar: truncated", cifarFiles.with(files{"data_batch_2.bin": cifarFiles["data_batch_2.bin"][:4000]}),
			"data_batch_2.bin", []string{"expected 6148 bytes", "has 4000"}},
		{"cifar: whole records missing", cifarFiles.with(files{"test_batch.bin": cifarRecord(0, 1)}), "test_batch.bin",
			[]string{"expected 6148 bytes", "has 3074"}},
		{"cifar: too long", cifarFiles.with(files{"test_batch.bin": cifarFiles["test_batch.bin"] + "xx"}),
			"test_batch.bin", []string{"expected 6148 bytes", "at least 6150"}},
		{"cifar: label", cifarFiles.with(files{"data_batch_1.bin": cifarRecord(0, 1) + cifarRecord(2, 1)}),
			"data_batch_1.bin", []string{"label 2 of image 1", "2 classes"}},
		{"cifar: missing file", cifarFiles.without("data_batch_1.bin"), "data_batch_1.bin", []string{"missing"}},
		{"cifar: missing names", cifarFiles.without("batches.meta.txt"), "batches.meta.txt", []string{"missing"}},
		{"cifar: wrong names", cifarFiles.with(files{"batches.meta.txt": "cat\n"}), "batches.meta.txt",
			[]string{"1 class names", "expected 2"}},

		{"images: class missing in train", colourFiles.with(files{"test/owl/1.png": pixels}), "train/owl",
			[]string{"missing"}},
		{"images: class missing in test", colourFiles.with(files{"train/owl/1.png": pixels}), "test/owl",
			[]string{"missing"}},
		{"images: one image to draw a test set from", colourFiles.without("test/cat/1.png", "test/dog/1.png"),
			"cat", []string{"1 image of this class", "at least two"}},
		{"images: no training folder", files{"val/cat/1.png": pixels, "test/cat/1.png": pixels}, "train",
			[]string{"missing", "test, val"}},
		{"images: parts without classes", files{"train/1.png": pixels, "test/1.png": pixels}, "test/1.png",
			[]string{`"test" holds images without folders of classes`, "test/CLASS/FILE"}},
		{"images: empty class", colourFiles.without("test/dog/1.png").with(files{"test/dog/": ""}), "test/dog",
			[]string{"without images"}},
		{"images: empty class in both", colourFiles.with(files{"test/owl/": "", "train/owl/": ""}), "test/owl",
			[]string{"without images"}},
		{"images: other size", colourFiles.with(files{"test/dog/2.png": pngOf(false, 1, 2, 3)}), "",
			[]string{"2 sizes", "1 to 1 pixels high and 1 to 2 wide", "--size", "--fit", "crop", "letterbox"}},
		{"images: other size, and broken ones", colourFiles.with(files{"test/dog/2.png": pngOf(false, 1, 2, 3),
			"test/dog/3.png": "x"}), "", []string{"2 sizes", "1 of 7 images cannot be read", "test/dog/3.png: not a JPEG"}},
		{"images: damaged", colourFiles.with(files{"train/dog/a.png": colourFiles["train/dog/a.png"][:50]}),
			"train/dog/a.png", []string{"pixel data"}},
		{"images: empty file", colourFiles.with(files{"train/dog/a.png": ""}), "train/dog/a.png",
			[]string{"empty", "--skip-broken 1"}},
		{"images: bomb", colourFiles.with(files{"train/dog/a.png": claim(pixels, 30000, 30000)}), "train/dog/a.png",
			[]string{"30000×30000", "at most 100 million"}},
		{"images: first is a bomb", colourFiles.with(files{"train/cat/z.PNG": claim(pixels, 200_000_000, 1)}),
			"train/cat/z.PNG", []string{"1×200000000"}},
		{"images: larger than is kept", files{"a/1.png": pngOf(true, make([]byte, 4097)...),
			"b/1.png": pngOf(true, make([]byte, 4097)...), "a/2.png": pngOf(true, make([]byte, 4097)...),
			"b/2.png": pngOf(true, make([]byte, 4097)...)}, "", []string{"1×4097 pixels", "4096×4096", "--size"}},
		{"images: too deep", colourFiles.with(files{"train/dog/more/a.png": pixels}), "train/dog/more/a.png",
			[]string{"does not belong", "train/CLASS/FILE"}},
		{"images: too deep in a class", files{"dog/1.png": pixels, "cat/1.png": pixels, "cat/more/2.png": pixels},
			"cat/more/2.png", []string{"does not belong", "CLASS/FILE"}},
		{"images: beside the classes", colourFiles.with(files{"train/a.png": pixels}), "train/a.png",
			[]string{"does not belong"}},
		{"images: beside the parts", colourFiles.with(files{"owl/a.png": pixels}), "owl/a.png",
			[]string{"does not belong"}},
		{"images: class of other files", colourFiles.with(files{"train/owl/a.txt": "x", "test/owl/a.txt": "x"}),
			"test/owl", []string{"without images"}},
		{"images: folder of other files", files{"dog/1.png": pixels, "dog/2.png": pixels, "labels/1.xml": "x"},
			"labels", []string{"without images", "take the folder out"}},
		{"images: a class of one image", files{"dog/1.png": pixels, "cat/1.png": pixels, "cat/2.png": pixels},
			"dog", []string{"1 image of this class"}},
		{"images: one class", colourFiles.without("train/dog/a.png", "train/dog/b.png", "test/dog/1.png"), "",
			[]string{"1 classes"}},
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
}

func damage(s string, at int) string {
	b := []byte(s)
	b[len(b)+at] ^= 0xff
	return string(b)
}

func refused(t *testing.T, form string, err error, file string, message ...string) {
	t.Helper()
	var input *InputError
	if !errors.As(err, &input) {
		t.Errorf("%s: got %v, want an InputError", form, err)
		return
	}
	if file != "" && input.File != file {
		t.Errorf("%s: names %q, want %q (%v)", form, input.File, file, err)
	}
	for _, part := range message {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %q does not say %q", form, err, part)
		}
	}
}

func TestAddRefusesNamesThatLeadOutside(t *testing.T) {
	for _, name := range []string{"../evil.png", "/evil.png", "train/../../evil.png", `train\cat\evil.png`,
		"C:/evil.png", "c:evil.png",
		"train/cat/..", `..\evil.png`} {
		f := colourFiles.with(files{name: "x"})
		for form, path := range map[string]string{"zip": f.zip(t), "tgz": f.tgz(t)} {
			l := open(t)
			_, err := l.Add(t.Context(), "mine", path, Options{}, nil)
			refused(t, form+" "+name, err, "", "leads outside")
			nothingLeft(t, l)
		}
	}
}

func TestAddRefusesLinksInArchives(t *testing.T) {
	for kind, flag := range map[string]byte{"symlink": tar.TypeSymlink, "hard link": tar.TypeLink, "pipe": tar.TypeFifo,
		"device": tar.TypeChar} {
		path := cifarFiles.tgz(t, tar.Header{Name: "extra", Linkname: "/etc/passwd", Typeflag: flag})
		_, err := open(t).Add(t.Context(), "mine", path, Options{}, nil)
		refused(t, kind, err, "extra", "a link or special file")
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "train/cat/1.png"}
	h.SetMode(0o777 | fs.ModeSymlink)
	w, err := z.CreateHeader(h)
	must(t, err)
	_, err = w.Write([]byte("/etc/passwd"))
	must(t, err)
	must(t, z.Close())
	_, err = open(t).Add(t.Context(), "mine", write(t, "links.zip", b.Bytes()), Options{}, nil)
	refused(t, "zip", err, "train/cat/1.png", "a link or special file")
}

func TestAddRefusesArchives(t *testing.T) {
	tgz, err := os.ReadFile(cifarFiles.tgz(t))
	must(t, err)
	zipFile, err := os.ReadFile(colourFiles.zip(t))
	must(t, err)
	double := func() []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for range 2 {
			_, err := z.Create("train/cat/1.png")
			must(t, err)
		}
		must(t, z.Close())
		return b.Bytes()
	}
	many := files{}
	for i := range maxTarFiles + 1 {
		many["f"+string(rune(0x4e00+i))] = ""
	}
	manyTar, err := os.ReadFile(many.tgz(t))
	must(t, err)
	encrypted := bytes.Clone(zipFile)
	at := bytes.LastIndex(encrypted, []byte("PK\x01\x02"))
	encrypted[at+8] |= 1
	for _, c := range []struct {
		name, message string
		content       []byte
	}{
		{"text", "neither a folder, a zip nor a gzipped tar", []byte("hello")},
		{"empty", "neither a folder, a zip nor a gzipped tar", nil},
		{"cut zip", "zip", zipFile[:len(zipFile)-30]},
		{"zip with a name twice", "there twice", double()},
		{"encrypted zip", "encrypted", encrypted},
		{"cut tar", "truncated", tgz[:len(tgz)/2]},
		{"tar with a wrong checksum", "checksum", []byte(damage(string(tgz), -6))},
		{"gzip without a tar", "archive", []byte(zipped("hello"))},
		{"tar with too many files", "1000 files", manyTar},
	} {
		l := open(t)
		_, err := l.Add(t.Context(), "mine", write(t, "set", c.content), Options{}, nil)
		refused(t, c.name, err, "", c.message)
		nothingLeft(t, l)
	}
	if _, err := open(t).Add(t.Context(), "mine", filepath.Join(t.TempDir(), "none"), Options{}, nil); !errors.Is(err,
		fs.ErrNotExist) {
		t.Errorf("no such file: got %v", err)
	}
}

// In a folder of the user's own, links to files are followed and links to folders refused.
func TestAddFollowsLinksToFilesInFolders(t *testing.T) {
	dir, elsewhere := idxFiles.without(idxTestLabels).folder(t), idxFiles.folder(t)
	must(t, os.Symlink(filepath.Join(elsewhere, idxTestLabels), filepath.Join(dir, idxTestLabels)))
	if _, err := open(t).Add(t.Context(), "mine", dir, Options{}, nil); err != nil {
		t.Errorf("link to a file: %v", err)
	}
	must(t, os.Symlink(elsewhere, filepath.Join(dir, "more")))
	_, err := open(t).Add(t.Context(), "mine", dir, Options{}, nil)
	refused(t, "link to a folder", err, "more", "not a file")
}
