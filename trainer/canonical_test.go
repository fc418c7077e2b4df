package trainer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The canonical form of the smallest document, written by hand. It must never change: stored ids depend on it.
const (
	smallest = `{"name": "<tiny>", "input": [2, 3, 1], "classes": 2, "layers": [{"type": "flatten", "name": "f"}, ` +
		`{"type": "dense", "units": 2, "l2": 1e-3}]}`
	nameless = `{"classes":2,"input":[2,3,1],"layers":[{"type":"flatten"},` +
		`{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform",` +
		`"l1":0,"l2":0.001,"type":"dense","units":2}],` + settings
	canonical = `{"classes":2,"input":[2,3,1],"layers":[{"name":"f","type":"flatten"},` +
		`{"activation":"softmax","batch_norm":false,"bias":true,"initializer":"glorot_uniform","l1":0,"l2":0.001,` +
		`"name":"dense1","type":"dense","units":2}],"name":"<tiny>",` + settings
	settings = `"training":{"augment":{"crop":0,"flip":false},"batch_size":64,"clip_norm":0,"epochs":15,` +
		`"optimizer":{"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"learning_rate":0.001,"type":"adam"},` +
		`"schedule":{"type":"constant"},"seed":1},"version":1}`
)

func TestCanonical(t *testing.T) {
	a := mustParse(t, smallest, ParseOptions{}).Architecture
	if got := string(a.Canonical()); got != canonical {
		t.Errorf("got\n%s\nwant\n%s", got, canonical)
	}
	sum := sha256.Sum256([]byte(nameless))
	if got, want := a.ID(), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("id %s, want %s", got, want)
	}
}

func TestIDIgnoresSpelling(t *testing.T) {
	plain := net(`{"type": "conv", "filters": 4, "kernel": 3}`, flatten, out)
	base := mustParse(t, plain, ParseOptions{}).Architecture.ID()
	for _, same := range []string{
		net(`{"kernel": [3, 3.0], "type": "conv", "filters": 4e0, "stride": 1, "l2": -0.0}`, flatten, out),
		net(`{"type": "conv", "filters": 4, "kernel": 3, "name": "first", "bias": true}`, flatten,
			`{"type": "dense", "units": 10}`),
	} {
		if got := mustParse(t, same, known).Architecture.ID(); got != base {
			t.Errorf("%s has another id", same)
		}
	}
	for _, other := range []string{
		net(`{"type": "conv", "filters": 5, "kernel": 3}`, flatten, out),
		net(`{"type": "conv", "filters": 4, "kernel": 3, "l2": 1e-12}`, flatten, out),
		trained(`{"seed": 2}`),
		trained(`{"optimizer": "adamw"}`),
	} {
		if mustParse(t, other, known).Architecture.ID() == base {
			t.Errorf("%s has the same id", other)
		}
	}
}

