package dataset

import (
	"cmp"
	"context"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"probewise/trainer"
)

const (
	trainFolder = "train"
	testFolder  = "test"
)

// picture is one image file of an image folder.
type picture struct {
	entry
	test  bool
	class int
}

// readImageFolder decodes train/CLASS/FILE and test/CLASS/FILE on all cores. The first image says how large all must
// be, and whether they are gray or colour.
func readImageFolder(ctx context.Context, t *tree, progress func(done, total int64)) (*trainer.Dataset, string, error) {
	classes, pictures, train, err := t.pictures()
	if err != nil {
		return nil, "", err
	}
	shape, err := pictures[0].shape()
	if err != nil {
		return nil, "", err
	}
	test := len(pictures) - train
	if err := checkShape(train, test, shape.channels, shape.height, shape.width, len(classes)); err != nil {
		return nil, "", &InputError{t.source, err.Error()}
	}
	d := &trainer.Dataset{Height: shape.height, Width: shape.width, Channels: shape.channels, Classes: classes}
	d.Train = trainer.Images{Pixels: make([]byte, train*d.ImageSize()), Labels: make([]uint16, train)}
	d.Test = trainer.Images{Pixels: make([]byte, test*d.ImageSize()), Labels: make([]uint16, test)}
	err = decodeAll(ctx, len(pictures), progress, func(i int, scratch *decoder) error {
		p, to := pictures[i], d.Train
		if p.test {
			to, i = d.Test, i-train
		}
		to.Labels[i] = uint16(p.class)
		return scratch.decode(p, shape, pictures[0].name, to.Pixels[i*d.ImageSize():(i+1)*d.ImageSize()])
	})
	if err != nil {
		return nil, "", err
	}
	return d, folderFormat(pictures), nil
}

// pictures returns the classes in the order of their names and the image files: all training images, then all test
// images, each by class and name.
func (t *tree) pictures() (classes []string, list []picture, train int, err error) {
	folders := map[[2]string]int{} // {train or test, class}: number of images
	for _, name := range t.folders {
		part, class, ok := strings.Cut(name, "/")
		if part != trainFolder && part != testFolder || strings.Contains(class, "/") {
			return nil, nil, 0, badInput(name,
				"a folder that does not belong here: expected train/CLASS and test/CLASS only")
		}
		if ok {
			folders[[2]string{part, class}] += 0
		}
	}
	for _, e := range t.files {
		s := strings.Split(e.name, "/")
		if len(s) < 3 && strings.EqualFold(path.Ext(e.name), ".txt") {
			continue // notes beside the folders
		}
		if len(s) != 3 || s[0] != trainFolder && s[0] != testFolder {
			return nil, nil, 0, badInput(e.name,
				"a file that does not belong here: expected train/CLASS/FILE and test/CLASS/FILE only")
		}
		if format(e.name) == "" {
			return nil, nil, 0, badInput(e.name, "not an image: expected .jpg, .jpeg or .png")
		}
		folders[[2]string{s[0], s[1]}]++
		classes = append(classes, s[1])
		list = append(list, picture{entry: e, test: s[0] == testFolder})
	}
	slices.Sort(classes)
	classes = slices.Compact(classes)
	if err := checkFolders(folders, classes); err != nil {
		return nil, nil, 0, err
	}
	for i := range list {
		class := strings.Split(list[i].name, "/")[1]
		list[i].class, _ = slices.BinarySearch(classes, class)
		if !list[i].test {
			train++
		}
	}
	slices.SortStableFunc(list, func(a, b picture) int {
		if a.test != b.test {
			return strings.Compare(b.name, a.name) // "train" before "test"
		}
		return cmp.Or(cmp.Compare(a.class, b.class), strings.Compare(a.name, b.name))
	})
	return classes, list, train, nil
}

// checkFolders makes sure that train and test have the same classes, each with images.
func checkFolders(folders map[[2]string]int, classes []string) error {
	for _, part := range []string{trainFolder, testFolder} {
		for _, class := range classes {
			if _, ok := folders[[2]string{part, class}]; !ok {
				return badInput(part+"/"+class, "missing: class %q is in the other part only", class)
			}
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(folders),
		func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		if folders[key] == 0 {
			return badInput(key[0]+"/"+key[1], "a class without images")
		}
	}
	return nil
}

// decodeAll calls decode for 0 … n-1 on all cores, each with scratch space of its own. It stops at the first error, and
// returns that of the lowest number, whatever the order in which they came.
func decodeAll(ctx context.Context, n int, progress func(done, total int64),
	decode func(i int, scratch *decoder) error) error {
	const every = 64 // images between two reports
	var (
		next    atomic.Int64
		stop    atomic.Bool
		mu      sync.Mutex
		done    int64
		failed  = n
		failure error
		workers sync.WaitGroup
	)
	fail := func(i int, err error) {
		stop.Store(true)
		mu.Lock()
		defer mu.Unlock()
		if i < failed {
			failed, failure = i, err
		}
	}
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			var scratch decoder
			for !stop.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := context.Cause(ctx); err != nil {
					fail(i, err)
					return
				}
				if err := decode(i, &scratch); err != nil {
					fail(i, err)
					return
				}
				mu.Lock()
				if done++; done%every == 0 || done == int64(n) {
					progress(done, int64(n))
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return failure
}
