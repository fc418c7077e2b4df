package dataset

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// npy is an array in NumPy's format (NEP 1; numpy.lib.format), of numbers or text. Its header is read, its values are
// read when they are asked for.
type npy struct {
	file    string // for messages
	open    func() (io.ReadCloser, error)
	kind    byte // 'b' bool, 'u' and 'i' integers, 'f' floats, 'S' and 'U' text
	size    int  // bytes of a value
	order   binary.ByteOrder
	fortran bool
	shape   []int
	data    int64 // where the values begin
}

const (
	npyMagic     = "\x93NUMPY"
	maxNPYHeader = 1 << 16
	maxNPYRank   = 8
	maxNPYText   = 1024         // characters of a label
	maxNPYBytes  = 8 * MaxBytes // float64 pixels
	maxFortran   = 2 << 30      // such an array is turned in memory
)

var (
	npyDescr   = regexp.MustCompile(`['"]descr['"]\s*:\s*['"]([<>|=]?)([a-zA-Z])([0-9]{1,6})['"]`)
	npyFortran = regexp.MustCompile(`['"]fortran_order['"]\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`['"]shape['"]\s*:\s*\(([0-9, ]*)\)`)
)

// readNPYHeader reads what an array is. Sizes are checked before anything is taken for them.
func readNPYHeader(file string, open func() (io.ReadCloser, error)) (*npy, error) {
	r, err := open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer r.Close()
	lead := make([]byte, 8, 12)
	if _, err := io.ReadFull(r, lead); err != nil || string(lead[:6]) != npyMagic {
		return nil, badInput(file, "not a NumPy array: begins with % x", lead)
	}
	lengthSize := 4
	if lead[6] == 1 {
		lengthSize = 2
	}
	if _, err := io.ReadFull(r, lead[8:8+lengthSize]); err != nil || lead[6] < 1 || lead[6] > 3 {
		return nil, badInput(file, "a NumPy array of version %d.%d, or cut off: versions 1 to 3 are read", lead[6], lead[7])
	}
	length := int(binary.LittleEndian.Uint16(lead[8:10]))
	if lengthSize == 4 {
		length = int(binary.LittleEndian.Uint32(lead[8:12]))
	}
	if length > maxNPYHeader {
		return nil, badInput(file, "a header of %d bytes: at most %d are read", length, maxNPYHeader)
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, badInput(file, "header cut off: expected %d bytes", length)
	}
	a := &npy{file: file, open: open, data: int64(8 + lengthSize + length), order: binary.LittleEndian}
	return a, a.parse(string(header))
}

func (a *npy) parse(header string) error {
	descr, fortran, shape := npyDescr.FindStringSubmatch(header), npyFortran.FindStringSubmatch(header),
		npyShape.FindStringSubmatch(header)
	if descr == nil || fortran == nil || shape == nil {
		if strings.Contains(header, "'|O'") || strings.Contains(header, "'O'") {
			return badInput(a.file, "holds Python objects, which are never unpickled: save an array of numbers or of text, "+
				"such as np.stack(images) or np.array(labels, dtype=str)")
		}
		return badInput(a.file, "not a plain array of numbers or text: its header is %q", clip(header))
	}
	a.fortran, a.kind = fortran[1] == "True", descr[2][0]
	if descr[1] == ">" {
		a.order = binary.BigEndian
	}
	a.size, _ = strconv.Atoi(descr[3]) // at most six digits
	known := map[byte][]int{'b': {1}, 'u': {1, 2, 4, 8}, 'i': {1, 2, 4, 8}, 'f': {2, 4, 8}}
	ok := (a.kind == 'S' || a.kind == 'U') && a.size > 0 && a.size <= maxNPYText
	for _, size := range known[a.kind] {
		ok = ok || size == a.size
	}
	if !ok {
		return badInput(a.file, "values of type %s%s%s: expected bool, integers, float16 to float64, or text of at most %d "+
			"characters", descr[1], descr[2], descr[3], maxNPYText)
	}
	if a.kind == 'U' {
		a.size *= 4
	}
	total := int64(a.size)
	for text := range strings.SplitSeq(shape[1], ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || n > maxNPYBytes/total || len(a.shape) == maxNPYRank {
			return badInput(a.file, "shape (%s) is out of range: no size may be 0, and all values together may have %d GiB",
				clip(shape[1]), int64(maxNPYBytes)>>30)
		}
		total *= n
		a.shape = append(a.shape, int(n))
	}
	return nil
}

// clip shortens what a message quotes of a file.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

func (a *npy) isText() bool { return a.kind == 'S' || a.kind == 'U' }

// row is the number of values in one of the shape[0] rows.
func (a *npy) row() int {
	n := 1
	for _, size := range a.shape[min(1, len(a.shape)):] {
		n *= size
	}
	return n
}

// each hands on the bytes of the rows in order, valid until the next.
func (a *npy) each(ctx context.Context, f func(i int, row []byte) error) error {
	if len(a.shape) == 0 {
		return badInput(a.file, "a single value instead of an array")
	}
	r, err := a.open()
	if err != nil {
		return fmt.Errorf("%s: %w", a.file, err)
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, a.data); err != nil {
		return readFailure(a.file, err)
	}
	n := a.row() * a.size
	buffered := bufio.NewReaderSize(r, 1<<20)
	next := a.inOrder(buffered, n)
	if a.fortran && len(a.shape) > 1 {
		if next, err = a.turned(buffered, n); err != nil {
			return err
		}
	}
	for i := range a.shape[0] {
		if i%1024 == 0 {
			if err := context.Cause(ctx); err != nil {
				return err
			}
		}
		row, err := next(i)
		if err == nil {
			err = f(i, row)
		}
		if err != nil {
			return err
		}
	}
	// Reading to the end also lets a zip check its checksum.
	if _, err := buffered.ReadByte(); err == nil {
		return badInput(a.file, "too long: there is more than its %d rows", a.shape[0])
	} else if !errors.Is(err, io.EOF) {
		return readFailure(a.file, err)
	}
	return nil
}

func (a *npy) inOrder(r io.Reader, n int) func(int) ([]byte, error) {
	var row []byte
	return func(i int) ([]byte, error) {
		if row == nil {
			first, err := readUpTo(r, int64(n)) // n is only claimed
			if row = first; err != nil {
				return nil, a.short(i, err)
			}
			return row, nil
		}
		if _, err := io.ReadFull(r, row); err != nil {
			return nil, a.short(i, err)
		}
		return row, nil
	}
}

func (a *npy) short(i int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return badInput(a.file, "truncated: it holds %d of %d rows", i, a.shape[0])
	}
	return readFailure(a.file, err)
}

// turned reads an array whose first index runs fastest.
func (a *npy) turned(r io.Reader, n int) (func(int) ([]byte, error), error) {
	total := int64(n) * int64(a.shape[0])
	if total > maxFortran {
		return nil, badInput(a.file, "in Fortran order and more than %d GiB: save np.ascontiguousarray of it", maxFortran>>30)
	}
	all, err := readExactly(a.file, r, total)
	if err != nil {
		return nil, err
	}
	row := make([]byte, n)
	return func(i int) ([]byte, error) {
		index := make([]int, len(a.shape))
		for k := range n / a.size {
			from, stride := i, a.shape[0]
			for d := 1; d < len(a.shape); d++ {
				from += index[d] * stride
				stride *= a.shape[d]
			}
			copy(row[k*a.size:(k+1)*a.size], all[from*a.size:])
			for d := len(a.shape) - 1; d > 0; d-- { // the last index runs fastest in a row
				if index[d]++; index[d] < a.shape[d] {
					break
				}
				index[d] = 0
			}
		}
		return row, nil
	}, nil
}

// numbers converts a row.
func (a *npy) numbers(row []byte, to []float64) {
	for i := range to {
		b := row[i*a.size : (i+1)*a.size]
		switch {
		case a.kind == 'f' && a.size == 8:
			to[i] = math.Float64frombits(a.order.Uint64(b))
		case a.kind == 'f' && a.size == 4:
			to[i] = float64(math.Float32frombits(a.order.Uint32(b)))
		case a.kind == 'f':
			to[i] = half(a.order.Uint16(b))
		case a.kind == 'i' && a.size == 1:
			to[i] = float64(int8(b[0]))
		case a.size == 1:
			to[i] = float64(b[0])
		case a.kind == 'i' && a.size == 2:
			to[i] = float64(int16(a.order.Uint16(b)))
		case a.size == 2:
			to[i] = float64(a.order.Uint16(b))
		case a.kind == 'i' && a.size == 4:
			to[i] = float64(int32(a.order.Uint32(b)))
		case a.size == 4:
			to[i] = float64(a.order.Uint32(b))
		case a.kind == 'i':
			to[i] = float64(int64(a.order.Uint64(b)))
		default:
			to[i] = float64(a.order.Uint64(b))
		}
	}
}

// half is the value of IEEE 754 binary16.
func half(bits uint16) float64 {
	sign, exponent, fraction := float64(1), int(bits>>10&0x1f), float64(bits&0x3ff)
	if bits>>15 == 1 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 0x1f:
		if fraction != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// text converts one value, which zeros fill up.
func (a *npy) text(value []byte) string {
	if a.kind == 'S' {
		return strings.TrimRight(string(value), "\x00")
	}
	var b strings.Builder
	for at := 0; at+4 <= len(value); at += 4 {
		if c := a.order.Uint32(value[at:]); c != 0 {
			b.WriteRune(rune(c))
		}
	}
	return b.String()
}
