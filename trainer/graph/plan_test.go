package graph

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// parse reads an architecture for 9×8×2 images in 3 classes.
func parse(t *testing.T, layers, training string) trainer.Architecture {
	t.Helper()
	document := `{"version":1,"name":"test","input":[9,8,2],"classes":3,"layers":[` + layers + `],"training":{` +
		training + `}}`
	p, err := trainer.Parse([]byte(document), trainer.ParseOptions{})
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return p.Architecture
}

// nets cover every layer type, activation and placement of batch norm.
var nets = map[string]string{
	"plain": `{"type":"conv","filters":4,"kernel":3,"padding":"same","activation":"relu"},{"type":"max_pool"},
		{"type":"flatten"},{"type":"dense","units":5,"activation":"tanh"},
		{"type":"dense","units":3,"activation":"softmax"}`,
	"norm": `{"type":"conv","filters":3,"kernel":[3,2],"stride":2,"batch_norm":true,"activation":"leaky_relu"},
		{"type":"conv","filters":4,"kernel":1,"bias":false},{"type":"batch_norm"},
		{"type":"activation","activation":"elu"},
		{"type":"avg_pool","size":2,"stride":1,"padding":"same"},{"type":"flatten"},
		{"type":"dense","units":6,"batch_norm":true,"activation":"sigmoid"},{"type":"dense","units":3},
		{"type":"activation","activation":"softmax"}`,
	"dropout": `{"type":"zero_pad","padding":1},{"type":"conv","filters":4,"kernel":3,"activation":"selu"},
		{"type":"spatial_dropout","rate":0.3},
		{"type":"max_pool","size":3,"stride":2,"padding":"same"},{"type":"dropout","rate":0.4},
		{"type":"global_avg_pool"},
		{"type":"dense","units":4,"activation":"softmax"},{"type":"dense","units":3,"activation":"softmax"}`,
	"residual": `{"type":"conv","filters":4,"kernel":3,"padding":"same","batch_norm":true,"activation":"relu"},
		{"type":"residual","body":[{"type":"conv","filters":4,"kernel":3,"padding":"same","bias":false},
		{"type":"batch_norm"},{"type":"activation","activation":"relu"},
			{"type":"conv","filters":4,"kernel":3,"padding":"same","batch_norm":true}]},
			{"type":"activation","activation":"relu"},
		{"type":"residual","body":[{"type":"batch_norm"},{"type":"activation","activation":"relu"},
		{"type":"conv","filters":6,"kernel":3,"stride":2,"padding":"same"}],
			"shortcut":{"type":"conv","filters":6,"kernel":1,"stride":2}},
			{"type":"residual","body":[{"type":"spatial_dropout","rate":0.2}]},
		{"type":"flatten"},{"type":"dense","units":5,"activation":"tanh"},
		{"type":"residual","body":[{"type":"dense","units":5,"activation":"relu"}]},
		{"type":"dense","units":3,"activation":"softmax"}`,
	"wide": `{"type":"conv","filters":16,"kernel":3,"padding":"same","activation":"relu"},
		{"type":"conv","filters":17,"kernel":3,"padding":"same","batch_norm":true,"activation":"relu"},
		{"type":"max_pool"},{"type":"conv","filters":24,"kernel":3,"padding":"same","activation":"relu"},
		{"type":"flatten"},{"type":"dense","units":3,"activation":"softmax"}`,
	"global max": `{"type":"conv","filters":6,"kernel":5,"padding":"same","activation":"relu"},
		{"type":"global_max_pool"},
		{"type":"dense","units":3,"activation":"softmax"}`,
}

// randomBatch returns images and labels for n rows.
func randomBatch(r *rand.Rand, n int) (images, labels []float64) {
	images, labels = make([]float64, n*2*9*8), make([]float64, n)
	for i := range images {
		images[i] = r.Float64()
	}
	for i := range labels {
		labels[i] = float64(r.IntN(3))
	}
	return images, labels
}

