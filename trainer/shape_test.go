package trainer

import (
	"math"
	"strings"
	"testing"
)

// TestWindow checks against Keras: conv of 7 by 3 in steps of 2 with padding "same" gives 4 and pads 1 on both sides,
// of 6 gives 3 and pads below only, and so on. The formula is in tf.nn's notes on padding.
func TestWindow(t *testing.T) {
	tests := []struct {
		name                 string
		size, window, stride int
		padding              Padding
		out, before          int
	}{
		{"valid", 7, 3, 1, Valid, 5, 0},
		{"valid, stride leaves a rest", 8, 3, 2, Valid, 3, 0},
		{"valid, whole", 5, 5, 3, Valid, 1, 0},
		{"valid, too large", 5, 6, 1, Valid, 0, 0},
		{"same", 28, 5, 1, Same, 28, 2},
		{"same, even kernel", 28, 2, 1, Same, 28, 0},
		{"same, kernel 4", 28, 4, 1, Same, 28, 1},
		{"same, stride 2, odd", 7, 3, 2, Same, 4, 1},
		{"same, stride 2, even", 6, 3, 2, Same, 3, 0},
		{"same, pool 2, odd", 5, 2, 2, Same, 3, 0},
		{"same, kernel 5, stride 2", 8, 5, 2, Same, 4, 1},
		{"same, kernel 7, stride 2", 224, 7, 2, Same, 112, 2},
		{"same, stride over kernel", 7, 1, 3, Same, 3, 0},
		{"same, kernel over input", 3, 9, 1, Same, 3, 4},
	}
	for _, tt := range tests {
		// The other side is 9 wide with a window of 1: rows and columns must not be mixed up.
		rows := Layer{Type: Conv, Kernel: [2]int{tt.window, 1}, Stride: [2]int{tt.stride, 1}, Padding: tt.padding}
		want := Window{C: 2, H: tt.size, W: 9, KH: tt.window, KW: 1, SH: tt.stride, SW: 1, PT: tt.before, OH: tt.out,
			OW: 9}
		if got := rows.Window(Shape{C: 2, H: tt.size, W: 9}); got != want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, want)
		}
		columns := Layer{Type: AvgPool, Size: [2]int{1, tt.window}, Stride: [2]int{1, tt.stride}, Padding: tt.padding}
		want = Window{C: 2, H: 9, W: tt.size, KH: 1, KW: tt.window, SH: 1, SW: tt.stride, PL: tt.before, OH: 9,
			OW: tt.out}
		if got := columns.Window(Shape{C: 2, H: 9, W: tt.size}); got != want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, want)
		}
	}
	in := Shape{C: 3, H: 5, W: 7}
	if got, want := (Layer{Type: GlobalMaxPool}).Window(in),
		(Window{C: 3, H: 5, W: 7, KH: 5, KW: 7, SH: 1, SW: 1, OH: 1, OW: 1}); got != want {
		t.Errorf("global pool: got %+v, want %+v", got, want)
	}
	if got := (Layer{Type: Dropout}).Window(in); got != (Window{}) {
		t.Errorf("dropout: got %+v", got)
	}
}

func TestShapesNameTheLayer(t *testing.T) {
	square := [2]int{3, 3}
	big := [2]int{math.MaxInt32, math.MaxInt32}
	tests := []struct {
		name string
		a    Architecture
		want string
	}{
		{"no input", Architecture{}, "input [0 0 0] is no image size"},
		{"huge input", Architecture{Input: [3]int{math.MaxInt, math.MaxInt, math.MaxInt}}, "is no image size"},
		{"shrinks", Architecture{
			Input:  [3]int{2, 9, 1},
			Layers: []Layer{{Type: Conv, Name: "top", Filters: 1, Kernel: square, Stride: [2]int{1, 1}, Padding: Valid}},
		}, "layer 0 (top): the window of 3×3 does not fit into 2×9×1"},
		{"no stride", Architecture{Input: [3]int{9, 9, 1}, Layers: []Layer{{Type: MaxPool, Size: square}}},
			"layer 0 (max_pool)"},
		{"too large",
			Architecture{Input: [3]int{9, 9, 1}, Layers: []Layer{{Type: ZeroPad, Pad: big}, {Type: ZeroPad, Pad: big}}},
			"more than 2147483647 values"},
		{"unknown", Architecture{Input: [3]int{9, 9, 1}, Layers: []Layer{{Type: "lstm"}}}, `type "lstm" is not supported`},
		{"no body", Architecture{Input: [3]int{9, 9, 1}, Layers: []Layer{{Type: Residual}}},
			"layer 0 (residual): its body is empty"},
		{"in a body", Architecture{
			Input:  [3]int{9, 9, 1},
			Layers: []Layer{{Type: Residual, Body: []Layer{{Type: Dropout}, {Type: MaxPool, Name: "top", Size: square}}}},
		}, "layer 0/body/1 (top): the window of"},
		{"in a shortcut", Architecture{
			Input: [3]int{9, 9, 1},
			Layers: []Layer{
				{Type: Flatten},
				{Type: Residual, Body: []Layer{{Type: Dropout}}, Shortcut: []Layer{{Type: ZeroPad}}},
			},
		}, "layer 1/shortcut/0 (zero_pad): zero_pad needs an image"},
		{"no sum",
			Architecture{Input: [3]int{9, 9, 1}, Layers: []Layer{{Type: Residual, Name: "r", Body: []Layer{{Type: Flatten}}}}},
			"layer 0 (r): the body turns 9×9×1 into 81 features"},
		{"dense on an image", Architecture{Input: [3]int{9, 9, 1}, Layers: []Layer{{Type: Dense, Units: 3}}},
			"layer 0 (dense): dense needs flat features"},
	}
	for _, tt := range tests {
		if _, err := tt.a.Shapes(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}
