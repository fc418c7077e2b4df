package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"probewise/advisor"
	"probewise/advisor/gain"
	"probewise/trainer"
)

// Candidate is a net that differs from the base.
type Candidate struct {
	Title        string
	Reason       string
	Rules        []string // that propose it
	Settings     []Setting
	Architecture trainer.Architecture
	Measured     bool // by a test of this net, not by what is usual
}

// Setting is one part of a candidate. Parts apply in their order.
type Setting struct {
	Knob, Name, Title string
	Revise            func(*trainer.Architecture)
}

// Trial is what a lab trains: a net with a seed, to a moment in epochs.
type Trial struct {
	Architecture trainer.Architecture
	Seed         uint64
	Moment       float64             // to be reached
	Result       advisor.ProbeResult // as far as it is trained; Epochs are those that the probe takes
	Run          string              // the run's id
	TooLarge     bool                // for the memory: it stays where it is
}

// Lab trains trials.
type Lab interface {
	// Train takes each trial on to its moment, from where it stands, some of them side by side.
	Train(ctx context.Context, trials []*Trial) error
	// Drop ends trials that are not trained on.
	Drop(ctx context.Context, trials []*Trial) error
}

// Judge foretells what a candidate gains over the base in full training, when its trial stands at the moment. The error
// is a *gain.NoJudgeError where it cannot say.
type Judge interface {
	Foretell(ctx context.Context, base advisor.ProbeResult, revised trainer.Architecture, trial advisor.ProbeResult,
		moment float64) (gain.Gain, error)
}

// Problem is what is searched.
type Problem struct {
	Probe  advisor.ProbeResult // of the net
	Budget trainer.Budget      // of its full run
	Seed   uint64              // of the probe
	Before float64             // spent already besides the probe, in epochs of the net
	// Candidates lists what may be tried on a net: the most promising first, as far as is known without the judge.
	// Diagnosed says that they come from what is wrong with the net.
	Candidates func(ctx context.Context, base advisor.ProbeResult) (diagnosed, others []Candidate, err error)
	// Allowed says whether a net is within what the user allows.
	Allowed func(trainer.Architecture) bool
	Judge   Judge
	Metric  advisor.Metric // what is to be raised
	Lab     Lab
	// Watch is told of each step; nil: nobody.
	Watch func(Step)
}

// Options bound a search.
type Options struct {
	Budget float64 // full trainings of the net that it may take, its probe and what came before included
	Seeds  int     // that the winner is confirmed with, at most; the budget may allow fewer
	Shrink bool    // the net is to become smaller, at the same accuracy
	// Enough says whether a confirmed gain is all that is wanted; nil: none is.
	Enough func(gain.Gain) bool
}

// Result is what came of a search.
type Result struct {
	Best    *Entry // what is advised; nil: nothing
	Entries []*Entry
	Rounds  int
	Steps   []Step
	Spent   float64 // full trainings of the net, its probe and what came before included
	FLOPs   float64 // the same without the probe
}

// Entry is a candidate in the race.
type Entry struct {
	Candidate
	Round int
	Trial *Trial
	// Cost is what an epoch of it takes, in epochs of the net.
	Cost float64
	// Foretold is what the judge makes of its trial so far.
	Foretold gain.Gain
	// Observed is the difference of validation accuracy to the base at the trial's moment.
	Observed  float64
	Confirmed *Confirmed // nil: it was not
	shrink    bool       // the net is to become smaller
	smaller   bool       // than the net
	second    bool       // confirmed after another one was not
	base      advisor.ProbeResult
	from      *Entry // the winner of the round before, which is the base; nil in the first
}

// Step is one decision.
type Step struct {
	Round   int
	Moment  float64 // that the candidates were trained to
	Confirm bool    // with fresh seeds
	Tried   []Entry // as they stood then, the best first
	Kept    int     // of them, that go on
	Spent   float64 // full trainings so far
}

// searcher is a search in progress. Costs are in epochs of the net.
type searcher struct {
	Problem
	Options
	epoch   float64 // FLOPs of an epoch of the net
	left    float64
	tried   map[string]bool // architectures
	fresh   []*Trial        // of the base of the round, with seeds that have chosen nothing
	from    *Entry          // whose net is the base of the round; nil: the net itself
	result  Result
	nextRun uint64 // seeds that are handed out
}

// Run searches.
func Run(ctx context.Context, p Problem, o Options) (Result, error) {
	s := newSearcher(p, o)
	base, seed := p.Probe, p.Seed
	for s.left >= least && (s.from == nil || s.left >= least+2*s.probeEpochs()) {
		s.result.Rounds++
		hopeful, err := s.race(ctx, base, seed)
		var none *gain.NoJudgeError
		if errors.As(err, &none) && len(s.result.Steps) == 0 {
			return s.done(), err
		} else if err != nil {
			return s.done(), fmt.Errorf("round %d of the search: %w", s.result.Rounds, err)
		}
		if len(hopeful) == 0 {
			break
		}
		winner := hopeful[0]
		next, err := s.confirm(ctx, winner, base.Architecture)
		if err == nil && !s.better(winner) && s.result.Best == nil {
			err = s.confirmSecond(ctx, hopeful[1:], base.Architecture)
		}
		if err != nil {
			return s.done(), fmt.Errorf("confirm what round %d of the search found: %w", s.result.Rounds, err)
		}
		if s.better(winner) {
			s.result.Best = winner
		}
		if next == nil || s.result.Best != winner || winner.verdict(winner.own()) != advisor.Better ||
			s.Enough != nil && s.Enough(winner.Gain()) {
			break
		}
		base, seed, s.from = next.Result, next.Seed, winner
	}
	return s.done(), nil
}

