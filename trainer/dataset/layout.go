package dataset

import (
	"cmp"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"
)

// A part is what the images of a folder are for.
type part int

const (
	forTraining part = iota
	forValidation
	forTesting
)

// partNames are the folders of a split as people spell them, in lower case.
var partNames = map[string]part{
	"train": forTraining, "training": forTraining,
	"val": forValidation, "valid": forValidation, "validation": forValidation,
	"test": forTesting, "testing": forTesting,
	"publictest": forValidation, "privatetest": forTesting, // FER-2013
}

func isPart(folder string) bool {
	_, ok := partNames[strings.ToLower(folder)]
	return ok
}

// album is the images of a data set that have to be decoded: all training images, then all test images, each by class
// and name, or in the order in which they came.
type album struct {
	kind     string // of the files: imageFolder …
	ordered  bool   // rows of a table keep their order
	classes  []string
	pictures []picture
	found    int // pictures, broken ones included
	train    int
	split    bool          // each picture says what it is for
	broken   []*InputError // pictures that were taken out since they cannot be read
	prep     *Preparation
}

const imageFolder = "image-folder"

// album finds out which images are for what.
func (t *tree) album() (*album, error) {
	a := &album{kind: imageFolder, prep: &Preparation{Split: SplitFolders, Ignored: t.ignored}}
	inside := map[string]bool{} // folders that hold anything
	for _, e := range t.files {
		if !isImage(e.name) {
			a.prep.Ignored++
			inside[folderOf(e.name)] = true
			continue
		}
		a.pictures = append(a.pictures, picture{entry: e, path: strings.Split(e.name, "/")})
	}
	prefix := a.unwrap()
	var err error
	if a.split, err = a.hasSplit(); err != nil {
		return nil, err
	}
	depth := 1 // of the folder that names the class
	if a.split {
		depth = 2
	}
	for _, folder := range t.folders {
		inside[folder] = true
	}
	if err := a.checkEmpty(prefix, depth, inside); err != nil {
		return nil, err
	}
	for _, p := range a.pictures {
		a.classes = append(a.classes, p.path[depth-1])
	}
	slices.Sort(a.classes)
	a.classes = slices.Compact(a.classes)
	for i := range a.pictures {
		p := &a.pictures[i]
		p.class, _ = slices.BinarySearch(a.classes, p.path[depth-1])
		if a.split {
			p.part = p.path[0]
		}
	}
	return a, nil
}

func folderOf(name string) string { return name[:max(0, strings.LastIndex(name, "/"))] }

// unwrap takes away the folders that wrap all images, and returns them with a slash at the end.
func (a *album) unwrap() (prefix string) {
	for {
		first := a.pictures[0].path[0]
		if isPart(first) || slices.ContainsFunc(a.pictures,
			func(p picture) bool { return len(p.path) < 3 || p.path[0] != first }) {
			return prefix
		}
		prefix += first + "/"
		for i := range a.pictures {
			a.pictures[i].path = a.pictures[i].path[1:]
		}
	}
}

// hasSplit tells PART/CLASS/FILE from CLASS/FILE. A class may be called "train" where others are not named like parts.
func (a *album) hasSplit() (bool, error) {
	other := func(p picture) bool { return !isPart(p.path[0]) }
	depth := func(n int) func(picture) bool { return func(p picture) bool { return len(p.path) != n } }
	parts, classes := !slices.ContainsFunc(a.pictures, other), !slices.ContainsFunc(a.pictures, depth(2))
	switch {
	case parts && !slices.ContainsFunc(a.pictures, depth(3)):
		return true, nil
	case classes && !parts:
		return false, nil
	case classes:
		return false, badInput(a.pictures[0].name,
			"%q holds images without folders of classes: expected %[1]s/CLASS/FILE", a.pictures[0].path[0])
	}
	const either = "expected CLASS/FILE, or train/CLASS/FILE and test/CLASS/FILE; move the file or take it out"
	deep := slices.ContainsFunc(a.pictures, func(p picture) bool { return isPart(p.path[0]) && len(p.path) == 3 })
	odd := slices.IndexFunc(a.pictures, func(p picture) bool {
		if deep {
			return len(p.path) != 3 || other(p)
		}
		return len(p.path) != 2
	})
	return false, badInput(a.pictures[odd].name, "an image that does not belong there: %s", either)
}

