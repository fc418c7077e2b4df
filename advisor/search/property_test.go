package search

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// TestBudgetIsKept: newWorld.run checks what the lab trained, whatever candidates cost and probes take.
func TestBudgetIsKept(t *testing.T) {
	cheap, dear := rates(t, 12), []Candidate{}
	for _, n := range []int{12, 16, 24, 32, 64, 512} {
		dear = append(dear, candidate(t, net(t), fmt.Sprint("filters ", n), filters(n)))
	}
	for name, all := range map[string][]Candidate{
		"cheap": cheap, "dear": dear, "both": append(slices.Clone(dear), cheap...), "none": nil} {
		for _, probe := range []int{1, 2, 3, 10} {
			for _, budget := range []float64{0.01, 0.05, 0.2, 0.25, 0.34, 0.4, 0.6, 1, 1.5, 2.2, 4, 20} {
				for _, seeds := range []int{0, 2} {
					accuracy := accuracyOf(3, gains{rate(0.002), 0.05}, gains{filters(64), 0.1}, gains{filters(16), 0.05})
					w := newWorld(t, &fakeLab{accuracy: accuracy}, bySight{half: 0.01}, probe, all[:len(all)/2], all[len(all)/2:])
					w.Before = 0.3 * float64(seeds) // nothing, or as a range test
					r := w.run(t, Options{Budget: budget, Seeds: seeds})
					if t.Failed() {
						t.Fatalf("%s, a probe of %d epochs, budget %g, %d seeds: %v", name, probe, budget, seeds, text(r))
					}
					if c := r.Best; c != nil && c.Confirmed != nil && len(c.Confirmed.Seeds) > max(seeds, 1) {
						t.Errorf("%d seeds, want %d", len(c.Confirmed.Seeds), seeds)
					}
				}
			}
		}
	}
}

// TestDeterministic: the same again, also where the runs are known from before and have gone further.
func TestDeterministic(t *testing.T) {
	for world := range uint64(8) {
		accuracy := accuracyOf(world+1, gains{rate(0.002), 0.02}, gains{clip(1), 0.02}, gains{filters(16), 0.02})
		all := append(rates(t, 10), candidate(t, net(t), "clip", clip(1)), candidate(t, net(t), "filters", filters(16)))
		var first []string
		var trained []string
		for i, known := range []map[string]advisor.ProbeResult{nil, nil, {}} {
			lab := &fakeLab{accuracy: accuracy, known: known}
			r := newWorld(t, lab, bySight{half: lucky, noise: spread}, 3, all[:6], all[6:]).run(t, Options{Budget: 3, Seeds: 2})
			if i == 0 {
				first, trained = text(r), lab.names
			}
			if got := text(r); !slices.Equal(got, first) || !slices.Equal(lab.names, trained) {
				t.Errorf("world %d, time %d:\n%q, want\n%q", world, i, got, first)
			}
		}
	}
}

// TestNothingIsSaidToBeBetter: among nets that differ by luck alone. An interval of 80 % is above zero in one of ten
// such cases with one fresh seed (give or take three standard deviations of the count), with two in fewer.
func TestNothingIsSaidToBeBetter(t *testing.T) {
	const worlds = 300
	all := rates(t, 24)
	for _, c := range []struct {
		seeds  int
		budget float64
		most   float64
	}{{1, 1, 0.10 + 3*0.0173}, {2, 2, 0.06}} {
		better, probably := 0, 0
		for world := range uint64(worlds) {
			lab := &fakeLab{accuracy: accuracyOf(world + 1)}
			judge := bySight{half: lucky, noise: spread * math.Sqrt2}
			r := newWorld(t, lab, judge, 3, nil, all).run(t, Options{Budget: c.budget, Seeds: c.seeds})
			if r.Best == nil {
				continue
			}
			switch r.Best.Verdict() {
			case advisor.Better:
				better++
			case advisor.ProbablyBetter:
				probably++
			}
			if r.Best.Confirmed == nil {
				t.Errorf("world %d: %+v is advised unconfirmed", world, r.Best)
			}
		}
		t.Logf("%d seeds: %d of %d better, %d probably better", c.seeds, better, worlds, probably)
		if share := float64(better) / worlds; share > c.most {
			t.Errorf("%d seeds: %d of %d are said to be better", c.seeds, better, worlds)
		}
	}
}

