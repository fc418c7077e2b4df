package pages

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// upload sends the form of a data set; the file comes last, as in a browser.
func (s *site) upload(t *testing.T, file string, fields ...string) pageAnswer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	name := "set.zip"
	if file == "" {
		name = ""
	}
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/datasets", &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return s.do(t, r)
}

// dots are folders of two classes with so many images of 4×6 pixels; other files by name.
func dots(t *testing.T, n int, others ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	write := func(name, content string) {
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		for c, class := range []string{"<b>cat", "dog"} {
			img := image.NewGray(image.Rect(0, 0, 6, 4))
			img.Set(i%6, i/6, color.Gray{Y: uint8(100 + c)})
			var p bytes.Buffer
			if err := png.Encode(&p, img); err != nil {
				t.Fatal(err)
			}
			write(fmt.Sprintf("%s/%02d.png", class, i), p.String())
		}
	}
	for i := 0; i < len(others); i += 2 {
		write(others[i], others[i+1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDataSetsAreAddedSeenAndRemoved(t *testing.T) {
	s := newSite(t)
	s.get(t, "/datasets").says(t, `<a href="/datasets/fashion-mnist-sample">`,
		`<td class="num">1,000</td>`, "At most 2048 MiB",
		`enctype="multipart/form-data"`)
	added := s.upload(t, dots(t, 10, "dog/notes.txt", "x", "dog/z.png", "broken"), "name", "pets", "size", "8x8", "fit",
		"letterbox", "skip_broken", "1", "test_share", "0.3", "split_seed", "5")
	if to := added.header.Get("Location"); added.status != http.StatusSeeOther || to != "/datasets/pets" {
		t.Fatalf("%d to %q: %s", added.status, to, added.body)
	}
	page := s.get(t, "/datasets/pets")
	page.says(t, "14 training and 6 test images of 8×8×1 in 2 classes.", `src="/v1/datasets/pets/samples"`,
		`src="/v1/datasets/pets/mean"`, "&lt;b&gt;cat, dog", "0.500", "30 % of each class", "seed 5", "with black bars",
		"1 broken file left out:", "<code>dog/z.png: not a JPEG", "1 file that is no images ignored.",
		`action="/datasets/pets/remove"`, `href="/?dataset=pets"`)
	if strings.Contains(page.body, "<b>cat") {
		t.Error("the name of a class is not escaped")
	}
	s.get(t, "/datasets").says(t, `<a href="/datasets/pets">pets</a>`)
	s.get(t, "/?dataset=pets").says(t, `<option value="pets" selected>`)
	removed := s.post(t, "/datasets/pets/remove", nil)
	if to := removed.header.Get("Location"); removed.status != http.StatusSeeOther || to != "/datasets" {
		t.Errorf("%d to %q", removed.status, to)
	}
	for _, a := range []pageAnswer{s.get(t, "/datasets/pets"), s.post(t, "/datasets/pets/remove", nil)} {
		if a.status != http.StatusNotFound {
			t.Errorf("what was removed: %d", a.status)
		}
	}
	if a := s.post(t, "/datasets/fashion-mnist-sample/remove", nil); a.status != http.StatusConflict {
		t.Errorf("the embedded data set: %d", a.status)
	}
	if a := s.get(t, "/datasets/fashion-mnist-sample"); a.status != http.StatusOK || strings.Contains(a.body, "/remove") {
		t.Errorf("the embedded data set: %d", a.status)
	}
}

func TestWhatIsWrongWithAnUploadStandsBesideItsField(t *testing.T) {
	s := newSite(t)
	whole := dots(t, 3)
	for _, c := range []struct {
		name, file string
		fields     []string
		says       []string
	}{
		{"no file", "", []string{"name", "pets", "size", "4x4"}, []string{`id="file-error">Choose a file.`, `value="4x4"`}},
		{"no name", whole, nil, []string{`id="name-error">Give it a name.`, `href="#name"`}},
		{"another name", whole, []string{"name", "My pets"}, []string{`id="name-error">A data set&#39;s name is`}},
		{"a name that is there", whole, []string{"name", "fashion-mnist-sample"},
			[]string{`id="name-error"`, "already there"}},
		{"numbers", whole, []string{"name", "a", "skip_broken", "-1", "test_share", "2", "split_seed", "1.5"},
			[]string{"3 things to correct", `id="skip_broken-error">Expected a whole number from 0`,
				`id="test_share-error">Expected a number from 0.001 to 0.999.`, `id="split_seed-error"`,
				`<details class="more" open>`}},
		{"a size", whole, []string{"name", "a", "size", "64"},
			[]string{`id="size-error">&#34;64&#34;: expected HEIGHTxWIDTH`}},
		{"a column", whole, []string{"name", "a", "label_column", "x"},
			[]string{`id="label_column-error">Image folders have no columns`}},
		{"broken files", dots(t, 3, "dog/y.png", "x", "dog/z.png", "x"), []string{"name", "a"},
			[]string{`id="file-error">2 of 8 images cannot be read: dog/y.png: not a JPEG`, "skip_broken=2 goes on",
				"2 of 8 images cannot be read: see below"}},
		{"no archive", "hello", []string{"name", "a"}, []string{`id="file-error">`, "neither a folder"}},
	} {
		a := s.upload(t, c.file, c.fields...)
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", c.name, a.status)
		}
		a.says(t, c.says...)
	}
	r := httptest.NewRequest(http.MethodPost, "/datasets", strings.NewReader("name=a"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := s.do(t, r); a.status != http.StatusBadRequest {
		t.Errorf("another form: %d", a.status)
	}
}
