package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"

	"probewise/advisor"
	"probewise/advisor/corpus"
	"probewise/advisor/figure"
	"probewise/advisor/gain"
	"probewise/advisor/knob"
	"probewise/advisor/pastruns"
	"probewise/advisor/ratetest"
	"probewise/advisor/rule"
	"probewise/advisor/search"
	"probewise/advisor/service"
	"probewise/trainer"
)

// probeEpochs is the length of the probes that searches begin with.
const probeEpochs = advisor.DefaultProbeEpochs

// searchArm is an arm that searches as the program does, with its own candidates and judge.
type searchArm struct {
	rules      bool
	judge      func(*lab) search.Judge
	candidates func(n Net, seed uint64) func(context.Context, advisor.ProbeResult) (a, b []search.Candidate, err error)
	again      bool // candidates are the net itself, with seeds of their own
}

func (s searchArm) revise(ctx context.Context, l *lab, n Net, budget float64, seed uint64) (Revision, error) {
	b := &bench{lab: l, open: map[*search.Trial]trainer.Session{}, again: s.again}
	probe := &search.Trial{Architecture: n.Architecture, Seed: seed, Moment: probeEpochs}
	err := b.Train(ctx, []*search.Trial{probe})
	if err := errors.Join(err, b.Drop(ctx, []*search.Trial{probe})); err != nil {
		return Revision{}, err
	}
	past, err := pastruns.Read(ctx, shippedRuns{},
		advisor.Key{Dataset: l.fitting.Name, Images: images, Epochs: epochs})
	if err != nil {
		return Revision{}, err
	}
	p := search.Problem{
		Probe:  probe.Result,
		Budget: full(),
		Seed:   seed,
		Judge:  s.judge(l),
		Lab:    b,
	}
	proposer := service.Proposer{Full: full(), Reference: past.Reference(), Tested: n.Architecture}
	if s.rules {
		proposer.Rules = rule.Driver{}
		if proposer.RateTest, err = l.rateTest(ctx, n.Architecture, budget, seed); err != nil {
			return Revision{}, err
		}
	}
	var steps []string
	if t := proposer.RateTest; t != nil {
		p.Before = t.Epochs
		steps = []string{rateText(*t)}
	}
	p.Candidates = proposer.Candidates
	if s.candidates != nil {
		p.Candidates = s.candidates(n, seed)
	}
	found, err := search.Run(ctx, p, search.Options{Budget: budget, Seeds: advisor.DefaultSeeds})
	if err := errors.Join(err, b.close()); err != nil {
		return Revision{}, err
	}
	r := Revision{ComputeShare: found.Spent, Steps: steps}
	if s.rules {
		diagnoses, _, err := proposer.Examine(probe.Result)
		if err != nil {
			return r, err
		}
		for _, d := range diagnoses {
			r.Findings = append(r.Findings, Finding{Rule: d.Rule, Severity: d.Severity})
		}
	}
	for _, t := range found.Steps {
		r.Steps = append(r.Steps, stepText(t))
	}
	if found.Best == nil {
		r.Verdict = string(advisor.NoDifference)
		return r, nil
	}
	g := found.Best.Gain()
	r.Verdict, r.Better = string(found.Best.Verdict()), found.Best.Verdict() == advisor.Better
	r.Claim = &Claim{Gain: g.Mean, Low: g.Low, High: g.High, Confidence: g.Confidence}
	r.Change = found.Best.Title
	r.Revised = &found.Best.Architecture
	return r, nil
}

// rateTest makes the range test of a net as the program does, where the budget bears it; nil where it does not.
func (l *lab) rateTest(ctx context.Context, a trainer.Architecture, budget float64,
	seed uint64) (*advisor.RateTest, error) {
	if !ratetest.Affordable(a, full(), probeEpochs, budget) {
		return nil, nil
	}
	test, err := ratetest.Try(ctx, l.trainer,
		trainer.Spec{Architecture: a, Data: l.fitting, Budget: full(), Seed: seed})
	return &test, err
}

