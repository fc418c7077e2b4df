package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"probewise/advisor"
	"probewise/advisor/gain"
	"probewise/trainer"
)

// rates are candidates that cost as much as the net, each of a knob of its own.
func rates(t testing.TB, n int) (all []Candidate) {
	for i := range n {
		c := rate(0.002 + 1e-4*float64(i))
		c.knob = fmt.Sprint("rate ", i)
		all = append(all, candidate(t, net(t), fmt.Sprint("rate ", i), c))
	}
	return all
}

// sure is a judge that sees what is, with a narrow interval.
var sure = bySight{half: 0.001}

func TestTheBestIsFound(t *testing.T) {
	for _, where := range []string{"diagnosed", "others"} {
		for at := range 9 {
			lab := &fakeLab{accuracy: accuracyOf(0, gains{rate(0.002 + 1e-4*float64(at)), 0.02}, gains{clip(1), 0.001})}
			diagnosed, others := rates(t, 9), []Candidate{candidate(t, net(t), "clip", clip(1))}
			if where == "others" {
				diagnosed, others = others, diagnosed
			}
			r := newWorld(t, lab, sure, 3, diagnosed, others).run(t, Options{Budget: 2, Seeds: 2})
			if r.Best == nil || r.Best.Verdict() != advisor.Better || !strings.Contains(r.Best.Title, fmt.Sprint("rate ", at)) {
				t.Errorf("%d of the %s: best is %+v", at, where, r.Best)
			}
		}
	}
}

// TestMetricDecides: of a change that raises accuracy and one that raises the recall of the classes, each is the best
// of its metric.
func TestMetricDecides(t *testing.T) {
	for metric, want := range map[advisor.Metric]string{"": "clip", advisor.Accuracy: "clip",
		advisor.BalancedAccuracy: "flip", advisor.MacroF1: "flip"} {
		lab := &fakeLab{accuracy: accuracyOf(0, gains{clip(1), 0.02}, gains{flip(), -0.02}),
			balanced: func(a trainer.Architecture) float64 { return accuracyOf(0, gains{flip(), 0.03})(a, 0, 0) }}
		w := newWorld(t, lab, sure, 3, nil, []Candidate{candidate(t, net(t), "clip", clip(1)),
			candidate(t, net(t), "flip", flip())})
		w.Metric = metric
		r := w.run(t, Options{Budget: 2, Seeds: 2})
		if r.Best == nil || r.Best.Title != want {
			t.Errorf("%q: best is %+v, want %s", metric, r.Best, want)
			continue
		}
		if gained := map[string]float64{"clip": 0.02, "flip": 0.03}[want]; math.Abs(r.Best.Gain().Mean-gained) > 1e-9 ||
			math.Abs(r.Best.Confirmed.Observed-gained) > 1e-9 {
			t.Errorf("%q: gain %+v, observed %g, want %g", metric, r.Best.Gain(), r.Best.Confirmed.Observed, gained)
		}
	}
}

// TestLuckIsNotAdvised: what looked best with the seed of the race and is worse with others.
func TestLuckIsNotAdvised(t *testing.T) {
	lab := &fakeLab{accuracy: func(a trainer.Architecture, seed uint64, _ float64) float64 {
		if a.Training.BatchSize != 32 {
			return 0.5
		} else if seed == 1 {
			return 0.6
		}
		return 0.45
	}}
	r := newWorld(t, lab, sure, 3, nil, append(rates(t, 3), candidate(t, net(t), "batch", batch(32)))).
		run(t, Options{Budget: 2, Seeds: 2})
	e := r.Ranked()[0]
	if r.Best != nil || e.Title != "batch" || e.Confirmed == nil || len(e.Confirmed.Seeds) != 2 ||
		e.Verdict() != advisor.Worse || math.Abs(e.Gain().Mean+0.05) > 1e-9 || r.Rounds != 1 {
		t.Errorf("best %+v; first %+v, confirmed %+v", r.Best, e, e.Confirmed)
	}
	s := newSearcher(Problem{Probe: advisor.ProbeResult{Architecture: net(t)}, Seed: 1<<53 - 1}, Options{})
	if seed := s.seed(); seed >= 1<<53 || seed == s.seed() || seed == s.Seed {
		t.Errorf("a fresh seed is %d", seed)
	}
	if slices.Contains(e.Confirmed.Seeds, 1) || e.Confirmed.Seeds[0] == e.Confirmed.Seeds[1] {
		t.Errorf("fresh seeds are %d, and the race had 1", e.Confirmed.Seeds)
	}
}

