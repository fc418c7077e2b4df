package search

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"probewise/advisor"
	"probewise/advisor/gain"
	"probewise/trainer"
)

// rung is a moment to which candidates of a race are trained, and the share of the race's budget that this may take.
type rung struct{ moment, share float64 }

// rungs of a race: many short looks and few long ones. Moments and shares are as they were first set, and not tuned.
var rungs = []rung{{0.25, 0.4}, {0.5, 0.3}, {1, 0.3}}

// kept is the share of the entries of a rung that may go on to the next one; at least one does.
const kept = 0.6

// race trains candidates of the base and returns those that there is hope of, the winner first.
func (s *searcher) race(ctx context.Context, base advisor.ProbeResult, seed uint64) ([]*Entry, error) {
	s.fresh = nil
	field, err := s.field(ctx, base, seed)
	if err != nil || len(field) == 0 {
		return nil, err
	}
	budget := s.left
	if confirmed := s.left - 2*s.probeEpochs(); confirmed >= least {
		budget = confirmed
		if twice := s.left - 4*s.probeEpochs(); s.Seeds > 1 && twice >= 2*least {
			budget = min(budget, twice)
		}
		budget = min(budget, s.roundShare())
	}
	var racing []*Entry
	carried := 0.0
	for i, r := range rungs {
		if r.moment > s.probeEpochs() {
			break
		}
		carried += r.share * budget
		chosen, spent := s.choose(field, r.moment, carried)
		if len(chosen) == 0 {
			break
		}
		carried -= spent
		dropped := without(racing, chosen)
		if err := s.Lab.Drop(ctx, trials(dropped)); err != nil {
			return nil, err
		}
		if racing, err = s.train(ctx, base, chosen, r.moment); err != nil {
			return nil, err
		}
		s.order(racing)
		going := max(int(kept*float64(len(racing))+0.5), 1)
		if i == len(rungs)-1 {
			going = 1
		}
		s.step(Step{Moment: r.moment, Tried: snapshot(racing), Kept: min(going, len(racing))})
		field = racing[:min(going, len(racing))]
		if i == 0 { // what won alone is tried together
			combined, cured := s.combinations(racing, base, seed)
			field = append(slices.Clone(field), combined...)
			s.orderByCost(field, rungs[1].moment)
			field = slices.Insert(field, min(1, len(field)), cured...)
		}
	}
	hopeful := append(s.hopeful(racing), s.hopeful(s.fallen(racing))...)
	return hopeful, s.Lab.Drop(ctx, trials(racing))
}

// fallen are the entries of the round that the race has left behind, the best first.
func (s *searcher) fallen(racing []*Entry) []*Entry {
	var all []*Entry
	for _, e := range without(s.result.Entries, racing) {
		if e.Round == s.result.Rounds && !e.Trial.TooLarge {
			all = append(all, e)
		}
	}
	s.order(all)
	return all
}

// hope is above 0 where a confirmation may yet show that the entry is better: what the budget has left is for that.
func (s *searcher) hope(e *Entry) float64 {
	if s.Shrink {
		return s.score(e)
	}
	return e.Gain().High - e.Gain().Noise
}

// hopeful are those that there is hope of, and first the best whose confirmation the budget allows.
func (s *searcher) hopeful(ordered []*Entry) []*Entry {
	all := slices.DeleteFunc(slices.Clone(ordered), func(e *Entry) bool { return s.hope(e) <= 0 })
	slices.SortStableFunc(all, func(a, b *Entry) int {
		return cmp.Compare(min(s.affordable(b), 1), min(s.affordable(a), 1))
	})
	return all
}

// confirmation is what an epoch of one fresh seed takes, for the entry and its base.
func (s *searcher) confirmation(e *Entry) float64 { return s.costOf(e.base.Architecture) + e.Cost }

// affordable is how far, in epochs, what is left lets a fresh seed be trained: at most as far as the probe, and 0 where
// it is not a whole epoch. Where the base was trained with it before, that reaches as far as it did.
func (s *searcher) affordable(e *Entry) float64 {
	most, cost := s.probeEpochs(), s.confirmation(e)
	if len(s.fresh) > 0 {
		most, cost = s.fresh[0].Moment, e.Cost
	}
	return min(most, math.Floor(s.left/cost+1e-9))
}

// costOf is what an epoch of an architecture takes, in epochs of the net.
func (s *searcher) costOf(a trainer.Architecture) float64 {
	return float64(a.Cost().TrainingFLOPs) * float64(s.Problem.Budget.Images) / s.epoch
}

// roundShare bounds a race so that a large budget makes more rounds, not one that is larger: a second round builds on
// what the first has found.
func (s *searcher) roundShare() float64 { return max(3*s.probeEpochs(), float64(2*least)) }

