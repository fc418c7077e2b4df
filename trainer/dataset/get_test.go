package dataset

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func TestGetFourFiles(t *testing.T) {
	o := &origin{files: idxFiles}
	l := serve(t, o)
	var last, total int64
	m, err := l.Get(t.Context(), "four", func(done, of int64) {
		if done < last {
			t.Errorf("progress goes back from %d to %d", last, done)
		}
		last, total = done, of
	})
	must(t, err)
	var want int64
	for _, file := range published(idxFiles) {
		want += file.size
	}
	if last != want || total != want {
		t.Errorf("progress ended at %d of %d, want %d", last, total, want)
	}
	if m.Source != l.official["four"].base || m.Classes[1] != "one" {
		t.Errorf("manifest %+v", m)
	}
	if _, err := l.Load(t.Context(), "four"); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(l.folder); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	again, err := l.Get(t.Context(), "four", nil)
	if err != nil || again.ID != m.ID {
		t.Errorf("again: %+v, %v", again, err)
	}
	o.asked(t, idxTrainImages, idxTrainLabels+".gz", idxTestImages+".gz", idxTestLabels)
}

func TestGetResumes(t *testing.T) {
	content := smallArchive(t)
	n := len(content)
	rest := func(from int) string { return fmt.Sprintf("%s bytes=%d-", archive, from) }
	for _, c := range []struct {
		name     string
		tag      string
		noRanges bool
		before   func(w http.ResponseWriter, r *http.Request, n int) bool
		asked    []string
	}{
		{"cut twice", `"v1"`, false, func(w http.ResponseWriter, r *http.Request, n int) bool {
			switch n {
			case 1:
				return cut(w, content, 100, `"v1"`)
			case 2:
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 100-%d/%d", len(content)-1, len(content)))
				w.Header().Set("Content-Length", fmt.Sprint(len(content)-100))
				w.WriteHeader(http.StatusPartialContent)
				io.WriteString(w, content[100:150])
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
			return false
		}, []string{archive, rest(100), rest(150)}},
		{"another version on the server", `"v2"`, false, func(w http.ResponseWriter, r *http.Request, n int) bool {
			return n == 1 && cut(w, strings.Repeat("x", len(content)), 100, `"v1"`)
		}, []string{archive, rest(100)}},
		{"no ranges", `"v1"`, true, func(w http.ResponseWriter, r *http.Request, n int) bool {
			return n == 1 && cut(w, content, 100, `"v1"`)
		}, []string{archive, rest(100)}},
		{"no name for the version", "", false, func(w http.ResponseWriter, r *http.Request, n int) bool {
			return n == 1 && cut(w, content, 100, "")
		}, []string{archive, archive}},
		{"weak tag", `W/"v1"`, false, func(w http.ResponseWriter, r *http.Request, n int) bool {
			return n == 1 && cut(w, content, 100, `W/"v1"`)
		}, []string{archive, archive}},
		{"range refused", `"v1"`, false, func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n == 2 {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return true
			}
			return n == 1 && cut(w, content, 100, `"v1"`)
		}, []string{archive, rest(100), archive}},
		{"another range", `"v1"`, false, func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n == 2 {
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 50-%d/%d", len(content)-1, len(content)))
				w.WriteHeader(http.StatusPartialContent)
				io.WriteString(w, content[50:])
				return true
			}
			return n == 1 && cut(w, content, 100, `"v1"`)
		}, []string{archive, rest(100), archive}},
		{"busy", `"v1"`, false, func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n < maxAttempts {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return n < maxAttempts
		}, []string{archive, archive, archive, archive, archive}},
		{"short answer", `"v1"`, false, func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n == 1 {
				w.Header().Set("ETag", `"v1"`)
				io.WriteString(w, content[:n+9])
			}
			return n == 1
		}, []string{archive, rest(10)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := &origin{files: files{archive: content}, tag: c.tag, noRanges: c.noRanges, before: c.before}
			l := serve(t, o)
			m, err := l.Get(t.Context(), "small", nil)
			if err != nil {
				t.Fatalf("%v (%d bytes)", err, n)
			}
			o.asked(t, c.asked...)
			if m.Train != 3 || m.Source != "https://small.example/" {
				t.Errorf("manifest %+v", m)
			}
		})
	}
}