// rateText is a range test in a line.
func rateText(t advisor.RateTest) string {
	return strings.TrimSuffix(fmt.Sprintf("range test, %.2f epochs: suggests %s, %s", t.Epochs,
		figure.Significant(t.Suggested), t.Reason), ", ")
}

// stepText is a step in a line: what was tried, the best first.
func stepText(t search.Step) string {
	text := fmt.Sprintf("round %d, epoch %g", t.Round, t.Moment)
	if t.Confirm {
		text += ", confirmed"
	}
	text += fmt.Sprintf(", %.2f spent:", t.Spent)
	for _, e := range t.Tried {
		text += fmt.Sprintf(" [%s: observed %+.3f, gain %+.3f (%+.3f…%+.3f)]", e.Title, e.Observed, e.Gain().Mean,
			e.Gain().Low, e.Gain().High)
	}
	return text
}

// bench trains the trials of one search, one after the other.
type bench struct {
	*lab
	open  map[*search.Trial]trainer.Session
	again bool
}

// Train implements search.Lab.
func (b *bench) Train(ctx context.Context, trials []*search.Trial) error {
	for _, t := range trials {
		session := b.open[t]
		if session == nil {
			seed := t.Seed
			if b.again { // the same net with another seed of its own
				seed += t.Architecture.Training.Seed << 40
			}
			var err error
			session, err = b.trainer.Start(ctx,
				trainer.Spec{Architecture: t.Architecture, Data: b.fitting, Budget: full(), Seed: seed})
			if err != nil {
				return err
			}
			b.open[t] = session
			t.Result = advisor.ProbeResult{Architecture: t.Architecture, Epochs: probeEpochs}
		}
		o := &records{}
		outcome, err := session.TrainTo(ctx, t.Moment, o)
		if err != nil {
			return err
		}
		t.Result.Outcome = outcome
		t.Result.Records = append(t.Result.Records, o.all...)
	}
	return nil
}

// Drop implements search.Lab.
func (b *bench) Drop(_ context.Context, trials []*search.Trial) (err error) {
	for _, t := range trials {
		if session := b.open[t]; session != nil {
			err = errors.Join(err, session.Close())
			delete(b.open, t)
		}
	}
	return err
}

func (b *bench) close() (err error) {
	for _, session := range b.open {
		err = errors.Join(err, session.Close())
	}
	return err
}

// records keeps what a session records.
type records struct{ all []trainer.EpochRecord }

// Progress implements trainer.Observer.
func (*records) Progress(trainer.Progress) {}

// Record implements trainer.Observer.
func (r *records) Record(_ context.Context, e trainer.EpochRecord) error {
	r.all = append(r.all, e)
	return nil
}

// seen judges by the difference of validation accuracy alone, as people do: what was observed is what is gained.
type seen struct{ asked int }

// Foretell implements search.Judge. Before any trial, candidates stay in the order in which they are asked about,
// whatever they cost: the arms that it serves are drawn, or written down, in an order of their own.
func (s *seen) Foretell(_ context.Context, base advisor.ProbeResult, _ trainer.Architecture, trial advisor.ProbeResult,
	moment float64) (gain.Gain, error) {
	if moment == 0 {
		s.asked++
		return gain.Gain{Mean: -1e-9 * float64(s.asked)}, nil
	}
	d := gain.Observed(base, trial, moment)
	return gain.Gain{Mean: d, Low: d, High: d}, nil
}

// menu is five lines that a practitioner tries.
func menu(n Net, _ uint64) func(context.Context, advisor.ProbeResult) (a, b []search.Candidate, err error) {
	names := []string{"learning-rate ×3", "learning-rate ×0.3", "schedule cosine", "batch-norm all", "conv-dropout off"}
	return func(_ context.Context, base advisor.ProbeResult) (a, b []search.Candidate, err error) {
		for _, name := range names {
			for _, s := range knob.Settings(base.Architecture, knob.Constraints{}) {
				if s.Name == name {
					b = append(b, candidateOf(base.Architecture, s))
				}
			}
		}
		return nil, b, nil
	}
}

