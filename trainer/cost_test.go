package trainer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestKnownNetworks checks shapes, parameters and multiply-adds against published figures.
func TestKnownNetworks(t *testing.T) {
	conv3 := func(filters int) string {
		return fmt.Sprintf(`{"type": "conv", "filters": %d, "kernel": 3, "padding": "same", "activation": "relu"}`,
			filters)
	}
	dense := func(units int) string {
		return fmt.Sprintf(`{"type": "dense", "units": %d, "activation": "relu"}`, units)
	}
	basic := func(filters, stride int) string { // a block of ResNet-18, with a projection where the size changes
		layer := func(kernel, stride int) string {
			return fmt.Sprintf(
				`{"type": "conv", "filters": %d, "kernel": %d, "stride": %d, "padding": "same", "bias": false, "batch_norm": true}`,
				filters, kernel, stride)
		}
		shortcut := ""
		if stride > 1 {
			shortcut = layer(1, stride)
		}
		return residual(shortcut, layer(3, stride), `{"type": "activation", "activation": "relu"}`, layer(3, 1)) +
			`, {"type": "activation", "activation": "relu"}`
	}
	const pool, avg = `{"type": "max_pool"}`, `{"type": "avg_pool"}`
	tests := []struct {
		name         string
		input        [3]int
		classes      int
		layers       []string
		shapes       []string // of the first layers
		layerParams  []int64  // of the layers with parameters
		parameters   int64
		multiplyAdds int64
	}{
		{ // keras.io/examples/vision/mnist_convnet prints shapes and parameters; multiply-adds by hand
			name: "Keras simple MNIST convnet", input: [3]int{28, 28, 1}, classes: 10,
			layers: []string{`{"type": "conv", "filters": 32, "kernel": 3, "activation": "relu"}`, pool,
				`{"type": "conv", "filters": 64, "kernel": [3, 3], "activation": "relu"}`, pool, flatten,
				`{"type": "dropout", "rate": 0.5}`, out},
			shapes: []string{"26×26×32", "13×13×32", "11×11×64", "5×5×64", "1600 features", "1600 features",
				"10 features"},
			layerParams: []int64{320, 18_496, 16_010}, parameters: 34_826,
			multiplyAdds: 26*26*32*9 + 11*11*64*9*32 + 16_000,
		},
		{ // LeNet-5 as it is usually counted
			name: "LeNet-5", input: [3]int{32, 32, 1}, classes: 10,
			layers: []string{`{"type": "conv", "filters": 6, "kernel": 5, "activation": "tanh"}`, avg,
				`{"type": "conv", "filters": 16, "kernel": 5, "activation": "tanh"}`, avg, flatten, dense(120),
				dense(84), out},
			shapes: []string{"28×28×6", "14×14×6", "10×10×16", "5×5×16", "400 features", "120 features",
				"84 features"},
			layerParams: []int64{156, 2416, 48_120, 10_164, 850}, parameters: 61_706,
			multiplyAdds: 416_520,
		},
		{ // VGG-16 (Simonyan & Zisserman 2015): 138,357,544 parameters, 15.47 thousand million multiply-adds
			name: "VGG-16", input: [3]int{224, 224, 3}, classes: 1000,
			layers: []string{conv3(64), conv3(64), pool, conv3(128), conv3(128), pool, conv3(256), conv3(256),
				conv3(256), pool,
				conv3(512), conv3(512), conv3(512), pool, conv3(512), conv3(512), conv3(512), pool, flatten,
				dense(4096), dense(4096), `{"type": "dense", "units": 1000, "activation": "softmax"}`},
			shapes:     []string{"224×224×64", "224×224×64", "112×112×64"},
			parameters: 138_357_544, multiplyAdds: 15_470_264_320,
		},
		{ // ResNet-18 (He et al. 2016) as in torchvision: 11,689,512 parameters, 1.814 thousand million multiply-adds
			name: "ResNet-18", input: [3]int{224, 224, 3}, classes: 1000,
			layers: []string{`{"type": "zero_pad", "padding": 3}`,
				`{"type": "conv", "filters": 64, "kernel": 7, "stride": 2, "bias": false, "batch_norm": true, ` +
					`"activation": "relu"}`,
				`{"type": "max_pool", "size": 3, "stride": 2, "padding": "same"}`, basic(64, 1), basic(64, 1),
				basic(128, 2), basic(128, 1), basic(256, 2), basic(256, 1), basic(512, 2), basic(512, 1),
				`{"type": "global_avg_pool"}`, `{"type": "dense", "units": 1000, "activation": "softmax"}`},
			shapes:     []string{"230×230×3", "112×112×64", "56×56×64", "56×56×64", "56×56×64"},
			parameters: 11_689_512, multiplyAdds: 1_814_073_344,
		},
	}
	for _, tt := range tests {
		document := fmt.Sprintf(`{"input": [%d, %d, %d], "classes": %d, "layers": [%s]}`, tt.input[0], tt.input[1],
			tt.input[2], tt.classes, strings.Join(tt.layers, ", "))
		a := mustParse(t, document, ParseOptions{Limits: Limits{MaxParameters: 1 << 40, MaxMemory: 1 << 50}}).Architecture
		shapes, err := a.Shapes()
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range tt.shapes {
			if got := shapes[i].String(); got != want {
				t.Errorf("%s: layer %d gives %s, want %s", tt.name, i, got, want)
			}
		}
		c := a.Cost()
		if c.Parameters != tt.parameters || c.MultiplyAdds != tt.multiplyAdds {
			t.Errorf("%s: %d parameters and %d multiply-adds, want %d and %d", tt.name, c.Parameters, c.MultiplyAdds,
				tt.parameters, tt.multiplyAdds)
		}
		var params []int64
		for _, l := range c.Layers {
			if l.Parameters > 0 {
				params = append(params, l.Parameters)
			}
		}
		if tt.layerParams != nil && !slices.Equal(params, tt.layerParams) {
			t.Errorf("%s: parameters of layers %v, want %v", tt.name, params, tt.layerParams)
		}
	}
}

