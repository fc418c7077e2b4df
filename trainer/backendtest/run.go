package backendtest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// guard is the number of values after the used part of every buffer, and untouched is what they hold.
const (
	guard     = 37
	untouched = float32(-54321.5)
)

// Run proves that the backend which open gives computes every op of package trainer. It closes what it opens.
func Run(t *testing.T, open func(t *testing.T) trainer.Backend) {
	b := open(t)
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Logf("device: %s", b.Device())
	t.Run("parity", func(t *testing.T) { parity(t, b) })
	t.Run("buffers", func(t *testing.T) { buffers(t, b) })
	t.Run("slices", func(t *testing.T) { slicesOf(t, b) })
	t.Run("sequence", func(t *testing.T) { sequence(t, b) })
	t.Run("short", func(t *testing.T) { short(t, b) })
	t.Run("foreign", func(t *testing.T) { foreign(t, b) })
}

// Trial is one op with its data, ready to run on any backend.
type Trial struct {
	Op      trainer.Op
	In, Out [][]float32 // with guard values after the used part; Out holds what is there before
	At      trainer.Step
}

// Trials are the suite's ops and data, the same at every call.
func Trials(t *testing.T) []Trial {
	t.Helper()
	r := rand.New(rand.NewPCG(20, 26))
	var trials []Trial
	for _, c := range cases() {
		signature, err := c.op.Signature()
		if err != nil {
			t.Fatalf("%s: %v", trainer.OpTitle(c.op), err)
		}
		trial := Trial{Op: c.op, At: trainer.Step{Index: 3 + 1<<33, LearningRate: 0.05, Key: 0x9E3779B97F4A7C15}}
		if c.step > 0 {
			trial.At.Index = c.step
		}
		for i, a := range signature.In() {
			trial.In = append(trial.In, guarded(r, a.Len, pick(c.in, i, normal)))
		}
		for i, a := range signature.Out() {
			trial.Out = append(trial.Out, guarded(r, a.Len, pick(c.out, i, junk)))
		}
		for i, n := range c.outs { // all of a buffer is a gradient
			trial.Out = append(trial.Out, guarded(r, n, pick(c.out, i, junk))[:n])
		}
		trials = append(trials, trial)
	}
	return trials
}

func pick(fills []fill, i int, otherwise fill) fill {
	if i < len(fills) && fills[i] != nil {
		return fills[i]
	}
	return otherwise
}

func guarded(r *rand.Rand, n int, f fill) []float32 {
	x := slices.Repeat([]float32{untouched}, n+guard)
	f(r, x[:n])
	return x
}

// Outputs runs the trial on b and returns what is in its output buffers, guard included. It fails the test where an
// input has changed.
func (trial Trial) Outputs(t *testing.T, b trainer.Backend) [][]float32 {
	t.Helper()
	call := trainer.Call{Op: trial.Op, In: upload(t, b, trial.In), Out: upload(t, b, trial.Out)}
	if err := b.Run([]trainer.Call{call}, trial.At); err != nil {
		t.Fatal(err)
	}
	for i, x := range download(t, b, call.In) {
		if !sameBits(x, trial.In[i]) {
			t.Errorf("%s: in %d has changed", trainer.OpTitle(trial.Op), i)
		}
	}
	return download(t, b, call.Out)
}

func upload(t *testing.T, b trainer.Backend, data [][]float32) []trainer.Buffer {
	t.Helper()
	var buffers []trainer.Buffer
	for _, x := range data {
		buffer, err := b.Alloc(len(x))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Upload(buffer, x); err != nil {
			t.Fatal(err)
		}
		buffers = append(buffers, buffer)
	}
	return buffers
}

func download(t *testing.T, b trainer.Backend, buffers []trainer.Buffer) [][]float32 {
	t.Helper()
	var data [][]float32
	for _, buffer := range buffers {
		x := make([]float32, buffer.Len())
		if err := b.Download(x, buffer); err != nil {
			t.Fatal(err)
		}
		data = append(data, x)
	}
	return data
}

// parity compares every trial with the reference in double precision and prints one line an op.
func parity(t *testing.T, b trainer.Backend) {
	worst, order := map[string]float64{}, []string{}
	for _, trial := range Trials(t) {
		name := trainer.OpName(trial.Op)
		if _, seen := worst[name]; !seen {
			order = append(order, name)
		}
		got := trial.Outputs(t, b)
		if again := trial.Outputs(t, b); !slices.EqualFunc(got, again, sameBits) {
			t.Errorf("%s: two runs on the same data differ", trainer.OpTitle(trial.Op))
		}
		err := trial.distance(t, got)
		if tol := tolerances[name]; !(err <= tol) {
			t.Errorf("%s: max_err=%.3g tol=%.3g", trainer.OpTitle(trial.Op), err, tol)
		}
		worst[name] = math.Max(worst[name], err)
	}
	for _, name := range order {
		verdict := "PASS"
		if !(worst[name] <= tolerances[name]) {
			verdict = "MISS"
		}
		t.Logf("parity op=%s max_err=%.3g tol=%.3g %s", name, worst[name], tolerances[name], verdict)
	}
}

// distance is the largest difference to the reference: absolute for values below 1, relative above. Values after the
// used part must be untouched, dropped values exactly those that the reference drops.
func (trial Trial) distance(t *testing.T, got [][]float32) float64 {
	t.Helper()
	want := wide(trial.Out)
	if err := kernel.Reference(trial.Op, wide(trial.In), want, trial.At); err != nil {
		t.Fatal(err)
	}
	_, dropout := trial.Op.(trainer.DropoutOp)
	var worst float64
	for i := range want {
		for j, w := range want[i] {
			g := float64(got[i][j])
			if math.IsNaN(w) && math.IsNaN(g) || g == w {
				continue
			}
			if w == float64(untouched) || dropout && (w == 0) != (g == 0) {
				t.Errorf("%s: out %d: value %d is %v, want %v", trainer.OpTitle(trial.Op), i, j, g, w)
				return math.Inf(1)
			}
			worst = max(worst, math.Abs(g-w)/math.Max(1, math.Abs(w))) // max keeps NaN
		}
	}
	return worst
}

func wide(data [][]float32) [][]float64 {
	var all [][]float64
	for _, x := range data {
		var y []float64
		for _, v := range x {
			y = append(y, float64(v))
		}
		all = append(all, y)
	}
	return all
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}
