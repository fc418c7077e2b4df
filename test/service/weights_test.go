package service

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer/safetensors"
)

// problemCode is the code of a problem document.
func (a answer) problemCode(t *testing.T) string {
	t.Helper()
	var p struct{ Code string }
	a.decode(t, &p)
	return p.Code
}

// TestWeights downloads the weights of a full run and reads them.
func TestWeights(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, newFakeTrainer())
	var run advisor.Run
	s.want(http.StatusOK, "POST", "/v1/runs?wait=30s",
		`{"architecture":`+architecture+`,"budget":{"images":1000,"epochs":15},"seed":5}`).decode(t, &run)
	if run.Weights == nil || run.Weights.Epoch != 15 || run.Outcome.Best == nil || run.Outcome.Best.Epoch != 15 {
		t.Fatalf("the run says %+v and %+v", run.Weights, run.Outcome)
	}
	path := "/v1/runs/" + run.ID + "/weights.safetensors"
	got := s.want(http.StatusOK, "GET", path, "")
	digest := sha256.Sum256(got.body)
	if int64(len(got.body)) != run.Weights.Bytes || hex.EncodeToString(digest[:]) != run.Weights.SHA256 {
		t.Errorf("%d bytes came, the run says %+v", len(got.body), run.Weights)
	}
	tag := got.header.Get("ETag")
	for header, want := range map[string]string{
		"Content-Length": strconv.FormatInt(run.Weights.Bytes, 10), "Content-Type": "application/octet-stream",
		"ETag":                   `"` + run.Weights.SHA256 + `"`,
		"Content-Disposition":    `attachment; filename="` + run.ID + `.safetensors"`,
		"X-Content-Type-Options": "nosniff",
	} {
		if got := got.header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	tensors, texts, err := safetensors.Read(got.body)
	if err != nil || len(tensors) != 1 || tensors[0].Name != "dense3.bias" || len(tensors[0].Values) != 10 {
		t.Errorf("tensors %v, %v", tensors, err)
	}
	if texts["architecture_id"] != run.ArchitectureID || texts["seed"] != "5" || texts["epoch"] != "15" ||
		!strings.Contains(texts["classes"], "Sneaker") {
		t.Errorf("metadata %v", texts)
	}

	head := s.want(http.StatusOK, "HEAD", path, "")
	if len(head.body) > 0 || head.header.Get("Content-Length") != got.header.Get("Content-Length") {
		t.Errorf("HEAD: %d bytes, of %s", len(head.body), head.header.Get("Content-Length"))
	}
	again := s.want(http.StatusNotModified, "GET", path, "", "If-None-Match", `"other", `+tag)
	if len(again.body) > 0 || again.header.Get("ETag") != tag {
		t.Errorf("unchanged: %d bytes, ETag %q", len(again.body), again.header.Get("ETag"))
	}
	s.want(http.StatusOK, "GET", path, "", "If-None-Match", `"other"`)

	file := filepath.Join(dir, "weights", run.ID+".safetensors")
	if err := os.WriteFile(file, got.body[:len(got.body)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := s.want(http.StatusInternalServerError, "GET", path, "")
	if code := damaged.problemCode(t); code != "damaged-weights" || !strings.Contains(s.log.String(), file) {
		t.Errorf("damaged: %s; the log says %s", code, s.log)
	}
	s.want(http.StatusNoContent, "DELETE", "/v1/runs/"+run.ID, "")
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the file of a deleted run: %v", err)
	}
	if code := s.want(http.StatusNotFound, "GET", path, "").problemCode(t); code != "not-found" {
		t.Errorf("of a deleted run: %s", code)
	}
}

// TestNoWeights: of probes, and of what has not ended.
func TestNoWeights(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	var probe, full advisor.Run
	body := `{"architecture":%s,"kind":"%s","budget":{"images":1000}}`
	s.want(http.StatusOK, "POST", "/v1/runs?wait=30s", fmt.Sprintf(body, architecture, "probe")).decode(t, &probe)
	if code := s.want(http.StatusNotFound, "GET", "/v1/runs/"+probe.ID+"/weights.safetensors",
		"").problemCode(t); code != "no-weights" {
		t.Errorf("of a probe: %s", code)
	}
	open := s.trainer.gate(1)
	s.want(http.StatusAccepted, "POST", "/v1/runs", fmt.Sprintf(body, architecture, "full")).decode(t, &full)
	<-s.trainer.at
	if code := s.want(http.StatusConflict, "GET", "/v1/runs/"+full.ID+"/weights.safetensors",
		"").problemCode(t); code != "unfinished" {
		t.Errorf("of a running run: %s", code)
	}
	open()
	s.want(http.StatusOK, "GET", "/v1/runs/"+full.ID+"?wait=30s", "")
	s.want(http.StatusOK, "GET", "/v1/runs/"+full.ID+"/weights.safetensors", "")
}
