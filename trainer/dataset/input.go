package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
)

// InputError says what is wrong with one file or folder of a data set that is being added.
type InputError struct {
	File    string // path inside the folder or archive
	Problem string
}

func (e *InputError) Error() string { return e.File + ": " + e.Problem }

func badInput(file, format string, args ...any) error {
	return &InputError{File: file, Problem: fmt.Sprintf(format, args...)}
}

// read opens the file of that name and hands it to f.
func (t *tree) read(name string, f func(io.Reader) error) error {
	e := t.find(name)
	if e == nil {
		return badInput(name, "missing")
	}
	r, err := e.open()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer r.Close()
	return f(r)
}

func (t *tree) readAll(name string, limit int64) (data []byte, err error) {
	err = t.read(name, func(r io.Reader) error {
		data, err = io.ReadAll(io.LimitReader(r, limit))
		return err
	})
	return data, err
}

// readExactly reads n bytes up to the end of r. The memory grows with what really comes, since n is only claimed.
func readExactly(file string, r io.Reader, n int64) ([]byte, error) {
	data, err := readUpTo(r, n)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, badInput(file, "truncated: expected %d bytes of content, has %d", n, len(data))
	}
	if err != nil {
		return nil, readFailure(file, err)
	}
	// Reading on to the end also lets gzip check its checksum.
	if extra, err := io.Copy(io.Discard, io.LimitReader(r, 1<<20)); err != nil {
		return nil, readFailure(file, err)
	} else if extra > 0 {
		return nil, badInput(file, "too long: expected %d bytes of content, has at least %d", n, n+extra)
	}
	return data, nil
}

// readUpTo reads n bytes, or as many as there are and the error. The memory grows with what really comes.
func readUpTo(r io.Reader, n int64) ([]byte, error) {
	const step = 1 << 20
	data := make([]byte, 0, min(n, step))
	for int64(len(data)) < n {
		if len(data) == cap(data) {
			data = slices.Grow(data, int(min(n-int64(len(data)), max(int64(len(data)), step))))
		}
		got, err := io.ReadFull(r, data[len(data):min(int64(cap(data)), n)])
		if data = data[:len(data)+got]; err != nil {
			return data, err
		}
	}
	return data, nil
}

// readFailure tells a disk that fails from a file that is damaged (a wrong checksum, a broken compressed stream).
func readFailure(file string, err error) error {
	if _, disk := errors.AsType[*fs.PathError](err); disk {
		return fmt.Errorf("%s: %w", file, err)
	}
	return badInput(file, "%v", err)
}
