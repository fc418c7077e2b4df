// Package dbtest opens databases for tests, and makes records to put in them.
package dbtest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"probewise/advisor"
	"probewise/db"
	"probewise/trainer"
)

// Open opens a new database in a folder of the test's own, and closes it when the test ends.
func Open(t testing.TB) *db.DB {
	t.Helper()
	return OpenFile(t, filepath.Join(t.TempDir(), "test.db"))
}

// OpenFile opens a database file, and closes it when the test ends.
func OpenFile(t testing.TB, path string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Architecture is a small sound net for images of 28×28×1 and ten classes.
func Architecture(t testing.TB) trainer.Architecture {
	t.Helper()
	parsed, err := trainer.Parse([]byte(`{"version": 1, "name": "small", "input": [28, 28, 1], "classes": 10,
		"layers": [{"type": "conv", "filters": 8, "kernel": 3, "activation": "relu", "l2": 1e-4},
			{"type": "max_pool", "size": 2},
			{"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}],
		"training": {"epochs": 15, "seed": 1}}`), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Architecture
}

// Run is a queued stand-alone full run of Architecture.
func Run(t testing.TB) advisor.Run {
	t.Helper()
	a := Architecture(t)
	return advisor.Run{
		ID:             newID(t),
		Kind:           advisor.Full,
		State:          advisor.Queued,
		Architecture:   a,
		ArchitectureID: a.ID(),
		Dataset:        "fashion-mnist-sample",
		DatasetID:      "d5",
		Budget:         trainer.Budget{Images: 10_000, Epochs: 15},
		StopAfter:      15,
		Seed:           1,
		Warnings:       []string{},
		Version:        "test",
		Created:        time.Now().UTC(),
	}
}

// Advice is a queued advice and its queued probe.
func Advice(t testing.TB) (advisor.Advice, advisor.Run) {
	t.Helper()
	probe := Run(t)
	probe.Kind, probe.StopAfter, probe.Advice = advisor.Probe, 3, newID(t)
	return advisor.Advice{
		ID:           probe.Advice,
		State:        advisor.Queued,
		Dataset:      probe.Dataset,
		Architecture: probe.Architecture,
		ProbeRun:     probe.ID,
		Request: advisor.Request{
			Dataset:     probe.Dataset,
			Probe:       advisor.ProbeRequest{Epochs: 3, Images: 10_000, Seed: 1},
			Epochs:      15,
			Suggestions: 8,
			Verify:      true,
		},
		Warnings:    []string{},
		Diagnoses:   []advisor.Diagnosis{},
		Suggestions: []advisor.Suggestion{},
		Created:     probe.Created,
	}, probe
}

// Verification is a running verification run of the advice.
func Verification(t testing.TB, advice string) advisor.Run {
	t.Helper()
	r := Run(t)
	r.Kind, r.State, r.StopAfter, r.Advice = advisor.Probe, advisor.Running, 3, advice
	return r
}

// Record is the record of an epoch, with the statistics of the layers with weights of Architecture; every number in it
// is another one.
func Record(epoch float64) trainer.EpochRecord {
	last := trainer.Number(epoch)
	next := func() trainer.Number { last += 1.0 / 1024; return last }
	layer := func(name string, kind trainer.LayerType) trainer.LayerStatistics {
		l := trainer.LayerStatistics{Layer: name, Type: kind}
		for _, s := range trainer.Catalogue() {
			if s.Recorded() {
				*s.Place(&l) = next()
			}
		}
		for _, tensor := range trainer.TensorKinds() {
			l.Of(tensor).Histogram = []float32{float32(next()), 0, float32(next())}
		}
		return l
	}
	return trainer.EpochRecord{
		Epoch:              epoch,
		LearningRate:       next(),
		TrainLoss:          next(),
		TrainAccuracy:      next(),
		ValidationLoss:     next(),
		ValidationAccuracy: next(),
		TestLoss:           next(),
		TestAccuracy:       next(),
		ValidationByClass:  trainer.NewClassScores([]int{2, 1, 0, 4}, []int{3, 4}),
		NormBatches:        1 + int(4*epoch),
		Seconds:            float64(next()),
		Layers:             []trainer.LayerStatistics{layer("conv1", trainer.Conv), layer("dense1", trainer.Dense)},
	}
}

// Outcome is that of a training to the epoch's end.
func Outcome(epochs int) *trainer.Outcome {
	return &trainer.Outcome{
		Epochs:              epochs,
		TrainLoss:           0.5,
		TrainAccuracy:       0.8,
		ValidationLoss:      0.6,
		ValidationAccuracy:  0.75,
		TestLoss:            0.65,
		TestAccuracy:        0.74,
		TestByClass:         trainer.NewClassScores([]int{2, 1, 0, 4}, []int{3, 4}),
		Parameters:          15_770,
		Seconds:             12.5,
		ParameterEfficiency: 12.5 / 15_770,
		Device:              "cpu: test",
	}
}

// newID is a UUIDv7: later ones sort after earlier ones.
func newID(t testing.TB) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}
