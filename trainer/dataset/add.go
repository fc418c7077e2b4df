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
	if slices.ContainsFunc(t.files, func(e entry) bool { return isImage(e.name) }) {
		return readImageFolder(ctx, t, o, progress)
	}
	return nil, "", nil, badInput(t.source,
		"not a layout that is known: expected data_batch_1.bin … (CIFAR-10), train.bin and test.bin (CIFAR-100), %s … "+
			"(IDX), or an image folder (CLASS/*.jpg, or train/CLASS/… and test/CLASS/…); found %s", idxTrainImages,
		t.someNames())
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
