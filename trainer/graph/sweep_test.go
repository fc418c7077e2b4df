package graph

import (
	"context"
	"math"
	"reflect"
	"testing"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// sweep returns the points of a sweep over the stripes, at most so many.
func sweep(t *testing.T, a trainer.Architecture, w trainer.Sweep, most, threads int) []trainer.SweepPoint {
	t.Helper()
	tr := Trainer{Open: func(int) (trainer.Backend, error) { return kernel.New(threads) }}
	var points []trainer.SweepPoint
	err := tr.Sweep(t.Context(),
		trainer.Spec{Architecture: a, Data: stripes(220, 90), Budget: trainer.Budget{Images: 200, Epochs: 5}, Seed: 3}, w,
		func(p trainer.SweepPoint) bool {
			points = append(points, p)
			return len(points) < most
		})
	if err != nil {
		t.Fatal(err)
	}
	return points
}

func TestSweep(t *testing.T) {
	a := parse(t, nets["plain"], `"batch_size":32,"optimizer":{"type":"adam"}`)
	w := trainer.Sweep{Low: 1e-5, High: 1e-1, Updates: 17} // six batches an epoch: on into the third one
	points := sweep(t, a, w, 100, 1)
	if len(points) != w.Updates {
		t.Fatalf("%d points, want %d", len(points), w.Updates)
	}
	for i, p := range points {
		if want := 1e-5 * math.Pow(10, float64(i)/4); math.Abs(p.LearningRate/want-1) > 1e-9 {
			t.Errorf("update %d has rate %g, want %g", i, p.LearningRate, want)
		}
	}
	if again := sweep(t, a, w, 100, 2); !reflect.DeepEqual(points, again) {
		t.Errorf("another sweep the second time, with two threads:\n%v\n%v", points, again)
	}
	if few := sweep(t, a, w, 5, 1); !reflect.DeepEqual(few, points[:5]) {
		t.Errorf("stopped after %d points: %v", len(few), few)
	}
	// The first update's loss is that of the run's first batch, whatever its rate: both start alike.
	session := start(t, a, 1, 5)
	n := &notebook{}
	trainTo(t, session, 0.25, n)
	high := sweep(t, a, trainer.Sweep{Low: 1, High: 2, Updates: 2}, 100, 1)
	if high[0].Loss != points[0].Loss || high[1].Loss == points[1].Loss {
		t.Errorf("losses %v, want the first as %v and the second not", high, points[:2])
	}
}

func TestSweepEndsWhereTheLossDoes(t *testing.T) {
	a := parse(t, `{"type":"flatten"},{"type":"dense","units":8},{"type":"dense","units":8},{"type":"dense","units":3}`,
		`"batch_size":32,"optimizer":{"type":"sgd"}`)
	points := sweep(t, a, trainer.Sweep{Low: 1, High: 1e38, Updates: 20}, 100, 1)
	if last := points[len(points)-1]; last.Loss.Known() || len(points) == 20 {
		t.Errorf("%d points, the last %v: want an end at the first loss that is not finite", len(points), last)
	}
}

func TestSweepRefusesNonsense(t *testing.T) {
	tr := Trainer{Open: func(int) (trainer.Backend, error) { return kernel.New(1) }}
	for _, w := range []trainer.Sweep{{}, {Low: 1, High: 1, Updates: 9}, {Low: 1, High: math.Inf(1), Updates: 9},
		{Low: 1e-4, High: 1, Updates: 1}, {Low: math.NaN(), High: 1, Updates: 9}} {
		if err := tr.Sweep(context.Background(), trainer.Spec{}, w, nil); err == nil {
			t.Errorf("%+v was run", w)
		}
	}
}
