package safetensors

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"

	format "github.com/nlpodyssey/safetensors"

	"probewise/trainer"
)

// Write writes the tensors, and the texts as the file's metadata.
func Write(w io.Writer, tensors []trainer.Tensor, texts map[string]string) error {
	views := make(map[string]view, len(tensors))
	for _, t := range tensors {
		v := view{Tensor: t}
		elements := uint64(1)
		for _, n := range t.Shape {
			v.shape = append(v.shape, uint64(max(n, 0)))
			elements *= uint64(max(n, 0))
		}
		if _, twice := views[t.Name]; twice {
			return fmt.Errorf("write safetensors: two tensors are named %q", t.Name)
		}
		if uint64(len(t.Values)) != elements {
			return fmt.Errorf("write safetensors: tensor %q of shape %v has %d values", t.Name, t.Shape, len(t.Values))
		}
		views[t.Name] = v
	}
	if err := format.SerializeToWriter(views, texts, w); err != nil {
		return fmt.Errorf("write safetensors: %w", err)
	}
	return nil
}

// view is a tensor as the library asks for it. It makes its bytes when they are written.
type view struct {
	trainer.Tensor
	shape []uint64
}

// DType implements format.View.
func (view) DType() format.DType { return format.F32 }

// Shape implements format.View.
func (v view) Shape() []uint64 { return v.shape }

// DataLen implements format.View.
func (v view) DataLen() uint64 { return 4 * uint64(len(v.Values)) }

// Data implements format.View.
func (v view) Data() []byte {
	data := make([]byte, 0, 4*len(v.Values))
	for _, x := range v.Values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return data
}

// Read returns the tensors of a whole file, in its order, and the texts of its metadata. All tensors must be F32.
func Read(file []byte) ([]trainer.Tensor, map[string]string, error) {
	_, header, err := format.ReadMetadata(file)
	if err != nil {
		return nil, nil, fmt.Errorf("read safetensors: %w", err)
	}
	parsed, err := format.Deserialize(file)
	if err != nil {
		return nil, nil, fmt.Errorf("read safetensors: %w", err)
	}
	var tensors []trainer.Tensor
	for _, t := range parsed.Tensors() {
		if t.TensorView.DType() != format.F32 {
			return nil, nil, fmt.Errorf("read safetensors: tensor %q is %s, not F32", t.Name, t.TensorView.DType())
		}
		tensor := trainer.Tensor{Name: t.Name, Shape: []int{}}
		for _, n := range t.TensorView.Shape() {
			if bits.Len64(n) >= bits.UintSize {
				return nil, nil, fmt.Errorf("read safetensors: tensor %q has a dimension of %d", t.Name, n)
			}
			tensor.Shape = append(tensor.Shape, int(n))
		}
		for data := t.TensorView.Data(); len(data) > 0; data = data[4:] {
			tensor.Values = append(tensor.Values, math.Float32frombits(binary.LittleEndian.Uint32(data)))
		}
		tensors = append(tensors, tensor)
	}
	return tensors, header.Metadata(), nil
}