// randomParams draws values for every param: batch norm's gamma and beta too, away from where they are trivial.
func randomParams(r *rand.Rand, n *network) [][]float64 {
	values := make([][]float64, len(n.params))
	for i, p := range n.params {
		values[i] = make([]float64, p.node.Shape().TotalSize())
		for j := range values[i] {
			values[i][j] = 0.4 * r.NormFloat64()
		}
	}
	return values
}

func convert[T float32 | float64](x []float64) []T {
	y := make([]T, len(x))
	for i := range x {
		y[i] = T(x[i])
	}
	return y
}

// fed gives the graph its batch and params.
func fed[T float32 | float64](t *testing.T, n *network, images, labels []float64, params [][]float64) {
	t.Helper()
	let := func(node *gorgonia.Node, values []float64) {
		backing := tensor.New(tensor.WithShape(node.Shape()...), tensor.WithBacking(convert[T](values)))
		if err := gorgonia.Let(node, backing); err != nil {
			t.Fatal(err)
		}
	}
	let(n.images, images)
	let(n.labels, labels)
	for i, p := range n.params {
		let(p.node, params[i])
	}
}

// ran runs the graph on Gorgonia's tape machine.
func ran(t *testing.T, n *network) {
	t.Helper()
	machine := gorgonia.NewTapeMachine(n.images.Graph())
	defer func() {
		if err := machine.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := machine.RunAll(); err != nil {
		t.Fatalf("tape machine: %v", err)
	}
}

// tape runs the graph on Gorgonia's tape machine and returns the loss and the gradients of all params.
func tape[T float32 | float64](t *testing.T, n *network, images, labels []float64,
	params [][]float64) (float64, [][]T) {
	t.Helper()
	fed[T](t, n, images, labels, params)
	// The machine frees what nobody reads: read every gradient and the loss.
	var loss gorgonia.Value
	gorgonia.Read(n.loss, &loss)
	values := make([]gorgonia.Value, len(n.grads))
	for i, g := range n.grads {
		gorgonia.Read(g, &values[i])
	}
	ran(t, n)
	grads := make([][]T, len(values))
	for i, v := range values {
		grads[i] = append([]T(nil), v.Data().([]T)...)
	}
	switch l := loss.Data().(type) {
	case float32:
		return float64(l), grads
	case float64:
		return l, grads
	}
	t.Fatalf("loss is %T", loss.Data())
	return 0, nil
}

// planned runs the same on the plan and the CPU backend.
func planned(t *testing.T, n *network, images, labels []float64, params [][]float64, rows int) (float64, [][]float32) {
	t.Helper()
	b, err := kernel.New(2)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	at := buffers{}
	bind := func(node *gorgonia.Node, values []float64) {
		buffer, err := b.Alloc(node.Shape().TotalSize())
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Upload(buffer, convert[float32](values)); err != nil {
			t.Fatal(err)
		}
		at[node] = buffer
	}
	bind(n.images, images)
	bind(n.labels, labels)
	for i, p := range n.params {
		bind(p.node, params[i])
	}
	p, err := compile(b, at, n.rows, append(gorgonia.Nodes{n.loss}, n.grads...)...)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.run(rows, *n.step); err != nil {
		t.Fatal(err)
	}
	var loss [1]float32
	if err := b.Download(loss[:], at[n.loss]); err != nil {
		t.Fatal(err)
	}
	grads := make([][]float32, len(n.grads))
	for i, g := range n.grads {
		grads[i] = make([]float32, n.params[i].node.Shape().TotalSize())
		if err := b.Download(grads[i], at[g]); err != nil {
			t.Fatal(err)
		}
	}
	return float64(loss[0]), grads
}

func norm[T float32 | float64](x []T) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// TestPlanAgreesWithTapeMachine compares the loss and every gradient of the plan on the CPU backend with Gorgonia's
// tape machine on the naive kernels, for a whole and a smaller batch.
func TestPlanAgreesWithTapeMachine(t *testing.T) {
	for name, layers := range nets {
		for _, rows := range []int{5, 3, 1} {
			a := parse(t, layers, "")
			r := rand.New(rand.NewPCG(1, uint64(rows)))
			whole, err := build(a, 5, true, tensor.Float32)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			agree(t, name, a, whole, randomParams(r, whole), 7, rows, r)
		}
	}
}

// agree runs the plan of a net, for a batch of the rows, and the tape machine on the net built for those rows, compares
// them and returns the plan's gradients.
func agree(t *testing.T, name string, a trainer.Architecture, whole *network, params [][]float64, step, rows int,
	r *rand.Rand) [][]float32 {
	t.Helper()
	images, labels := randomBatch(r, rows)
	whole.step.Index, whole.step.Key = uint64(step), 3
	loss, grads := planned(t, whole, images, labels, params, rows)

	small, err := build(a, rows, true, tensor.Float32)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	small.step.Index, small.step.Key = uint64(step), 3
	wantLoss, want := tape[float32](t, small, images, labels, params)
	if math.Abs(loss-wantLoss) > 1e-5*math.Abs(wantLoss) {
		t.Errorf("%s, step %d, %d rows: loss %g, tape machine %g", name, step, rows, loss, wantLoss)
	}
	all := norm(slices.Concat(want...))
	zero := sync.OnceValue(func() []bool { return vanishing(t, a, rows, step, images, labels, params) })
	for i := range want {
		diff := make([]float32, len(want[i]))
		for j := range diff {
			diff[j] = grads[i][j] - want[i][j]
		}
		// Of a gradient that is zero both have rounding alone, which neither may have much more of than the other.
		if norm(diff) <= 1e-4*norm(want[i])+1e-6 || norm(diff) < max(1e-5*all, 4*norm(want[i])) && zero()[i] {
			continue
		}
		t.Errorf("%s, step %d, %d rows: gradient of %s is off by %g of %g, in all %g", name, step, rows,
			small.params[i].name, norm(diff), norm(want[i]), all)
	}
	return grads
}

// vanishing says which gradients are zero but for rounding, as that of a bias in front of a batch norm is: those that
// float64 makes smaller by far.
func vanishing(t *testing.T, a trainer.Architecture, rows, step int, images, labels []float64,
	params [][]float64) []bool {
	t.Helper()
	n, err := build(a, rows, true, tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	n.step.Index, n.step.Key = uint64(step), 3
	_, grads := tape[float64](t, n, images, labels, params)
	zero := make([]bool, len(grads))
	for i := range grads {
		zero[i] = norm(grads[i]) < 1e-12*norm(slices.Concat(grads...))
	}
	return zero
}

// TestGradientsAgainstFiniteDifferences differentiates whole nets numerically in float64 on the tape machine.
func TestGradientsAgainstFiniteDifferences(t *testing.T) {
	for name, layers := range nets {
		checkDifferences(t, name, parse(t, layers, ""), rand.New(rand.NewPCG(2, 0)))
	}
}

func checkDifferences(t *testing.T, name string, a trainer.Architecture, r *rand.Rand) {
	t.Helper()
	const h = 1e-6
	images, labels := randomBatch(r, 4)
	evaluate := func(params [][]float64) (float64, [][]float64) {
		n, err := build(a, 4, true, tensor.Float64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n.step.Index = 1
		return tape[float64](t, n, images, labels, params)
	}
	first, err := build(a, 4, true, tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	params := randomParams(r, first)
	_, grads := evaluate(params)
	for i := range params {
		j := r.IntN(len(params[i]))
		x := params[i][j]
		params[i][j] = x + h
		up, _ := evaluate(params)
		params[i][j] = x - h
		down, _ := evaluate(params)
		params[i][j] = x
		want := (up - down) / (2 * h)
		if math.Abs(grads[i][j]-want) > 1e-5*math.Max(1, math.Abs(want)) {
			t.Errorf("%s: gradient of %s[%d] = %g, finite difference %g",
				name, first.params[i].name, j, grads[i][j], want)
		}
	}
}
