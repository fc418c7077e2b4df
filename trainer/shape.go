package trainer

import (
	"fmt"
	"math"
)

// Shape is the size of one image's values between two layers: C channels of H×W, or, where Flat, C features (H and W
// are 1).
type Shape struct {
	C, H, W int
	Flat    bool
}

// Len is the number of values, C·H·W.
func (s Shape) Len() int { return s.C * s.H * s.W }

// String writes the shape as the architecture JSON orders it: height×width×channels.
func (s Shape) String() string {
	if s.Flat {
		return fmt.Sprintf("%d features", s.C)
	}
	return fmt.Sprintf("%d×%d×%d", s.H, s.W, s.C)
}

// maxValues bounds the values of one image after any layer.
const maxValues = math.MaxInt32

// misfit says why a layer cannot follow its input.
type misfit struct {
	code    string
	key     string // of the layer, "" for the layer itself
	message string
}

// Shapes returns the output shape of each layer, in the order of All. The error names the first layer that does not
// fit; an architecture from Parse has none.
func (a Architecture) Shapes() ([]Shape, error) {
	in := a.inputShape()
	if in.H < 1 || in.W < 1 || in.C < 1 || !in.bounded() {
		return nil, fmt.Errorf("input %v is no image size", a.Input)
	}
	shapes, _, err := trace(nil, a.Layers, in, "")
	return shapes, err
}

// trace appends the output shapes of layers that follow each other, and returns the last. place is where the list
// stands in the architecture.
func trace(shapes []Shape, layers []Layer, in Shape, place string) ([]Shape, Shape, error) {
	for i, l := range layers {
		var m *misfit
		var out Shape
		at := len(shapes)
		shapes = append(shapes, out)
		if l.Type == Residual && len(l.Body) > 0 {
			var other Shape
			var err error
			inside := fmt.Sprintf("%s%d/", place, i)
			if shapes, out, err = trace(shapes, l.Body, in, inside+"body/"); err != nil {
				return nil, in, err
			}
			if shapes, other, err = trace(shapes, l.Shortcut, in, inside+"shortcut/"); err != nil {
				return nil, in, err
			}
			m = l.join(out, other)
		} else {
			out, m = l.output(in)
		}
		if m != nil {
			return nil, in, fmt.Errorf("layer %s%d (%s): %s", place, i, l.label(), m.message)
		}
		shapes[at], in = out, out
	}
	return shapes, in, nil
}

// join says what keeps a residual block's body and shortcut, of these shapes, from being added.
func (l Layer) join(body, shortcut Shape) *misfit {
	if body == shortcut {
		return nil
	}
	if len(l.Shortcut) > 0 {
		return &misfit{CodeShapesDiffer, "shortcut",
			fmt.Sprintf("the body gives %s, the shortcut %s: only equal shapes can be added", body, shortcut)}
	}
	message := fmt.Sprintf("the body turns %s into %s, so the input cannot be added to it as it is", shortcut, body)
	if p, ok := projection(shortcut, body); ok {
		message += fmt.Sprintf(
			`: it needs "shortcut": {"type": "conv", "filters": %d, "kernel": 1, "stride": [%d, %d]}`,
			p.Filters, p.Stride[0], p.Stride[1])
	} else {
		message += ": it needs a \"shortcut\" of layers that give the same shape"
	}
	return &misfit{CodeShapesDiffer, "", message}
}

// projection is the convolution of kernel 1 that turns one image size into the other, if there is one.
func projection(from, to Shape) (Layer, bool) {
	if from.Flat || to.Flat || to.H < 1 || to.W < 1 {
		return Layer{}, false
	}
	l := Layer{
		Type:    Conv,
		Filters: to.C,
		Kernel:  [2]int{1, 1},
		Stride:  [2]int{(from.H-1)/to.H + 1, (from.W-1)/to.W + 1},
		Padding: Valid,
	}
	out, m := l.output(from)
	return l, m == nil && out == to
}

func (a Architecture) inputShape() Shape {
	return Shape{C: a.Input[2], H: a.Input[0], W: a.Input[1]}
}

// label is the layer's name, or its type where it has none.
func (l Layer) label() string {
	if l.Name != "" {
		return l.Name
	}
	return string(l.Type)
}

