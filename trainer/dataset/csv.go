package dataset

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// locator finds the image that a cell names; where there is none, problem says why.
type locator func(name string) (e entry, problem string)

// beside finds images in a folder of the disk, where a table is named itself. What leads outside is not followed.
func beside(root string) locator {
	return func(name string) (entry, string) {
		p := filepath.FromSlash(slashed(name))
		if filepath.IsAbs(p) {
			if inside, err := filepath.Rel(root, p); err == nil {
				p = inside
			}
		}
		if !filepath.IsLocal(p) {
			return entry{}, fmt.Sprintf("leads outside the folder %s: --images names the one in which paths begin", root)
		}
		found := ""
		for _, ending := range append([]string{""}, tableEndings...) {
			info, err := os.Stat(filepath.Join(root, p) + ending)
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			if found != "" {
				return entry{}, "there with several endings: name one"
			}
			found = ending
			if ending == "" {
				break
			}
		}
		full := filepath.Join(root, p) + found
		if info, err := os.Stat(full); err != nil || !info.Mode().IsRegular() {
			return entry{}, fmt.Sprintf("not there (paths begin in %s; --images names another folder)", root)
		}
		return diskEntry(filepath.ToSlash(p)+found, full), ""
	}
}

// tableEndings are tried behind a name that has none.
var tableEndings = []string{".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}

// slashed is a path as it is spelt everywhere but on Windows.
func slashed(name string) string { return strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "./") }

// within finds images among the files of a tree: by their whole path, that from the table's folder, or the end of their
// path where no other ends so; with or without the ending.
func (t *tree) within(folder string) locator {
	byBase := map[string][]int{}
	for i, e := range t.files {
		if !isImage(e.name) {
			continue
		}
		base := path.Base(e.name)
		byBase[base] = append(byBase[base], i)
		stem := strings.TrimSuffix(base, path.Ext(base))
		byBase[stem] = append(byBase[stem], i)
	}
	return func(name string) (entry, string) {
		name = path.Clean(slashed(name))
		parts := strings.Split(strings.TrimPrefix(name, "/"), "/")
		try := func(end string) []int {
			return slices.DeleteFunc(slices.Clone(byBase[path.Base(end)]), func(i int) bool {
				full := "/" + t.files[i].name
				return !strings.HasSuffix(full, "/"+end) &&
					!strings.HasSuffix(strings.TrimSuffix(full, path.Ext(full)), "/"+end)
			})
		}
		least := len(parts)
		if path.IsAbs(name) { // as it was on another machine
			least = min(2, len(parts))
		}
		for n := len(parts); n >= least; n-- {
			end := strings.Join(parts[len(parts)-n:], "/")
			found := try(end)
			for _, i := range found {
				if whole := t.files[i].name; whole == path.Join(folder, end) || len(found) > 1 && whole == end {
					return t.files[i], ""
				}
			}
			if len(found) > 1 {
				return entry{}, fmt.Sprintf("could be %s or %s: give more of the path", t.files[found[0]].name,
					t.files[found[1]].name)
			}
			if len(found) == 1 {
				return t.files[found[0]], ""
			}
		}
		return entry{}, "not there"
	}
}

// understood is a table with what is known of it.
type understood struct {
	*table
	tableColumns
	part string // by the file's name
	find locator
}

// tables returns the CSV files that name images of the tree, or hold pixels. problem is why one was not understood.
func (t *tree) tables(o Options) (list []understood, unlabelled []string, problem error) {
	files := t.ending(".csv", ".tsv")
	if t.single == singleTable {
		files = t.files
	}
	images := slices.ContainsFunc(t.files, func(e entry) bool { return isImage(e.name) })
	for _, e := range files {
		if base := strings.ToLower(path.Base(e.name)); strings.Contains(base, "submission") {
			continue // what competitions hand out to be filled in
		}
		b, err := openTable(e)
		if err != nil {
			problem = err
			continue
		}
		find := t.within(folderOf(e.name))
		if t.single == singleTable {
			root := o.Images
			if root == "" {
				root = t.root
			}
			find = beside(root)
		}
		isFile := func(cell string) bool {
			if len(cell) > 4096 || t.single == "" && !images {
				return false
			}
			_, problem := find(cell)
			return problem == "" || strings.HasPrefix(problem, "could be")
		}
		c, err := b.understand(o, isFile)
		part, _ := partOf(strings.TrimSuffix(path.Base(e.name), path.Ext(e.name)))
		switch {
		case errors.Is(err, errNoTable) || err == nil && c.pixels != nil && images:
		case err != nil:
			problem = err
		case c.label < 0:
			unlabelled = append(unlabelled, e.name)
		case c.pixels == nil && t.single == "" && !anyThere(b, c, isFile):
			problem = badInput(e.name, "column %s names images that are not there, such as %q", b.columnName(c.image),
				clip(b.sampleCell(c.image)))
		default:
			list = append(list, understood{b, c, part, find})
		}
	}
	return list, unlabelled, problem
}

func (t *table) sampleCell(i int) string {
	if t.header {
		return t.sample[0][i]
	}
	return t.first[i]
}

// anyThere says whether one of the first lines names an image that is there.
func anyThere(t *table, c tableColumns, isFile func(string) bool) bool {
	return slices.ContainsFunc(append([][]string{t.first}, t.sample...),
		func(cells []string) bool { return isFile(strings.TrimSpace(cells[c.image])) })
}

