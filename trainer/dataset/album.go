package dataset

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"probewise/trainer"
)

// headers reads what is known of all pictures before their pixels.
func (a *album) headers(ctx context.Context) error {
	return decodeAll(ctx, len(a.pictures), func(int64, int64) {}, func(i int, scratch *decoder) error {
		return scratch.scan(&a.pictures[i])
	})
}

// sizes sets the size of the data set in o where none is asked for.
func (a *album) sizes(source string, o *Options) error {
	var low, high, first [2]int
	sizes := map[[2]int]bool{}
	for _, p := range a.pictures {
		if p.problem != "" {
			continue
		}
		height, width := p.header.size()
		if len(sizes) == 0 {
			first = [2]int{height, width}
			low, high = first, first
		}
		sizes[[2]int{height, width}] = true
		low = [2]int{min(low[0], height), min(low[1], width)}
		high = [2]int{max(high[0], height), max(high[1], width)}
	}
	if o.Height != 0 {
		return nil
	}
	o.Height, o.Width = first[0], first[1]
	if len(sizes) < 2 {
		if first[0] > MaxSide || first[1] > MaxSide {
			return badInput(source, "images of %d×%d pixels: at most %[3]d×%[3]d are kept as they are; scale them with --size "+
				"HEIGHTxWIDTH, such as --size 64x64", first[0], first[1], MaxSide)
		}
		return nil
	}
	message := fmt.Sprintf("images of %d sizes, %d to %d pixels high and %d to %d wide, where nets need one: give it "+
		"with --size HEIGHTxWIDTH, such as --size 64x64, and say with --fit whether images of another shape are cut (%s) or "+
		"get black bars (%s)", len(sizes), low[0], high[0], low[1], high[1], FitCrop, FitLetterbox)
	return &InputError{source, message}
}

// takeBroken moves the pictures with a problem to a.broken, and returns what is new there.
func (a *album) takeBroken() (broken []*InputError) {
	a.pictures = slices.DeleteFunc(a.pictures, func(p picture) bool {
		if p.problem != "" {
			broken = append(broken, &InputError{p.name, p.problem})
		}
		return p.problem != ""
	})
	a.broken = append(a.broken, broken...)
	byName := func(a, b *InputError) int { return strings.Compare(a.File, b.File) }
	slices.SortStableFunc(a.broken, byName)
	slices.SortStableFunc(broken, byName)
	return broken
}

// withBroken adds to an error that what is broken may have caused what that is.
func (a *album) withBroken(err error) error {
	if len(a.broken) == 0 {
		return err
	}
	return &BrokenError{a.broken, a.found, err}
}

// divideAgain is for the images that are left without the broken ones.
func (a *album) divideAgain(o Options, broken []*InputError) error {
	if len(broken) == 0 {
		return nil
	}
	split := a.prep.Split
	for i := range a.pictures {
		a.pictures[i].at = i
	}
	err := a.divide(o)
	if a.prep.Split != split {
		return badInput(broken[0].File, "%s; a part has no image left that can be read", broken[0].Problem)
	}
	return err
}

// rearrange brings pixels to the order that the pictures have now, in place: along each cycle of the permutation.
func (a *album) rearrange(pixels []byte, size int) {
	image := func(i int) []byte { return pixels[i*size : (i+1)*size] }
	first := make([]byte, size)
	for start := range a.pictures {
		if a.pictures[start].at == start {
			continue
		}
		copy(first, image(start))
		i := start
		for a.pictures[i].at != start {
			from := a.pictures[i].at
			copy(image(i), image(from))
			a.pictures[i].at = i
			i = from
		}
		copy(image(i), first)
		a.pictures[i].at = i
	}
}

// allBroken looks into the images whose headers are whole too, so that the error names all that are broken.
func (a *album) allBroken(ctx context.Context) error {
	a.takeBroken()
	err := weighed(ctx, len(a.pictures), func(int64, int64) {}, a.pixels, func(i int, scratch *decoder) error {
		_, err := scratch.read(&a.pictures[i])
		return err
	})
	if err != nil {
		return err
	}
	a.takeBroken()
	return &BrokenError{a.broken, a.found, nil}
}

func (a *album) channels() int {
	for _, p := range a.pictures {
		if !p.header.gray {
			return 3
		}
	}
	return 1
}

// format names what the images are encoded as, since some encodings lose a little.
func (a *album) format() string {
	names := map[string]bool{}
	for _, p := range a.pictures {
		if p.raster != nil {
			return a.kind
		}
		names[p.header.codec.name] = true
	}
	return a.kind + " (" + strings.Join(slices.Sorted(maps.Keys(names)), ", ") + ")"
}

// compact moves the pixels of pictures that are kept together, in place, and counts the training images anew. The
// pictures themselves stay.
func (a *album) compact(pixels []byte, size int, keep func(picture) bool) []byte {
	kept, train := 0, 0
	for i, p := range a.pictures {
		if !keep(p) {
			continue
		}
		if kept != i {
			copy(pixels[kept*size:(kept+1)*size], pixels[i*size:(i+1)*size])
		}
		if kept++; !p.test {
			train++
		}
	}
	a.train = train
	return pixels[:kept*size]
}

// dropDuplicates looks for images that are there more than once, and takes those out of the training images that are
// test images too, unless the options or the split say otherwise.
// It is an OptionError where a class would have no training image left.
func (a *album) dropDuplicates(pixels []byte, size int, o Options) ([]byte, error) {
	found := duplicates(a.pictures)
	a.prep.Duplicates = found
	what := o.Duplicates
	if what == "" && a.prep.Split == SplitDrawn {
		what = DuplicatesDrop
	}
	if found == nil || found.Across == 0 || what != DuplicatesDrop {
		return pixels, nil
	}
	found.Dropped = true
	tests := leaked(a.pictures)
	keep := func(p picture) bool { return p.test || !tests[p.hash] }
	pixels = a.compact(pixels, size, keep)
	a.pictures = slices.DeleteFunc(a.pictures, func(p picture) bool { return !keep(p) })
	left := make([]bool, len(a.classes))
	for _, p := range a.pictures[:a.train] {
		left[p.class] = true
	}
	if class := slices.Index(left, false); class >= 0 {
		return nil, badOption("duplicates", "all training images of class %q have the pixels of a test image, and none is "+
			"left without them: look for a folder that is there twice, or %s them", a.classes[class], DuplicatesKeep)
	}
	return pixels, nil
}

// describe counts what was done to the images that stayed.
func (a *album) describe(d *trainer.Dataset, o Options) {
	counted := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	height, width := a.pictures[0].header.size()
	a.prep.Heights, a.prep.Widths = [2]int{height, height}, [2]int{width, width}
	for _, p := range a.pictures {
		height, width := p.header.size()
		a.prep.Heights = [2]int{min(a.prep.Heights[0], height), max(a.prep.Heights[1], height)}
		a.prep.Widths = [2]int{min(a.prep.Widths[0], width), max(a.prep.Widths[1], width)}
		counted(&a.prep.Resized, height != d.Height || width != d.Width)
		counted(&a.prep.Turned, p.header.orientation != upright)
		counted(&a.prep.Transparent, p.clear)
		counted(&a.prep.Coloured, p.header.gray && d.Channels == 3)
		counted(&a.prep.Deep, p.header.deep)
	}
	if a.prep.Resized > 0 {
		a.prep.Fit = cmp.Or(o.Fit, FitCrop)
	}
}
