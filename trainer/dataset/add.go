package dataset

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"probewise/trainer"
)

// Add reads a data set from a folder or archive and keeps it under the given name. It recognises
//
//   - the CIFAR-10 and CIFAR-100 binary layouts (folder, .tar.gz or zip),
//   - IDX: the four files of MNIST, gzipped or not (folder, zip or .tar.gz),
//   - image folders: CLASS/*.jpg|png|webp|gif|bmp|tif, of which a test set is drawn, or train/CLASS/… with test/CLASS/…
//     or val/CLASS/… (folder or zip), classes in the order of their names,
//   - a CSV file of paths and labels, beside its images or named itself, or one of pixel values,
//   - NumPy's arrays (.npz, .npy) of images and labels,
//   - Parquet files of images and labels, as hubs publish them,
//
// each also inside wrapping folders. Manifest.Preparation says what was done with an image folder, as the options have
// it; what they ask for and cannot have is an OptionError. Images that are decoded are reported to progress (may be
// nil) as they come. Where a data set of the name is there already, the same content is a success and another is
// ErrExists. What is wrong with the files is an InputError, and with several images of a folder a BrokenError.
func (l *Library) Add(ctx context.Context, name, path string, o Options,
	progress func(done, total int64)) (Manifest, error) {
	if err := checkName(name); err != nil {
		return Manifest{}, err
	}
	if name == Sample {
		return Manifest{}, fmt.Errorf("data set %q is %w; choose another name", name, ErrExists)
	}
	m, err := l.add(ctx, name, path, "", o, progress)
	if err != nil {
		return Manifest{}, fmt.Errorf("add data set %q: %w", name, err)
	}
	return m, nil
}

// add keeps source in the manifest, or the file's name where source is empty.
func (l *Library) add(ctx context.Context, name, path, source string, o Options,
	progress func(done, total int64)) (Manifest, error) {
	o.Seed = cmp.Or(o.Seed, splitSeed)
	if err := o.check(); err != nil {
		return Manifest{}, err
	}
	t, err := openTree(ctx, path)
	if err != nil {
		return Manifest{}, err
	}
	defer t.close()
	if progress == nil {
		progress = func(int64, int64) {}
	}
	d, format, prep, err := l.decode(ctx, t, o, progress)
	if err != nil {
		return Manifest{}, err
	}
	d.Name, d.SplitSeed = name, o.Seed
	if classes := l.official[name].classes; format == formatIDX && len(classes) == len(d.Classes) {
		d.Classes = classes
	}
	if err := check(d); err != nil {
		return Manifest{}, &InputError{t.source, err.Error()}
	}
	if err := context.Cause(ctx); err != nil {
		return Manifest{}, err
	}
	m := Describe(d)
	m.Format, m.Preparation = format, prep
	m.Added, m.Source = time.Now().UTC().Truncate(time.Second), source
	if source == "" {
		m.Source = t.source
	}
	return l.save(d, m)
}

const formatIDX = "idx"

func (l *Library) decode(ctx context.Context, t *tree, o Options,
	progress func(done, total int64)) (*trainer.Dataset, string, *Preparation, error) {
	for _, layout := range l.layouts {
		if t.find(layout.test) != nil ||
			slices.ContainsFunc(layout.train, func(file string) bool { return t.find(file) != nil }) {
			if err := o.forFolders("CIFAR"); err != nil {
				return nil, "", nil, err
			}
			d, err := readCIFARSet(ctx, t, layout, progress)
			return d, layout.format, nil, err
		}
	}
	for _, base := range []string{idxTrainImages, idxTrainLabels, idxTestImages, idxTestLabels} {
		if t.find(base) != nil || t.find(base+".gz") != nil {
			if err := o.forFolders("IDX"); err != nil {
				return nil, "", nil, err
			}
			d, err := readIDXSet(ctx, t, progress)
			return d, formatIDX, nil, err
		}
	}
	return t.decode(ctx, o, progress)
}

// decode recognises what has no names of its own: tables of images, arrays, and folders of images.
func (t *tree) decode(ctx context.Context, o Options,
	progress func(done, total int64)) (*trainer.Dataset, string, *Preparation, error) {
	images := slices.ContainsFunc(t.files, func(e entry) bool { return isImage(e.name) })
	a, problem, err := t.rows(ctx, o, images)
	if err != nil {
		return nil, "", nil, err
	}
	if a == nil && images {
		if a, err = t.album(); err == nil {
			err = o.forTables("image folders")
		}
		if err != nil && problem != nil {
			err = fmt.Errorf("%w\nAs a folder of images it cannot be read either: %w", problem, err)
		}
		if err != nil {
			return nil, "", nil, err
		}
	}
	if a != nil {
		d, err := a.decode(ctx, t.source, o, progress)
		if err != nil && problem != nil {
			err = fmt.Errorf("%w\nAs a folder of images it cannot be read either: %w", problem, err)
		}
		if err != nil {
			return nil, "", nil, err
		}
		return d, a.format(), a.prep, nil
	}
	if problem != nil {
		return nil, "", nil, problem
	}
	return nil, "", nil, badInput(t.source,
		"not a layout that is known: expected an image folder (CLASS/*.jpg, or train/CLASS/… and test/CLASS/…), a CSV of "+
			"paths and labels or of pixels, NumPy arrays (x_train, y_train, …), Parquet files (train-*.parquet …), "+
			"data_batch_1.bin … (CIFAR-10), train.bin and test.bin (CIFAR-100), or %s … (IDX); found %s", idxTrainImages,
		t.someNames())
}

// rows returns the album of tables or arrays, or nil; problem is why a table was not understood. Arrays and Parquet
// files beside images are not what the data set is.
func (t *tree) rows(ctx context.Context, o Options, images bool) (a *album, problem, err error) {
	files := t.ending(".parquet")
	if t.single == singleParquet {
		files = t.files
	}
	if len(files) > 0 && !images {
		a, err = t.parquetAlbum(ctx, files, o)
		return a, nil, err
	}
	if !images {
		list, err := t.arrays()
		if err == nil && len(list) > 0 {
			if err = o.forTables("NumPy arrays"); err == nil {
				a, err = t.arrayAlbum(ctx, list)
				return a, nil, err
			}
		}
		if err != nil {
			return nil, nil, err
		}
	}
	list, unlabelled, problem := t.tables(o)
	if len(list) == 0 {
		return nil, problem, nil
	}
	a, err = t.tableAlbum(ctx, list, unlabelled)
	return a, nil, err
}

func (t *tree) someNames() string {
	const most = 3
	var names []string
	for _, e := range t.files[:min(most, len(t.files))] {
		names = append(names, e.name)
	}
	text := strings.Join(names, ", ")
	if more := len(t.files) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