// checkEmpty refuses folders that look like a class and hold no image: a class would be lost without a word.
func (a *album) checkEmpty(prefix string, depth int, inside map[string]bool) error {
	full := map[string]bool{}
	for _, p := range a.pictures {
		full[strings.Join(p.path[:depth], "/")] = true
	}
	for _, folder := range slices.Sorted(maps.Keys(inside)) {
		name, ok := strings.CutPrefix(folder, prefix)
		if path := strings.Split(name, "/"); !ok || name == "" || len(path) != depth || full[name] ||
			depth == 2 && !isPart(path[0]) {
			continue
		}
		return badInput(folder, "a class without images: put some there, or take the folder out")
	}
	return nil
}

// divide says which images are test images, and sorts. It may be called again when some were taken out.
func (a *album) divide(o Options) error {
	names := map[part]string{} // as they are spelt
	for _, p := range a.pictures {
		if a.split {
			names[partNames[strings.ToLower(p.part)]] = p.part
		}
	}
	if len(names) < 2 {
		for i := range a.pictures {
			a.pictures[i].test = false
		}
		a.sort()
		a.prep.Split, a.prep.TestShare = SplitDrawn, cmp.Or(o.TestShare, DefaultTestShare)
		if err := a.draw(a.prep.TestShare, o.Seed); err != nil {
			return err
		}
		a.sort()
		return nil
	}
	if o.TestShare != 0 {
		return badOption("test-share", "%s are a split already: leave the option away, or add one of them",
			strings.Join(slices.Sorted(maps.Values(names)), ", "))
	}
	if names[forTraining] == "" {
		return badInput("train", "missing: there are only %s", strings.Join(slices.Sorted(maps.Values(names)), ", "))
	}
	tests := forTesting
	switch {
	case names[forTesting] == "":
		tests, a.prep.Split = forValidation, SplitValidationTests
	case names[forValidation] != "":
		a.prep.Split = SplitValidationJoins
	}
	there := map[bool][]bool{false: make([]bool, len(a.classes)), true: make([]bool, len(a.classes))}
	for i := range a.pictures {
		p := &a.pictures[i]
		p.test = partNames[strings.ToLower(p.part)] == tests
		there[p.test][p.class] = true
	}
	for _, test := range []bool{false, true} {
		folder := names[forTraining]
		if test {
			folder = names[tests]
		}
		if class := slices.Index(there[test], false); class >= 0 {
			return badInput(folder+"/"+a.classes[class], "missing: class %q is in the other part only", a.classes[class])
		}
	}
	a.sort()
	return nil
}

// sort puts training images before test images, and each in the order of class and name, or as they came.
func (a *album) sort() {
	ordered := a.ordered
	slices.SortStableFunc(a.pictures, func(a, b picture) int {
		if a.test != b.test {
			if a.test {
				return 1
			}
			return -1
		}
		if ordered {
			return cmp.Compare(a.row, b.row)
		}
		return cmp.Or(cmp.Compare(a.class, b.class), strings.Compare(a.name, b.name))
	})
	a.train = len(a.pictures)
	if first := slices.IndexFunc(a.pictures, func(p picture) bool { return p.test }); first >= 0 {
		a.train = first
	}
}

// draw makes a share of each class test images, rounded, at least one and not all. What is drawn of a class does not
// depend on other classes.
func (a *album) draw(share float64, seed uint64) error {
	members := make([][]int, len(a.classes)) // in their order
	for i, p := range a.pictures {
		members[p.class] = append(members[p.class], i)
	}
	for class, member := range members {
		n := len(member)
		if n < 2 {
			return badInput(a.classes[class], "%s of this class: at least two are needed to draw a test set",
				count(n, "image"))
		}
		drawn := min(max(int(math.Round(share*float64(n))), 1), n-1)
		name := fnv.New64a()
		name.Write([]byte(a.classes[class]))
		for _, i := range permutation(n, mix(seed, streamTestShare, name.Sum64()), streamTestShare)[:drawn] {
			a.pictures[member[i]].test = true
		}
	}
	return nil
}
