package api

import (
	"context"
	"testing"
	"time"
)

// Results are kept for a moment, so that a client that was told to come again finds them, and no longer.
func TestResultsAreKeptForAMoment(t *testing.T) {
	s, times := &Server{ctx: t.Context()}, 0
	ask := func(name string) int {
		n, ready, err := compute(s, &s.computations.relations, name, func(context.Context) (int, error) {
			times++
			return times, nil
		}).Wait(t.Context(), time.Minute)
		if !ready || err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	old := func(name string, by time.Duration) {
		s.computations.entries[name].(*Computation[int]).ended = time.Now().Add(-by)
	}
	if first, again := ask("a"), ask("a"); first != 1 || again != 1 || ask("b") != 2 {
		t.Errorf("what has just been computed is computed again")
	}
	old("a", 2*keptFor)
	if ask("b") != 2 || ask("a") != 3 {
		t.Errorf("what was computed a while ago still stands")
	}
	gate := make(chan struct{})
	compute(s, &s.computations.cards, "slow", func(context.Context) (int, error) {
		<-gate
		return 0, nil
	})
	old("a", 2*keptFor)
	if ask("a") != 3 {
		t.Errorf("it is forgotten while something else is in hand")
	}
	old("a", 2*maxKept)
	if ask("a") != 4 {
		t.Errorf("it stands for ever while something else is in hand")
	}
	close(gate)
}
