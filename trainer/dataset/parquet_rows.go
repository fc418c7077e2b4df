package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// values hands on the values of a column, one a row.
func (s *shard) values(ctx context.Context, column int, f func(row int, v parquet.Value) error) error {
	return s.guard(func() error {
		row := 0
		for _, group := range s.file.RowGroups() {
			pages := group.ColumnChunks()[column].Pages()
			err := eachValue(ctx, pages, func(v parquet.Value) error {
				row++
				return f(row, v)
			})
			if err := errors.Join(err, pages.Close()); err != nil {
				return err
			}
		}
		return nil
	})
}

func eachValue(ctx context.Context, pages parquet.Pages, f func(parquet.Value) error) error {
	buffer := make([]parquet.Value, 64)
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		values := page.Values()
		for {
			n, err := values.ReadValues(buffer)
			for _, v := range buffer[:n] {
				if err := f(v); err != nil {
					return err
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
		}
		parquet.Release(page)
	}
}

// text is a label; "": none.
func labelText(v parquet.Value) string {
	if v.IsNull() {
		return ""
	}
	switch v.Kind() {
	case parquet.Int32, parquet.Int64:
		return strconv.FormatInt(v.Int64(), 10)
	case parquet.Float, parquet.Double:
		number := v.Double()
		if v.Kind() == parquet.Float {
			number = float64(v.Float())
		}
		if number == math.Trunc(number) && math.Abs(number) < maxSeed {
			return strconv.FormatInt(int64(number), 10)
		}
		return strconv.FormatFloat(number, 'g', -1, 64)
	case parquet.Boolean:
		return strconv.FormatBool(v.Boolean())
	}
	return strings.TrimSpace(string(v.ByteArray()))
}

// parquetAlbum makes pictures of the rows of Parquet files.
func (t *tree) parquetAlbum(ctx context.Context, files []entry, o Options) (*album, error) {
	a := &album{kind: "parquet", ordered: true, prep: &Preparation{Split: SplitFolders}}
	var shards []*shard
	for _, e := range files {
		s, err := t.openShard(e, o)
		if err != nil {
			return nil, err
		}
		shards = append(shards, s)
		a.split = a.split || s.part != "" || s.split >= 0
	}
	slices.SortStableFunc(shards, func(a, b *shard) int { return int(partNames[a.part] - partNames[b.part]) })
	first := shards[0]
	var labels []string
	left := int64(maxEncoded)
	for _, s := range shards {
		switch {
		case a.split && s.part == "" && s.split < 0:
			return nil,
				badInput(s.name, "does not say in its name whether it is for training or testing, as %s does", first.name)
		case !slices.Equal(s.names, first.names):
			return nil, badInput(s.name, "has other class names than %s", first.name)
		}
		before := len(a.pictures)
		if err := a.addRows(ctx, s, &left); err != nil {
			return nil, err
		}
		more, err := a.labelRows(ctx, s, a.pictures[before:])
		if err != nil {
			return nil, err
		}
		labels = append(labels, more...)
	}
	a.prep.found("%s: images are column %q, labels column %q", count(len(shards), "Parquet file"), first.columns[0],
		first.columns[1])
	return a, a.setClasses(labels, first.names)
}

// addRows adds the images of a file, as they are encoded.
func (a *album) addRows(ctx context.Context, s *shard, left *int64) error {
	return s.values(ctx, s.image, func(row int, v parquet.Value) error {
		p := picture{entry: entry{name: s.name + " row " + strconv.Itoa(row)}, part: s.part, row: len(a.pictures)}
		if v.IsNull() || len(v.ByteArray()) == 0 {
			p.problem = fmt.Sprintf("column %q is empty: the image itself is not in the file", s.columns[0])
		}
		if *left -= int64(len(v.ByteArray())); *left < 0 {
			return badInput(p.name, "more than %d GiB of encoded images: add a part of the files", maxEncoded>>30)
		}
		content := bytes.Clone(v.ByteArray())
		p.open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
		a.pictures = append(a.pictures, p)
		return nil
	})
}

// labelRows reads the labels, and what the rows are for, of the pictures of a file.
func (a *album) labelRows(ctx context.Context, s *shard, pictures []picture) ([]string, error) {
	labels := make([]string, len(pictures))
	rows := 0
	err := s.values(ctx, s.label, func(row int, v parquet.Value) error {
		if rows = row; row > len(pictures) {
			return badInput(s.name, "more labels than images")
		}
		p, label := &pictures[row-1], labelText(v)
		if p.problem == "" && (label == "" || label == "-1" && s.names != nil) {
			p.problem = fmt.Sprintf("column %q is %q: no label", s.columns[1], label)
		}
		if p.problem == "" {
			labels[row-1] = label
		}
		return nil
	})
	if err == nil && rows < len(pictures) {
		err = badInput(s.name, "%d labels for %d images", rows, len(pictures))
	}
	if err != nil || s.split < 0 {
		return labels, err
	}
	return labels, s.values(ctx, s.split, func(row int, v parquet.Value) error {
		part := labelText(v)
		if row > len(pictures) || !isPart(part) {
			return badInput(fmt.Sprintf("%s row %d", s.name, row), "column %q is %q: expected train, val or test", s.columns[2],
				part)
		}
		pictures[row-1].part = part
		return nil
	})
}