// TestNothingPromising: what is foretold to be worse, its upper bound too, is not confirmed.
func TestNothingPromising(t *testing.T) {
	for name, worth := range map[string]float64{"worse": -0.01, "no different": 0} {
		var all []gains
		for i := range 4 {
			all = append(all, gains{rate(0.002 + 1e-4*float64(i)), worth})
		}
		r := newWorld(t, &fakeLab{accuracy: accuracyOf(0, all...)}, sure, 3, nil, rates(t, 4)).
			run(t, Options{Budget: 3, Seeds: 2})
		confirmed := 0
		for _, s := range r.Steps {
			if s.Confirm {
				confirmed++
			}
		}
		if want := map[string]int{"worse": 0, "no different": 1}[name]; confirmed != want {
			t.Errorf("%s: confirmed %d times, want %d", name, confirmed, want)
		}
		if r.Best != nil || r.Rounds != 1 || worth < 0 && r.Spent > 1.5 {
			t.Errorf("%s: best %+v after %d rounds and %g", name, r.Best, r.Rounds, r.Spent)
		}
	}
}

// TestWinnersAreCombined: two that gain each something gain more together; what undoes another is not combined.
func TestWinnersAreCombined(t *testing.T) {
	all := []Candidate{candidate(t, net(t), "batch", batch(32)), candidate(t, net(t), "clip", clip(1)),
		candidate(t, net(t), "clip 2", clip(2)), candidate(t, net(t), "flip", flip())}
	lab := &fakeLab{accuracy: accuracyOf(0, gains{batch(32), 0.01}, gains{clip(1), 0.02}, gains{clip(2), 0.015},
		gains{flip(), -0.02})}
	r := newWorld(t, lab, sure, 3, nil, all).run(t, Options{Budget: 1.5, Seeds: 1})
	if r.Best == nil || r.Best.Title != "clip; batch" || len(r.Best.Settings) != 2 || r.Best.Round != 1 ||
		r.Best.Reason != "because of clip. because of batch." || math.Abs(r.Best.Gain().Mean-0.03) > 1e-9 {
		t.Errorf("best %+v", r.Best)
	}
	for _, e := range r.Entries {
		if strings.Contains(e.Title, "clip; clip 2") || strings.Contains(e.Title, "flip;") {
			t.Errorf("%q was tried", e.Title)
		}
	}
	rest, err := Without(net(t), r.Best.AllSettings(), 0)
	if err != nil || rest.ID() != all[0].Architecture.ID() {
		t.Errorf("without the first of its settings it is %+v (%v), want batch alone", rest.Training, err)
	}
}

