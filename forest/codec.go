package forest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
)

// The saved form, little-endian: magic, version (uint32), payload length (uint64), payload, SHA-256 of all that stands
// before it. Numbers are stored in full, so a loaded model predicts bit for bit what the fitted one does.
const (
	magic         = "PWFOREST"
	transferMagic = "PWTRANSF"
	levelMagic    = "PWFLEVEL" // hashed alone
	headerLength  = len(magic) + 4 + 8
	maxPayload    = 1 << 30
)

// Version numbers the saved form and the way a model is fitted. Raise it when either changes: models kept under an
// older one are then fitted anew.
const Version = 5

// seal gives the model its id.
func (m *Model) seal() *Model {
	sum := sha256.Sum256(m.saved())
	m.id = hex.EncodeToString(sum[:])
	return m
}

// saved is the saved form without its checksum.
func (m *Model) saved() []byte {
	var p packer
	m.pack(&p)
	return framed(magic, p)
}

// framed is a payload below its header.
func framed(magic string, p packer) []byte {
	out := make([]byte, 0, headerLength+len(p.data)+sha256.Size)
	out = append(out, magic...)
	out = binary.LittleEndian.AppendUint32(out, Version)
	out = binary.LittleEndian.AppendUint64(out, uint64(len(p.data)))
	return append(out, p.data...)
}

// summed is what was framed with its checksum.
func summed(data []byte) []byte {
	sum := sha256.Sum256(data)
	return append(data, sum[:]...)
}

// bytes is the whole saved form.
func (m *Model) bytes() []byte { return summed(m.saved()) }

// Save writes the model.
func (m *Model) Save(w io.Writer) error {
	if _, err := w.Write(m.bytes()); err != nil {
		return fmt.Errorf("save forest: %w", err)
	}
	return nil
}

// Save writes the transfer.
func (t *Transfer) Save(w io.Writer) error {
	var p packer
	t.pack(&p)
	if _, err := w.Write(summed(framed(transferMagic, p))); err != nil {
		return fmt.Errorf("save transfer: %w", err)
	}
	return nil
}

// LoadTransfer reads a transfer up to the end of r. The error unwraps to ErrBadModel, or to that of r.
func LoadTransfer(r io.Reader) (*Transfer, error) {
	payload, _, err := unseal(transferMagic, r)
	if err != nil {
		return nil, err
	}
	return unpackTransfer(payload)
}

// Load reads a model up to the end of r. The error unwraps to ErrBadModel, or to that of r.
func Load(r io.Reader) (*Model, error) {
	payload, sum, err := unseal(magic, r)
	if err != nil {
		return nil, err
	}
	m, err := unpackModel(payload)
	if err != nil {
		return nil, err
	}
	m.id = hex.EncodeToString(sum)
	return m, nil
}

// unseal checks what summed made and returns its payload and checksum.
func unseal(magic string, r io.Reader) (payload, sum []byte, err error) {
	header := make([]byte, headerLength)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, nil, readError("header", err)
	}
	if string(header[:len(magic)]) != magic {
		return nil, nil, fmt.Errorf("%w: not a forest", ErrBadModel)
	}
	if v := binary.LittleEndian.Uint32(header[len(magic):]); v != Version {
		return nil, nil, fmt.Errorf("%w: version %d, want %d", ErrBadModel, v, Version)
	}
	length := binary.LittleEndian.Uint64(header[len(magic)+4:])
	if length > maxPayload {
		return nil, nil, fmt.Errorf("%w: %d bytes, more than %d", ErrBadModel, length, maxPayload)
	}
	var body bytes.Buffer // grows with what arrives, not with what is claimed
	if _, err := io.CopyN(&body, r, int64(length)+sha256.Size+1); !errors.Is(err, io.EOF) {
		if err == nil {
			return nil, nil, fmt.Errorf("%w: bytes after the end", ErrBadModel)
		}
		return nil, nil, readError("body", err)
	}
	if body.Len() != int(length)+sha256.Size {
		return nil, nil, fmt.Errorf("%w: cut short", ErrBadModel)
	}
	payload, trailer := body.Bytes()[:length], body.Bytes()[length:]
	hash := sha256.New()
	hash.Write(header)
	hash.Write(payload)
	if !bytes.Equal(hash.Sum(nil), trailer) {
		return nil, nil, fmt.Errorf("%w: checksum differs", ErrBadModel)
	}
	return payload, trailer, nil
}

func readError(part string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %s cut short", ErrBadModel, part)
	}
	return fmt.Errorf("load forest: %s: %w", part, err)
}

// packer appends values to a payload.
type packer struct{ data []byte }

func (p *packer) integer(v int64)  { p.data = binary.LittleEndian.AppendUint64(p.data, uint64(v)) }
func (p *packer) index(v int32)    { p.data = binary.LittleEndian.AppendUint32(p.data, uint32(v)) }
func (p *packer) number(v float64) { p.integer(int64(math.Float64bits(v))) }
func (p *packer) text(s string)    { p.integer(int64(len(s))); p.data = append(p.data, s...) }
func (p *packer) flag(v bool)      { p.data = append(p.data, map[bool]byte{true: 1}[v]) }

// unpacker takes values off a payload. After the first error it gives zeros.
type unpacker struct {
	data []byte
	err  error
}

func (u *unpacker) fail(format string, args ...any) {
	if u.err == nil {
		u.err = fmt.Errorf("%w: %s", ErrBadModel, fmt.Sprintf(format, args...))
		u.data = nil
	}
}

func (u *unpacker) take(n int) []byte {
	if n > len(u.data) {
		u.fail("payload cut short")
		return make([]byte, min(n, 8))
	}
	out := u.data[:n]
	u.data = u.data[n:]
	return out
}

func (u *unpacker) integer() int64 { return int64(binary.LittleEndian.Uint64(u.take(8))) }
func (u *unpacker) index() int32   { return int32(binary.LittleEndian.Uint32(u.take(4))) }
func (u *unpacker) flag() bool     { return u.take(1)[0] == 1 }

// number refuses what is not finite or beyond ±limit.
func (u *unpacker) number(what string, limit float64) float64 {
	v := math.Float64frombits(uint64(u.integer()))
	if !(math.Abs(v) <= limit) {
		u.fail("%s %g", what, v)
	}
	return v
}

// count reads a length and refuses one that the rest of the payload cannot hold.
func (u *unpacker) count(what string, size int) int {
	n := u.integer()
	if n < 0 || n > int64(len(u.data)/size) {
		u.fail("%d %s", n, what)
		return 0
	}
	return int(n)
}

func (u *unpacker) text() string { return string(u.take(u.count("bytes of text", 1))) }
