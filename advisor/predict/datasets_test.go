package predict

import (
	"errors"
	"slices"
	"testing"

	"probewise/advisor"
)

// TestDatasets: each name once, in order, however many keys it has.
func TestDatasets(t *testing.T) {
	p := &Predictor{Past: library{{Dataset: "b", Epochs: 1}: nil, {Dataset: "a"}: nil, {Dataset: "b", Epochs: 2}: nil}}
	got, err := p.Datasets(t.Context())
	if err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%v (%v)", got, err)
	}
	if got, err := (&Predictor{Past: library(map[advisor.Key][]advisor.PastRun{})}).Datasets(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("without past runs: %v (%v)", got, err)
	}
}

// TestLeftOut: a reason stands once behind everything that it keeps out.
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
