package dataset

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is a CSV file: comma, semicolon or tab between cells (RFC 4180), with or without names of columns in the first
// line.
type table struct {
	entry
	comma   rune
	first   []string   // the first line
	header  bool       // it has names
	sample  [][]string // some lines behind it
	columns int
}

const (
	maxRecord   = 64 << 20 // bytes of a line
	sampleLines = 20
	bom         = "\xef\xbb\xbf"
)

// isTable says whether a file that begins with these bytes can be a table; cut: it goes on.
func isTable(begin string, cut bool) bool {
	if cut { // perhaps within a letter
		for len(begin) > 0 && !utf8.ValidString(begin) && len(begin) > 4092 {
			begin = begin[:len(begin)-1]
		}
	}
	line, _, _ := strings.Cut(begin, "\n")
	control := func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' }
	return utf8.ValidString(begin) && !strings.ContainsFunc(begin, control) && strings.ContainsAny(line, ",;\t")
}

// recordReader fails where one record takes more than maxRecord, before that is in memory.
type recordReader struct {
	io.Reader
	since int64 // bytes since the record before
}

func (r *recordReader) Read(p []byte) (int, error) {
	if r.since > maxRecord {
		return 0, fmt.Errorf("a line of more than %d MiB", maxRecord>>20)
	}
	n, err := r.Reader.Read(p)
	r.since += int64(n)
	return n, err
}

// openTable reads the first lines.
func openTable(e entry) (*table, error) {
	t := &table{entry: e, comma: ','}
	r, err := e.open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.name, err)
	}
	begin, err := bufio.NewReader(r).Peek(4096)
	r.Close()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, readFailure(e.name, err)
	}
	line, _, _ := bytes.Cut(begin, []byte("\n"))
	most := 0
	for _, comma := range []string{",", ";", "\t"} {
		if n := bytes.Count(line, []byte(comma)); n > most {
			most, t.comma = n, []rune(comma)[0]
		}
	}
	stop := errors.New("enough")
	err = t.records(context.Background(), func(_ int, cells []string) error {
		cells = append([]string(nil), cells...)
		if t.first == nil {
			t.first, t.columns = cells, len(cells)
			return nil
		}
		if t.sample = append(t.sample, cells); len(t.sample) == sampleLines {
			return stop
		}
		return nil
	})
	if errors.Is(err, stop) {
		err = nil
	}
	if err == nil && t.columns == 0 {
		err = badInput(e.name, "empty")
	}
	return t, err
}

// records hands on all lines, with their numbers from 1. The cells are valid until the next.
func (t *table) records(ctx context.Context, f func(line int, cells []string) error) error {
	file, err := t.open()
	if err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	defer file.Close()
	bounded := &recordReader{Reader: file}
	text := bufio.NewReaderSize(bounded, 1<<16)
	if begin, _ := text.Peek(len(bom)); string(begin) == bom {
		_, _ = text.Discard(len(bom))
	}
	r := csv.NewReader(text)
	r.Comma, r.ReuseRecord, r.TrimLeadingSpace = t.comma, true, t.comma != '\t'
	for n := 0; ; n++ {
		cells, err := r.Read()
		bounded.since = 0
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, csv.ErrFieldCount):
			line, _ := r.FieldPos(0)
			return badInput(t.name, "line %d has %d columns, the first line has %d", line, len(cells), r.FieldsPerRecord)
		case err != nil:
			return readFailure(t.name, err)
		}
		line, _ := r.FieldPos(0)
		if err := f(line, cells); err != nil {
			return err
		}
		if n%1024 == 0 {
			if err := context.Cause(ctx); err != nil {
				return err
			}
		}
	}
}

// rows hands on the lines without that of names.
func (t *table) rows(ctx context.Context, f func(line int, cells []string) error) error {
	first := t.header
	return t.records(ctx, func(line int, cells []string) error {
		if first {
			first = false
			return nil
		}
		return f(line, cells)
	})
}

// column finds one by its name, or by its number from 1.
func (t *table) column(option, name string) (int, error) {
	if t.header {
		for i, column := range t.first {
			if strings.TrimSpace(column) == name {
				return i, nil
			}
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= t.columns {
		return n - 1, nil
	}
	return 0, badOption(option, "%s has no column %q: it has %s", path.Base(t.name), name, t.columnNames())
}

func (t *table) columnNames() string {
	if t.header {
		return clip(strings.Join(t.first, ", "))
	}
	return fmt.Sprintf("no names, and columns 1 to %d", t.columns)
}

// columnName is what messages call a column.
func (t *table) columnName(i int) string {
	if t.header {
		return strconv.Quote(strings.TrimSpace(t.first[i]))
	}
	return strconv.Itoa(i + 1)
}
