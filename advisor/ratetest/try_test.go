package ratetest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func TestAffordable(t *testing.T) {
	usual := trainer.Budget{Images: 10_000, Epochs: 15}
	for _, c := range []struct {
		what   string
		batch  int
		full   trainer.Budget
		probe  int
		budget float64
		want   bool
	}{
		{"the default", 64, usual, 3, advisor.DefaultBudget, true},
		{"quick", 64, usual, 3, advisor.QuickBudget, false},
		{"less than the default, though long", 64, trainer.Budget{Images: 10_000, Epochs: 100}, 3, 0.9, false},
		{"a short run", 64, trainer.Budget{Images: 10_000, Epochs: 7}, 3, 1, false}, // a tenth of four epochs
		{"forty updates take 1.14 epochs", 256, usual, 3, 1, true},                  // of the 1.2 that are allowed
		{"forty updates take 2.3 epochs", 512, usual, 3, 1, false},
		{"the same with a large budget", 512, usual, 3, 2, true}, // 2.7 are allowed
		{"a small data set", 64, trainer.Budget{Images: 1000, Epochs: 15}, 3, 1, false},
	} {
		a := spec(t, `{"type":"adam"}`).Architecture
		a.Training.BatchSize = c.batch
		if got := Affordable(a, c.full, c.probe, c.budget); got != c.want {
			t.Errorf("%s: %t", c.what, got)
		}
	}
}

// failing answers so many updates and fails then.
type failing struct {
	updates int
	err     error
}

func (f failing) Sweep(_ context.Context, _ trainer.Spec, w trainer.Sweep, see func(trainer.SweepPoint) bool) error {
	for i := range f.updates {
		see(trainer.SweepPoint{LearningRate: w.Rate(i), Loss: 1})
	}
	return f.err
}

// TestTryGoesOnWithoutTheTest: what fails is told and counted, and ends nothing but what ends the work anyway.
func TestTryGoesOnWithoutTheTest(t *testing.T) {
	s := spec(t, `{"type":"adam"}`)
	for _, updates := range []int{0, 10} {
		test, err := Try(t.Context(), failing{updates, &trainer.MemoryError{Needed: 3 << 20, Limit: 2 << 20}}, s)
		if err != nil || test.Suggested.Known() || !strings.HasPrefix(test.Reason, "it failed: training the network needs") ||
			len(test.Points) != updates || test.Epochs != float64(updates)/100 {
			t.Errorf("%v, %+v", err, test)
		}
		if _, ok := Setting(s.Architecture, test); ok {
			t.Error("a setting of a test that failed")
		}
		if text, err := json.Marshal(test); err != nil || strings.Contains(string(text), `"points":null`) {
			t.Errorf("%v: %s", err, text)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Try(ctx, failing{3, ctx.Err()}, s); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	lost := &trainer.DeviceLostError{Device: "gpu:0", Err: errors.New("IllegalAddress")}
	if _, err := Try(t.Context(), failing{3, lost}, s); !errors.Is(err, lost) {
		t.Errorf("a lost device: %v", err)
	}
}

// TestTryThinsOut: the ends stay, the suggestion is that of all points, and so is the cost.
func TestTryThinsOut(t *testing.T) {
	s := spec(t, `{"type":"adam","learning_rate":0.0001}`)
	s.Budget.Images = 200_000 // a thousand updates in half an epoch
	whole, err := Run(t.Context(), &fakeTrainer{loss: valleyLoss}, s)
	if err != nil {
		t.Fatal(err)
	}
	test, err := Try(t.Context(), &fakeTrainer{loss: valleyLoss}, s)
	if err != nil {
		t.Fatal(err)
	}
	n := len(whole.Points)
	if n < 900 || len(test.Points) != kept || test.Points[0] != whole.Points[0] ||
		test.Points[kept-1] != whole.Points[n-1] {
		t.Errorf("%d of %d points", len(test.Points), n)
	}
	if test.Suggested != whole.Suggested || test.Epochs != whole.Epochs || test.FLOPs != whole.FLOPs {
		t.Errorf("%+v, want %+v", test, whole)
	}
}

// TestTheRateThatTheNetHas: no setting, and the reason says so.
func TestTheRateThatTheNetHas(t *testing.T) {
	s := spec(t, `{"type":"adam"}`)
	rate := &s.Architecture.Training.Optimizer.LearningRate
	test, err := Run(t.Context(), &fakeTrainer{loss: valleyLoss}, s)
	if err != nil || !test.Suggested.Known() {
		t.Fatalf("%v, %+v", err, test)
	}
	for times, tried := range map[float64]bool{0.4: true, 0.8: false, 1: false, 1.25: false, 2.5: true} {
		*rate = float64(test.Suggested) * times
		got, err := Run(t.Context(), &fakeTrainer{loss: valleyLoss}, s)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := Setting(s.Architecture, got); ok != tried || !got.Suggested.Known() ||
			strings.HasPrefix(got.Reason, "the net's own rate, 0.0") == tried {
			t.Errorf("%g times %v: suggests %v, %q, a setting: %t", times, test.Suggested, got.Suggested, got.Reason, ok)
		}
	}
}