// TestLaterKeysKeepIDs: a key that came to the format later is in the canonical form only where it says something.
func TestLaterKeysKeepIDs(t *testing.T) {
	base := mustParse(t, trained(`{"schedule": {"type": "cosine"}}`), known)
	zero := mustParse(t, trained(`{"schedule": {"type": "cosine", "warmup": 0}}`), known)
	if string(zero.Architecture.Canonical()) != string(base.Architecture.Canonical()) ||
		zero.Architecture.ID() != base.Architecture.ID() {
		t.Errorf("no warm-up, said so: %s", zero.Architecture.Canonical())
	}
	if slices.Contains(base.Defaults, "/training/schedule/warmup") {
		t.Errorf("defaults %v", base.Defaults)
	}
	warm := mustParse(t, trained(`{"schedule": {"type": "cosine", "warmup": 1.5}}`), known).Architecture
	const want = `"schedule":{"minimum":0,"type":"cosine","warmup":1.5}`
	if !strings.Contains(string(warm.Canonical()), want) || warm.ID() == base.Architecture.ID() {
		t.Errorf("%s has no %s", warm.Canonical(), want)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	type record struct{ Architecture Architecture }
	want := record{mustParse(t, smallest, ParseOptions{}).Architecture}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got record
	if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := json.Unmarshal([]byte(`{"Architecture": {"layers": []}}`), &got); err == nil {
		t.Error("an invalid architecture was read")
	}
}

// TestCanonicalProperty: the canonical form of any architecture parses to that architecture.
func TestCanonicalProperty(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	valid := 0
	for range 400 {
		drawn := drawArchitecture(r)
		parsed, err := Parse(drawn.Canonical(), ParseOptions{})
		if err != nil {
			continue // windows that do not fit
		}
		valid++
		checkParsed(t, parsed.Architecture)
		var names []string
		for l := range parsed.Architecture.All() {
			names = append(names, l.Name)
		}
		for l := range drawn.All() {
			l.Name, names = names[0], names[1:]
		}
		if !reflect.DeepEqual(parsed.Architecture, drawn) {
			t.Fatalf("got\n%+v\nwant\n%+v", parsed.Architecture, drawn)
		}
	}
	if valid < 100 {
		t.Errorf("only %d of 400 architectures were valid", valid)
	}
}

// checkParsed checks what holds for every architecture that Parse returns under default limits.
func checkParsed(t *testing.T, a Architecture) {
	t.Helper()
	again, err := Parse(a.Canonical(), ParseOptions{})
	if err != nil {
		t.Fatalf("the canonical form is refused: %v\n%s", err, a.Canonical())
	}
	if !reflect.DeepEqual(again.Architecture, a) || again.Architecture.ID() != a.ID() || again.Warnings != nil ||
		again.Defaults != nil {
		t.Fatalf("got\n%+v\nwant\n%+v", again, a)
	}
	shapes, err := a.Shapes()
	if err != nil {
		t.Fatal(err)
	}
	limits := Limits{}.orDefaults()
	c := a.Cost()
	var names []string
	for l := range a.All() {
		names = append(names, l.Name)
	}
	if len(shapes) != len(names) || len(c.Layers) != len(names) || len(names) > limits.MaxLayers {
		t.Fatalf("%d layers, %d shapes, %d costs", len(names), len(shapes), len(c.Layers))
	}
	for i, l := range c.Layers {
		if l.Layer != names[i] || slices.Contains(names[:i], names[i]) {
			t.Fatalf("layers %v: cost %d is of %s", names, i, l.Layer)
		}
	}
	if last := shapes[len(shapes)-1]; last != (Shape{C: a.Classes, H: 1, W: 1, Flat: true}) ||
		a.Layers[len(a.Layers)-1].Activation != Softmax {
		t.Fatalf("the network ends in %v", last)
	}
	if c.Parameters < 1 || c.Parameters > limits.MaxParameters || c.PeakMemory > limits.MaxMemory ||
		c.MultiplyAdds < 1 || c.TrainingFLOPs < c.MultiplyAdds {
		t.Fatalf("cost %+v", c)
	}
}

// drawArchitecture draws from all layer types and settings.
func drawArchitecture(r *rand.Rand) Architecture {
	a := Architecture{
		Version:  1,
		Input:    [3]int{1 + r.IntN(20), 1 + r.IntN(20), 1 + r.IntN(3)},
		Classes:  2 + r.IntN(9),
		Training: drawTraining(r),
	}
	pair := func(low, n int) [2]int { return [2]int{low + r.IntN(n), low + r.IntN(n)} }
	padding := func() Padding { return pick(r, Same, Same, Valid) }
	for range r.IntN(4) {
		a.Layers = append(a.Layers,
			pick(r,
				weighted(r, Layer{Type: Conv, Filters: 1 + r.IntN(9), Kernel: pair(1, 5), Stride: pair(1, 2), Padding: padding()}),
				Layer{Type: pick(r, MaxPool, AvgPool), Size: pair(1, 3), Stride: pair(1, 3), Padding: padding()},
				Layer{Type: ZeroPad, Pad: pair(0, 3)}, Layer{Type: SpatialDropout, Rate: r.Float64()},
				Layer{Type: BatchNorm, Momentum: r.Float64(), Epsilon: math.Exp(-10 * r.Float64())}, drawResidual(r)))
	}
	a.Layers = append(a.Layers, Layer{Type: pick(r, Flatten, GlobalAvgPool, GlobalMaxPool)})
	for range r.IntN(3) {
		a.Layers = append(a.Layers, weighted(r, Layer{Type: Dense, Units: 1 + r.IntN(30)}),
			Layer{Type: Dropout, Rate: r.Float64()})
	}
	last := Layer{Type: Dense, Units: a.Classes, Bias: true, Initializer: GlorotUniform, Activation: Softmax}
	a.Layers = append(a.Layers, last)
	return a
}

// drawResidual draws a block whose body and shortcut give images of 3 channels, half as large where they are strided.
func drawResidual(r *rand.Rand) Layer {
	stride := 1 + r.IntN(2)
	project := func(kernel, stride int) Layer {
		return weighted(r,
			Layer{Type: Conv, Filters: 3, Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride}, Padding: Same})
	}
	l := Layer{Type: Residual, Body: []Layer{project(3, stride), {Type: Dropout, Rate: r.Float64()}, project(3, 1)}}
	if stride > 1 || r.IntN(2) == 0 {
		l.Shortcut = []Layer{project(1, stride)}
	}
	return l
}

