package graph

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// noise is a data set of 32×32×3 images, enough for one batch of 64 training images.
func noise() *trainer.Dataset {
	d := &trainer.Dataset{Name: "noise", ID: "noise", Height: 32, Width: 32, Channels: 3, Classes: make([]string, 10), SplitSeed: 1}
	for _, images := range []*trainer.Images{&d.Train, &d.Test} {
		images.Pixels = make([]byte, 80*d.ImageSize())
		for i := range images.Pixels {
			images.Pixels[i] = byte(i * 7919 % 251)
		}
		for i := range 80 {
			images.Labels = append(images.Labels, uint16(i%10))
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
			text, err := os.ReadFile(file)
			if err != nil {
				b.Fatal(err)
			}
			parsed, err := trainer.Parse(text, trainer.ParseOptions{})
			if err != nil {
				b.Fatal(err)
			}
			tr := Trainer{Open: func() (trainer.Backend, error) { return kernel.New(0) }}
			started, err := tr.Start(b.Context(), trainer.Spec{Architecture: parsed.Architecture, Data: noise(), Budget: trainer.Budget{Images: 71, Epochs: 1}, Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			s := started.(*session)
			defer s.Close()
			step := stepper(b, s)
			for range 3 { // caches and scratch memory grow to their size
				step()
			}
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
			flops := float64(parsed.Architecture.Cost().TrainingFLOPs) * float64(s.input.rows)
			b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

// stepper returns one training step on a batch that is filled once.
func stepper(b *testing.B, s *session) func() {
	if _, err := s.input.fill(s.spec.Data.Train, s.training, s.augmentation(0)); err != nil {
		b.Fatal(err)
	}
	s.step.LearningRate = 1e-4
	var seen tally
	return func() {
		s.step.Index++
		if err := s.forward.run(s.input.rows, s.step); err != nil {
			b.Fatal(err)
		}
		if err := seen.add(s.backend, s.loss, s.correct, s.input.rows); err != nil {
			b.Fatal(err)
		}
		if err := s.update.run(s.input.rows, s.step); err != nil {
			b.Fatal(err)
		}
	}
}