// TestTrueGainsAreFound: with the same luck, a gain that stands out is found far more often than not.
func TestTrueGainsAreFound(t *testing.T) {
	const worlds = 100
	found, all := 0, rates(t, 12)
	for world := range uint64(worlds) {
		lab := &fakeLab{accuracy: accuracyOf(world+1, gains{rate(0.002), 6 * spread})}
		r := newWorld(t, lab, bySight{half: lucky, noise: spread * math.Sqrt2}, 3, nil, all).
			run(t, Options{Budget: 2, Seeds: 2})
		if r.Best != nil && r.Best.Verdict() == advisor.Better && rate(0.002).in(r.Best.Architecture) {
			found++
		}
	}
	if found < 90 {
		t.Errorf("found in %d of %d", found, worlds)
	}
}

// TestShrink: only smaller nets are tried, the smallest that keeps the accuracy is advised.
func TestShrink(t *testing.T) {
	loses := func(by float64) func(trainer.Architecture, uint64, float64) float64 {
		return accuracyOf(0, gains{width(16), by / 2}, gains{width(8), by}, gains{width(4), -0.2})
	}
	all := []Candidate{candidate(t, net(t), "wider", width(64)), candidate(t, net(t), "16", width(16)),
		candidate(t, net(t), "8", width(8)), candidate(t, net(t), "4", width(4)), candidate(t, net(t), "rate", rate(0.01))}
	for _, c := range []struct {
		loss float64
		best string
	}{{0, "8"}, {-0.004, "8"}, {-0.006, "16"}, {-0.03, ""}, {0.02, "8"}} {
		w := newWorld(t, &fakeLab{accuracy: loses(c.loss)}, bySight{half: 0.0005}, 3, nil, all)
		r := w.run(t, Options{Budget: 1.6, Seeds: 2, Shrink: true})
		got := ""
		if r.Best != nil {
			if got = r.Best.Title; r.Best.Confirmed == nil || r.Best.Gain().Mean < -0.005 {
				t.Errorf("a loss of %g: best %+v", c.loss, r.Best)
			}
		}
		if got != c.best {
			t.Errorf("a loss of %g: the best is %q, want %q: %q", c.loss, got, c.best, text(r))
		}
		for _, e := range r.Entries {
			if saved(w.Probe.Architecture, e.Architecture) <= 0 {
				t.Errorf("%q was tried", e.Title)
			}
		}
		untried, err := Untried(t.Context(), w.Problem, Options{Shrink: true})
		if err != nil || len(untried.Entries) != 3 {
			t.Errorf("%d entries without trial, %v; want 3", len(untried.Entries), err)
		}
	}
}

// TestShrinkingInRounds: each round saves more, and all together keep the accuracy of the net.
func TestShrinkingInRounds(t *testing.T) {
	lab := &fakeLab{accuracy: accuracyOf(0, gains{width(16), -0.003}, gains{filters(4), -0.003})}
	all := []Candidate{candidate(t, net(t), "16", width(16)), candidate(t, net(t), "4", filters(4))}
	r := newWorld(t, lab, bySight{half: 0.0005}, 3, nil, all).run(t, Options{Budget: 5, Seeds: 2, Shrink: true})
	if r.Best == nil || r.Best.Gain().Mean < -0.005 || len(r.Best.AllSettings()) != 1 {
		t.Errorf("best %+v after %d rounds", r.Best, r.Rounds)
	}
}

// TestConstraintsAndMemory: what is not allowed is never trained, and what is too large is not tried.
func TestConstraintsAndMemory(t *testing.T) {
	all := append(rates(t, 6), candidate(t, net(t), "filters", filters(16)))
	lab := &fakeLab{accuracy: accuracyOf(0, gains{rate(0.002), 0.05}, gains{filters(16), 0.04}, gains{rate(0.0021), 0.01}),
		tooLarge: filters(16).in}
	w := newWorld(t, lab, sure, 3, nil, all)
	w.Allowed = func(a trainer.Architecture) bool { return !rate(0.002).in(a) }
	r := w.run(t, Options{Budget: 1.5, Seeds: 1})
	if r.Best == nil || r.Best.Title != "rate 1" {
		t.Errorf("best %+v", r.Best)
	}
	seen := false
	for _, e := range r.Entries {
		if rate(0.002).in(e.Architecture) {
			t.Errorf("%q was tried", e.Title)
		}
		if e.Title == "filters" {
			seen = true
			if e.Verdict() != advisor.NotTried {
				t.Errorf("%q is %s", e.Title, e.Verdict())
			}
		}
	}
	if !seen {
		t.Error("what is too large is not listed")
	}
	lab.tooLarge = func(trainer.Architecture) bool { return true }
	if r := w.run(t, Options{Budget: 1.5, Seeds: 1}); r.Best != nil {
		t.Errorf("best %+v", r.Best)
	}
}