// TestCostByHand counts a network that is small enough to count on paper.
func TestCostByHand(t *testing.T) {
	document := func(batchNorm bool, optimizer string) string {
		return fmt.Sprintf(`{"input": [4, 4, 1], "classes": 2, "layers": [
			{"type": "conv", "filters": 2, "kernel": 3, "activation": "relu", "batch_norm": %v}, {"type": "flatten"},
			{"type": "dense", "units": 2, "activation": "softmax", "bias": false}],
			"training": {"batch_size": 3, "optimizer": %s}}`, batchNorm, optimizer)
	}
	// conv: 18 weights + 2 biases, 2×2 positions: 72 multiply-adds, 8 values after weights, bias and relu.
	// dense: 16 weights, 16 multiply-adds, 2 values after weights and softmax.
	layers := []LayerCost{{"conv1", 20, 72, 24}, {"flatten1", 0, 0, 0}, {"dense1", 16, 16, 4}}
	// The images, and all values with their gradients; the images and all values of an evaluation batch.
	activations := int64(3*(16+2*(24+4)) + 256*(16+24+4))
	tests := []struct {
		name, document string
		want           Cost
	}{
		{"adam", document(false, `"adam"`), Cost{36, 88, 2*2*72 + 2*3*16, 4 * (36*4 + activations), layers}},
		{"sgd", document(false, `"sgd"`), Cost{36, 88, 384, 4 * (36*2 + activations), layers}},
		{"sgd with momentum", document(false, `{"type": "sgd", "momentum": 0.9}`),
			Cost{36, 88, 384, 4 * (36*3 + activations), layers}},
		{"rmsprop with momentum", document(false, `{"type": "rmsprop", "momentum": 0.9}`),
			Cost{36, 88, 384, 4 * (36*4 + activations), layers}},
		{"batch norm", document(true, `"rmsprop"`),
			Cost{40, 88, 384, 4 * (40*3 + activations + (3*2+256)*8), []LayerCost{{"conv1", 24, 72, 32}, layers[1], layers[2]}}},
	}
	for _, tt := range tests {
		got := mustParse(t, tt.document, ParseOptions{}).Architecture.Cost()
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

// TestFirstDataGradient: parameters below a layer make its data gradient necessary.
func TestFirstDataGradient(t *testing.T) {
	plain := mustParse(t, net(conv, flatten, out), known).Architecture.Cost()
	normed := mustParse(t, net(`{"type": "batch_norm"}`, conv, flatten, out), known).Architecture.Cost()
	if got, want := normed.TrainingFLOPs-plain.TrainingFLOPs, 2*plain.Layers[0].MultiplyAdds; got != want {
		t.Errorf("batch norm on the images adds %d operations, want %d", got, want)
	}
}

// TestDataGradientsOfABlock: on the images, the first layers of body and shortcut need no data gradient; after a layer
// with weights both do.
func TestDataGradientsOfABlock(t *testing.T) {
	block := residual(`{"type": "conv", "filters": 4, "kernel": 1}`,
		`{"type": "conv", "filters": 4, "kernel": 3, "padding": "same"}`,
		`{"type": "conv", "filters": 4, "kernel": 3, "padding": "same"}`)
	c := mustParse(t, net(block, flatten, out), known).Architecture.Cost()
	first, second, projection, dense := 28*28*4*9, 28*28*4*9*4, 28*28*4, 28*28*4*10
	if want := int64(2 * (2*first + 3*second + 2*projection + 3*dense)); c.TrainingFLOPs != want {
		t.Errorf("%d operations, want %d", c.TrainingFLOPs, want)
	}
	if sum := c.Layers[0]; sum != (LayerCost{Layer: "residual1", Activations: 28 * 28 * 4}) {
		t.Errorf("the sum costs %+v", sum)
	}
	normed := mustParse(t, net(`{"type": "batch_norm"}`, block, flatten, out), known).Architecture.Cost()
	if got, want := normed.TrainingFLOPs-c.TrainingFLOPs, int64(2*(first+projection)); got != want {
		t.Errorf("batch norm on the images adds %d operations, want %d", got, want)
	}
}

func TestCostOfNonsenseDoesNotOverflow(t *testing.T) {
	l := Layer{
		Type:    Conv,
		Filters: math.MaxInt32,
		Kernel:  [2]int{1 << 40, 1 << 40},
		Stride:  [2]int{1 << 40, 1 << 40},
		Padding: Same,
		Bias:    true,
	}
	a := Architecture{Input: [3]int{1, 1, math.MaxInt32}, Layers: []Layer{l}, Training: Training{BatchSize: math.MaxInt}}
	if c := a.Cost(); c.Parameters != math.MaxInt64 || c.MultiplyAdds != math.MaxInt64 ||
		c.TrainingFLOPs != math.MaxInt64 || c.PeakMemory != math.MaxInt64 {
		t.Errorf("got %+v", c)
	}
	if c := (Architecture{}).Cost(); c.Parameters != 0 || c.Layers != nil {
		t.Errorf("nothing costs %+v", c)
	}
}
