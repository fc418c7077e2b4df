package dataset

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// namedArray is an array with what its name says of it.
type namedArray struct {
	*npy
	part string // as it is spelt; "": not said
	role role
}

// A role is what an array or a column holds.
type role int

const (
	noRole role = iota
	roleImages
	roleLabels
	roleNames // of the classes
)

// arrayRoles are the words in names of arrays, in lower case.
var arrayRoles = map[string]role{
	"x": roleImages, "image": roleImages, "images": roleImages, "img": roleImages, "imgs": roleImages, "data": roleImages,
	"pixels": roleImages, "features": roleImages, "inputs": roleImages,
	"y": roleLabels, "label": roleLabels, "labels": roleLabels, "target": roleLabels, "targets": roleLabels,
	"names": roleNames, "classnames": roleNames, "labelnames": roleNames, "categories": roleNames, "classes": roleNames,
}

// words splits a name where something else than letters and digits stands.
func words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// partOf finds the last word of a name that says what images are for, such as "train" in "x_train" or "xtrain"; rest is
// the other words, and what is left of that one.
func partOf(name string) (part string, rest []string) {
	list := words(name)
	for i := len(list) - 1; i >= 0; i-- {
		if part = list[i]; isPart(part) {
			return part, slices.Delete(list, i, i+1)
		}
		for p := range partNames {
			before, ends := strings.CutSuffix(list[i], p)
			after, begins := strings.CutPrefix(list[i], p)
			switch {
			case ends && arrayRoles[before] != noRole:
				list[i] = before
				return p, list
			case begins && arrayRoles[after] != noRole:
				list[i] = after
				return p, list
			}
		}
	}
	return "", list
}

// arrays lists the arrays of NumPy's files: .npy, and those in .npz.
func (t *tree) arrays() ([]namedArray, error) {
	var list []namedArray
	add := func(file, name, folder string, open func() (io.ReadCloser, error)) error {
		a, err := readNPYHeader(file, open)
		if err != nil {
			return err
		}
		part, rest := partOf(name)
		if part == "" {
			part, _ = partOf(folder)
		}
		r := arrayRoles[strings.Join(rest, "")]
		for _, word := range rest {
			if r == noRole {
				r = arrayRoles[word]
			}
		}
		list = append(list, namedArray{a, part, r})
		return nil
	}
	files := t.ending(".npy", ".npz")
	if t.single == singleNPY {
		files = t.files
	}
	for _, e := range files {
		if !strings.EqualFold(path.Ext(e.name), ".npz") {
			base := path.Base(e.name)
			if err := add(e.name, strings.TrimSuffix(base, path.Ext(base)), folderOf(e.name), e.open); err != nil {
				return nil, err
			}
			continue
		}
		r, size, err := t.random(e)
		if err != nil {
			return nil, err
		}
		z, err := zip.NewReader(r, size)
		if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
			return nil, badInput(e.name, "not a NumPy archive: %v", err)
		}
		for _, member := range z.File {
			if !strings.HasSuffix(member.Name, ".npy") {
				continue
			}
			name := strings.TrimSuffix(member.Name, ".npy")
			if err := add(e.name+": "+name, name, e.name, member.Open); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// split is the arrays of one part.
type arrayPart struct {
	part           string
	images, labels *npy
}

// pairArrays finds out which arrays are the images and labels of which part, and which one names the classes.
func pairArrays(source string, list []namedArray) (parts []arrayPart, names *npy, err error) {
	found := make([]string, len(list))
	for i, a := range list {
		found[i] = fmt.Sprintf("%s %v", a.file, a.shape)
	}
	fail := func(problem string) error {
		return badInput(source,
			"%s: expected x_train, y_train, x_test and y_test, or images and labels, or one array of images "+
				"and one of labels; found %s", problem, clip(strings.Join(found, ", ")))
	}
	if len(list) == 2 { // one pair, whatever its names
		images, labels := list[0].npy, list[1].npy
		if len(images.shape) < len(labels.shape) || images.isText() {
			images, labels = labels, images
		}
		if len(images.shape) > 1 && !images.isText() && (len(labels.shape) < 3) && list[0].part == list[1].part {
			return []arrayPart{{list[0].part, images, labels}}, nil, nil
		}
	}
	at := map[part]int{}
	for _, a := range list {
		if a.role == roleNames && a.isText() && names == nil {
			names = a.npy
			continue
		}
		r := a.role
		if r == roleNames && len(a.shape) == 1 { // "classes" of each image
			r = roleLabels
		}
		if r != roleImages && r != roleLabels {
			continue
		}
		key := part(-1)
		if a.part != "" {
			key = partNames[a.part]
		}
		i, ok := at[key]
		if !ok {
			i = len(parts)
			at[key] = i
			parts = append(parts, arrayPart{part: a.part})
		}
		to := &parts[i].images
		if r == roleLabels {
			to = &parts[i].labels
		}
		if *to != nil {
			return nil, nil, badInput(source, "%s and %s could both be taken: leave one out", (*to).file, a.file)
		}
		*to = a.npy
	}
	for _, p := range parts {
		switch {
		case p.images == nil || p.labels == nil:
			return nil, nil, fail("images without labels, or labels without images")
		case p.part == "" && len(parts) > 1:
			return nil, nil, fail(p.images.file + " does not say whether it is for training or testing")
		}
	}
	if len(parts) == 0 {
		return nil, nil, fail("no array of images with one of labels")
	}
	slices.SortFunc(parts, func(a, b arrayPart) int { return int(partNames[a.part] - partNames[b.part]) })
	return parts, names, nil
}

// arrayAlbum makes pictures of NumPy's arrays.
func (t *tree) arrayAlbum(ctx context.Context, list []namedArray) (*album, error) {
	parts, names, err := pairArrays(t.source, list)
	if err != nil {
		return nil, err
	}
	a := &album{kind: "numpy", ordered: true, split: len(parts) > 1, prep: &Preparation{Split: SplitFolders}}
	var sources []valueRows
	var labels, classes []string
	for _, p := range parts {
		if p.images.shape[0] != p.labels.shape[0] {
			return nil, badInput(p.labels.file, "%d labels for the %d images of %s", p.labels.shape[0], p.images.shape[0],
				p.images.file)
		}
		source, err := p.images.imageRows(p.part)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source)
		more, err := p.labels.labelTexts(ctx)
		if err != nil {
			return nil, err
		}
		labels = append(labels, more...)
		a.prep.found("images are %s %v, their labels %s", p.images.file, p.images.shape, p.labels.file)
	}
	if names != nil {
		if classes, err = names.labelTexts(ctx); err != nil {
			return nil, err
		}
		a.prep.found("class names are %s", names.file)
	}
	var s scaling
	if a.pictures, s, err = readRasters(ctx, sources); err != nil {
		return nil, err
	}
	a.prep.found("%s", s.note())
	return a, a.setClasses(labels, classes)
}
