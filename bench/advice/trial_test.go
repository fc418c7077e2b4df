package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"probewise/advisor/ratetest"
	"probewise/trainer"
)

// stepping starts sessions that record at each quarter of the first epoch and after each whole one.
type stepping struct {
	ratetest.Trainer
	diverges int // the epoch that it diverges in; 0: none
	closed   int
	seeds    []uint64
}

func (s *stepping) Start(_ context.Context, spec trainer.Spec) (trainer.Session, error) {
	s.seeds = append(s.seeds, spec.Seed)
	if spec.Data.ID != "fitting" {
		return nil, errors.New("not the images that searches may see")
	}
	return &stepSession{stepping: s}, nil
}

type stepSession struct{ *stepping }

func (s *stepSession) BestWeights() []trainer.Tensor { return nil }
func (s *stepSession) Close() error                  { s.closed++; return nil }

func (s *stepSession) TrainTo(ctx context.Context, moment float64, o trainer.Observer) (trainer.Outcome, error) {
	for _, at := range []float64{0, .25, .5, .75, 1, 2, 3, 4, 5} {
		if s.diverges > 0 && int(math.Ceil(at)) >= s.diverges {
			return trainer.Outcome{Diverged: true, DivergedEpoch: s.diverges}, nil
		}
		r := trainer.EpochRecord{Epoch: at, ValidationAccuracy: trainer.Number(at / 10)}
		if err := o.Record(ctx, r); err != nil {
			return trainer.Outcome{}, err
		}
	}
	return trainer.Outcome{Epochs: int(moment)}, nil
}

func ask(t *testing.T, s *stepping, questions ...string) ([]answer, error) {
	t.Helper()
	lab := smallLab(s)
	lab.fitting = &trainer.Dataset{ID: "fitting"}
	nets := []Net{
		{File: "d/dev/flawed/a.json", Architecture: small(2)},
		{File: "d/dev/broken/b.json", Architecture: small(3)},
	}
	var out bytes.Buffer
	in := strings.NewReader(strings.Join(questions, "\n"))
	err := serveTrials(t.Context(), &trials{lab: lab, nets: nets}, in, &out)
	var answers []answer
	for d := json.NewDecoder(&out); ; {
		var a answer
		if e := d.Decode(&a); errors.Is(e, io.EOF) {
			return answers, err
		} else if e != nil {
			t.Fatal(e)
		}
		answers = append(answers, a)
	}
}

func TestTrial(t *testing.T) {
	s := &stepping{}
	a, err := ask(t, s, `{"ask":"nets"}`, `{"ask":"knobs","net":"d/dev/flawed/a.json"}`,
		`{"ask":"start","net":"d/dev/flawed/a.json","seed":5}`, `{"ask":"train","epoch":0.25}`,
		`{"ask":"train","epoch":0.25}`, `{"ask":"train","epoch":2}`,
		`{"ask":"start","net":"d/dev/flawed/a.json","settings":["learning-rate ×3"],"seed":6}`, `{"ask":"stop"}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(a) != 8 {
		t.Fatalf("%d answers", len(a))
	}
	if len(a[0].Nets) != 1 || a[0].Nets[0] != "d/dev/flawed/a.json" {
		t.Errorf("nets %v: broken ones are not revised", a[0].Nets)
	}
	if a[1].FLOPs != flops(small(2), epochs) || len(a[1].Knobs) < 5 {
		t.Errorf("knobs %+v", a[1])
	}
	if !a[2].Same || a[2].FLOPs != flops(small(2), 1) || a[2].Architecture.ID() != small(2).ID() {
		t.Errorf("start without settings: %+v", a[2])
	}
	for i, want := range map[int]float64{3: .25, 4: .25, 5: 2} {
		if a[i].Epoch != want || math.Abs(float64(*a[i].Accuracy)-want/10) > 1e-9 ||
			a[i].FLOPs != flops(small(2), want) {
			t.Errorf("answer %d: %+v", i, a[i])
		}
	}
	if rate := a[6].Architecture.Training.Optimizer.LearningRate; a[6].Same ||
		math.Abs(rate-3*small(2).Training.Optimizer.LearningRate) > 1e-12 {
		t.Errorf("start with a setting: rate %g", rate)
	}
	if s.closed != 2 || s.seeds[0] != 5 || s.seeds[1] != 6 {
		t.Errorf("%d of 2 trials closed, seeds %v", s.closed, s.seeds)
	}
}

func TestTrialThatDiverges(t *testing.T) {
	s := &stepping{diverges: 2}
	a, err := ask(t, s, `{"ask":"start","net":"d/dev/flawed/a.json"}`, `{"ask":"train","epoch":1}`,
		`{"ask":"train","epoch":2}`)
	if err != nil || len(a) != 3 {
		t.Fatalf("%d answers, %v", len(a), err)
	}
	if a[1].Diverged || !a[2].Diverged || a[2].FLOPs != flops(small(2), 2) || s.closed != 1 {
		t.Errorf("%+v, %+v, %d closed", a[1], a[2], s.closed)
	}
}

func TestTrialRefuses(t *testing.T) {
	a, err := ask(t, &stepping{}, `{"ask":"train","epoch":1}`, `{"ask":"sing"}`, `{"ask":"knobs","net":"x"}`,
		`{"ask":"start","net":"d/dev/flawed/a.json","settings":["learning-rate ×π"]}`)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"start one", "must be nets, knobs", "not in the set", "no setting"} {
		if got := a[i].Error + a[i].Refused; !strings.Contains(got, want) {
			t.Errorf("answer %d: %q, want %q in it", i, got, want)
		}
	}
	if _, err := ask(t, &stepping{}, `{"ask":`); err == nil || !strings.Contains(err.Error(), "question") {
		t.Errorf("got %v", err)
	}
}
