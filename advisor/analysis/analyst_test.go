package analysis

import (
	"errors"
	"slices"
	"testing"

	"probewise/advisor/pastruns"
	"probewise/advisor/pastruns/pastrunstest"
)

var (
	key  = pastrunstest.Key
	runs = pastrunstest.Runs
)

type source = pastrunstest.Source

func newAnalyst(t *testing.T, past source, f pastruns.Fitter) *Analyst {
	t.Helper()
	return &Analyst{Past: past, Forests: &pastruns.Forests{Fitter: f, Folder: t.TempDir()}, Runs: trained{}}
}

// TestDatasets: each name once, in order, however many keys it has.
func TestDatasets(t *testing.T) {
	a := newAnalyst(t, source{{Dataset: "b", Epochs: 1}: nil, {Dataset: "a"}: nil, {Dataset: "b", Epochs: 2}: nil},
		pastrunstest.Fitter{})
	got, err := a.Datasets(t.Context())
	if err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%v (%v)", got, err)
	}
	if got, err := newAnalyst(t, source{}, pastrunstest.Fitter{}).Datasets(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("without past runs: %v (%v)", got, err)
	}
}

// TestLeftOut: a reason is said once, after everything that it keeps out.
func TestLeftOut(t *testing.T) {
	var l leftOut
	if l.String() != "" {
		t.Errorf("%q", l.String())
	}
	few, equal := errors.New("too few"), errors.New("all equal")
	l.add("a", few)
	l.add("b", few)
	l.add("c", equal)
	if got, want := l.String(), "a, b: too few; c: all equal"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
