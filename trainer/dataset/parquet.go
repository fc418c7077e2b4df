package dataset

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	parquetMagic   = "PAR1"
	maxParquetPage = 512 << 20 // bytes of a page, decompressed
	maxEncoded     = 4 << 30   // bytes of all images, as they are encoded: they are kept in memory
)

// shard is a Parquet file of images: one of the files of a data set.
type shard struct {
	entry
	part                string // by the file's name or folder
	file                *parquet.File
	image, label, split int      // leaf columns; -1: none
	columns             []string // their names
	names               []string // of the classes, where the file says so
}

// openShard checks the sizes that the file claims, before the library takes memory for them.
func (t *tree) openShard(e entry, o Options) (s *shard, err error) {
	r, size, err := t.random(e)
	if err != nil {
		return nil, err
	}
	if err := checkFooter(e.name, r, size); err != nil {
		return nil, err
	}
	s = &shard{entry: e}
	if s.part, _ = partOf(strings.TrimSuffix(path.Base(e.name), path.Ext(e.name))); s.part == "" {
		s.part, _ = partOf(folderOf(e.name))
	}
	err = s.guard(func() error {
		s.file, err = parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		if err != nil {
			return err
		}
		return s.find(o)
	})
	if err != nil {
		return nil, err
	}
	for _, column := range []int{s.image, s.label, s.split} {
		if column >= 0 {
			if err := s.guard(func() error { return s.checkPages(r, size, column) }); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// guard makes a fault of the file of what the library says of it, or panics with.
func (s *shard) guard(f func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = badInput(s.name, "damaged: %v", fault)
		}
	}()
	err = f()
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, input := errors.AsType[*InputError](err); input {
		return err
	}
	if _, option := errors.AsType[*OptionError](err); option {
		return err
	}
	return readFailure(s.name, err)
}

func checkFooter(name string, r io.ReaderAt, size int64) error {
	tail := make([]byte, 8)
	if size < 12 {
		return badInput(name, "not a Parquet file: %d bytes", size)
	}
	if _, err := r.ReadAt(tail, size-8); err != nil {
		return readFailure(name, err)
	}
	if string(tail[4:]) != parquetMagic {
		return badInput(name, "not a whole Parquet file: ends with % x", tail[4:])
	}
	if footer := int64(binary.LittleEndian.Uint32(tail)); footer > size-12 {
		return badInput(name, "damaged: a footer of %d bytes in a file of %d", footer, size)
	}
	return nil
}

// checkPages walks along the headers of a column's pages.
func (s *shard) checkPages(r io.ReaderAt, size int64, column int) error {
	var protocol thrift.CompactProtocol
	for i, group := range s.file.Metadata().RowGroups {
		if column >= len(group.Columns) {
			return badInput(s.name, "row group %d has %d columns", i, len(group.Columns))
		}
		meta := group.Columns[column].MetaData
		start := meta.DataPageOffset
		if d := meta.DictionaryPageOffset; d > 0 && d < start {
			start = d
		}
		length := meta.TotalCompressedSize
		if start < 4 || length < 0 || length > size || start > size-length {
			return badInput(s.name, "damaged: a column at %d of %d bytes in a file of %d", start, length, size)
		}
		pages := bufio.NewReader(io.NewSectionReader(r, start, length))
		decoder := thrift.NewDecoder(protocol.NewReader(pages))
		for values := int64(0); values < meta.NumValues; {
			var header format.PageHeader
			if err := decoder.Decode(&header); err != nil {
				return err
			}
			compressed, plain := int64(header.CompressedPageSize), int64(header.UncompressedPageSize)
			if compressed < 0 || compressed > length || plain < 0 || plain > maxParquetPage {
				return badInput(s.name, "a page of %d bytes, %d when decompressed: at most %d are read", compressed, plain,
					maxParquetPage)
			}
			switch header.Type {
			case format.DataPage:
				values += max(int64(header.DataPageHeader.V.NumValues), 1)
			case format.DataPageV2:
				values += max(int64(header.DataPageHeaderV2.V.NumValues), 1)
			}
			if _, err := pages.Discard(int(compressed)); err != nil {
				return err
			}
		}
	}
	return nil
}

// find finds the columns.
func (s *shard) find(o Options) error {
	schema := s.file.Schema()
	var images, labels, all []string
	leaf := map[string]int{}
	for _, column := range schema.Columns() {
		c, ok := schema.Lookup(column...)
		if !ok || c.MaxRepetitionLevel > 0 {
			continue
		}
		kind := c.Node.Type().Kind()
		name := column[0]
		switch {
		case len(column) == 2 && column[1] == "bytes" && kind == parquet.ByteArray:
			images, all = append(images, name), append(all, name)
		case len(column) > 1:
			continue
		case kind == parquet.ByteArray && c.Node.Type().LogicalType() == nil && c.Node.Type().ConvertedType() == nil:
			images, all = append(images, name), append(all, name)
		case kind == parquet.Int96 || kind == parquet.FixedLenByteArray:
			continue
		default:
			labels, all = append(labels, name), append(all, name)
		}
		leaf[name] = c.ColumnIndex
	}
	var meta struct {
		Info struct {
			Features map[string]json.RawMessage `json:"features"`
		} `json:"info"`
	}
	if text, ok := s.file.Lookup("huggingface"); ok {
		_ = json.Unmarshal([]byte(text), &meta) // only names come from it
	}
	classes := func(name string) (names []string) {
		var f struct {
			Type  string   `json:"_type"`
			Names []string `json:"names"`
		}
		if json.Unmarshal(meta.Info.Features[name], &f) != nil || f.Type != "ClassLabel" {
			return nil
		}
		return f.Names
	}
	choose := func(option, wanted string, from, usual []string, what string) (int, error) {
		switch name := pickName(wanted, from, usual); {
		case name != "":
			s.columns = append(s.columns, name)
			return leaf[name], nil
		case wanted != "":
			return -1, badOption(option, "%s has no such column %q: it has %s", s.name, wanted, clip(strings.Join(all, ", ")))
		}
		return -1, badInput(s.name, "which column holds the %s? Its columns are %s; say it with --%s", what,
			clip(strings.Join(all, ", ")), option)
	}
	var err error
	if s.image, err = choose("image-column", o.ImageColumn, images, imageColumns, "images"); err != nil {
		return err
	}
	named := slices.DeleteFunc(slices.Clone(labels), func(name string) bool { return classes(name) == nil })
	if len(named) == 0 || o.LabelColumn != "" {
		named = labels
	}
	if s.label, err = choose("label-column", o.LabelColumn, named, labelColumns, "labels"); err != nil {
		return err
	}
	s.names = classes(s.columns[1])
	s.split = -1
	if o.SplitColumn != "" {
		s.split, err = choose("split-column", o.SplitColumn, labels, nil, "split")
	}
	return err
}

// pickName returns the wanted name, or the first usual one, or the only one.
func pickName(wanted string, from, usual []string) string {
	if wanted != "" {
		if slices.Contains(from, wanted) {
			return wanted
		}
		return ""
	}
	for _, u := range usual {
		for _, name := range from {
			if strings.Join(words(name), "") == u {
				return name
			}
		}
	}
	if len(from) == 1 {
		return from[0]
	}
	return ""
}
