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
	"time"

	"probewise/advisor"
	"probewise/api"
)

func TestValidate(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
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
	if !got.Valid || got.Cost.Parameters != 80+584+6288+544+330 || got.ID == "" || len(got.Architecture) == 0 ||
		len(got.Warnings) == 0 {
		t.Errorf("%+v", got)
	}
	s.want(http.StatusOK, "POST", "/v1/architectures/validate",
		`{"architecture":{"version":1,"layers":[]}}`).decode(t, &got)
	if got.Valid || len(got.Errors) == 0 || got.Errors[0].Pointer != "/architecture/layers" {
		t.Errorf("%+v", got)
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
	s := start(t, dir, newFakeTrainer())
	content := archive(t)
	digest := sha256.Sum256([]byte(content))
	announced := "sha-256=:" + base64.StdEncoding.EncodeToString(digest[:]) + ":"
	const path, zipped = "/v1/datasets?name=dots", "application/zip"
	s.want(http.StatusUnprocessableEntity, "POST", path, content, "Content-Type", zipped,
		"Content-Digest", "sha-256=:AAAA:")
	for range 2 { // the same again is no error
		var manifest struct {
			Name  string
			Train int
		}
		s.want(http.StatusCreated, "POST", path, content, "Content-Type", zipped, "Content-Digest",
			announced).decode(t, &manifest)
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
	prepared := "&size=4x6&fit=letterbox&skip_broken=1&split_seed=3&duplicates=keep"
	var manifest struct {
		Height, Width int
		Split         int `json:"split_seed"`
		Preparation   struct{ Fit string }
	}
	s.want(http.StatusCreated, "POST", "/v1/datasets?name=small"+prepared, content, "Content-Type", zipped).
		decode(t, &manifest)
	if manifest.Height != 4 || manifest.Width != 6 || manifest.Split != 3 || manifest.Preparation.Fit != "letterbox" {
		t.Errorf("manifest %+v", manifest)
	}
	for _, query := range []string{"size=4", "size=4x9999", "fit=stretch", "test_share=0.5", "test_share=2",
		"skip_broken=-1", "duplicates=move"} {
		s.want(http.StatusUnprocessableEntity, "POST", "/v1/datasets?name=bad&"+query, content, "Content-Type", zipped)
	}
	var details struct {
		Name   string
		Counts []struct{ Train, Test int } `json:"class_counts"`
	}
	s.want(http.StatusOK, "GET", "/v1/datasets/dots", "").decode(t, &details)
	if len(details.Counts) != 2 || details.Counts[1].Train != 25 || details.Counts[1].Test != 25 ||
		details.Name != "dots" {
		t.Errorf("details %+v", details)
	}
	s.want(http.StatusOK, "GET", "/v1/datasets/fashion-mnist-sample", "")
	s.want(http.StatusNoContent, "DELETE", "/v1/datasets/dots", "")
	for _, method := range []string{"GET", "DELETE"} {
		s.want(http.StatusNotFound, method, "/v1/datasets/dots", "")
		s.want(http.StatusUnprocessableEntity, method, "/v1/datasets/-dots", "")
	}
	s.want(http.StatusConflict, "DELETE", "/v1/datasets/fashion-mnist-sample", "")
	if left, err := os.ReadDir(filepath.Join(dir, "uploads")); err != nil || len(left) > 0 {
		t.Errorf("uploads left: %v, %v", left, err)
	}
}

func TestHealth(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	s.want(http.StatusOK, "GET", "/livez", "")
	s.want(http.StatusOK, "GET", "/readyz", "")
}

// TestUnchangedIsNotSentAgain: 304 for what the client has.
func TestUnchangedIsNotSentAgain(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
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

// TestStringsOutliveTheirHandler: Fiber reuses the memory of a request's strings unless told not to. Two outlive their
// handler: the data set whose card is computed, and the job that a stream follows. Requests of the same shape come in
// between.
func TestStringsOutliveTheirHandler(t *testing.T) {
	c := &counter{gate: make(chan struct{})}
	s := start(t, t.TempDir(), newFakeTrainer(), func(s *api.Server) { s.Analyst = c })
	open := s.trainer.gate(0) // nothing is worked on meanwhile
	defer open()
	var first, followed, other advisor.Run
	for i, into := range []*advisor.Run{&first, &followed, &other} {
		s.want(http.StatusAccepted, "POST", "/v1/runs",
			fmt.Sprintf(`{"architecture":%s,"kind":"probe","seed":%d}`, architecture, i+1)).decode(t, into)
	}
	const each = 20
	var streams []*stream
	var want []string
	for i := range each {
		name := fmt.Sprintf("card-%02d", i)
		want = append(want, name)
		s.want(http.StatusOK, "GET", "/v1/forest?dataset="+name, "")
		live := s.follow("/v1/runs/"+followed.ID+"/events", "")
		if _, ok := live.next(); !ok {
			t.Fatal("no event")
		}
		streams = append(streams, live)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range each {
				s.want(http.StatusOK, "GET", "/v1/runs/"+other.ID+"/epochs", "")
				s.want(http.StatusUnprocessableEntity, "GET", "/v1/forest?dataset=-------", "")
			}
		})
	}
	all.Wait()
	s.want(http.StatusAccepted, "POST", "/v1/runs/"+followed.ID+"/cancel", "")
	patient := time.AfterFunc(patience/3, func() {
		for _, live := range streams {
			live.response.Body.Close()
		}
	})
	defer patient.Stop()
	for i, live := range streams {
		if rest := live.rest(); len(rest) != 1 || rest[0].data != `{"state":"cancelled"}` {
			t.Fatalf("stream %d of the run that was cancelled got %q", i, rest)
		}
	}
	close(c.gate)
	for _, name := range want {
		s.want(http.StatusOK, "GET", "/v1/forest?wait=30s&dataset="+name, "")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range c.names {
		if !slices.Contains(want, name) {
			t.Errorf("a card was computed for %q", name)
		}
	}
}
