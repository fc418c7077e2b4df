package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"probewise/trainer"
)

// Library is the data sets under one folder, DIR/datasets/NAME, and the embedded Sample. It may be used from several
// goroutines, and several processes may share the folder.
type Library struct {
	// Client downloads; nil: http.DefaultClient. Get notices stalls by itself.
	Client *http.Client
	// Mirrors gives another base URL for the files of an official data set, by its name.
	Mirrors map[string]string

	folder   string
	official map[string]official
	layouts  []cifarLayout
	pause    func(attempt int) time.Duration // before a download's next attempt, from 1
	stall    time.Duration                   // without a byte, after which a connection is given up
	getting  chan struct{}                   // holds one token: one download at a time

	mu   sync.Mutex
	last *trainer.Dataset // that Load returned
}

// Open returns the library of the data folder dir, which need not exist yet.
func Open(dir string) *Library {
	l := &Library{
		folder:   filepath.Join(dir, "datasets"),
		official: officialSets,
		layouts:  cifarLayouts,
		pause:    func(attempt int) time.Duration { return time.Second << (attempt - 1) },
		stall:    time.Minute,
		getting:  make(chan struct{}, 1),
	}
	l.getting <- struct{}{}
	return l
}

var (
	// ErrExists: a data set of this name is there and has other content.
	ErrExists = errors.New("already there with other content")
	// ErrName: not a name that a data set can have.
	ErrName = errors.New("a data set's name is 1 to 64 of a-z, 0-9, '-', '_' and '.', the first a letter or digit")
)

// UnknownError reports a name that no data set in the library has.
type UnknownError struct {
	Name     string
	Here     []string // the names that are there
	Official []string // the names that Get fetches
}

func (e *UnknownError) Error() string {
	how := fmt.Sprintf(`"probewise dataset get" fetches %s, "probewise dataset add %s PATH" takes your own files`,
		strings.Join(e.Official, ", "), e.Name)
	if slices.Contains(e.Official, e.Name) {
		how = fmt.Sprintf(`"probewise dataset get %s" fetches it, "probewise dataset add %[1]s PATH" takes files you have`,
			e.Name)
	}
	return fmt.Sprintf("data set %q is not here (here: %s); %s", e.Name, strings.Join(e.Here, ", "), how)
}

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

func checkName(name string) error {
	if !namePattern.MatchString(name) {
		return fmt.Errorf("data set %q: %w", name, ErrName)
	}
	return nil
}

// List returns the manifests of all data sets, the sample first, then by name.
func (l *Library) List() ([]Manifest, error) {
	list := []Manifest{sampleManifest()}
	entries, err := os.ReadDir(l.folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list data sets: %w", err)
	}
	for _, e := range entries { // sorted by name
		// Names with a dot in front are work in progress.
		if !e.IsDir() || !namePattern.MatchString(e.Name()) || e.Name() == Sample {
			continue
		}
		m, err := l.read(e.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// Manifest describes one data set. A name that is not there gives an UnknownError.
func (l *Library) Manifest(name string) (Manifest, error) {
	if name == Sample {
		return sampleManifest(), nil
	}
	if err := checkName(name); err != nil {
		return Manifest{}, err
	}
	m, err := l.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, l.unknown(name)
	}
	return m, err
}

// Load reads a data set into memory and checks that its content has the manifest's ID. The last one read is kept: the
// steps of one request ask for the same again. It must not be changed.
func (l *Library) Load(ctx context.Context, name string) (*trainer.Dataset, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last != nil && l.last.Name == name {
		// Another process may have removed it, and added other content under its name.
		if m, err := l.Manifest(name); err == nil && m.ID == l.last.ID {
			return l.last, nil
		}
		l.last = nil
	}
	d, err := l.load(ctx, name)
	if err == nil {
		l.last = d
	}
	return d, err
}

func (l *Library) load(ctx context.Context, name string) (*trainer.Dataset, error) {
	if name == Sample {
		return loadSample(ctx)
	}
	m, err := l.Manifest(name)
	if err != nil {
		return nil, err
	}
	d, err := readCache(ctx, filepath.Join(l.folder, name, cacheFile), m)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("load data set %q: %w", name, err)
		}
		return nil, fmt.Errorf(`load data set %q: %w; "probewise dataset remove %[1]s", then add it again`, name, err)
	}
	return d, nil
}

func (l *Library) read(name string) (Manifest, error) {
	file := filepath.Join(l.folder, name, manifestFile)
	data, err := os.ReadFile(file)
	if err != nil {
		return Manifest{}, err
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", file, err)
	}
	m.Name = name // the folder's name counts
	return m, nil
}

func (l *Library) unknown(name string) error {
	e := &UnknownError{Name: name, Official: l.Official()}
	list, _ := l.List() // only for the message
	for _, m := range list {
		e.Here = append(e.Here, m.Name)
	}
	return e
}
