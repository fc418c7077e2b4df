package ratetest

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// curve is a sweep over 61 updates, from 1e-6 to 1, with the loss of each rate's decade.
func curve(loss func(decade float64) float64) (points []advisor.RatePoint) {
	w := trainer.Sweep{Low: 1e-6, High: 1, Updates: 61}
	for i := range w.Updates {
		p := trainer.SweepPoint{LearningRate: w.Rate(i)}
		p.Loss = trainer.Number(loss(math.Log10(p.LearningRate)))
		points = append(points, advisor.RatePoint{SweepPoint: p, Smoothed: p.Loss})
	}
	return points
}

// valleyLoss is 2.3 up to 1e-4, falls to 0.5 at 1e-2, twice as steeply in the second decade, and rises from there on.
func valleyLoss(decade float64) float64 {
	switch {
	case decade < -4:
		return 2.3
	case decade < -3:
		return 2.3 - 0.6*(decade+4)
	case decade < -2:
		return 1.7 - 1.2*(decade+3)
	}
	return 0.5 + 3*(decade+2)
}

func TestSuggest(t *testing.T) {
	points := curve(valleyLoss)
	for i, want := range []float64{
		1e-3,               // a tenth of 1e-2
		math.Pow(10, -2.5), // the slope over ten updates is steepest from 1e-3 to 1e-2: their middle
		1e-3,               // half way from 1e-4 to 1e-2
	} {
		r := Rules()[i]
		if got, why := r.Suggest(points); math.Abs(float64(got)/want-1) > 0.06 { // of two digits
			t.Errorf("%s: %g (%s), want %g", r.Name, float64(got), why, want)
		}
	}
	if got, _ := Suggest(points); got != 0.001 {
		t.Errorf("got %g, want two digits of the first rule", float64(got))
	}
	for why, points := range map[string][]advisor.RatePoint{
		"ended after 19 updates":             points[:19],
		"the loss falls at no learning rate": curve(func(float64) float64 { return 2.3 }),
		"from 2.300 to 2.290":                curve(func(d float64) float64 { return 2.3 - 0.01*max(0, 1-math.Abs(d+3)) }),
	} {
		if got, reason := Suggest(points); got.Known() || !strings.Contains(reason, why) {
			t.Errorf("got %g, %q, want none: %q", float64(got), reason, why)
		}
	}
}

// fakeTrainer answers a sweep from a curve.
type fakeTrainer struct {
	loss func(decade float64) float64
	err  error
	seen trainer.Sweep
}

func (f *fakeTrainer) Sweep(_ context.Context, _ trainer.Spec, w trainer.Sweep,
	see func(trainer.SweepPoint) bool) error {
	f.seen = w
	for i := range w.Updates {
		p := trainer.SweepPoint{LearningRate: w.Rate(i)}
		if p.Loss = trainer.Number(f.loss(math.Log10(p.LearningRate))); !see(p) {
			break
		}
	}
	return f.err
}

