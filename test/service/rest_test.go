package service

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"probewise/advisor"
)

func TestValidate(t *testing.T) {
	s := start(t, t.TempDir(), newSchool())
	var got struct {
		Valid        bool
		Errors       []struct{ Pointer, Code string }
		Warnings     []string
		ID           string `json:"architecture_id"`
		Architecture json.RawMessage
		Cost         struct{ Parameters int64 }
	}
	s.want(http.StatusOK, "POST", "/v1/architectures/validate", `{"architecture":`+architecture+`}`).decode(t, &got)
	// 8·9+8, 8·8·9+8, 392·16+16, 16·32+32, 32·10+10
	if !got.Valid || got.Cost.Parameters != 80+584+6288+544+330 || got.ID == "" || len(got.Architecture) == 0 || len(got.Warnings) == 0 {
		t.Errorf("%+v", got)
	}
	s.want(http.StatusOK, "POST", "/v1/architectures/validate", `{"architecture":{"version":1,"layers":[]}}`).decode(t, &got)
	if got.Valid || len(got.Errors) == 0 || got.Errors[0].Pointer != "/architecture/layers" {
		t.Errorf("%+v", got)
	}
}

func TestForest(t *testing.T) {
	s := start(t, t.TempDir(), newSchool())
	var card struct {
		State    string
		PastRuns int `json:"past_runs"`
		Probe    []struct{ R2 float64 }
	}
	s.want(http.StatusOK, "GET", "/v1/forest?wait=30s", "").decode(t, &card)
	if card.State != "ready" || card.PastRuns != 40 || len(card.Probe) != 1 {
		t.Errorf("card %+v", card)
	}
}

// archive zips an image folder of two classes.
func archive(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, part := range []string{"train", "test"} {
		for class := range 2 {
			for i := range 25 {
				w, err := z.Create(fmt.Sprintf("%s/class%d/%02d.png", part, class, i))
				if err != nil {
					t.Fatal(err)
				}
				picture := image.NewGray(image.Rect(0, 0, 8, 8))
				picture.Set(i%8, class, color.White)
				if err := png.Encode(w, picture); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDatasets(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, newSchool())
	content := archive(t)
	digest := sha256.Sum256([]byte(content))
	announced := "sha-256=:" + base64.StdEncoding.EncodeToString(digest[:]) + ":"
	const path, zipped = "/v1/datasets?name=dots", "application/zip"
	s.want(http.StatusUnprocessableEntity, "POST", path, content, "Content-Type", zipped, "Content-Digest", "sha-256=:AAAA:")
	for range 2 { // the same again is no error
		var manifest struct {
			Name  string
			Train int
		}
		s.want(http.StatusCreated, "POST", path, content, "Content-Type", zipped, "Content-Digest", announced).decode(t, &manifest)
		if manifest.Name != "dots" || manifest.Train != 50 {
			t.Errorf("manifest %+v", manifest)
		}
	}
	s.want(http.StatusUnprocessableEntity, "POST", "/v1/datasets?name=bad", "no archive", "Content-Type", zipped)
	s.want(http.StatusUnprocessableEntity, "POST", "/v1/datasets", content, "Content-Type", zipped)
	s.want(http.StatusConflict, "POST", "/v1/datasets?name=fashion-mnist-sample", content, "Content-Type", zipped)
	var list struct{ Datasets []struct{ Name string } }
	s.want(http.StatusOK, "GET", "/v1/datasets", "").decode(t, &list)
	if len(list.Datasets) != 2 || list.Datasets[1].Name != "dots" {
		t.Errorf("data sets %+v", list)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "uploads")); err != nil || len(left) > 0 {
		t.Errorf("uploads left: %v, %v", left, err)
	}
}

func TestHealth(t *testing.T) {
	s := start(t, t.TempDir(), newSchool())
	s.want(http.StatusOK, "GET", "/livez", "")
	s.want(http.StatusOK, "GET", "/readyz", "")
}

// TestUnchangedIsNotSentAgain: 304 for what the client has.
func TestUnchangedIsNotSentAgain(t *testing.T) {
	s := start(t, t.TempDir(), newSchool())
	for _, path := range []string{"/v1/datasets", "/openapi.json", "/schemas/architecture/v1.json"} {
		first := s.want(http.StatusOK, "GET", path, "")
		tag := first.header.Get("ETag")
		if tag == "" {
			t.Fatalf("%s has no ETag", path)
		}
		for _, condition := range []string{tag, `"other", ` + tag, "W/" + tag, "*"} {
			again := s.want(http.StatusNotModified, "GET", path, "", "If-None-Match", condition)
			if len(again.body) > 0 || again.header.Get("ETag") != tag {
				t.Errorf("%s: %d bytes, ETag %q", path, len(again.body), again.header.Get("ETag"))
			}
		}
		s.want(http.StatusOK, "GET", path, "", "If-None-Match", `"other"`)
	}
	tag := s.want(http.StatusOK, "GET", "/v1/advice", "").header.Get("ETag")
	s.want(http.StatusOK, "POST", "/v1/advice?wait=30s", named("new"))
	s.want(http.StatusOK, "GET", "/v1/advice", "", "If-None-Match", tag)
}

// TestStringsOutliveTheirHandler: Fiber reuses the memory of a request's strings unless told not to; what was stored of
// many requests at once has to be what each of them sent.
func TestStringsOutliveTheirHandler(t *testing.T) {
	s := start(t, t.TempDir(), newSchool())
	open := s.school.gate(0) // nothing is worked on meanwhile
	defer open()
	const clients, each = 8, 12
	var mu sync.Mutex
	sent := map[string]string{} // name by id
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := range each {
				name := fmt.Sprintf("client-%d-request-%02d-%s", c, i, string(bytes.Repeat([]byte{byte('a' + c)}, 3*i)))
				var a advisor.Answer
				got := s.call("POST", "/v1/advice", named(name), "Idempotency-Key", name)
				if got.status != http.StatusAccepted {
					t.Errorf("%d %s", got.status, got.body)
					return
				}
				got.decode(t, &a)
				mu.Lock()
				sent[a.ID] = name
				mu.Unlock()
			}
		})
	}
	all.Wait()
	stored, err := s.db.ListAdvice(t.Context(), advisor.AdviceFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range stored {
		if a.Architecture.Name != sent[a.ID] || a.Dataset != "fashion-mnist-sample" {
			t.Errorf("advice %s is of %q on %q, sent was %q", a.ID, a.Architecture.Name, a.Dataset, sent[a.ID])
		}
		names = append(names, a.Architecture.Name)
		submission, found, err := s.db.FindSubmission(t.Context(), a.Architecture.Name)
		if err != nil || !found || submission.ID != a.ID {
			t.Errorf("the key of %s: %+v, %v", a.Architecture.Name, submission, err)
		}
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != clients*each {
		t.Errorf("%d advice stored, want %d", len(names), clients*each)
	}
}