func newSearcher(p Problem, o Options) *searcher {
	if p.Watch == nil {
		p.Watch = func(Step) {}
	}
	net := p.Probe.Architecture
	return &searcher{
		Problem: p,
		Options: o,
		epoch:   float64(p.Budget.Images) * float64(net.Cost().TrainingFLOPs),
		left:    o.Budget*float64(p.Budget.Epochs) - float64(p.Probe.Epochs) - p.Before,
		tried:   map[string]bool{net.ID(): true},
	}
}

// better says whether a winner is what is advised so far. In place of an earlier winner, on which it builds and which
// fresh seeds have shown to be better, it must be so as well, and not by the other's gain alone: else the smaller
// change stays.
func (s *searcher) better(e *Entry) bool {
	gains := func(v advisor.Verdict) bool { return v == advisor.Better || v == advisor.ProbablyBetter }
	if s.result.Best == nil {
		return gains(e.Verdict())
	}
	return e.Verdict() == advisor.Better && gains(e.verdict(e.own()))
}

func (s *searcher) done() Result {
	net := float64(s.Problem.Budget.Epochs)
	s.result.Spent = (s.Options.Budget*net - s.left) / net
	s.result.FLOPs = (s.result.Spent*net - float64(s.Probe.Epochs)) * s.epoch
	return s.result
}

func (s *searcher) probeEpochs() float64 { return float64(s.Probe.Epochs) }

// least is what a race needs, in epochs of the net: a few candidates for a quarter of an epoch, one of them for one.
const least = 2

// seed is one that has chosen nothing: the net's own seed is that of the race. Seeds are below 2^53.
func (s *searcher) seed() uint64 {
	s.nextRun++
	return FreshSeed(s.Seed, s.nextRun)
}

// FreshSeed is the seed number n, from 1, that a search of a probe with that seed confirms with.
func FreshSeed(probe, n uint64) uint64 { return (probe + n<<32) % (1 << 53) }

// step keeps and tells a decision.
func (s *searcher) step(t Step) {
	t.Round = s.result.Rounds
	t.Spent = s.Options.Budget - s.left/float64(s.Problem.Budget.Epochs)
	s.result.Steps = append(s.result.Steps, t)
	s.Watch(t)
}

// enter makes an entry of a candidate that is new and allowed; nil where it is not.
func (s *searcher) enter(c Candidate, base advisor.ProbeResult, seed uint64) *Entry {
	id := c.Architecture.ID()
	if s.tried[id] || s.Allowed != nil && !s.Allowed(c.Architecture) ||
		s.Shrink && saved(base.Architecture, c.Architecture) <= 0 {
		return nil
	}
	s.tried[id] = true
	e := &Entry{
		Candidate: c,
		Round:     s.result.Rounds,
		Cost:      s.costOf(c.Architecture),
		Trial:     &Trial{Architecture: c.Architecture, Seed: seed},
		shrink:    s.Shrink,
		smaller:   smaller(s.Probe.Architecture, c.Architecture),
		base:      base,
		from:      s.from,
	}
	return e
}

// Ranked lists the entries: what is advised first, then what was confirmed, then by gain.
func (r Result) Ranked() []*Entry {
	rank := func(e *Entry) int {
		switch {
		case e == r.Best:
			return 0
		case e.Confirmed != nil:
			return 1
		}
		return 2
	}
	ranked := slices.Clone(r.Entries)
	slices.SortStableFunc(ranked, func(a, b *Entry) int {
		return cmp.Or(rank(a)-rank(b), cmp.Compare(b.Gain().Mean, a.Gain().Mean))
	})
	return ranked
}

// Untried lists what may be tried, judged by what is known before any trial. Where the judge cannot say, the entries
// are there in the order of the candidates, beside the *gain.NoJudgeError.
func Untried(ctx context.Context, p Problem, o Options) (Result, error) {
	s := newSearcher(p, o)
	field, err := s.field(ctx, p.Probe, p.Seed)
	var none *gain.NoJudgeError
	if errors.As(err, &none) {
		p.Judge = unsure{}
		s = newSearcher(p, o)
		var other error
		if field, other = s.field(ctx, p.Probe, p.Seed); other != nil {
			err = other
		}
	}
	s.result.Entries = field
	return s.result, err
}

// unsure foretells nothing.
type unsure struct{}

// Foretell implements Judge.
func (unsure) Foretell(context.Context, advisor.ProbeResult, trainer.Architecture, advisor.ProbeResult,
	float64) (gain.Gain, error) {
	return gain.Gain{}, nil
}