// TestRoundsBuildOnEachOther: a second round begins with the winner of the first, only where that is better beyond
// doubt, and its gains are those over the net.
func TestRoundsBuildOnEachOther(t *testing.T) {
	// the second is worth something only with the first
	accuracy := func(both float64) func(a trainer.Architecture, seed uint64, epoch float64) float64 {
		return func(a trainer.Architecture, _ uint64, _ float64) float64 {
			switch first, second := a.Training.ClipNorm == 1, a.Training.BatchSize == 32; {
			case first && second:
				return 0.52 + both
			case first:
				return 0.52
			case second:
				return 0.49
			}
			return 0.5
		}
	}
	all := []Candidate{candidate(t, net(t), "clip", clip(1)), candidate(t, net(t), "batch", batch(32))}
	r := newWorld(t, &fakeLab{accuracy: accuracy(0.03)}, sure, 3, nil, all).run(t, Options{Budget: 4, Seeds: 2})
	if r.Best == nil || r.Rounds < 2 || r.Best.Round != 2 || r.Best.Verdict() != advisor.Better {
		t.Fatalf("after %d rounds the best is %+v", r.Rounds, r.Best)
	}
	g, c := r.Best.Gain(), r.Best.Confirmed
	if math.Abs(g.Mean-0.05) > 1e-9 || math.Abs(g.Mean-g.Low-0.001*math.Sqrt2) > 1e-9 ||
		math.Abs(g.High-g.Mean-0.001*math.Sqrt2) > 1e-9 || math.Abs(c.Observed-0.03) > 1e-9 {
		t.Errorf("gain %+v, observed %g", g, c.Observed)
	}
	var names []string
	for _, s := range r.Best.AllSettings() {
		names = append(names, s.Name)
	}
	if !slices.Equal(names, []string{"clip 0", "batch 0"}) || len(r.Best.Path()) != 2 {
		t.Errorf("settings %q", names)
	}
	for _, e := range r.Entries {
		if e.Round == 2 && (len(e.Path()) != 2 || e.Path()[0].Title != "clip" || e.Gain().Mean < 0.02-1e-9) {
			t.Errorf("%q of round 2 builds on %q, with gain %+v", e.Title, e.Path()[0].Title, e.Gain())
		}
	}
	if first := r.Steps[0]; len(first.Tried) != 2 || first.Tried[0].Confirmed != nil || first.Tried[0].Title != "clip" {
		t.Errorf("the first step is no longer as it was: %+v", first)
	}

	// within noise the smaller change stays
	unsure := bySight{half: 0.015, noise: 0.004}
	r = newWorld(t, &fakeLab{accuracy: accuracy(0.003)}, unsure, 3, nil, all).run(t, Options{Budget: 4, Seeds: 2})
	if r.Rounds != 2 || r.Best == nil || r.Best.Title != "clip" || len(r.Best.Path()) != 1 {
		t.Errorf("after %d rounds the best is %+v", r.Rounds, r.Best)
	}
	// not better beyond doubt: no second round
	unsure = bySight{half: 0.025}
	r = newWorld(t, &fakeLab{accuracy: accuracy(0.03)}, unsure, 3, nil, all).run(t, Options{Budget: 4, Seeds: 2})
	if r.Rounds != 1 || r.Best == nil || r.Best.Verdict() != advisor.ProbablyBetter {
		t.Errorf("after %d rounds the best is %+v", r.Rounds, r.Best)
	}
	// what fresh seeds have shown does not give way to what they have not
	tight := newWorld(t, &fakeLab{accuracy: accuracy(0.03)}, sure, 3, nil, all)
	for budget := 1.0; budget < 4; budget += 0.05 {
		r := tight.run(t, Options{Budget: budget, Seeds: 2})
		if r.Best != nil && r.Best.Round == 2 && r.Best.Confirmed == nil {
			t.Errorf("with a budget of %g the best is %q of round 2, unconfirmed", budget, r.Best.Title)
		}
		tight.lab.flops = 0
	}
}

func TestEnoughStops(t *testing.T) {
	all := append(rates(t, 2), candidate(t, net(t), "clip", clip(1)))
	lab := &fakeLab{accuracy: accuracyOf(0, gains{clip(1), 0.02}, gains{rate(0.002), 0.01})}
	for enough, want := range map[float64]int{0.015: 1, 0.5: 2} {
		r := newWorld(t, lab, sure, 3, nil, all).run(t, Options{Budget: 5, Seeds: 1,
			Enough: func(g gain.Gain) bool { return g.Mean >= enough }})
		if r.Rounds < want || want == 1 && r.Rounds > 1 {
			t.Errorf("%g is enough: %d rounds", enough, r.Rounds)
		}
		lab.flops = 0
	}
}

// TestTiesTakeTheSmallerChange: of what is as good, the fewer settings, then the cheaper net.
func TestTiesTakeTheSmallerChange(t *testing.T) {
	small, large := candidate(t, net(t), "small", clip(1)), candidate(t, net(t), "large", clip(1), batch(32))
	wide := candidate(t, net(t), "wide", clip(1), filters(9))
	lab := &fakeLab{accuracy: accuracyOf(0, gains{clip(1), 0.02})}
	for _, all := range [][]Candidate{{small, large, wide}, {wide, large, small}, {large, wide, small}} {
		lab.flops = 0
		if r := newWorld(t, lab, sure, 3, all, nil).run(t, Options{Budget: 1.2, Seeds: 1}); r.Best == nil ||
			r.Best.Title != "small" {
			t.Errorf("best %+v", r.Best)
		}
		s := newSearcher(newWorld(t, lab, sure, 3, all, nil).Problem, Options{})
		field, err := s.field(t.Context(), lab.probe(net(t), 1, 3), 1)
		if err != nil || field[0].Title != "small" || field[1].Title != "large" || field[2].Title != "wide" {
			t.Errorf("the order is %v (%v)", field, err)
		}
	}
}