func TestGetGivesUp(t *testing.T) {
	content := smallArchive(t)
	for _, c := range []struct {
		name, message string
		before        func(w http.ResponseWriter, r *http.Request, n int) bool
		requests      int
		kept          int // bytes of the partial file
	}{
		{"not found", "404 Not Found", func(w http.ResponseWriter, r *http.Request, n int) bool {
			http.NotFound(w, r)
			return true
		}, 1, 0},
		{"server error", "503 Service Unavailable; given up after 5 attempts",
			func(w http.ResponseWriter, r *http.Request, n int) bool {
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}, 5, 0},
		{"wrong checksum", "wrong checksum", func(w http.ResponseWriter, r *http.Request, n int) bool {
			io.WriteString(w, strings.Repeat("x", len(content)))
			return true
		}, 1, 0},
		{"too long", "more than the", func(w http.ResponseWriter, r *http.Request, n int) bool {
			io.WriteString(w, content+"x")
			return true
		}, 1, -1},
		{"cut for ever", "given up after 5 attempts with 100 of",
			func(w http.ResponseWriter, r *http.Request, n int) bool {
				return cut(w, content, 100, `"v1"`)
			}, 5, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := &origin{files: files{archive: content}, before: c.before}
			l := serve(t, o)
			_, err := l.Get(t.Context(), "small", nil)
			if err == nil || !strings.Contains(err.Error(), c.message) || !strings.Contains(err.Error(), archive) {
				t.Errorf("got %v, want %q about %s", err, c.message, archive)
			}
			if len(o.ranges) != c.requests {
				t.Errorf("%d requests, want %d", len(o.ranges), c.requests)
			}
			if got := len(partial(t, l)); c.kept >= 0 && got != c.kept {
				t.Errorf("%d bytes kept, want %d", got, c.kept)
			}
			if _, err := l.Manifest("small"); err == nil {
				t.Error("there is a data set")
			}
			o.before, o.ranges = nil, nil
			if _, err := l.Get(t.Context(), "small", nil); err != nil {
				t.Errorf("the next Get: %v", err)
			}
		})
	}
}

func TestGetKeepsWhatHasComeWhenCancelled(t *testing.T) {
	content := smallArchive(t)
	release := make(chan struct{})
	o := &origin{
		files: files{archive: content},
		tag:   `"v1"`,
		before: func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n > 1 {
				return false
			}
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			io.WriteString(w, content[:100])
			w.(http.Flusher).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
			return true
		},
	}
	l := serve(t, o)
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := l.Get(ctx, "small", func(int64, int64) { cancel() })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), fmt.Sprintf("100 of %d bytes", len(content))) {
		t.Errorf("got %v, want context.Canceled after 100 bytes", err)
	}
	if partial(t, l) != content[:100] {
		t.Error("the partial file is not what has come")
	}
	if _, err := l.Get(t.Context(), "small", nil); err != nil {
		t.Fatal(err)
	}
	o.asked(t, archive, archive+" bytes=100-")
}

func TestGetNoticesAStall(t *testing.T) {
	content := smallArchive(t)
	o := &origin{files: files{archive: content}, before: func(w http.ResponseWriter, r *http.Request, n int) bool {
		if n == 1 {
			<-r.Context().Done() // the client has hung up
		}
		return n == 1
	}}
	l := serve(t, o)
	l.stall = 200 * time.Millisecond
	if _, err := l.Get(t.Context(), "small", nil); err != nil {
		t.Fatal(err)
	}
}

// A damaged rest must not be taken for the whole, and not be kept.
func TestGetRemovesAMixOfVersions(t *testing.T) {
	content := smallArchive(t)
	o := &origin{
		files: files{archive: content},
		tag:   `"v1"`,
		before: func(w http.ResponseWriter, r *http.Request, n int) bool {
			return n == 1 && cut(w, strings.Repeat("x", len(content)), 100, `"v1"`) // the same tag, other bytes
		},
	}
	l := serve(t, o)
	if _, err := l.Get(t.Context(), "small", nil); err == nil || !strings.Contains(err.Error(), "wrong checksum") {
		t.Errorf("got %v, want a wrong checksum", err)
	}
	if _, err := l.Get(t.Context(), "small", nil); err != nil {
		t.Errorf("the next Get: %v", err)
	}
}

func TestGetRefuses(t *testing.T) {
	l := serve(t, &origin{files: idxFiles})
	var unknown *UnknownError
	if _, err := l.Get(t.Context(), "other", nil); !errors.As(err, &unknown) ||
		!strings.Contains(err.Error(), "four, small") {
		t.Errorf("unknown name: got %v", err)
	}
	_, err := l.Add(t.Context(), "four", colourFiles.folder(t), Options{}, nil)
	must(t, err)
	if _, err := l.Get(t.Context(), "four", nil); !errors.Is(err, ErrExists) {
		t.Errorf("a name with the user's own files: got %v, want ErrExists", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Get(ctx, "small", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestOfficialSets(t *testing.T) {
	l := Open(t.TempDir())
	if got := strings.Join(l.Official(), " "); got != "cifar10 cifar100 fashion-mnist mnist" {
		t.Errorf("official data sets: %s", got)
	}
	for name, set := range l.official {
		if !strings.HasPrefix(set.base, "https://") || !strings.HasSuffix(set.base, "/") {
			t.Errorf("%s: base %q", name, set.base)
		}
		for _, f := range set.files {
			if sum, err := hex.DecodeString(f.md5); err != nil || len(sum) != md5.Size || f.size < 1 {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}