func weighted(r *rand.Rand, l Layer) Layer {
	l.Bias, l.BatchNorm = r.IntN(2) == 0, r.IntN(2) == 0
	l.Initializer = pick(r, GlorotUniform, GlorotNormal, HeUniform, HeNormal)
	l.Activation = pick(r, Linear, ReLU, LeakyReLU, ELU, SELU, Sigmoid, Tanh, Softmax)
	l.L1, l.L2 = r.Float64()*1e-5, r.ExpFloat64()
	if l.Activation == LeakyReLU {
		l.NegativeSlope = r.Float64()
	}
	return l.normalized()
}

func drawTraining(r *rand.Rand) Training {
	rate := math.Exp(-20 * r.Float64())
	return Training{
		Optimizer: pick(r,
			Optimizer{Type: SGD, LearningRate: rate, Momentum: r.Float64(), Nesterov: true},
			Optimizer{Type: RMSprop, LearningRate: rate, Rho: r.Float64(), Momentum: r.Float64(), Epsilon: 1e-8},
			Optimizer{Type: Adam, LearningRate: rate, Beta1: r.Float64(), Beta2: r.Float64(), Epsilon: 1e-12},
			Optimizer{
				Type:         AdamW,
				LearningRate: rate,
				Beta1:        r.Float64(),
				Beta2:        r.Float64(),
				Epsilon:      1,
				WeightDecay:  r.Float64(),
			}),
		Schedule: pick(r, Schedule{Type: Constant}, Schedule{Type: StepDown, Every: 1 + r.IntN(9), Factor: 0.5},
			Schedule{Type: Cosine, Minimum: r.Float64()}, Schedule{Type: Cosine, Warmup: 0.5},
			Schedule{Type: Constant, Warmup: r.Float64() / 2}),
		ClipNorm:     r.ExpFloat64(),
		BatchSize:    1 + r.IntN(200),
		Epochs:       1 + r.IntN(50),
		Augment:      Augment{Flip: r.IntN(2) == 0},
		ClassWeights: pick(r, NoClassWeights, BalancedClasses, RootBalancedClasses),
		Seed:         r.Uint64() >> 11,
	}
}

func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// FuzzParseArchitecture: no input makes the parser panic, and what it accepts holds checkParsed.
func FuzzParseArchitecture(f *testing.F) {
	for _, c := range malformed {
		if len(c.document) < 1<<12 {
			f.Add([]byte(c.document))
		}
	}
	for _, document := range validDocuments() {
		f.Add([]byte(document))
	}
	examples, err := filepath.Glob(filepath.Join("..", "examples", "*.json"))
	if err != nil || len(examples) == 0 {
		f.Fatalf("examples: %v, %v", examples, err)
	}
	for _, file := range examples {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := Parse(data, ParseOptions{})
		if err == nil {
			checkParsed(t, parsed.Architecture)
		}
	})
}
