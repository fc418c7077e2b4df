package dataset

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// origin serves the files of an official data set, and counts what it is asked for.
type origin struct {
	files    files
	tag      string
	noRanges bool
	// before answers a request in the place of the file when it returns true; n counts requests from 1.
	before func(w http.ResponseWriter, r *http.Request, n int) bool

	mu     sync.Mutex
	ranges []string // Range header of each request, as "file range"
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	o.mu.Lock()
	o.ranges = append(o.ranges, strings.TrimSpace(name+" "+r.Header.Get("Range")))
	n := len(o.ranges)
	o.mu.Unlock()
	if o.before != nil && o.before(w, r, n) {
		return
	}
	content, ok := o.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if o.tag != "" {
		w.Header().Set("ETag", o.tag)
	}
	if o.noRanges {
		io.WriteString(w, content)
		return
	}
	http.ServeContent(w, r, name, time.Time{}, strings.NewReader(content))
}

// cut sends the first bytes of a file, claims its full length and drops the connection.
func cut(w http.ResponseWriter, content string, bytes int, tag string) bool {
	if tag != "" {
		w.Header().Set("ETag", tag)
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	io.WriteString(w, content[:bytes])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// archive is the one file of the data set "small", the four IDX files zipped.
const archive = "small.zip"

func published(f files) []download {
	var list []download
	for _, name := range []string{archive, idxTrainImages, idxTrainLabels + ".gz", idxTestImages + ".gz",
		idxTestLabels} {
		if content, ok := f[name]; ok {
			sum := md5.Sum([]byte(content))
			list = append(list, download{name, hex.EncodeToString(sum[:]), int64(len(content))})
		}
	}
	return list
}

func smallArchive(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(idxFiles.zip(t))
	must(t, err)
	return string(b)
}

// serve returns a library whose official data sets are "small" (one archive) and "four" (four files).
func serve(t *testing.T, o *origin) *Library {
	t.Helper()
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	l := open(t)
	l.pause = func(int) time.Duration { return 0 }
	l.Client = server.Client()
	l.official = map[string]official{
		"small": {base: "https://small.example/", files: published(o.files)},
		"four":  {base: server.URL + "/", files: published(idxFiles), classes: []string{"zero", "one"}},
	}
	l.Mirrors = map[string]string{"small": server.URL + "/mirror"}
	return l
}

func (o *origin) asked(t *testing.T, want ...string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if got := strings.Join(o.ranges, "; "); got != strings.Join(want, "; ") {
		t.Errorf("asked for %s; want %s", got, strings.Join(want, "; "))
	}
}

func partial(t *testing.T, l *Library) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(l.folder, downloadFolder, "small", archive+".part"))
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	must(t, err)
	return string(b)
}
