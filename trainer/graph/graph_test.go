package graph

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// parse reads an architecture for 9×8×2 images in 3 classes.
func parse(t *testing.T, layers, training string) trainer.Architecture {
	t.Helper()
	document := `{"version":1,"name":"test","input":[9,8,2],"classes":3,"layers":[` + layers + `],"training":{` + training + `}}`
	p, err := trainer.Parse([]byte(document), trainer.ParseOptions{})
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return p.Architecture
}

// nets cover every layer type, activation and placement of batch norm.
var nets = map[string]string{
	"plain": `{"type":"conv","filters":4,"kernel":3,"padding":"same","activation":"relu"},{"type":"max_pool"},
		{"type":"flatten"},{"type":"dense","units":5,"activation":"tanh"},{"type":"dense","units":3,"activation":"softmax"}`,
	"norm": `{"type":"conv","filters":3,"kernel":[3,2],"stride":2,"batch_norm":true,"activation":"leaky_relu"},
		{"type":"conv","filters":4,"kernel":1,"bias":false},{"type":"batch_norm"},{"type":"activation","activation":"elu"},
		{"type":"avg_pool","size":2,"stride":1,"padding":"same"},{"type":"flatten"},
		{"type":"dense","units":6,"batch_norm":true,"activation":"sigmoid"},{"type":"dense","units":3},{"type":"activation","activation":"softmax"}`,
	"dropout": `{"type":"zero_pad","padding":1},{"type":"conv","filters":4,"kernel":3,"activation":"selu"},{"type":"spatial_dropout","rate":0.3},
		{"type":"max_pool","size":3,"stride":2,"padding":"same"},{"type":"dropout","rate":0.4},{"type":"global_avg_pool"},
		{"type":"dense","units":4,"activation":"softmax"},{"type":"dense","units":3,"activation":"softmax"}`,
	"global max": `{"type":"conv","filters":6,"kernel":5,"padding":"same","activation":"relu"},{"type":"global_max_pool"},
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

// tape runs the graph on Gorgonia's tape machine and returns the loss and the gradients of all params.
func tape[T float32 | float64](t *testing.T, n *network, images, labels []float64, params [][]float64) (float64, [][]T) {
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
	// The machine frees what nobody reads: read every gradient and the loss.
	var loss gorgonia.Value
	gorgonia.Read(n.loss, &loss)
	values := make([]gorgonia.Value, len(n.grads))
	for i, g := range n.grads {
		gorgonia.Read(g, &values[i])
	}
	machine := gorgonia.NewTapeMachine(n.images.Graph())
	defer func() {
		if err := machine.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := machine.RunAll(); err != nil {
		t.Fatalf("tape machine: %v", err)
	}
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
			params := randomParams(r, whole)
			images, labels := randomBatch(r, rows)
			whole.step.Index, whole.step.Key = 7, 3
			loss, grads := planned(t, whole, images, labels, params, rows)

			small, err := build(a, rows, true, tensor.Float32)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			small.step.Index, small.step.Key = 7, 3
			wantLoss, want := tape[float32](t, small, images, labels, params)
			if math.Abs(loss-wantLoss) > 1e-5*math.Abs(wantLoss) {
				t.Errorf("%s, %d rows: loss %g, tape machine %g", name, rows, loss, wantLoss)
			}
			for i := range want {
				diff := make([]float32, len(want[i]))
				for j := range diff {
					diff[j] = grads[i][j] - want[i][j]
				}
				if norm(diff) > 1e-4*norm(want[i])+1e-6 {
					t.Errorf("%s, %d rows: gradient of %s is off by %g of %g", name, rows, small.params[i].name, norm(diff), norm(want[i]))
				}
			}
		}
	}
}

// TestGradientsAgainstFiniteDifferences differentiates whole nets numerically in float64 on the tape machine.
func TestGradientsAgainstFiniteDifferences(t *testing.T) {
	const h = 1e-6
	for name, layers := range nets {
		a := parse(t, layers, "")
		r := rand.New(rand.NewPCG(2, 0))
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
				t.Errorf("%s: gradient of %s[%d] = %g, finite difference %g", name, first.params[i].name, j, grads[i][j], want)
			}
		}
	}
}

// stripes is a data set of 9×8×2 images whose class is the position of a bright row, in noise.
func stripes(train, test int) *trainer.Dataset {
	r := rand.New(rand.NewPCG(5, 5))
	d := &trainer.Dataset{Name: "stripes", ID: "stripes", Height: 9, Width: 8, Channels: 2, Classes: []string{"low", "middle", "high"}, SplitSeed: 1}
	for _, part := range []struct {
		images *trainer.Images
		n      int
	}{{&d.Train, train}, {&d.Test, test}} {
		for range part.n {
			class := r.IntN(3)
			for range 2 {
				for row := range 9 {
					for range 8 {
						pixel := r.IntN(100)
						if row/3 == class && row%3 == 1 {
							pixel += 120
						}
						part.images.Pixels = append(part.images.Pixels, byte(pixel))
					}
				}
			}
			part.images.Labels = append(part.images.Labels, uint16(class))
		}
	}
	return d
}

// notebook keeps what a run records.
type notebook struct {
	records []trainer.EpochRecord
	last    trainer.Progress
}

func (n *notebook) Progress(p trainer.Progress) { n.last = p }
func (n *notebook) Record(r trainer.EpochRecord) error {
	n.records = append(n.records, r)
	return nil
}

func start(t *testing.T, a trainer.Architecture, threads, epochs int) *session {
	t.Helper()
	tr := Trainer{Open: func() (trainer.Backend, error) { return kernel.New(threads) }}
	s, err := tr.Start(t.Context(), trainer.Spec{Architecture: a, Data: stripes(220, 90),
		Budget: trainer.Budget{Images: 200, Epochs: epochs}, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.(*session)
}

func trainTo(t *testing.T, s *session, epoch int, n *notebook) trainer.Outcome {
	t.Helper()
	out, err := s.TrainTo(t.Context(), epoch, n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func weights(t *testing.T, s *session) [][]float32 {
	t.Helper()
	var all [][]float32
	for _, p := range s.params {
		values := make([]float32, p.Len())
		if err := s.backend.Download(values, p); err != nil {
			t.Fatal(err)
		}
		all = append(all, values)
	}
	return all
}

func sameBits(a, b [][]float32) bool {
	for i := range a {
		for j := range a[i] {
			if math.Float32bits(a[i][j]) != math.Float32bits(b[i][j]) {
				return false
			}
		}
	}
	return true
}

func TestSameSeedSameBits(t *testing.T) {
	for name, layers := range nets {
		a := parse(t, layers, `"batch_size":32,"augment":{"flip":true,"crop":1},"clip_norm":1,"schedule":{"type":"cosine"}`)
		once := start(t, a, 1, 5)
		trainTo(t, once, 3, &notebook{})
		want := weights(t, once)

		steps := start(t, a, 2, 5)
		for epoch := 1; epoch <= 3; epoch++ {
			trainTo(t, steps, epoch, &notebook{})
		}
		if !sameBits(want, weights(t, steps)) {
			t.Errorf("%s: two threads in three stretches differ from one thread in one go", name)
		}
		trainTo(t, steps, 4, &notebook{})
		if sameBits(want, weights(t, steps)) {
			t.Errorf("%s: the fourth epoch changed nothing", name)
		}
	}
}

func TestLearns(t *testing.T) {
	for _, optimizer := range []string{
		`"adam"`, `"rmsprop"`, `{"type":"adamw","learning_rate":0.003}`, `{"type":"sgd","learning_rate":0.05,"momentum":0.9,"nesterov":true}`,
	} {
		a := parse(t, nets["plain"], `"batch_size":16,"optimizer":`+optimizer)
		n := &notebook{}
		out := trainTo(t, start(t, a, 0, 12), 12, n)
		if out.Diverged || out.Epochs != 12 || out.TestAccuracy < 0.9 || out.ValidationAccuracy < 0.8 {
			t.Errorf("%s: %+v, want an accuracy above 0.9", optimizer, out)
		}
		if n.last.Batch != n.last.Batches || n.last.Batches != 12*12 {
			t.Errorf("progress ends at %+v, want 144 batches", n.last)
		}
	}
}

func TestRecords(t *testing.T) {
	a := parse(t, nets["norm"], `"batch_size":16`)
	n := &notebook{}
	s := start(t, a, 0, 5)
	out := trainTo(t, s, 5, n)
	want := []float64{0, .25, .5, .75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75, 3, 4, 5}
	if len(n.records) != len(want) {
		t.Fatalf("%d records, want %d", len(n.records), len(want))
	}
	for i, r := range n.records {
		if r.Epoch != want[i] || r.TestAccuracy.Known() != r.Whole() || r.TrainLoss.Known() != (i > 0) || !r.ValidationLoss.Known() {
			t.Errorf("record %d: %+v", i, r)
		}
		if len(r.Layers) != 4 || r.Layers[0].Layer != "conv1" || r.Layers[3].Type != trainer.Dense {
			t.Errorf("record %d: layers %+v", i, r.Layers)
		}
	}
	last := n.records[len(n.records)-1]
	if out.ValidationAccuracy != last.ValidationAccuracy || out.Parameters != a.Cost().Parameters {
		t.Errorf("outcome %+v does not follow from the last record", out)
	}
	// The weights' statistics, worked out again from the final weights.
	w := weights(t, s)[0]
	var sum, squares, largest float64
	for _, v := range w {
		sum += float64(v)
		squares += float64(v) * float64(v)
		largest = max(largest, math.Abs(float64(v)))
	}
	k := float64(len(w))
	got := last.Layers[0].Weights
	for _, c := range []struct {
		name      string
		got       trainer.Number
		wantValue float64
	}{
		{"mean", got.Mean, sum / k}, {"variance", got.Variance, squares/k - sum*sum/k/k},
		{"max_abs", got.MaxAbs, largest}, {"l2_norm", got.L2Norm, math.Sqrt(squares)},
	} {
		if math.Abs(float64(c.got)-c.wantValue) > 1e-5*math.Max(math.Abs(c.wantValue), 1e-2) {
			t.Errorf("%s of the weights = %g, want %g", c.name, c.got, c.wantValue)
		}
	}
	// The outputs of the last layer are probabilities: mean 1/3.
	if m := last.Layers[3].Activations.Mean; math.Abs(float64(m)-1.0/3) > 1e-5 {
		t.Errorf("mean of the softmax = %g, want 1/3", m)
	}
}

func TestDivergence(t *testing.T) {
	a := parse(t, nets["plain"], `"batch_size":16,"optimizer":"sgd"`)
	a.Training.Optimizer.LearningRate = 3e38 // the first update overflows
	n := &notebook{}
	out := trainTo(t, start(t, a, 0, 4), 4, n)
	if !out.Diverged || out.DivergedEpoch != 1 || out.Epochs != 0 || out.TestAccuracy.Known() {
		t.Errorf("outcome %+v, want divergence in epoch 1", out)
	}
}

// TestNaNInAWeightIsDivergence: ReLU may turn NaN into 0, so that the loss alone would not show it.
func TestNaNInAWeightIsDivergence(t *testing.T) {
	s := start(t, parse(t, nets["plain"], ""), 0, 4)
	trainTo(t, s, 1, &notebook{})
	values := weights(t, s)[0]
	values[0] = float32(math.NaN())
	if err := s.backend.Upload(s.params[0], values); err != nil {
		t.Fatal(err)
	}
	if out := trainTo(t, s, 4, &notebook{}); !out.Diverged || out.DivergedEpoch != 2 || out.Epochs != 1 {
		t.Errorf("outcome %+v, want divergence in epoch 2", out)
	}
}

func TestCancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := start(t, parse(t, nets["plain"], ""), 0, 4)
	o := &cancelling{cancel: cancel}
	if _, err := s.TrainTo(ctx, 4, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	if o.batches != 1 {
		t.Errorf("%d batches after the cancellation in the first", o.batches)
	}
}

// cancelling cancels in the first batch.
type cancelling struct {
	notebook
	cancel  func()
	batches int
}

func (c *cancelling) Progress(trainer.Progress) { c.batches++; c.cancel() }

var errFull = errors.New("disk full")

type failing struct{ notebook }

func (failing) Record(trainer.EpochRecord) error { return errFull }

func TestObserverErrorEndsTheRun(t *testing.T) {
	s := start(t, parse(t, nets["plain"], ""), 0, 4)
	if _, err := s.TrainTo(t.Context(), 4, &failing{}); !errors.Is(err, errFull) {
		t.Errorf("error %v, want the observer's", err)
	}
}

// TestPenaltyIsPartOfTheGradient: with a penalty on the weights alone, training shrinks them.
func TestPenaltyIsPartOfTheGradient(t *testing.T) {
	layers := func(l2 string) string {
		return `{"type":"flatten"},{"type":"dense","units":6,"activation":"relu","l2":` + l2 + `},{"type":"dense","units":3,"activation":"softmax"}`
	}
	norms := map[string]float64{}
	for _, l2 := range []string{"0", "0.1"} {
		s := start(t, parse(t, layers(l2), `"optimizer":{"type":"sgd","learning_rate":0.05}`), 0, 3)
		trainTo(t, s, 3, &notebook{})
		norms[l2] = norm(weights(t, s)[0])
	}
	if norms["0.1"] > 0.95*norms["0"] {
		t.Errorf("norm with penalty %g, without %g", norms["0.1"], norms["0"])
	}
}

func TestLearningRate(t *testing.T) {
	step := trainer.Training{Optimizer: trainer.Optimizer{LearningRate: 1}, Schedule: trainer.Schedule{Type: trainer.StepDown, Every: 2, Factor: 0.1}}
	cosine := trainer.Training{Optimizer: trainer.Optimizer{LearningRate: 2}, Schedule: trainer.Schedule{Type: trainer.Cosine, Minimum: 0.1}}
	for _, c := range []struct {
		training trainer.Training
		epoch    int
		share    float64
		want     float64
	}{
		{step, 0, 0, 1}, {step, 1, .9, 1}, {step, 2, 0, .1}, {step, 5, 0, .01},
		{cosine, 0, 0, 2}, {cosine, 3, .5, 1.1}, {cosine, 9, 1, .2},
	} {
		if got := learningRate(c.training, c.epoch, c.share); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s at epoch %d: %g, want %g", c.training.Schedule.Type, c.epoch, got, c.want)
		}
	}
}

func TestInitialValues(t *testing.T) {
	node := gorgonia.NewTensor(gorgonia.NewGraph(), tensor.Float32, 2, gorgonia.WithShape(100, 200), gorgonia.WithName("w"))
	for kind, variance := range map[trainer.Initializer]float64{
		trainer.GlorotUniform: 2.0 / 300, trainer.GlorotNormal: 2.0 / 300, trainer.HeUniform: 2.0 / 100, trainer.HeNormal: 2.0 / 100,
	} {
		p := param{node: node, fanIn: 100, fanOut: 200, layer: trainer.Layer{Initializer: kind}}
		x, err := p.initialValues(9, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := norm(x) * norm(x) / 20000; math.Abs(got-variance) > 0.03*variance {
			t.Errorf("%s: variance %g, want %g", kind, got, variance)
		}
		if other, _ := p.initialValues(9, 1); other[0] == x[0] {
			t.Errorf("%s: two params share their draw", kind)
		}
	}
}
