package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// readLines reads a file of JSON lines; none where there is no file. A last line without an end is what an interrupted
// write left, and is not read.
func readLines[T any](file string) ([]T, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var values []T
	for number := 1; ; number++ {
		line, rest, whole := bytes.Cut(data, []byte{'\n'})
		if !whole {
			return values, nil
		}
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, number, err)
		}
		values, data = append(values, v), rest
	}
}

// lines appends values to a file of JSON lines; it may be used from several goroutines.
type lines struct {
	mu   sync.Mutex
	file *os.File
}

// appendLines opens the file, makes it with its folder where it is not there, and cuts off what an interrupted write
// left.
func appendLines(file string) (*lines, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(file)
	if err == nil {
		end := int64(bytes.LastIndexByte(data, '\n') + 1)
		err = f.Truncate(end)
		if err == nil {
			_, err = f.Seek(end, 0)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &lines{file: f}, nil
}

// add appends a value. When it returns nil, the value is on disk.
func (l *lines) add(value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return l.file.Sync()
}

func (l *lines) close() error { return l.file.Close() }
