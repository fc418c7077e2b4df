package corpus

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// scripted stands for training: it records three epochs and ends with an accuracy that follows from the architecture.
type scripted struct {
	started []string
	stop    func(name string) error
}

func (s *scripted) Start(_ context.Context, spec trainer.Spec) (trainer.Session, error) {
	s.started = append(s.started, spec.Architecture.Name)
	return &scriptedSession{s, spec}, nil
}

type scriptedSession struct {
	*scripted
	spec trainer.Spec
}

func (s *scriptedSession) TrainTo(ctx context.Context, moment float64, o trainer.Observer) (trainer.Outcome, error) {
	if err := s.stop(s.spec.Architecture.Name); err != nil {
		return trainer.Outcome{}, err
	}
	for e := range int(moment) + 1 {
		o.Progress(trainer.Progress{Batch: e, Batches: int(moment), Epoch: e})
		r := trainer.EpochRecord{
			Epoch:              float64(e),
			ValidationAccuracy: 0.123456,
			TrainLoss:          trainer.Missing,
			Layers: []trainer.LayerStatistics{
				{Layer: "conv1", Type: trainer.Conv, Weights: trainer.Statistics{Variance: 1.23456e-7}},
			},
		}
		if err := o.Record(ctx, r); err != nil {
			return trainer.Outcome{}, err
		}
	}
	accuracy := 1 / float64(len(s.spec.Architecture.Layers))
	return trainer.Outcome{Epochs: int(moment), TestAccuracy: trainer.Number(accuracy)}, nil
}

func (s *scriptedSession) BestWeights() []trainer.Tensor { return nil }
func (s *scriptedSession) Close() error                  { return nil }

func plan(file string, runs int) Plan {
	return Plan{
		Data:    &trainer.Dataset{Name: "made-up", ID: "id"},
		Budget:  trainer.Budget{Images: 100, Epochs: 9},
		Runs:    runs,
		Seed:    4,
		Jobs:    1,
		File:    file,
		Version: "v",
		Space:   space,
	}
}

func ignore(Progress) {}

func TestBuildGoesOnWhereItStopped(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shards", "made-up"+suffix)
	cut := errors.New("power cut")
	first := &scripted{}
	first.stop = func(string) error {
		if len(first.started) == 3 {
			return cut
		}
		return nil
	}
	if err := Build(t.Context(), first, plan(file, 5), ignore); !errors.Is(err, cut) {
		t.Fatalf("error %v, want the training's", err)
	}
	// The write of a third run was cut off.
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte{0x1f, 0x8b, 8, 0, 0}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, err := Read(os.DirFS(filepath.Dir(file))); err != nil || len(entries) != 2 {
		t.Fatalf("the shard with a cut-off end gave %d runs and error %v", len(entries), err)
	}

	second := &scripted{stop: func(string) error { return nil }}
	var last Progress
	if err := Build(t.Context(), second, plan(file, 5), func(p Progress) { last = p }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"sample-4-2", "sample-4-3", "sample-4-4"}; !slices.Equal(second.started, want) {
		t.Errorf("trained %v, want %v", second.started, want)
	}
	if last.Done != 5 || last.Finished == nil {
		t.Errorf("the last progress is %+v", last)
	}
	entries, err := Read(os.DirFS(filepath.Dir(file)))
	if err != nil || len(entries) != 5 {
		t.Fatalf("%d runs, error %v", len(entries), err)
	}
	checkEntry(t, entries[4])
	if next, err := NextIndex(file, 4); err != nil || next != 5 {
		t.Errorf("the next run is %d (%v), want 5", next, err)
	}
	if next, err := NextIndex(file, 5); err != nil || next != 0 {
		t.Errorf("the next run of a seed that has none is %d (%v)", next, err)
	}
	other := plan(file, 6)
	other.Space.MultiplyAdds = 100_000
	if err := Build(t.Context(), second, other, ignore); err == nil {
		t.Error("a build with another space goes on with the shard")
	}
}

// checkEntry: the records of epochs 0 to 5 and the last, at three digits; the architecture as it was sampled.
func checkEntry(t *testing.T, e Entry) {
	t.Helper()
	var epochs []float64
	for _, r := range e.Records {
		epochs = append(epochs, r.Epoch)
	}
	if want := []float64{0, 1, 2, 3, 4, 5, 9}; !slices.Equal(epochs, want) {
		t.Errorf("records of epochs %v, want %v", epochs, want)
	}
	r := e.Records[0]
	if r.ValidationAccuracy != 0.123 || r.Layers[0].Weights.Variance != 1.23e-7 || !math.IsNaN(float64(r.TrainLoss)) {
		t.Errorf("record %+v", r)
	}
	a, err := Sample(space, 4, e.Index)
	if err != nil {
		t.Fatal(err)
	}
	if e.Architecture.ID() != a.ID() || e.Seed != 4 || e.Version != "v" {
		t.Errorf("entry %d is not sample %d: %+v", e.Index, e.Index, e.Architecture)
	}
	if got := Of([]Entry{e}, advisor.Key{Dataset: "made-up", Images: 100, Epochs: 9}); len(got) != 1 {
		t.Errorf("the key finds %d runs", len(got))
	}
}

func TestBuildIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &scripted{stop: func(string) error { cancel(); return nil }}
	file := filepath.Join(t.TempDir(), "x"+suffix)
	if err := Build(ctx, s, plan(file, 5), ignore); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if len(s.started) > 2 {
		t.Errorf("%d runs were started after the cancellation", len(s.started))
	}
}

func TestDamagedShardIsAnError(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x"+suffix)
	s := &scripted{stop: func(string) error { return nil }}
	if err := Build(t.Context(), s, plan(file, 3), ignore); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 0xff
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if entries, err := Read(os.DirFS(dir)); err == nil || len(entries) >= 3 {
		t.Errorf("%d runs and no error", len(entries))
	}
	if err := Build(t.Context(), s, plan(file, 4), ignore); err == nil {
		t.Error("a build on a damaged shard: no error")
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, data) {
		t.Errorf("the damaged shard was changed (%v)", err)
	}
}

func TestDigits(t *testing.T) {
	for x, want := range map[float64]float64{0: 0, 1234: 1230, -0.0012355: -0.00124, 9.999: 10, 5e-324: 5e-324} {
		if got := digits(x, 3); got != want {
			t.Errorf("digits(%g, 3) = %g, want %g", x, got, want)
		}
	}
}

// TestShippedRuns checks what comes with the program: enough runs for a prediction, all of one data set, seed and
// space.
func TestShippedRuns(t *testing.T) {
	entries, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	runs := Of(entries, advisor.Key{Dataset: advisor.DefaultDataset, Images: 10_000, Epochs: 15})
	if len(runs) < 40 {
		t.Errorf("%d past runs of the default data set, want at least 40", len(runs))
	}
	for _, e := range entries {
		if e.Version == "" || e.Outcome.Device == "" || len(e.Records) == 0 && !e.Outcome.Diverged {
			t.Errorf("run %d of seed %d: %+v", e.Index, e.Seed, e.Outcome)
		}
	}
}

// TestShardShortensStatistics: every number has three digits, and the first runs alone keep their histograms.
func TestShardShortensStatistics(t *testing.T) {
	all := func(n trainer.Number, histogram []float32) trainer.Statistics {
		return trainer.Statistics{
			Mean:       n,
			Variance:   n,
			MaxAbs:     n,
			ShareBelow: n,
			ShareZero:  n,
			L2Norm:     n,
			Kurtosis:   n,
			Q01:        n,
			Q50:        n,
			Q99:        n,
			Histogram:  histogram,
		}
	}
	long := all(1.23456, []float32{0.123456, 0.876544})
	layer := trainer.LayerStatistics{
		Layer:         "conv1",
		Type:          trainer.Conv,
		Weights:       long,
		Gradients:     long,
		Activations:   long,
		DeadUnits:     0.123456,
		UpdateRatio:   1.23456e-5,
		GradientNoise: trainer.Missing,
	}
	file := filepath.Join(t.TempDir(), "x"+suffix)
	for _, index := range []int{histogramRuns - 1, histogramRuns} {
		a, err := Sample(space, 1, index)
		if err != nil {
			t.Fatal(err)
		}
		records := []trainer.EpochRecord{{Layers: []trainer.LayerStatistics{layer}}}
		e := Entry{Seed: 1, Index: index, PastRun: advisor.PastRun{Architecture: a, Records: records}}
		if err := Append(file, e); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := Read(os.DirFS(filepath.Dir(file)))
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d runs, error %v", len(entries), err)
	}
	for i, histogram := range [][]float32{{0.123, 0.877}, nil} {
		l := entries[i].Records[0].Layers[0]
		for _, s := range []trainer.Statistics{l.Weights, l.Gradients, l.Activations} {
			if want := all(1.23, histogram); !reflect.DeepEqual(s, want) {
				t.Errorf("run %d: %+v, want %+v", i, s, want)
			}
		}
		if l.DeadUnits != 0.123 || l.UpdateRatio != 1.23e-5 || l.GradientNoise.Known() {
			t.Errorf("run %d: dead units %v, update ratio %v, gradient noise %v", i, l.DeadUnits, l.UpdateRatio, l.GradientNoise)
		}
	}
	if layer.Weights.Q50 != 1.23456 || layer.Weights.Histogram[0] != 0.123456 {
		t.Errorf("storing a run has changed it: %+v", layer.Weights)
	}
}