// tableAlbum makes pictures of the rows of tables.
func (t *tree) tableAlbum(ctx context.Context, list []understood, unlabelled []string) (*album, error) {
	a := &album{kind: "csv", ordered: true, prep: &Preparation{Split: SplitFolders}}
	slices.SortStableFunc(list, func(x, y understood) int {
		return int(partNames[strings.ToLower(x.part)] - partNames[strings.ToLower(y.part)])
	})
	if parts := slices.DeleteFunc(slices.Clone(list), func(b understood) bool { return b.part == "" }); len(parts) > 0 {
		for _, b := range list {
			if b.part == "" {
				a.prep.found("%s does not say whether it is for training or testing, and is not used", b.name)
			}
		}
		list = parts
	}
	for i, b := range list {
		if len(list) > 1 && (b.part == "" || i > 0 && partNames[b.part] == partNames[list[i-1].part]) {
			return nil,
				badInput(b.name, "one table too many beside %s: name the one to go by, or call them train.csv and test.csv",
					list[(i+1)%len(list)].name)
		}
		if b.split >= 0 || len(list) > 1 {
			a.split = true
		}
		if (b.pixels == nil) != (list[0].pixels == nil) {
			return nil, badInput(b.name, "holds images otherwise than %s", list[0].name)
		}
		a.prep.found("%s", b.describe(b.tableColumns))
	}
	for _, name := range unlabelled {
		a.prep.found("%s has no labels and is not used", name)
	}
	if list[0].pixels != nil {
		return a, a.addPixels(ctx, list)
	}
	return a, a.addFiles(ctx, t, list)
}

// addFiles makes a picture of each row that names a file. What is wrong with a row is its problem.
func (a *album) addFiles(ctx context.Context, t *tree, list []understood) error {
	var labels []string
	used := map[string]bool{}
	for _, b := range list {
		err := b.rows(ctx, func(line int, cells []string) error {
			cell, label := strings.TrimSpace(cells[b.image]), strings.TrimSpace(cells[b.label])
			p := picture{part: b.part, row: len(a.pictures)}
			var problem string
			p.entry, problem = b.find(cell)
			if b.split >= 0 {
				p.part = strings.TrimSpace(cells[b.split])
			}
			used[p.name] = true
			switch {
			case cell == "":
				p.problem = fmt.Sprintf("column %s is empty", b.columnName(b.image))
			case strings.Contains(cell, "://"):
				p.problem = fmt.Sprintf("column %s holds the address %s: fetch the images first", b.columnName(b.image),
					clip(cell))
			case problem != "":
				p.problem = clip(cell) + ": " + problem
			case label == "":
				p.problem = fmt.Sprintf("column %s is empty: no label", b.columnName(b.label))
			case a.split && !isPart(p.part):
				p.problem = fmt.Sprintf("column %s is %q: expected train, val or test", b.columnName(max(b.split, 0)), p.part)
			}
			if p.problem != "" {
				p.name, label = b.name+" line "+strconv.Itoa(line), ""
			}
			a.pictures, labels = append(a.pictures, p), append(labels, label)
			return nil
		})
		if err != nil {
			return err
		}
	}
	unused := 0
	for _, e := range t.files {
		if isImage(e.name) && !used[e.name] {
			unused++
		}
	}
	if unused > 0 {
		a.prep.found("%s that no row names %s not used", count(unused, "image"), isAre(unused))
	}
	return a.setClasses(labels, nil)
}

// addPixels makes a picture of each row of values.
func (a *album) addPixels(ctx context.Context, list []understood) (err error) {
	var sources []valueRows
	var labels, parts []string
	for _, b := range list {
		r, ok := squareRaster(len(b.pixels))
		if !ok {
			return badInput(b.name,
				"%d columns of pixel values, which is no square: only square gray images are read from such "+
					"a table; .npz says the shape of others", len(b.pixels))
		}
		sources = append(sources, valueRows{file: b.name, part: b.part, raster: r, each: b.values})
		err := b.rows(ctx, func(line int, cells []string) error {
			label, place := strings.TrimSpace(cells[b.label]), b.name+" line "+strconv.Itoa(line)
			if label == "" {
				return badInput(place, "column %s is empty: no label", b.columnName(b.label))
			}
			labels = append(labels, label)
			if b.split >= 0 {
				part := strings.TrimSpace(cells[b.split])
				if !isPart(part) {
					return badInput(place, "column %s is %q: expected train, val or test", b.columnName(b.split), part)
				}
				parts = append(parts, part)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	var s scaling
	if a.pictures, s, err = readRasters(ctx, sources); err != nil {
		return err
	}
	if len(parts) > 0 {
		for i := range a.pictures {
			a.pictures[i].part = parts[i]
		}
	}
	a.prep.found("%s", s.note())
	return a.setClasses(labels, nil)
}

// values hands on the pixel columns of each row.
func (b understood) values(ctx context.Context, f func(place string, values []float64) error) error {
	values := make([]float64, len(b.pixels))
	return b.rows(ctx, func(line int, cells []string) error {
		for k, i := range b.pixels {
			v, err := strconv.ParseFloat(strings.TrimSpace(cells[i]), 64)
			if err != nil {
				return badInput(fmt.Sprintf("%s line %d", b.name, line), "column %s is %q: expected a number", b.columnName(i),
					clip(cells[i]))
			}
			values[k] = v
		}
		return f(b.name+" line "+strconv.Itoa(line), values)
	})
}
