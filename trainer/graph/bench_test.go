package graph

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"probewise/trainer"
	"probewise/trainer/dataset"
	"probewise/trainer/kernel"
)

// images of the benchmarks: 256 of them are held out.
const images = 2560

// noise is a data set of n training and test images of 32×32×3.
func noise(n int) *trainer.Dataset {
	d := &trainer.Dataset{
		Name:      "noise",
		ID:        "noise",
		Height:    32,
		Width:     32,
		Channels:  3,
		Classes:   make([]string, 10),
		SplitSeed: 1,
	}
	for _, part := range []*trainer.Images{&d.Train, &d.Test} {
		part.Pixels = make([]byte, n*d.ImageSize())
		for i := range part.Pixels {
			part.Pixels[i] = byte(i * 7919 % 251)
		}
		for i := range n {
			part.Labels = append(part.Labels, uint16(i%10))
		}
	}
	return d
}

// BenchmarkStep times one training step (forward, backward, optimizer) of the nets in testdata/nets on a batch of 64
// images that stays the same; bench/step.sh holds it against other programs.
func BenchmarkStep(b *testing.B) {
	files, err := filepath.Glob("testdata/nets/*.json")
	if err != nil || len(files) == 0 {
		b.Fatalf("no nets: %v", err)
	}
	for _, file := range files {
		b.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(b *testing.B) {
			s := opened(b, architecture(b, file), images)
			defer s.Close()
			benchmarkStep(b, s)
		})
	}
}

func benchmarkStep(b *testing.B, s *session) {
	step := stepper(b, s)
	for range 3 { // caches and scratch memory grow to their size
		step()
	}
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	flops := float64(s.spec.Architecture.Cost().TrainingFLOPs) * float64(s.input.rows)
	b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

// BenchmarkStatistics times the statistics of one record of each net, with activations of 256 images, and reports what
// share of the training they are: 4 records in an epoch of 141 steps (10,000 images, 9,000 of them for training), as in
// epochs 1 to 3, the densest.
func BenchmarkStatistics(b *testing.B) {
	const warm, steps, records = 5, 20, 4.0 / 141
	for _, net := range []string{"A", "B", "C"} {
		b.Run(net, func(b *testing.B) {
			s := opened(b, architecture(b, "testdata/nets/"+net+".json"), images)
			defer s.Close()
			step := stepper(b, s)
			for range warm {
				step()
			}
			start := time.Now()
			for range steps {
				step()
			}
			training := time.Since(start) / steps
			for b.Loop() {
				if err := errors.Join(s.measure.statistics.before(), s.measure.statistics.gradients()); err != nil {
					b.Fatal(err)
				}
				if _, err := s.measure.statistics.layers(trainer.EvaluationRows, true); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(100*records*float64(b.Elapsed())/float64(b.N)/float64(training), "%/training")
		})
	}
}

// BenchmarkNorms times the measuring of batch norm's statistics for one evaluation of net C, with one thread, and
// reports what share it is of a probe of three epochs: of 13 records, three of them with the test images, and of 141
// steps an epoch.
func BenchmarkNorms(b *testing.B) {
	const warm, steps, records, whole, epochs, perEpoch = 5, 20, 13, 3, 3, 141
	s := openedOn(b, architecture(b, "testdata/nets/C.json"), images,
		func(int) (trainer.Backend, error) { return kernel.New(1) })
	defer s.Close()
	timed := func(n int, f func()) time.Duration {
		start := time.Now()
		for range n {
			f()
		}
		return time.Since(start) / time.Duration(n)
	}
	step := stepper(b, s)
	timed(warm, step)
	training := timed(steps, step)
	record := func(whole bool) func() {
		return func() {
			if _, err := s.measure.record(whole, true, s.step); err != nil {
				b.Fatal(err)
			}
		}
	}
	quarters, wholes := timed(1, record(false)), timed(1, record(true))
	for b.Loop() {
		if batches, err := s.normalise(0.25); err != nil || batches != 16 {
			b.Fatalf("measured on %d batches: %v", batches, err)
		}
	}
	one := b.Elapsed() / time.Duration(b.N)
	rest := epochs*perEpoch*training + (records-whole)*quarters + whole*wholes
	b.ReportMetric(100*float64(records*one)/float64(records*one+rest), "%/probe")
}

// architecture reads a net of testdata.
func architecture(b *testing.B, file string) trainer.Architecture {
	b.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	parsed, err := trainer.Parse(text, trainer.ParseOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return parsed.Architecture
}

// opened starts a session on n images of noise.
func opened(b *testing.B, a trainer.Architecture, n int) *session {
	b.Helper()
	return openedOn(b, a, n, func(threads int) (trainer.Backend, error) { return kernel.New(threads) })
}

// openedOn starts it on a backend.
func openedOn(b *testing.B, a trainer.Architecture, n int, open func(int) (trainer.Backend, error)) *session {
	b.Helper()
	tr := Trainer{Open: open}
	s, err := tr.Start(b.Context(),
		trainer.Spec{Architecture: a, Data: noise(n), Budget: trainer.Budget{Images: n, Epochs: 1}, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	return s.(*session)
}

// stepper returns one training step on a batch that is filled once.
func stepper(b *testing.B, s *session) func() {
	if _, err := s.input.fill(s.train, s.training[:s.input.rows], s.augmentation(0)); err != nil {
		b.Fatal(err)
	}
	s.step.LearningRate = 1e-4
	var seen tally
	return func() {
		s.step.Index++
		if s.train.kept != nil { // else the batch is made beside the step before
			if err := s.input.send(s.input.host, s.train, s.input.rows); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.forward.run(s.input.rows, s.step); err != nil {
			b.Fatal(err)
		}
		if err := seen.add(s.scores, s.input.rows); err != nil {
			b.Fatal(err)
		}
		if err := s.update.run(s.input.rows, s.step); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFill times the filling of one batch of 64 images, which goes on beside the step before: it must take less.
func BenchmarkFill(b *testing.B) {
	for name, augment := range map[string]trainer.Augment{"plain": {}, "flip and crop": {Flip: true, Crop: 4}} {
		b.Run(name, func(b *testing.B) {
			s := opened(b, architecture(b, "testdata/nets/B.json"), images)
			defer s.Close()
			for b.Loop() {
				if _, err := s.input.fill(s.train, s.training[:s.input.rows],
					dataset.Augmentation{Augment: augment, Seed: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkKeepBest times what an epoch costs more that is the best so far: a copy of the weights on the host.
func BenchmarkKeepBest(b *testing.B) {
	for _, net := range []string{"A", "B", "C"} {
		b.Run(net, func(b *testing.B) {
			s := opened(b, architecture(b, filepath.Join("testdata", "nets", net+".json")), images)
			defer s.Close()
			s.best = newBest(s.evaluated())
			s.latest = trainer.EpochRecord{Epoch: 1}
			for b.Loop() {
				s.latest.ValidationAccuracy++
				if err := s.keepBest(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
