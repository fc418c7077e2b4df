package service

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/api"
)

// raw sends bytes over a connection of its own and returns the answers to what the server takes for requests. The last
// request asks for the connection's end.
func (s *runningService) raw(text string) []int {
	s.t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(connection, text) }() // the server may hang up before
	var answers []int
	for reader := bufio.NewReader(connection); ; {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return answers
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err := errors.Join(err, response.Body.Close()); err != nil {
			s.t.Error(err)
		}
		answers = append(answers, response.StatusCode)
	}
}

// TestRefusedBodyIsNoRequest: what is left of a body that nobody wanted is not taken for the next request.
func TestRefusedBodyIsNoRequest(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	hidden := fmt.Sprintf(
		"POST /v1/advice HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		len(named("smuggled")), named("smuggled"))
	const last = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
	for _, c := range []struct {
		name, path, headers string
		status              int
	}{
		{"another origin", "/v1/advice", "Host: 127.0.0.1\r\nOrigin: https://example.org\r\n", http.StatusForbidden},
		{"another site", "/v1/advice", "Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n", http.StatusForbidden},
		{"another name", "/v1/advice", "Host: example.org\r\n", http.StatusMisdirectedRequest},
		{"an archive of another origin", "/v1/datasets?name=x", "Host: 127.0.0.1\r\nOrigin: https://example.org\r\n",
			http.StatusForbidden},
		{"no resource", "/nothing", "Host: 127.0.0.1\r\n", http.StatusNotFound},
		{"compressed", "/v1/advice", "Host: 127.0.0.1\r\nContent-Encoding: gzip\r\n", http.StatusUnsupportedMediaType},
		{"a compressed archive", "/v1/datasets?name=x", "Host: 127.0.0.1\r\nContent-Encoding: br\r\n",
			http.StatusUnsupportedMediaType},
	} {
		for _, padding := range []int{0, 8 << 10, 64 << 10} {
			body := strings.Repeat("x", padding) + hidden
			answers := s.raw(fmt.Sprintf("POST %s HTTP/1.1\r\n%sContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s%s",
				c.path, c.headers, len(body), body, last))
			if len(answers) != 2 || answers[0] != c.status || answers[1] != http.StatusOK {
				t.Errorf("%s, %d bytes before: answers %v", c.name, padding, answers)
			}
		}
	}
	// A body that ends too early, or is not what it says, ends its connection.
	for name, rest := range map[string]string{"chunks that are none": "Transfer-Encoding: chunked\r\n\r\nZZ\r\n" + last} {
		if answers := s.raw("POST /v1/advice HTTP/1.1\r\nHost: 127.0.0.1\r\n" + rest); len(answers) > 1 ||
			len(answers) == 1 && answers[0] != http.StatusBadRequest {
			t.Errorf("%s: %d answers", name, len(answers))
		}
	}
	stored, err := s.db.ListAdvice(t.Context(), advisor.AdviceFilter{})
	if err != nil || len(stored) > 0 {
		t.Errorf("%d advice were stored, %v", len(stored), err)
	}
}

// TestNothingIsUnpacked: a small body that unpacks to a large one is refused, in the form as well.
func TestNothingIsUnpacked(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	form := multipart.NewWriter(z)
	part, err := form.CreateFormFile("file", "net.json")
	for range 64 {
		if err == nil {
			_, err = part.Write(make([]byte, 1<<20))
		}
	}
	if err != nil || form.Close() != nil || z.Close() != nil {
		t.Fatal(err)
	}
	s.want(http.StatusUnsupportedMediaType, "POST", "/advice", packed.String(), "Content-Type", form.FormDataContentType(),
		"Content-Encoding", "gzip")
	s.want(http.StatusUnsupportedMediaType, "POST", "/v1/advice", packed.String(), "Content-Encoding", "gzip")
	s.want(http.StatusUnsupportedMediaType, "POST", "/v1/datasets?name=x", packed.String(), "Content-Type",
		"application/zip", "Content-Encoding", "gzip")
	s.want(http.StatusOK, "POST", "/v1/architectures/validate", `{"architecture":`+architecture+`}`,
		"Content-Encoding", "identity")
}

// TestBrokenUploads: what is the client's fault is no fault of the service, and no message names a file of the
// service's.
func TestBrokenUploads(t *testing.T) {
	dir := t.TempDir()
	old, fresh := filepath.Join(dir, "uploads", "upload-old"), filepath.Join(dir, "uploads", "upload-fresh")
	for _, folder := range []string{old, fresh} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "archive"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(old, "archive"), past, past); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir, newFakeTrainer(), func(s *api.Server) { s.MaxUpload = 10_000 })
	if _, err := os.Stat(old); err == nil {
		t.Error("an upload that was left stays")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("an upload of another service: %v", err)
	}
	if err := os.RemoveAll(fresh); err != nil {
		t.Fatal(err)
	}
	const head = "POST /v1/datasets?name=broken HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/zip\r\n"
	if a := s.raw(head + "Transfer-Encoding: chunked\r\n\r\n4\r\nPKxx\r\nZZ\r\n"); len(a) != 1 ||
		a[0] != http.StatusBadRequest {
		t.Errorf("broken chunks: %v", a)
	}
	s.want(http.StatusRequestEntityTooLarge, "POST", "/v1/datasets?name=large", strings.Repeat("x", 10_001),
		"Content-Type", "application/zip")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/datasets?name=large",
		struct{ io.Reader }{strings.NewReader(strings.Repeat("x", 10_001))})
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/zip")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a large archive of unknown length: %d", response.StatusCode)
	}
	got := s.want(http.StatusUnprocessableEntity, "POST", "/v1/datasets?name=bad", "no archive",
		"Content-Type", "application/zip")
	if bytes.Contains(got.body, []byte("upload-")) || bytes.Contains(got.body, []byte(dir)) {
		t.Errorf("a message names a file of the service's: %s", got.body)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "uploads")); err != nil || len(left) > 0 {
		t.Errorf("uploads left: %v, %v", left, err)
	}
	if strings.Contains(s.log.String(), "ERROR") {
		t.Errorf("broken uploads were logged as faults of the service:\n%s", s.log)
	}
}

