package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"probewise/trainer"
	"probewise/trainer/dataset"
	"probewise/trainer/kernel"
)

// droppedOut has batch norms behind dropout, in a block and on flat features.
const droppedOut = `{"type":"conv","filters":4,"kernel":3,"padding":"same","batch_norm":true,"activation":"relu"},
	{"type":"spatial_dropout","rate":0.3},
	{"type":"residual","body":[{"type":"conv","filters":4,"kernel":3,"padding":"same","batch_norm":true}]},
	{"type":"max_pool"},{"type":"flatten"},{"type":"dropout","rate":0.4},
	{"type":"dense","units":6,"batch_norm":true,"activation":"tanh"},{"type":"dense","units":3,"activation":"softmax"}`

// TestNormsAreTheMeanOverBatches works the statistics out again on Gorgonia's tape machine in float64: of each batch
// that they are measured on mean and unbiased variance, and the mean of those.
func TestNormsAreTheMeanOverBatches(t *testing.T) {
	for name, layers := range map[string]string{"norm": nets["norm"], "residual": nets["residual"],
		"dropped": droppedOut} {
		a := parse(t, layers, `"batch_size":16,"augment":{"flip":true,"crop":1}`)
		s := start(t, a, 0, 3)
		n := &notebook{}
		trainTo(t, s, 2, n)
		const batches, at = 11, 24 // of 180 images; 12 updates an epoch
		if got := n.records[len(n.records)-1].NormBatches; got != batches {
			t.Fatalf("%s: measured on %d batches, want %d", name, got, batches)
		}
		want := make([][]float64, len(s.net.running))
		for i, r := range s.net.running {
			want[i] = make([]float64, 2*r.plane.C)
		}
		for i := range batches {
			for j, stats := range batchStatistics(t, s, s.training[16*i:16*(i+1)], 1, at) {
				values := float64(16 * s.net.running[j].plane.S)
				for k, v := range stats {
					if k >= len(stats)/2 {
						v *= values / (values - 1)
					}
					want[j][k] += v / batches
				}
			}
		}
		for i, r := range s.net.running {
			got := download(t, s, s.norms.shown[i])
			for k, v := range got {
				if math.Abs(float64(v)-want[i][k]) > 1e-4*math.Max(math.Abs(want[i][k]), 1e-2) {
					t.Errorf("%s: %s[%d] = %g, want %g", name, r.name, k, v, want[i][k])
				}
			}
		}
	}
}

