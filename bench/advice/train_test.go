package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"probewise/advisor/ratetest"
	"probewise/trainer"
)

// counting starts sessions that end at once and counts them by seed; a net of the filters that break fails.
type counting struct {
	ratetest.Trainer
	mu      sync.Mutex
	started []trainer.Spec
	breaks  int
}

var errTraining = errors.New("the training broke")

func (c *counting) Start(_ context.Context, s trainer.Spec) (trainer.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started = append(c.started, s)
	if s.Architecture.Layers[0].Filters == c.breaks {
		return nil, errTraining
	}
	return ended{}, nil
}

type ended struct{}

func (ended) Close() error { return nil }

func (ended) BestWeights() []trainer.Tensor { return nil }

func (ended) TrainTo(_ context.Context, moment float64, _ trainer.Observer) (trainer.Outcome, error) {
	return trainer.Outcome{Epochs: int(moment), TestAccuracy: .5}, nil
}

func smallLab(s starter) *lab {
	data := &trainer.Dataset{ID: "d", Classes: make([]string, 10)}
	return &lab{proof: data, trainer: s, jobs: 2, progress: &bytes.Buffer{}}
}

func TestTrainAllGoesOnWhereItStopped(t *testing.T) {
	file := filepath.Join(t.TempDir(), "some", "trainings.jsonl")
	tasks := []task{
		{"a", baseArm, small(1)}, {"b", baseArm, small(2)}, {"b", oursArm, small(3)}, {"b", "same", small(3)},
	}
	c := &counting{breaks: 2}
	if err := smallLab(c).trainAll(t.Context(), tasks, proofSeeds, file); !errors.Is(err, errTraining) {
		t.Fatalf("got %v", err)
	}
	// What an interrupted write leaves behind is not read, and is overwritten.
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"net":"b","se`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	before, err := readLines[Training](file)
	if err != nil {
		t.Fatal(err)
	}
	c = &counting{}
	if err := smallLab(c).trainAll(t.Context(), tasks, proofSeeds, file); err != nil {
		t.Fatal(err)
	}
	if len(c.started)+len(before) != 6 {
		t.Errorf("%d trainings after %d, want 6 together: two seeds of three nets", len(c.started), len(before))
	}
	all, err := readLines[Training](file)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 6 {
		t.Fatalf("%d trainings on disk", len(all))
	}
	keys := map[string]bool{}
	for _, a := range all {
		keys[a.key()] = true
		if a.Outcome.Epochs != epochs || a.FLOPs <= 0 {
			t.Errorf("%+v", a)
		}
	}
	if len(keys) != 6 {
		t.Errorf("%d different trainings", len(keys))
	}
	for _, s := range c.started {
		if s.Budget != full() || s.Data.ID != "d" {
			t.Errorf("trained with %+v", s.Budget)
		}
	}
	c = &counting{}
	if err := smallLab(c).trainAll(t.Context(), tasks, proofSeeds, file); err != nil || len(c.started) > 0 {
		t.Errorf("%d trainings again, %v", len(c.started), err)
	}
}

func TestTrainAllIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := &counting{}
	err := smallLab(c).trainAll(ctx, []task{{"a", baseArm, small(1)}}, proofSeeds, filepath.Join(t.TempDir(), "t"))
	if !errors.Is(err, context.Canceled) || len(c.started) > 0 {
		t.Errorf("%d started, %v", len(c.started), err)
	}
}

func TestReadLinesNamesTheLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t")
	if err := os.WriteFile(file, []byte("{}\n[\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readLines[Training](file); err == nil || !strings.Contains(err.Error(), file+":2:") {
		t.Errorf("got %v", err)
	}
}

func TestFLOPs(t *testing.T) {
	// 4×4×1 images, 3×3 valid: 2×2 positions × 9 × 1 filter, then 4 × 10: 36 and 40 multiply-adds; the first layer
	// takes two passes of two operations each, the second three.
	if got, want := flops(small(1), 2), float64((36*2+40*3)*2*9000*2); got != want {
		t.Errorf("%g, want %g", got, want)
	}
}
