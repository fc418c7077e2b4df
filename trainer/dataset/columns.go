package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tableColumns are the places of what a table holds; -1: it has no such column.
type tableColumns struct {
	image, label, split int
	pixels              []int // one value each; nil: images are files
}

// How columns are called, in lower case without what is neither letter nor digit; the first ones count first.
var (
	imageColumns = []string{"path", "filepath", "filepaths", "imagepath", "imgpath", "file", "filename", "filenames",
		"imagefile", "imagefilename", "imagename", "image", "images", "img", "photo", "picture", "imageid", "id", "name"}
	labelColumns = []string{"label", "labels", "classname", "class", "category", "target", "y", "breed", "species",
		"diagnosis", "dx", "emotion", "finelabel", "classid", "labelid"}
	splitColumns = []string{"split", "set", "subset", "dataset", "partition", "phase", "usage", "part"}
)

// errNoTable: the file holds neither paths of images nor pixels.
var errNoTable = errors.New("no table of images")

const minPixelColumns = 16

// understand finds out what the columns hold, from their names and from what is in the first lines. isFile says whether
// a cell names an image that is there.
func (t *table) understand(o Options, isFile func(string) bool) (c tableColumns, err error) {
	c = tableColumns{image: -1, label: -1, split: -1}
	isPath := func(cell string) bool { return isImage(cell) || isFile(cell) }
	numbers := !slices.ContainsFunc(t.first, func(cell string) bool { return !isNumber(cell) })
	t.header = !numbers && !slices.ContainsFunc(t.first, isPath)
	for _, option := range []struct {
		name, value string
		to          *int
	}{{"image-column", o.ImageColumn, &c.image}, {"label-column", o.LabelColumn, &c.label},
		{"split-column", o.SplitColumn, &c.split}} {
		if option.value != "" {
			if *option.to, err = t.column(option.name, option.value); err != nil {
				return c, err
			}
		}
	}
	lines := t.sample
	if !t.header {
		lines = append([][]string{t.first}, lines...)
	}
	if len(lines) == 0 {
		return c, errNoTable
	}
	if c.split < 0 {
		c.split = t.pick(splitColumns, c, func(i int) bool {
			return !slices.ContainsFunc(lines, func(cells []string) bool { return !isPart(strings.TrimSpace(cells[i])) })
		}, false)
	}
	if c.image < 0 {
		c.image = t.pick(imageColumns, c, func(i int) bool {
			return slices.ContainsFunc(lines, func(cells []string) bool { return isPath(strings.TrimSpace(cells[i])) })
		}, true)
	}
	if c.image < 0 && !t.pixelColumns(&c, lines[0]) {
		return c, errNoTable
	}
	if c.image < 0 {
		return c, nil
	}
	if c.label < 0 {
		c.label = t.pick(labelColumns, c, func(int) bool { return true }, true)
	}
	if c.label < 0 {
		return c, badInput(t.name, "which column holds the labels? Its columns are %s; say it with --label-column",
			t.columnNames())
	}
	return c, nil
}

// pick returns the column of the first of these names that is right and not taken; with alone, where none has such a
// name, the only one that is right.
func (t *table) pick(names []string, c tableColumns, right func(int) bool, alone bool) int {
	var free []int
	for i := range t.columns {
		if i != c.image && i != c.label && i != c.split && right(i) {
			free = append(free, i)
		}
	}
	if t.header {
		for _, name := range names {
			for _, i := range free {
				if strings.Join(words(t.first[i]), "") == name {
					return i
				}
			}
		}
	}
	if alone && len(free) == 1 {
		return free[0]
	}
	return -1
}

// pixelColumns is for a table of pixel values: all columns but the label, which has a name or is the first.
func (t *table) pixelColumns(c *tableColumns, cells []string) bool {
	if c.label < 0 {
		c.label = t.pick(labelColumns, *c, func(int) bool { return true }, false)
	}
	if _, square := squareRaster(t.columns - 1); c.label < 0 && square && !t.header {
		c.label = 0
	}
	for i := range t.columns {
		if i != c.label && i != c.split {
			c.pixels = append(c.pixels, i)
		}
		if i != c.label && i != c.split && !isNumber(cells[i]) {
			return false
		}
	}
	return len(c.pixels) >= minPixelColumns
}

func isNumber(cell string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
	return err == nil
}

// describe says which columns were taken.
func (t *table) describe(c tableColumns) string {
	text := fmt.Sprintf("%s: images are files named in column %s", t.name, t.columnName(max(c.image, 0)))
	if c.pixels != nil {
		text = fmt.Sprintf("%s: images are the values of %d columns", t.name, len(c.pixels))
	}
	text += ", labels column " + t.columnName(c.label)
	if c.split >= 0 {
		text += ", the split column " + t.columnName(c.split)
	}
	return text
}
