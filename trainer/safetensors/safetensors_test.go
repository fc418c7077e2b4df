package safetensors

import (
	"bytes"
	"encoding/binary"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
)

var tensors = []trainer.Tensor{
	{Name: "dense1.kernel", Shape: []int{2, 3}, Values: []float32{1, -2, 3.5, float32(math.Inf(1)), 0, 1e-40}},
	{Name: "conv1.bias", Shape: []int{1}, Values: []float32{-1}},
}

var texts = map[string]string{"epoch": "3", "architecture": `{"name":"a <b> & \"c\""}`}

func written(t testing.TB) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := Write(&file, tensors, texts); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestLayout holds a file against the format's description (huggingface/safetensors, README: eight bytes with the
// header's size, the header filled up with spaces, the values).
func TestLayout(t *testing.T) {
	file := written(t)
	size := binary.LittleEndian.Uint64(file)
	header := string(file[8 : 8+size])
	for _, part := range []string{
		`"conv1.bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`,
		`"dense1.kernel":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]}`,
		`"__metadata__":{`, `"epoch":"3"`,
	} {
		if !strings.Contains(header, part) {
			t.Errorf("the header %s lacks %s", header, part)
		}
	}
	values := file[8+size:]
	if (8+size)%8 != 0 || len(values) != 28 {
		t.Errorf("a header of %d bytes, %d bytes of values", size, len(values))
	}
	if got := math.Float32frombits(binary.LittleEndian.Uint32(values[12:])); got != 3.5 {
		t.Errorf("the fourth value is %g", got)
	}
	if !bytes.Equal(file, written(t)) {
		t.Error("the same tensors gave other bytes")
	}
}

func TestReadAgain(t *testing.T) {
	got, about, err := Read(written(t))
	if err != nil || len(got) != 2 || !maps.Equal(about, texts) {
		t.Fatalf("%d tensors, %v, %v", len(got), about, err)
	}
	for i, want := range []trainer.Tensor{tensors[1], tensors[0]} { // by name
		if got[i].Name != want.Name || !slices.Equal(got[i].Shape, want.Shape) || !slices.Equal(got[i].Values, want.Values) {
			t.Errorf("read %v, wrote %v", got[i], want)
		}
	}
}

func TestRefused(t *testing.T) {
	scalar := trainer.Tensor{Name: "a", Shape: []int{}, Values: []float32{1}}
	for name, bad := range map[string][]trainer.Tensor{
		"too few values":  {{Name: "a", Shape: []int{3}, Values: []float32{1}}},
		"the same name":   {scalar, scalar},
		"a negative size": {{Name: "a", Shape: []int{-1}, Values: []float32{1}}},
	} {
		if err := Write(io.Discard, bad, nil); err == nil || !strings.Contains(err.Error(), `"a"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	file := written(t)
	for name, bad := range map[string][]byte{
		"nothing":    nil,
		"cut off":    file[:len(file)-1],
		"too long":   append(slices.Clone(file), 0),
		"other type": bytes.Replace(file, []byte(`"F32"`), []byte(`"I32"`), 1),
	} {
		if _, _, err := Read(bad); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

// FuzzRead: what can be read is written and read again as it is.
func FuzzRead(f *testing.F) {
	f.Add(written(f))
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, about, err := Read(file)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := Write(&again, got, about); err != nil {
			t.Fatal(err)
		}
		second, _, err := Read(again.Bytes())
		if err != nil || len(second) != len(got) {
			t.Fatalf("%d tensors became %d: %v", len(got), len(second), err)
		}
	})
}
