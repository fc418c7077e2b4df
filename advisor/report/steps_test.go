package report

import (
	"slices"
	"testing"

	"probewise/advisor"
)

// TestSteps: a change that is confirmed after another one in the same round is not said to be the best.
func TestSteps(t *testing.T) {
	tried := func(gain float64) []advisor.Tried {
		return []advisor.Tried{{Gain: gain, Low: gain - 0.01, High: gain + 0.01}}
	}
	got := Steps(advisor.Search{Steps: []advisor.SearchStep{
		{Round: 1, Epochs: 1, Kept: 1, Tried: tried(0.03)},
		{Round: 1, Epochs: 3, Confirm: true, Tried: tried(-0.02)},
		{Round: 1, Epochs: 3, Confirm: true, Tried: tried(0.02)},
		{Round: 2, Epochs: 3, Confirm: true, Tried: tried(0.04)},
	}})
	want := []string{"1 change tried for 1 epoch, 1 kept",
		"the best trained again with fresh seeds for 3 epochs: -2.0 (-3.0…-1.0)",
		"the next best trained with the same seeds for 3 epochs: +2.0 (+1.0…+3.0)",
		"the best trained again with fresh seeds for 3 epochs: +4.0 (+3.0…+5.0)"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
