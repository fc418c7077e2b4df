package service

import (
	"archive/zip"
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// zipOf packs files by name.
func zipOf(t *testing.T, files map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, content := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// dot is a PNG of 8×8 pixels of that gray value.
func dot(t *testing.T, value uint8) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		img.Set(i%8, i/8, color.Gray{Y: value})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDatasetFaultsNameParameters(t *testing.T) {
	const zipped = "application/octet-stream"
	s := start(t, t.TempDir(), newFakeTrainer())
	files := map[string]string{"a/1.png": "x", "a/2.png": dot(t, 2), "a/3.png": dot(t, 3), "b/1.png": dot(t, 4),
		"b/2.png": dot(t, 5)}
	got := s.want(http.StatusUnprocessableEntity, "POST", "/v1/datasets?name=bad", zipOf(t, files), "Content-Type", zipped)
	if text := string(got.body); !strings.Contains(text, "skip_broken=1 goes on") || strings.Contains(text, "--") {
		t.Errorf("a broken file: %s", text)
	}
	files["labels.csv"] = "path,kind,label\na/2.png,tom,cat\nb/1.png,rex,dog\nb/2.png,rex,dog\na/3.png,tom,cat\n"
	var manifest struct{ Classes []string }
	for column, classes := range map[string][]string{"kind": {"rex", "tom"}, "3": {"cat", "dog"}} {
		s.want(http.StatusCreated, "POST", "/v1/datasets?name=by-"+column+"&label_column="+column,
			zipOf(t, files), "Content-Type",
			zipped).
			decode(t, &manifest)
		if !slices.Equal(manifest.Classes, classes) {
			t.Errorf("column %s: classes %q", column, manifest.Classes)
		}
	}
	got = s.want(http.StatusUnprocessableEntity, "POST", "/v1/datasets?name=bad&label_column=x", zipOf(t, files),
		"Content-Type", zipped)
	if text := string(got.body); !strings.Contains(text, `"parameter":"label_column"`) {
		t.Errorf("an unknown column: %s", text)
	}
	// A table that is uploaded alone reaches no file of the machine that the service runs on.
	got = s.want(http.StatusUnprocessableEntity, "POST", "/v1/datasets?name=bad",
		"path,label\n/etc/hostname.png,cat\n../../1.png,dog\n", "Content-Type", zipped)
	if text := string(got.body); strings.Count(text, "leads outside") != 2 {
		t.Errorf("paths of another machine: %s", text)
	}
}

func TestSheets(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	s.want(http.StatusCreated, "POST", "/v1/datasets?name=dots", archive(t), "Content-Type", "application/zip")
	for path, size := range map[string]image.Point{
		"/v1/datasets/dots/samples": {X: 10*9 - 1, Y: 2*9 - 1}, "/v1/datasets/dots/mean": {X: 3*9 - 1, Y: 8},
		"/v1/datasets/fashion-mnist-sample/samples": {X: 10*29 - 1, Y: 10*29 - 1},
	} {
		got := s.want(http.StatusOK, "GET", path, "")
		img, err := png.Decode(bytes.NewReader(got.body))
		if err != nil || img.Bounds().Size() != size || got.header.Get("Content-Type") != "image/png" {
			t.Errorf("%s: %v, %v, want %v", path, got.header, err, size)
		}
		s.want(http.StatusNotModified, "GET", path, "", "If-None-Match", got.header.Get("ETag"))
	}
	for _, path := range []string{"samples", "mean"} {
		s.want(http.StatusNotFound, "GET", "/v1/datasets/none/"+path, "")
	}
}
