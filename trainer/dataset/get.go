package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// official is a data set as its authors publish it.
type official struct {
	base    string // URL, with a slash at the end
	files   []download
	classes []string // of data sets whose files hold only numbers
}

// download is one file; the checksums are those that the authors state (mnist, whose page is gone: torchvision's).
type download struct {
	name, md5 string
	size      int64 // bytes
}

var officialSets = map[string]official{
	"fashion-mnist": {
		base: "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
		files: []download{
			{idxTrainImages + ".gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26421880},
			{idxTrainLabels + ".gz", "25c81989df183df01b3e8a0aad5dffbe", 29515},
			{idxTestImages + ".gz", "bef4ecab320f06d8554ea6380940ec79", 4422102},
			{idxTestLabels + ".gz", "bb300cfdad3c16e7a12a480ee83cd310", 5148},
		},
		classes: []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
			"Ankle boot"},
	},
	"mnist": {
		base: "https://ossci-datasets.s3.amazonaws.com/mnist/",
		files: []download{
			{idxTrainImages + ".gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 9912422},
			{idxTrainLabels + ".gz", "d53e105ee54ea40749a09fcbcd1e9432", 28881},
			{idxTestImages + ".gz", "9fb629c4189551a2d022fa330f9573f3", 1648877},
			{idxTestLabels + ".gz", "ec29112dd5afa0611ce80d1b7f02629c", 4542},
		},
	},
	"cifar10": {
		base:  "https://www.cs.toronto.edu/~kriz/",
		files: []download{{"cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", 170052171}},
	},
	"cifar100": {
		base:  "https://www.cs.toronto.edu/~kriz/",
		files: []download{{"cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8", 168513733}},
	},
}

// Official returns the names of the data sets that Get fetches.
func (l *Library) Official() []string { return slices.Sorted(maps.Keys(l.official)) }

const downloadFolder = ".download" // inside the library's folder: what has come of each official data set so far

// Get downloads an official data set, checks the checksums of its files and adds it. Bytes are reported to progress
// (may be nil). What a cut connection, a cancelled context or a killed process leaves behind is taken up by the next
// Get. A name that is not official gives an UnknownError; one that holds other files already, ErrExists.
func (l *Library) Get(ctx context.Context, name string, progress func(done, total int64)) (Manifest, error) {
	set, ok := l.official[name]
	if !ok {
		return Manifest{}, l.unknown(name)
	}
	select {
	case <-ctx.Done():
		return Manifest{}, fmt.Errorf("get data set %q: %w", name, context.Cause(ctx))
	case <-l.getting:
		defer func() { l.getting <- struct{}{} }()
	}
	m, err := l.get(ctx, name, set, progress)
	if err != nil {
		return Manifest{}, fmt.Errorf("get data set %q: %w", name, err)
	}
	return m, nil
}

func (l *Library) get(ctx context.Context, name string, set official,
	progress func(done, total int64)) (Manifest, error) {
	switch old, err := l.read(name); {
	case err == nil && old.Source != set.base:
		return Manifest{}, fmt.Errorf("%w (from %s); remove its folder first", ErrExists, old.Source)
	case err == nil:
		return old, nil
	case !errors.Is(err, fs.ErrNotExist):
		return Manifest{}, err
	}
	folder := filepath.Join(l.folder, downloadFolder, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return Manifest{}, err
	}
	defer func() { // where nothing is left in them
		_ = os.Remove(folder)
		_ = os.Remove(filepath.Dir(folder))
	}()
	if err := l.fetchAll(ctx, name, set, folder, progress); err != nil {
		return Manifest{}, err
	}
	path := folder
	if len(set.files) == 1 {
		path = filepath.Join(folder, set.files[0].name)
	}
	m, err := l.add(ctx, name, path, set.base, Options{}, nil)
	if err == nil {
		err = os.RemoveAll(folder)
	}
	return m, err
}

func (l *Library) fetchAll(ctx context.Context, name string, set official, folder string,
	progress func(done, total int64)) error {
	base := set.base
	if mirror := l.Mirrors[name]; mirror != "" {
		base = strings.TrimSuffix(mirror, "/") + "/"
	}
	var before, total int64
	for _, file := range set.files {
		total += file.size
	}
	for _, file := range set.files {
		f := fetch{
			client:   l.Client,
			url:      base + file.name,
			to:       filepath.Join(folder, file.name),
			download: file,
			pause:    l.pause,
			stall:    l.stall,
			progress: func(done int64) {
				if progress != nil {
					progress(before+done, total)
				}
			},
		}
		if err := f.run(ctx); err != nil {
			return err
		}
		before += file.size
	}
	return nil
}
