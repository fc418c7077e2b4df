package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"probewise/advisor"
	"probewise/advisor/gain"
	"probewise/advisor/knob"
	"probewise/advisor/search"
	"probewise/trainer"
	"probewise/trainer/patch"
)

// problem is what the search for advice works on.
func (s Service) problem(b *lab, a *advisor.Advice, probe advisor.ProbeResult,
	reference advisor.Reference) search.Problem {
	constraints := knob.Constraints(a.Request.Constraints)
	before := float64(max(a.Request.Probe.Seeds-1, 0) * b.probe.StopAfter)
	if a.RateTest != nil {
		before += a.RateTest.Epochs
	}
	return search.Problem{
		Probe:  probe,
		Budget: b.probe.Budget,
		Seed:   b.probe.Seed,
		Before: before,
		Judge:  s.Judge,
		Metric: a.Request.Metric,
		Lab:    b,
		Candidates: Proposer{
			Rules:       s.Rules,
			Full:        b.probe.Budget,
			Reference:   reference,
			Constraints: a.Request.Constraints,
			Tested:      a.Architecture,
			RateTest:    a.RateTest,
		}.Candidates,
		Allowed: func(revised trainer.Architecture) bool { return constraints.Allows(a.Architecture, revised) },
		Watch: func(t search.Step) {
			b.phase = fmt.Sprintf("search, %.0f %% of the budget", 100*t.Spent/a.Request.Budget)
		},
	}
}

// Proposer lists what may be tried on a net.
type Proposer struct {
	Full        trainer.Budget // of the probed net's full run
	Rules       Rules          // nil: none
	Reference   advisor.Reference
	Constraints advisor.Constraints
	Tested      trainer.Architecture // the net that RateTest is of
	RateTest    *advisor.RateTest    // nil: none was made
}

// Candidates are the packages of what rules propose for the probed net with what a range test suggests, and the
// settings of all knobs. A range test says nothing of other nets than its own.
func (p Proposer) Candidates(_ context.Context, base advisor.ProbeResult) (diagnosed, others []search.Candidate,
	err error) {
	if p.Rules != nil {
		_, proposals, err := p.Examine(base)
		if err != nil {
			return nil, nil, err
		}
		if diagnosed, err = packages(base.Architecture, proposals); err != nil {
			return nil, nil, fmt.Errorf("combine the proposals: %w", err)
		}
	}
	if p.RateTest != nil && base.Architecture.ID() == p.Tested.ID() {
		diagnosed = append(diagnosed, ofRateTest(base.Architecture, *p.RateTest)...)
	}
	return diagnosed, ofKnobs(base.Architecture, p.Constraints), nil
}

// Examine runs the rules on a probe.
func (p Proposer) Examine(r advisor.ProbeResult) ([]advisor.Diagnosis, []advisor.Proposal, error) {
	shapes, err := r.Architecture.Shapes()
	if err != nil {
		return nil, nil, err
	}
	diagnoses, proposals := p.Rules.Examine(advisor.Case{
		Architecture: r.Architecture,
		Shapes:       shapes,
		Cost:         r.Architecture.Cost(),
		Records:      r.Records,
		Full:         p.Full,
		Outcome:      r.Outcome,
		Reference:    p.Reference,
	})
	return diagnoses, proposals, nil
}

// search tries what rules and knobs offer, and fills in suggestions, search and compute. It returns the entry that is
// advised, nil: none, and how many were tried. Where no gain can be foretold, the suggestions are there beside the
// *gain.NoJudgeError, untried.
func (s Service) search(ctx context.Context, a *advisor.Advice, p search.Problem, b *lab) (best *search.Entry,
	tried int, err error) {
	o := search.Options{Budget: a.Request.Budget, Seeds: a.Request.Seeds, Shrink: a.Request.Goal == advisor.GoalShrink}
	if a.Request.Goal == advisor.GoalTarget && a.Prediction != nil {
		missing := a.Request.Target - a.Prediction.TestAccuracy
		o.Enough = func(g gain.Gain) bool { return g.Mean >= missing }
	}
	if reached(a) {
		return nil, 0, nil
	}
	var result search.Result
	if a.Request.Verify {
		result, err = search.Run(ctx, p, o)
		if err = errors.Join(err, b.close()); err == nil {
			a.Compute.VerificationFLOPs = result.FLOPs
			a.Search = recordOf(result, o.Budget)
		}
	}
	for _, e := range result.Entries {
		if !e.Trial.TooLarge {
			tried++
		}
	}
	var none *gain.NoJudgeError
	if errors.As(err, &none) || err == nil && len(result.Entries) == 0 {
		result, err = search.Untried(ctx, p, o)
	}
	if err != nil && !errors.As(err, &none) {
		return nil, 0, err
	}
	var wrong error
	a.Suggestions, wrong = s.suggestions(ctx, a, result, p)
	return result.Best, tried, errors.Join(err, wrong)
}