func TestNoJudge(t *testing.T) {
	w := newWorld(t, &fakeLab{accuracy: accuracyOf(0)}, bySight{none: true}, 3, rates(t, 2), rates(t, 4)[2:])
	var none *gain.NoJudgeError
	if r, err := Run(t.Context(), w.Problem, Options{Budget: 2}); !errors.As(err, &none) || w.lab.calls != 0 ||
		len(r.Steps) != 0 {
		t.Errorf("%v after %d trainings", err, w.lab.calls)
	}
	r, err := Untried(t.Context(), w.Problem, Options{})
	if !errors.As(err, &none) || len(r.Entries) != 4 || r.Entries[0].Verdict() != advisor.NotTried {
		t.Errorf("%d entries, %v", len(r.Entries), err)
	}
}

// TestUntried: diagnosed and other candidates take turns, the promising first; nothing is trained.
func TestUntried(t *testing.T) {
	all := rates(t, 6)
	prior := func(a trainer.Architecture) float64 { return a.Training.Optimizer.LearningRate }
	w := newWorld(t, &fakeLab{accuracy: accuracyOf(0)}, bySight{prior: prior}, 3, all[:3], all[2:])
	r, err := Untried(t.Context(), w.Problem, Options{})
	if err != nil || w.lab.calls != 0 {
		t.Fatalf("%d trainings, %v", w.lab.calls, err)
	}
	var got []string
	for _, e := range r.Entries {
		got = append(got, e.Title)
		if e.Verdict() != advisor.NotTried {
			t.Errorf("%q is %s", e.Title, e.Verdict())
		}
	}
	if want := []string{"rate 2", "rate 5", "rate 4", "rate 1", "rate 3", "rate 0"}; !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
}

// TestInterruption: an error of the lab, or the end of the context, ends the search with it.
func TestInterruption(t *testing.T) {
	fault := errors.New("power cut")
	for at := 1; at <= 5; at++ {
		lab := &fakeLab{accuracy: accuracyOf(0, gains{clip(1), 0.02}), fault: fault, faultAt: at}
		w := newWorld(t, lab, sure, 3, nil, append(rates(t, 5), candidate(t, net(t), "clip", clip(1))))
		if _, err := Run(t.Context(), w.Problem, Options{Budget: 2, Seeds: 2}); !errors.Is(err, fault) {
			t.Errorf("fault at training %d: %v", at, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := newWorld(t, &fakeLab{accuracy: accuracyOf(0)}, sure, 3, nil, rates(t, 5))
	if _, err := Run(ctx, w.Problem, Options{Budget: 2, Seeds: 2}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestDivergence: a candidate that diverges stands at chance, and so does a base.
func TestDivergence(t *testing.T) {
	lab := &fakeLab{accuracy: func(a trainer.Architecture, _ uint64, epoch float64) float64 {
		switch {
		case a.Training.BatchSize == 32 && epoch >= 0.5:
			return math.NaN()
		case a.Training.BatchSize == 32:
			return 0.9
		}
		return 0.5
	}}
	r := newWorld(t, lab, sure, 3, nil, []Candidate{candidate(t, net(t), "batch", batch(32))}).
		run(t, Options{Budget: 2, Seeds: 2})
	if r.Best != nil || math.Abs(r.Entries[0].Observed+0.4) > 1e-9 || r.Entries[0].Verdict() != advisor.Worse {
		t.Errorf("best %+v, the candidate is %+v", r.Best, r.Entries[0])
	}

	base := net(t).ID()
	lab = &fakeLab{accuracy: func(a trainer.Architecture, _ uint64, epoch float64) float64 {
		if a.ID() == base && epoch >= 1 {
			return math.NaN()
		}
		return 0.4 + 0.1*min(epoch, 1)
	}}
	r = newWorld(t, lab, sure, 3, nil, []Candidate{candidate(t, net(t), "batch", batch(32))}).
		run(t, Options{Budget: 2, Seeds: 2})
	if r.Best == nil || r.Best.Verdict() != advisor.Better || math.Abs(r.Best.Gain().Mean-0.4) > 1e-9 {
		t.Errorf("best %+v", r.Best)
	}
}
