package forest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/iotest"
)

func savedModel(tb testing.TB) (*Model, Table, []byte) {
	tb.Helper()
	set := curves(22, 2, 6, 1)
	for i := range set.X {
		set.X[i][4] = 1 // one constant
	}
	m := fit(tb, set, Options{Stages: 3, Folds: 3})
	var out bytes.Buffer
	if err := m.Save(&out); err != nil {
		tb.Fatal(err)
	}
	return m, set, out.Bytes()
}

func TestSaveAndLoad(t *testing.T) {
	m, set, data := savedModel(t)
	loaded, err := Load(iotest.OneByteReader(bytes.NewReader(data)))
	if err != nil {
		t.Fatal(err)
	}
	if loaded.R2() != m.R2() {
		t.Errorf("R² %g became %g", m.R2(), loaded.R2())
	}
	if loaded.ID() != m.ID() {
		t.Errorf("id %s, want %s", loaded.ID(), m.ID())
	}
	squares, spread, centre := 0.0, 0.0, mean(set.Y)
	for i, x := range set.X { // held-out predictions are those that R² is made of
		held := loaded.HeldOut(i, x)
		squares += (held - set.Y[i]) * (held - set.Y[i])
		spread += (centre - set.Y[i]) * (centre - set.Y[i])
	}
	if got := 1 - squares/spread; math.Abs(got-m.R2()) > 1e-9 {
		t.Errorf("R² of the held-out predictions %g, want %g", got, m.R2())
	}
	for _, x := range append(set.X, []float64{9, math.NaN(), 9, 9, 2, 0}) {
		a, b := predict(t, m, x), predict(t, loaded, x)
		if a.Mean != b.Mean || a.Low != b.Low || a.High != b.High || a.Novelty != b.Novelty ||
			strings.Join(a.Warnings, "") != strings.Join(b.Warnings, "") {
			t.Errorf("%+v became %+v", a, b)
		}
	}
	var again bytes.Buffer
	if err := loaded.Save(&again); err != nil || !bytes.Equal(again.Bytes(), data) {
		t.Errorf("saved again: %d bytes, %v; want the same %d", again.Len(), err, len(data))
	}
}

func TestDamagedModels(t *testing.T) {
	_, _, data := savedModel(t)
	refused := func(what string, damaged []byte) {
		t.Helper()
		if _, err := Load(bytes.NewReader(damaged)); !errors.Is(err, ErrBadModel) {
			t.Errorf("%s: %v, want ErrBadModel", what, err)
		}
	}
	refused("empty", nil)
	refused("trailing byte", append(bytes.Clone(data), 0))
	for at := 0; at < len(data); at += 1 + len(data)/300 {
		flipped := bytes.Clone(data)
		flipped[at] ^= 0x10
		refused("flipped bit", flipped)
		refused("cut short", data[:at])
	}
	later := bytes.Clone(data)
	later[len(magic)] = Version + 1
	if _, err := Load(bytes.NewReader(later)); !errors.Is(err, ErrBadModel) ||
		!strings.Contains(err.Error(), fmt.Sprintf("version %d, want %d", Version+1, Version)) {
		t.Errorf("later version: %v", err)
	}
	vast := bytes.Clone(data)
	binary.LittleEndian.PutUint64(vast[len(magic)+4:], 1<<62)
	refused("vast length", vast)
	if _, err := Load(iotest.ErrReader(errors.ErrUnsupported)); !errors.Is(err, errors.ErrUnsupported) ||
		errors.Is(err, ErrBadModel) {
		t.Errorf("reader's own error: %v", err)
	}
}

// sealed puts header and checksum around a payload, so that its decoding is reached.
func sealed(payload []byte) []byte {
	out := append([]byte(nil), magic...)
	out = binary.LittleEndian.AppendUint32(out, Version)
	out = binary.LittleEndian.AppendUint64(out, uint64(len(payload)))
	out = append(out, payload...)
	sum := sha256.Sum256(out)
	return append(out, sum[:]...)
}

// checkLoaded: whatever loads predicts without a panic and without NaN.
func checkLoaded(t *testing.T, data []byte) {
	m, err := Load(bytes.NewReader(data))
	if err != nil {
		if !errors.Is(err, ErrBadModel) {
			t.Errorf("%v, want ErrBadModel", err)
		}
		return
	}
	if r2 := m.R2(); !(r2 <= 1) {
		t.Errorf("R² %g", r2)
	}
	x := make([]float64, len(m.Columns()))
	for range 2 {
		p, err := m.Predict(x)
		if err != nil ||
			!(p.Low >= 0 && p.Low <= p.Mean && p.Mean <= p.High && p.High <= 1 && p.Novelty >= 0 && p.Novelty <= 1) {
			t.Errorf("%+v, %v", p, err)
		}
		for j := range x {
			x[j] = MaxMagnitude
		}
	}
}

// Damage under a valid checksum, all over the payload: bytes in turn.
func TestForgedModels(t *testing.T) {
	_, _, data := savedModel(t)
	payload := data[headerLength : len(data)-sha256.Size]
	for at := 0; at < len(payload); at += 1 + len(payload)/300 {
		for _, value := range []byte{0x00, 0x7f, 0xff} {
			forged := bytes.Clone(payload)
			forged[at] = value
			checkLoaded(t, sealed(forged))
		}
		if at%20 == 0 {
			checkLoaded(t, sealed(payload[:at]))
		}
	}
}

func FuzzLoad(f *testing.F) {
	_, _, data := savedModel(f)
	f.Add(data[headerLength : len(data)-sha256.Size])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		checkLoaded(t, payload)
		checkLoaded(t, sealed(payload))
	})
}
