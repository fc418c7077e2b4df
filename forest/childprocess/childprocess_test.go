package childprocess

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"probewise/forest"
)

// TestMain makes the test binary the program itself, for the child.
func TestMain(m *testing.M) {
	if Is(os.Args[1:]) {
		if err := Serve(os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
		return
	}
	m.Run()
}

func table(n int) forest.Table {
	t := forest.Table{Names: []string{"x", "noise"}, Linear: []bool{true, false}}
	for i := range n {
		x := float64(i) / float64(n)
		t.X, t.Y = append(t.X, []float64{x, float64(i * 7 % n)}), append(t.Y, 0.2+0.6*x)
		t.Groups = append(t.Groups, fmt.Sprint(i))
	}
	return t
}

// TestFitter: the child's answers are those of this process.
func TestFitter(t *testing.T) {
	ctx, o := t.Context(), forest.Options{Seed: 1}
	here, err := forest.Fit(ctx, table(30), o)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := (Fitter{}).Fit(ctx, table(30), o); err != nil || m.ID() != here.ID() {
		t.Errorf("fitted %v, %v; want %s", m, err, here.ID())
	}
	related, err := forest.Relate(ctx, table(30), o)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := (Fitter{}).Relate(ctx, table(30)); err != nil || fmt.Sprint(got) != fmt.Sprint(related) {
		t.Errorf("related %v, %v; want %v", got, err, related)
	}
}

// TestFitterErrors: an error of the forest is recognised on this side, and a context that ends kills the child.
func TestFitterErrors(t *testing.T) {
	if _, err := (Fitter{}).Fit(t.Context(), table(5), forest.Options{}); !errors.Is(err, forest.ErrTooFewRuns) {
		t.Errorf("five runs: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := (Fitter{}).Fit(ctx, table(30), forest.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
}