// batchStatistics are those of a training batch as the session stands, in the epoch, from 0, and at the update.
func batchStatistics(t *testing.T, s *session, images []int, epoch int, update uint64) [][]float64 {
	t.Helper()
	n, err := build(s.spec.Architecture, len(images), true, tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	n.step.Index, n.step.Key = update, s.spec.Seed
	pixels, labels := make([]float32, len(images)*s.spec.Data.ImageSize()), make([]float32, len(images))
	dataset.Fill(pixels, labels, s.spec.Data, s.spec.Data.Train, images, s.augmentation(epoch))
	var params [][]float64
	for _, w := range weights(t, s) {
		params = append(params, widened(w))
	}
	fed[float64](t, n, widened(pixels), widened(labels), params)
	values := make([]gorgonia.Value, len(n.running))
	for i, r := range n.running {
		gorgonia.Read(r.stats, &values[i])
	}
	ran(t, n)
	all := make([][]float64, len(values))
	for i, v := range values {
		all[i] = v.Data().([]float64)
	}
	return all
}

func widened(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func download(t *testing.T, s *session, b trainer.Buffer) []float32 {
	t.Helper()
	values := make([]float32, b.Len())
	if err := s.backend.Download(values, b); err != nil {
		t.Fatal(err)
	}
	return values
}

// TestRecordsChangeNoBit: a training that nobody looks at, batch after batch, ends with the same weights and running
// statistics.
func TestRecordsChangeNoBit(t *testing.T) {
	for name, layers := range map[string]string{"norm": nets["norm"], "dropped": droppedOut} {
		a := parse(t, layers, `"batch_size":32,"augment":{"flip":true,"crop":1},"clip_norm":1,"schedule":{"type":"cosine"}`)
		recorded, unseen := start(t, a, 0, 5), start(t, a, 0, 5)
		trainTo(t, recorded, 2, &notebook{})
		for epoch := range 2 {
			order := dataset.Order(unseen.training, unseen.spec.Seed, epoch)
			batches := (len(order) + 31) / 32
			for i := range batches {
				unseen.step.Index++
				share := (float64(epoch) + float64(i)/float64(batches)) / 5
				unseen.step.LearningRate = float32(learningRate(a.Training, epoch, share))
				n, err := unseen.input.fill(unseen.train, order[32*i:min(32*(i+1), len(order))], unseen.augmentation(epoch))
				if err != nil {
					t.Fatal(err)
				}
				if err := unseen.forward.run(n, unseen.step); err != nil {
					t.Fatal(err)
				}
				if err := unseen.update.run(n, unseen.step); err != nil {
					t.Fatal(err)
				}
			}
		}
		state := func(s *session) [][]float32 {
			all := weights(t, s)
			for _, b := range s.norms.running {
				all = append(all, download(t, s, b))
			}
			return all
		}
		if !sameBits(state(recorded), state(unseen)) {
			t.Errorf("%s: records moved the training", name)
		}
	}
}

// lagging evaluates with the running statistics where the net is recorded.
type lagging struct {
	notebook
	s          *session
	accuracies []trainer.Number
}

func (l *lagging) Record(ctx context.Context, r trainer.EpochRecord) error {
	if err := l.s.norms.settled.run(l.s.input.rows, l.s.step); err != nil {
		return err
	}
	seen, err := l.s.measure.evaluate(l.s.train, l.s.measure.validation, l.s.step, nil)
	if err != nil {
		return err
	}
	l.accuracies = append(l.accuracies, seen.accuracy())
	return l.notebook.Record(ctx, r)
}

// TestSlowNormsAreEvaluatedFairly: with a momentum of 0.999 running statistics are useless after a quarter of an epoch.
func TestSlowNormsAreEvaluatedFairly(t *testing.T) {
	const slow = `{"type":"batch_norm","momentum":0.999},{"type":"activation","activation":"sigmoid"}`
	a := parse(t, `{"type":"conv","filters":8,"kernel":3,"padding":"same"},`+slow+`,{"type":"max_pool"},
		{"type":"conv","filters":8,"kernel":3,"padding":"same"},`+slow+`,{"type":"flatten"},
		{"type":"dense","units":16},`+slow+`,{"type":"dense","units":3,"activation":"softmax"}`,
		`"batch_size":16,"optimizer":{"type":"adam","learning_rate":0.01}`)
	tr := Trainer{Open: func(int) (trainer.Backend, error) { return kernel.New(0) }}
	opened, err := tr.Start(t.Context(), trainer.Spec{Architecture: a, Data: stripes(2200, 90),
		Budget: trainer.Budget{Images: 2000, Epochs: 5}, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	s := opened.(*session)
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	l := &lagging{s: s}
	if _, err := s.TrainTo(t.Context(), 1, l); err != nil {
		t.Fatal(err)
	}
	quarter := l.records[1]
	if quarter.Epoch != 0.25 || quarter.NormBatches != 64 {
		t.Fatalf("record of epoch %g, measured on %d batches; want 0.25 and 64", quarter.Epoch, quarter.NormBatches)
	}
	if quarter.ValidationAccuracy < 0.8 || l.accuracies[1] > 0.6 {
		t.Errorf("validation accuracy %g, with running statistics %g: want above 0.8 and below 0.6",
			quarter.ValidationAccuracy, l.accuracies[1])
	}
}

// TestNormsSettle: 90 updates an epoch leave 0.99⁶³⁰ = 0.0018 of the start after epoch 7 and 0.0007 after epoch 8.
func TestNormsSettle(t *testing.T) {
	for _, c := range []struct {
		layers, training string
		young            int // batches
		until            float64
	}{
		{nets["plain"], `"batch_size":2`, 0, 9},
		{nets["norm"], `"batch_size":2`, 90, 7},
		{nets["norm"], `"batch_size":32`, 5, 9}, // 54 updates
		{nets["norm"], `"batch_size":512`, 1, 9},
		{`{"type":"flatten"},{"type":"batch_norm","momentum":0.5},{"type":"dense","units":3,"activation":"softmax"}`,
			`"batch_size":32`, 5, 5},
	} {
		n := &notebook{}
		s := start(t, parse(t, c.layers, c.training), 0, 9)
		trainTo(t, s, 9, n)
		for _, r := range n.records {
			want := c.young
			if r.Epoch > c.until {
				want = 0
			}
			if r.NormBatches != want {
				t.Errorf("%s: measured on %d batches at epoch %g, want %d", c.training, r.NormBatches, r.Epoch, want)
			}
		}
		for i, b := range s.norms.shown {
			same := sameBits([][]float32{download(t, s, b)}, [][]float32{download(t, s, s.norms.running[i])})
			if settled := c.until < 9; same != settled {
				t.Errorf("%s: at the end evaluated with the running statistics is %t, want %t", c.training, same, settled)
			}
		}
	}
}

// TestContinuedRunsRecordTheSame: the statistics do not depend on where a run paused.
func TestContinuedRunsRecordTheSame(t *testing.T) {
	a := parse(t, droppedOut, `"batch_size":16,"augment":{"flip":true,"crop":1}`)
	var texts [][]byte
	for _, stops := range [][]float64{{3}, {1, 3}, {0.25, 1.5, 3}} {
		n := &notebook{}
		s := start(t, a, 0, 5)
		for _, epoch := range stops {
			trainTo(t, s, epoch, n)
		}
		for i := range n.records {
			n.records[i].Seconds = 0
		}
		text, err := json.Marshal(n.records)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	for _, text := range texts[1:] {
		if !bytes.Equal(text, texts[0]) {
			t.Errorf("a run in one go recorded\n%s\none with pauses\n%s", texts[0], text)
		}
	}
}

// noting notes the operations that it is given.
type noting struct {
	trainer.Backend
	ops map[trainer.Op]bool
}

func (n *noting) Run(calls []trainer.Call, at trainer.Step) error {
	for _, c := range calls {
		n.ops[c.Op] = true
	}
	return n.Backend.Run(calls, at)
}

// TestAllCallsAreForeseen: whether a run has room on a card is asked with everything that it computes there, the
// statistics of batch norm too.
func TestAllCallsAreForeseen(t *testing.T) {
	for name, layers := range nets {
		spec := specOf(parse(t, layers, `"batch_size":16`))
		noted := &noting{ops: map[trainer.Op]bool{}}
		open := func(int) (_ trainer.Backend, err error) {
			noted.Backend, err = kernel.New(1)
			return noted, err
		}
		s, err := Trainer{Open: open}.Start(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.TrainTo(t.Context(), 2, &notebook{}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		rehearsal, _, err := rehearsed(spec, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range rehearsal.allCalls() {
			delete(noted.ops, c.Op)
		}
		for op := range noted.ops {
			t.Errorf("%s: %T %+v was not foreseen", name, op, op)
		}
	}
}

// TestNormsTakeABatchOnTheHost: what the statistics are measured on is prepared beside the batches of the feed.
func TestNormsTakeABatchOnTheHost(t *testing.T) {
	var host [2]int64
	for i, norm := range []string{"false", "true"} {
		m, err := PeakMemory(specOf(parse(t, `{"type":"flatten"},{"type":"dense","units":5,"batch_norm":`+norm+`},
			{"type":"dense","units":3,"activation":"softmax"}`, `"batch_size":10`)))
		if err != nil {
			t.Fatal(err)
		}
		host[i] = m.Host
	}
	const batch, params = 10 * 145, 2 * 5
	if got := host[1] - host[0]; got != 4*(batch+params) {
		t.Errorf("batch norm takes %d bytes on the host, want %d", got, 4*(batch+params))
	}
}