// TestHead: what answers GET answers HEAD, without a body.
func TestHead(t *testing.T) {
	s := start(t, t.TempDir(), newFakeTrainer())
	var run advisor.Run
	s.want(http.StatusOK, "POST", "/v1/runs?wait=30s", `{"architecture":`+architecture+`,"kind":"probe"}`).decode(t, &run)
	for _, path := range []string{"/", "/livez", "/readyz", "/openapi.json", "/v1/advice", "/v1/datasets",
		"/v1/runs/" + run.ID, "/v1/runs/" + run.ID + "/events"} {
		response, err := http.Head(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || len(body) > 0 {
			t.Errorf("HEAD %s: %d, %d bytes, %v", path, response.StatusCode, len(body), err)
		}
	}
}

// TestTroubleIsKnown: a service whose worker cannot get at the queue is not ready, and a store that is busy or full is
// no fault that a client could do nothing about.
func TestTroubleIsKnown(t *testing.T) {
	var trouble atomic.Pointer[error]
	trouble.Store(new(error))
	s := start(t, t.TempDir(), newFakeTrainer(), func(s *api.Server) {
		s.Trouble = func() error { return *trouble.Load() }
		s.Store = troubled{s.Store, &trouble}
	})
	s.want(http.StatusOK, "GET", "/readyz", "")
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{advisor.ErrBusy, http.StatusServiceUnavailable, "busy"},
		{advisor.ErrStorageFull, http.StatusInsufficientStorage, "storage-full"},
	} {
		err := fmt.Errorf("db: cancel: %w", c.err)
		trouble.Store(&err)
		s.want(http.StatusServiceUnavailable, "GET", "/readyz", "")
		got := s.want(c.status, "POST", "/v1/advice/01a20c27-107c-79c9-af3f-6bdc8aac38d4/cancel", "")
		var p api.Problem
		if got.decode(t, &p); p.Code != c.code || got.header.Get("Retry-After") == "" {
			t.Errorf("%s, retry after %q", got.body, got.header.Get("Retry-After"))
		}
	}
}

type troubled struct {
	api.Store
	err *atomic.Pointer[error]
}

func (s troubled) Cancel(context.Context, advisor.JobKind, string) error { return *s.err.Load() }