// field lists what may be tried on the base, the most promising first: what is wrong with the net and what the judge
// thinks well of take turns.
func (s *searcher) field(ctx context.Context, base advisor.ProbeResult, seed uint64) ([]*Entry, error) {
	diagnosed, others, err := s.Candidates(ctx, base)
	if err != nil {
		return nil, err
	}
	lists := make([][]*Entry, 2)
	for i, list := range [][]Candidate{diagnosed, others} {
		for _, c := range list {
			e := s.enter(c, base, seed)
			if e == nil {
				continue
			}
			if s.left-2*s.probeEpochs() >= least && s.probeEpochs()*s.confirmation(e) > s.left-least {
				continue // others can be confirmed, it cannot
			}
			if err := s.judge(ctx, e, 0); err != nil {
				return nil, err
			}
			lists[i] = append(lists[i], e)
		}
	}
	s.orderByCost(lists[0], rungs[0].moment)
	s.orderByCost(lists[1], rungs[0].moment)
	var field []*Entry
	for len(lists[0])+len(lists[1]) > 0 {
		for i, n := range []int{1, 2} { // of each list in turn
			n = min(n, len(lists[i]))
			field = append(field, lists[i][:n]...)
			lists[i] = lists[i][n:]
		}
	}
	return varied(field), nil
}

// ofOneKnob is how many settings of a knob stand in a row at most: the rest of them comes after those of others.
const ofOneKnob = 2

// varied moves entries behind others where their knob has been there often. Optimizers count as rates: each has its
// usual one, which is most of what it changes where the net's own is far off. What was measured stays.
func varied(entries []*Entry) []*Entry {
	var out []*Entry
	for len(entries) > 0 {
		seen := map[string]int{}
		var later []*Entry
		for _, e := range entries {
			knob := ""
			if len(e.Settings) == 1 && !e.Measured {
				knob = e.Settings[0].Knob
			}
			if knob == "optimizer" {
				knob = "learning-rate"
			}
			if seen[knob]++; knob != "" && seen[knob] > ofOneKnob {
				later = append(later, e)
			} else {
				out = append(out, e)
			}
		}
		entries = later
	}
	return out
}

// choose takes entries in their order as far as the budget reaches, and says what they take. The first of them is taken
// where what is left of the search allows it at all.
func (s *searcher) choose(field []*Entry, moment, budget float64) (chosen []*Entry, spent float64) {
	for _, e := range field {
		cost := e.Cost * (moment - e.Trial.Moment)
		if spent+cost <= budget || len(chosen) == 0 && cost <= s.left {
			chosen = append(chosen, e)
			spent += cost
		}
	}
	return chosen, spent
}

// train takes entries to the moment and judges them. What is too large for the memory is left out.
func (s *searcher) train(ctx context.Context, base advisor.ProbeResult, entries []*Entry, moment float64) ([]*Entry,
	error) {
	for _, e := range entries {
		s.left -= e.Cost * (moment - e.Trial.Moment)
		e.Trial.Moment = moment
	}
	if err := s.Lab.Train(ctx, trials(entries)); err != nil {
		return nil, err
	}
	var trained []*Entry
	for _, e := range entries {
		if !known(s.result.Entries, e) {
			s.result.Entries = append(s.result.Entries, e)
		}
		if e.Trial.TooLarge {
			continue
		}
		if err := s.judge(ctx, e, moment); err != nil {
			return nil, err
		}
		e.Observed = s.observed(base, e.Trial.Result, moment)
		trained = append(trained, e)
	}
	return trained, nil
}

// foretell asks the judge. What it has learnt of accuracy is taken for other metrics too: it sees their values in place
// of validation accuracies.
func (s *searcher) foretell(ctx context.Context, base advisor.ProbeResult, revised trainer.Architecture,
	trial advisor.ProbeResult, moment float64) (gain.Gain, error) {
	return s.Judge.Foretell(ctx, s.Metric.View(base), revised, s.Metric.View(trial), moment)
}

// observed is the difference of the metric between trial and base at the moment.
func (s *searcher) observed(base, trial advisor.ProbeResult, moment float64) float64 {
	return gain.Observed(s.Metric.View(base), s.Metric.View(trial), moment)
}

func (s *searcher) judge(ctx context.Context, e *Entry, moment float64) (err error) {
	if e.Foretold, err = s.foretell(ctx, e.base, e.Architecture, e.Trial.Result, moment); err != nil {
		return fmt.Errorf("judge %q: %w", e.Title, err)
	}
	return nil
}

func trials(entries []*Entry) []*Trial {
	all := make([]*Trial, len(entries))
	for i, e := range entries {
		all[i] = e.Trial
	}
	return all
}

// snapshot keeps entries as they stand: later rungs change them.
func snapshot(entries []*Entry) []Entry {
	all := make([]Entry, len(entries))
	for i, e := range entries {
		all[i] = *e
	}
	return all
}

func known(entries []*Entry, e *Entry) bool { return slices.Contains(entries, e) }

// without are the entries that are not among the others.
func without(entries, others []*Entry) []*Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e *Entry) bool { return known(others, e) })
}