// accepts says what is wrong with the kind of the layer's input: an image, or flat features.
func (l Layer) accepts(flat bool) *misfit {
	switch takes := l.kind().takes; {
	case takes == imageForm && flat:
		return &misfit{CodeNeedsImage, "", fmt.Sprintf(
			"%s needs an image, but its input is flat: it must come before flatten, dense and global pools", l.Type)}
	case takes == flatForm && !flat:
		return &misfit{CodeNeedsFlatten, "",
			fmt.Sprintf("%s needs flat features: it needs flatten or a global pool before it", l.Type)}
	}
	return nil
}

// output is the shape after the layer.
func (l Layer) output(in Shape) (Shape, *misfit) {
	if m := l.accepts(in.Flat); m != nil {
		return Shape{}, m
	}
	out := in
	switch kind := l.kind(); {
	case kind.name == "":
		return Shape{}, &misfit{CodeUnsupportedType, "type", fmt.Sprintf("type %q is not supported", l.Type)}
	case l.Type == Residual: // see trace
		return Shape{}, &misfit{CodeMissingKey, "body", "its body is empty"}
	case l.Type == Conv || kind.pools == windowPool:
		w, key := l.Window(in), "size"
		out.H, out.W = w.OH, w.OW
		if l.Type == Conv {
			out.C, key = l.Filters, "kernel"
		}
		if out.H < 1 || out.W < 1 {
			return Shape{}, &misfit{CodeShrinksToZero, key,
				fmt.Sprintf("the window of %d×%d does not fit into %s: nothing would be left", w.KH, w.KW, in)}
		}
	case kind.pools == globalPool:
		out = Shape{C: in.C, H: 1, W: 1, Flat: true}
	case l.Type == Flatten:
		out = Shape{C: in.Len(), H: 1, W: 1, Flat: true}
	case l.Type == Dense:
		out.C = l.Units
	case l.Type == ZeroPad:
		out.H += 2 * l.Pad[0]
		out.W += 2 * l.Pad[1]
	}
	if !out.bounded() {
		return Shape{}, &misfit{CodeTooLarge, "", fmt.Sprintf("its output, %s, has more than %d values", out, maxValues)}
	}
	return out, nil
}

// bounded says whether the shape has 1 to maxValues values, without forming a product that could overflow.
func (s Shape) bounded() bool {
	n := 1
	for _, size := range [3]int{s.C, s.H, s.W} {
		if size < 1 || size > maxValues/n {
			return false
		}
		n *= size
	}
	return true
}

// Window is the geometry of a conv or pool over an image (C, H, W), with N = 0. Padding "same" is that of Keras:
// OH = ceil(H/SH), max((OH−1)·SH + KH − H, 0) rows of zeros in all, the smaller half of them above; columns likewise.
// A global pool is one window over the whole plane. OH or OW is 0 where the window does not fit. Other layers have no
// window: all zero.
func (l Layer) Window(in Shape) Window {
	w := Window{C: in.C, H: in.H, W: in.W, SH: l.Stride[0], SW: l.Stride[1]}
	switch pools := l.kind().pools; {
	case l.Type == Conv:
		w.KH, w.KW = l.Kernel[0], l.Kernel[1]
	case pools == windowPool:
		w.KH, w.KW = l.Size[0], l.Size[1]
	case pools == globalPool:
		w.KH, w.KW, w.SH, w.SW, w.OH, w.OW = in.H, in.W, 1, 1, 1, 1
		return w
	default:
		return Window{}
	}
	w.OH, w.PT = slide(in.H, w.KH, w.SH, l.Padding)
	w.OW, w.PL = slide(in.W, w.KW, w.SW, l.Padding)
	return w
}

// slide moves a window along one side: positions, and zeros before the first value.
func slide(size, window, stride int, p Padding) (positions, before int) {
	if size < 1 || window < 1 || stride < 1 {
		return 0, 0
	}
	if p == Same {
		positions = (size-1)/stride + 1
		return positions, max((positions-1)*stride+window-size, 0) / 2
	}
	if window > size {
		return 0, 0
	}
	return (size-window)/stride + 1, 0
}