func recordOf(r search.Result, budget float64) *advisor.Search {
	record := &advisor.Search{Budget: budget, Spent: r.Spent, Rounds: r.Rounds, Steps: []advisor.SearchStep{}}
	for _, t := range r.Steps {
		step := advisor.SearchStep{
			Round: t.Round, Epochs: t.Moment, Confirm: t.Confirm, Kept: t.Kept, Spent: t.Spent, Tried: []advisor.Tried{}}
		for _, e := range t.Tried {
			step.Tried = append(step.Tried, advisor.Tried{
				Title:    e.Title,
				Observed: trainer.Number(e.Observed),
				Gain:     e.Gain().Mean,
				Low:      e.Gain().Low,
				High:     e.Gain().High,
			})
		}
		record.Steps = append(record.Steps, step)
	}
	return record
}

// suggestions lists what was tried, what is advised first, then by gain, and as many as were asked for.
func (s Service) suggestions(ctx context.Context, a *advisor.Advice, r search.Result,
	p search.Problem) ([]advisor.Suggestion, error) {
	all := []advisor.Suggestion{}
	for _, e := range r.Ranked() {
		if len(all) == a.Request.Suggestions {
			break
		}
		suggestion, err := suggestion(a, e)
		if err != nil {
			return nil, err
		}
		if e == r.Best {
			if suggestion.Parts, err = parts(ctx, p, e); err != nil {
				return nil, err
			}
		}
		suggestion.Rank = len(all) + 1
		all = append(all, suggestion)
	}
	return all, nil
}

func suggestion(a *advisor.Advice, e *search.Entry) (advisor.Suggestion, error) {
	edits, err := patch.Diff(a.Architecture, e.Architecture)
	if err != nil {
		return advisor.Suggestion{}, err
	}
	diff, err := patch.Describe(a.Architecture, edits)
	if err != nil {
		return advisor.Suggestion{}, err
	}
	s := described(e)
	s.Edits, s.Diff = edits, diff
	g := e.Gain()
	if g.Confidence > 0 {
		s.Gain = &advisor.Gain{
			Mean: g.Mean, Low: g.Low, High: g.High, Confidence: g.Confidence, Noise: g.Noise, Pairs: g.Pairs}
		if a.Request.Metric.Other() {
			s.Gain.Metric = a.Request.Metric
		}
	}
	if a.Prediction != nil && s.Gain != nil && !a.Request.Metric.Other() {
		s.Predicted = &advisor.Expectation{
			TestAccuracy: bounded(a.Prediction.TestAccuracy + g.Mean),
			Low:          bounded(a.Prediction.TestAccuracy + g.Low),
			High:         bounded(a.Prediction.TestAccuracy + g.High),
		}
	}
	if e.Trial.Run != "" && !e.Trial.TooLarge {
		s.Trial = &advisor.Trial{
			Run: e.Trial.Run, Epochs: e.Trial.Moment, Observed: trainer.Number(e.Observed), Cost: e.Cost}
	}
	if c := e.Confirmed; c != nil {
		if s.Gain != nil {
			s.Gain.Seeds = len(c.Seeds)
		}
		s.Verified = &advisor.Verification{
			Run:      c.Runs[0][1],
			Epochs:   int(c.Moment),
			Gain:     trainer.Number(c.Mean),
			Low:      trainer.Number(c.Low),
			High:     trainer.Number(c.High),
			Observed: trainer.Number(c.Observed),
			Seeds:    c.Seeds,
		}
	}
	return s, nil
}

// described is an entry in words, with what earlier rounds found and it builds on.
func described(e *search.Entry) advisor.Suggestion {
	s := advisor.Suggestion{Rules: []string{}, Settings: []string{}, Verdict: e.Verdict()}
	var titles, reasons []string
	for _, part := range e.Path() {
		titles = append(titles, part.Title)
		if !slices.Contains(reasons, part.Reason) {
			reasons = append(reasons, part.Reason)
		}
		for _, rule := range part.Rules {
			if !slices.Contains(s.Rules, rule) {
				s.Rules = append(s.Rules, rule)
			}
		}
	}
	s.Title, s.Reason = strings.Join(titles, "; "), strings.Join(reasons, " ")
	for _, setting := range e.AllSettings() {
		s.Settings = append(s.Settings, setting.Name)
	}
	return s
}

func bounded(accuracy float64) float64 { return min(max(accuracy, 0), 1) }

// parts says what an entry of several settings is foretold to lose without each of them.
func parts(ctx context.Context, p search.Problem, e *search.Entry) ([]advisor.Part, error) {
	settings := e.AllSettings()
	if len(settings) < 2 {
		return nil, nil
	}
	probe := p.Metric.View(p.Probe)
	whole, err := p.Judge.Foretell(ctx, probe, e.Architecture, advisor.ProbeResult{}, 0)
	if err != nil {
		return nil, err
	}
	var all []advisor.Part
	for i, setting := range settings {
		part := advisor.Part{Title: setting.Title, Gain: trainer.Missing}
		if rest, err := search.Without(p.Probe.Architecture, settings, i); err == nil {
			g, err := p.Judge.Foretell(ctx, probe, rest, advisor.ProbeResult{}, 0)
			if err != nil {
				return nil, err
			}
			part.Gain = trainer.Number(whole.Mean - g.Mean)
		}
		all = append(all, part)
	}
	return all, nil
}