func spec(t *testing.T, optimizer string) trainer.Spec {
	t.Helper()
	p, err := trainer.Parse([]byte(`{"version":1,"input":[8,8,1],"classes":10,"layers":[{"type":"flatten"},
		{"type":"dense","units":10}],"training":{"batch_size":90,"epochs":15,"optimizer":`+optimizer+`}}`),
		trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return trainer.Spec{Architecture: p.Architecture, Budget: trainer.Budget{Images: 10_000, Epochs: 15}}
}

func TestRun(t *testing.T) {
	s := spec(t, `{"type":"adam","learning_rate":0.0001}`)
	f := &fakeTrainer{loss: valleyLoss}
	test, err := Run(t.Context(), f, s)
	if err != nil {
		t.Fatal(err)
	}
	// half an epoch of 9,000 images in batches of 90; costs count the thousand that it is validated on as well
	if want := (trainer.Sweep{Low: 1e-6, High: 1e-2, Updates: 50}); f.seen != want {
		t.Errorf("swept %+v, want %+v", f.seen, want)
	}
	if test.Epochs != 0.5 || test.FLOPs != 5000*float64(s.Architecture.Cost().TrainingFLOPs) {
		t.Errorf("cost %g epochs, %g FLOPs", test.Epochs, test.FLOPs)
	}
	first, second := test.Points[0], test.Points[1]
	if math.Abs(float64(first.Smoothed)-2.3)+math.Abs(float64(second.Smoothed)-2.3) > 1e-9 {
		t.Errorf("smoothed %v, %v: want no bias towards 0", first.Smoothed, second.Smoothed)
	}
	setting, ok := Setting(s.Architecture, test)
	if !ok {
		t.Fatalf("no setting: %s", test.Reason)
	}
	revised := s.Architecture
	setting.Revise(&revised)
	rate := revised.Training.Optimizer.LearningRate
	if rate != float64(test.Suggested) || rate < 1e-4 || rate > 1e-2 || setting.Name != "learning-rate range test" ||
		!strings.Contains(setting.Title, "a tenth of where the range test's loss is least") {
		t.Errorf("rate %g, setting %+v", rate, setting)
	}
	if again, _ := Run(t.Context(), f, s); again.Suggested != test.Suggested {
		t.Errorf("%v and %v of the same net", test.Suggested, again.Suggested)
	}
}

func TestRunEndsWhereTheLossExplodes(t *testing.T) {
	for name, loss := range map[string]func(float64) float64{
		"rises": func(decade float64) float64 { return 1 + math.Exp(10*(decade+3)) },
		"is no number": func(decade float64) float64 {
			if decade > -3 {
				return math.NaN()
			}
			return 1
		},
	} {
		test, err := Run(t.Context(), &fakeTrainer{loss: loss}, spec(t, `{"type":"adam","learning_rate":0.001}`))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(test.Points); n < 20 || n > 45 || test.Suggested.Known() || test.Reason == "" {
			t.Errorf("%s: %d points, suggested %v (%s)", name, n, test.Suggested, test.Reason)
		}
		if _, ok := Setting(trainer.Architecture{}, test); ok {
			t.Errorf("%s: a setting without a suggestion", name)
		}
	}
}

func TestPlan(t *testing.T) {
	for optimizer, want := range map[string][2]float64{
		`{"type":"adam","learning_rate":0.001}`:               {1e-5, 1e-1},
		`{"type":"adam","learning_rate":0.05}`:                {5e-4, 1},    // no more than adam bears
		`{"type":"adam","learning_rate":1e-8}`:                {1e-5, 1e-1}, // around the usual rate
		`{"type":"sgd","learning_rate":0.1}`:                  {1e-3, 10},
		`{"type":"sgd","learning_rate":0.001,"momentum":0.9}`: {1e-5, 1e-1},
		`{"type":"sgd","learning_rate":5}`:                    {5e-2, 10},
		`{"type":"rmsprop","learning_rate":100}`:              {1e-5, 1e-1},
	} {
		s := spec(t, optimizer)
		got := Plan(s.Architecture, s.Budget)
		if math.Abs(got.Low/want[0]-1) > 1e-9 || math.Abs(got.High/want[1]-1) > 1e-9 || got.Updates != 50 {
			t.Errorf("%s: %+v, want %v in 50 updates", optimizer, got, want)
		}
		if err := got.Check(); err != nil {
			t.Errorf("%s: %v", optimizer, err)
		}
	}
	s := spec(t, `{"type":"adam"}`)
	if got := Plan(s.Architecture, trainer.Budget{Images: 1000, Epochs: 3}).Updates; got != 40 {
		t.Errorf("%d updates of a small data set, want 40", got)
	}
}

func TestErrorsNameTheTest(t *testing.T) {
	broken := errors.New("no memory")
	_, err := Run(t.Context(), &fakeTrainer{loss: valleyLoss, err: broken}, spec(t, `{"type":"adam"}`))
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "range test of the learning rate") {
		t.Errorf("got %v", err)
	}
}