// edits draws random legal edits: half of them one setting of a knob, half of them two or three, drawn evenly over
// knobs and then over their settings.
func edits(n Net, seed uint64) func(context.Context, advisor.ProbeResult) (a, b []search.Candidate, err error) {
	name := fnv.New64a()
	_, _ = name.Write([]byte(n.File)) // never fails
	r := rand.New(rand.NewPCG(seed, name.Sum64()))
	return func(_ context.Context, base advisor.ProbeResult) (a, b []search.Candidate, err error) {
		byKnob := map[string][]knob.Setting{}
		var knobs []string
		for _, s := range knob.Settings(base.Architecture, knob.Constraints{}) {
			if byKnob[s.Knob] == nil {
				knobs = append(knobs, s.Knob)
			}
			byKnob[s.Knob] = append(byKnob[s.Knob], s)
		}
		for i := range 40 {
			count := 1
			if i%2 == 1 {
				count = 2 + r.IntN(2)
			}
			c := search.Candidate{Architecture: base.Architecture}
			for _, k := range r.Perm(len(knobs))[:min(count, len(knobs))] {
				of := byKnob[knobs[k]]
				c = with(c, of[r.IntN(len(of))])
			}
			valid, err := trainer.Validate(c.Architecture, trainer.Limits{})
			if err != nil || flops(valid, 1) > mostGrowth*flops(base.Architecture, 1) {
				continue
			}
			c.Architecture = valid
			b = append(b, c)
		}
		return nil, b, nil
	}
}

func candidateOf(a trainer.Architecture, s knob.Setting) search.Candidate {
	return with(search.Candidate{Architecture: a}, s)
}

// with adds a setting to a candidate.
func with(c search.Candidate, s knob.Setting) search.Candidate {
	c.Architecture = c.Architecture.Clone()
	s.Revise(&c.Architecture)
	if c.Title != "" {
		c.Title += "; "
	}
	c.Title += s.Title
	c.Settings = append(c.Settings, search.Setting{Knob: s.Knob, Name: s.Name, Title: s.Title, Revise: s.Revise})
	return c
}

// copies are the net itself, again and again: nothing can be gained.
func copies(n Net, _ uint64) func(context.Context, advisor.ProbeResult) (a, b []search.Candidate, err error) {
	return func(_ context.Context, base advisor.ProbeResult) (a, b []search.Candidate, err error) {
		for i := range 12 {
			c := search.Candidate{
				Title:        fmt.Sprintf("the same net, seed %d", i+1),
				Settings:     []search.Setting{{Knob: fmt.Sprintf("seed %d", i), Revise: func(*trainer.Architecture) {}}},
				Architecture: base.Architecture.Clone(),
			}
			c.Architecture.Training.Seed += uint64(i) + 1
			b = append(b, c)
		}
		return nil, b, nil
	}
}

// shippedRuns are the past runs that come with the program.
type shippedRuns struct{}

// Of implements pastruns.Source.
func (shippedRuns) Of(_ context.Context, k advisor.Key) ([]advisor.PastRun, error) {
	entries, err := corpus.Shipped()
	return corpus.Of(entries, k), err
}

// Elsewhere implements pastruns.Source.
func (shippedRuns) Elsewhere(_ context.Context, dataset string) (map[advisor.Key][]advisor.PastRun, error) {
	return pastruns.Shipped(dataset)
}

// Keys implements pastruns.Source.
func (s shippedRuns) Keys(ctx context.Context, dataset string) (map[advisor.Key]int, error) {
	k := advisor.Key{Dataset: dataset, Images: images, Epochs: epochs}
	runs, err := s.Of(ctx, k)
	return map[advisor.Key]int{k: len(runs)}, err
}
