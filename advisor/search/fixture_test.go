package search

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"probewise/advisor"
	"probewise/advisor/gain"
	"probewise/trainer"
)

const images, epochs = 1000, 15

func net(t testing.TB) trainer.Architecture {
	t.Helper()
	p, err := trainer.Parse([]byte(`{"version":1,"input":[28,28,1],"classes":10,"layers":[
		{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"max_pool","size":2},
		{"type":"flatten"},{"type":"dense","units":32,"activation":"relu"},
		{"type":"dense","units":10,"activation":"softmax"}]}`), trainer.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Architecture
}

// change is what a candidate consists of, and how a net is known to have it.
type change struct {
	knob   string
	revise func(*trainer.Architecture)
	in     func(trainer.Architecture) bool
}

func rate(to float64) change {
	return change{"rate", func(a *trainer.Architecture) { a.Training.Optimizer.LearningRate = to },
		func(a trainer.Architecture) bool { return a.Training.Optimizer.LearningRate == to }}
}

func batch(to int) change {
	return change{"batch", func(a *trainer.Architecture) { a.Training.BatchSize = to },
		func(a trainer.Architecture) bool { return a.Training.BatchSize == to }}
}

func clip(to float64) change {
	return change{"clip", func(a *trainer.Architecture) { a.Training.ClipNorm = to },
		func(a trainer.Architecture) bool { return a.Training.ClipNorm == to }}
}

func flip() change {
	return change{"flip", func(a *trainer.Architecture) { a.Training.Augment.Flip = true },
		func(a trainer.Architecture) bool { return a.Training.Augment.Flip }}
}

func filters(to int) change {
	return change{"filters", func(a *trainer.Architecture) { a.Layers[0].Filters = to },
		func(a trainer.Architecture) bool { return a.Layers[0].Filters == to }}
}

func width(to int) change {
	return change{"width", func(a *trainer.Architecture) { a.Layers[3].Units = to },
		func(a trainer.Architecture) bool { return a.Layers[3].Units == to }}
}

// gains says that a change is worth something, whatever else is changed.
type gains struct {
	change
	worth float64
}

// accuracyOf makes the accuracy of nets from what changes are worth, and the luck of runs.
func accuracyOf(world uint64, all ...gains) func(trainer.Architecture, uint64, float64) float64 {
	return func(a trainer.Architecture, seed uint64, _ float64) float64 {
		accuracy := 0.5
		for _, c := range all {
			if c.in(a) {
				accuracy += c.worth
			}
		}
		if world > 0 {
			accuracy += luck(a, seed, world)
		}
		return accuracy
	}
}

// candidate has one setting for each change.
func candidate(t testing.TB, base trainer.Architecture, title string, changes ...change) Candidate {
	t.Helper()
	c := Candidate{Title: title, Reason: "because of " + title + "."}
	for i, part := range changes {
		c.Settings = append(c.Settings, Setting{Knob: part.knob, Name: fmt.Sprint(title, " ", i), Revise: part.revise})
	}
	var err error
	if c.Architecture, err = apply(base, c.Settings); err != nil {
		t.Fatal(err)
	}
	return c
}

// fakeLab trains by formula and counts what that takes.
type fakeLab struct {
	accuracy func(a trainer.Architecture, seed uint64, epoch float64) float64 // NaN: diverged
	balanced func(a trainer.Architecture) float64                             // over the classes; nil: not counted
	tooLarge func(trainer.Architecture) bool
	known    map[string]advisor.ProbeResult // trained to the end by an earlier attempt
	fault    error
	faultAt  int // call of Train, from 1

	calls  int
	stands map[*Trial]float64 // of the trials that are open
	flops  float64            // trained, of one image
	names  []string           // what was trained, in order
	net    trainer.Architecture
}

func (l *fakeLab) Train(ctx context.Context, trials []*Trial) error {
	if l.calls++; l.fault != nil && l.calls == l.faultAt {
		return l.fault
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, t := range trials {
		if l.tooLarge != nil && l.tooLarge(t.Architecture) {
			t.TooLarge = true
			continue
		}
		l.flops += (t.Moment - l.stands[t]) * float64(t.Architecture.Cost().TrainingFLOPs)
		if l.stands == nil {
			l.stands = map[*Trial]float64{}
		}
		l.stands[t] = t.Moment
		l.names = append(l.names, fmt.Sprintf("%s seed %d to %g", t.Architecture.ID()[:6], t.Seed, t.Moment))
		t.Run = "run " + t.Architecture.ID()[:6]
		to := t.Moment
		if l.known != nil {
			to = 10
		}
		t.Result = l.probe(t.Architecture, t.Seed, to)
	}
	return nil
}

func (l *fakeLab) probe(a trainer.Architecture, seed uint64, to float64) advisor.ProbeResult {
	r := advisor.ProbeResult{Architecture: a, Epochs: int(to)}
	for e := 0.0; e <= to; e += 0.25 {
		accuracy := l.accuracy(a, seed, e)
		if math.IsNaN(accuracy) {
			r.Outcome = trainer.Outcome{Diverged: true, DivergedEpoch: int(e) + 1}
			break
		}
		record := trainer.EpochRecord{Epoch: e, ValidationAccuracy: trainer.Number(accuracy), ValidationLoss: 1}
		if l.balanced != nil {
			balanced := trainer.Number(l.balanced(a))
			record.ValidationByClass = &trainer.ClassScores{BalancedAccuracy: balanced, MacroF1: balanced - 0.1}
		}
		r.Records = append(r.Records, record)
	}
	return r
}

func (l *fakeLab) Drop(_ context.Context, trials []*Trial) error {
	for _, t := range trials {
		if _, open := l.stands[t]; !open {
			return errors.New("a trial is dropped that is not open")
		}
		delete(l.stands, t)
	}
	return nil
}

// spread is the standard deviation of the luck of a run.
const spread = 0.01

// lucky is half of the judge's interval of 80 %: that of the difference of two runs.
const lucky = 1.2816 * spread * math.Sqrt2

// luck of a run, the same at every moment.
func luck(a trainer.Architecture, seed, world uint64) float64 {
	h := fnv.New64a()
	t := a.Training
	fmt.Fprint(h, t.Optimizer.LearningRate, t.BatchSize, t.ClipNorm, t.Augment, a.Layers[0].Filters, a.Layers[3].Units,
		" ", seed, " ", world)
	return spread * rand.New(rand.NewPCG(h.Sum64(), world)).NormFloat64()
}

// bySight judges by what the trial shows; before any, by the prior.
type bySight struct {
	prior func(trainer.Architecture) float64
	half  float64 // of the interval
	noise float64
	calls *int
	none  bool
}

func (j bySight) Foretell(_ context.Context, base advisor.ProbeResult, revised trainer.Architecture,
	trial advisor.ProbeResult, moment float64) (gain.Gain, error) {
	if j.calls != nil {
		*j.calls++
	}
	if j.none {
		return gain.Gain{}, &gain.NoJudgeError{Reason: "nothing was learnt"}
	}
	mean := 0.0
	if moment > 0 {
		mean = gain.Observed(base, trial, moment)
	} else if j.prior != nil {
		mean = j.prior(revised)
	}
	return gain.Gain{Mean: mean, Low: mean - j.half, High: mean + j.half, Confidence: 0.8, Noise: j.noise, Pairs: 50}, nil
}

// world is a search that is ready to run.
type world struct {
	Problem
	lab *fakeLab
}

// newWorld offers candidates, of which some are diagnosed; a later round offers the same.
func newWorld(t testing.TB, lab *fakeLab, judge Judge, probe int, diagnosed, others []Candidate) world {
	t.Helper()
	base := net(t)
	lab.net = base
	again := func(base trainer.Architecture, all []Candidate) []Candidate {
		if base.ID() == lab.net.ID() {
			return all
		}
		var out []Candidate
		for _, c := range all {
			a, err := apply(base, c.Settings)
			if err != nil {
				t.Fatal(err)
			}
			c.Architecture = a
			out = append(out, c)
		}
		return out
	}
	return world{Problem{
		Probe:  lab.probe(base, 1, float64(probe)),
		Budget: trainer.Budget{Images: images, Epochs: epochs},
		Seed:   1,
		Candidates: func(_ context.Context, r advisor.ProbeResult) ([]Candidate, []Candidate, error) {
			return again(r.Architecture, diagnosed), again(r.Architecture, others), nil
		},
		Judge: judge,
		Lab:   lab,
	}, lab}
}

// run searches, and checks what holds of every search.
func (w world) run(t testing.TB, o Options) Result {
	t.Helper()
	told := 0
	w.Watch = func(Step) { told++ }
	r, err := Run(t.Context(), w.Problem, o)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(w.lab.stands); n != 0 {
		t.Errorf("%d trials are open at the end", n)
	}
	perEpoch := float64(w.lab.net.Cost().TrainingFLOPs)
	trained := w.lab.flops / perEpoch
	allowed := max(o.Budget*epochs-float64(w.Probe.Epochs)-w.Before, 0)
	if trained > allowed+1e-9 {
		t.Errorf("%g epochs of the net were trained, and %g are allowed", trained, allowed)
	}
	took := (trained + w.Before) * perEpoch * images
	if w.lab.tooLarge == nil && math.Abs(r.FLOPs-took) > 1e-6*r.FLOPs {
		t.Errorf("the search says that it took %g FLOPs, and took %g", r.FLOPs, took)
	}
	if spent := (r.FLOPs/images/perEpoch + float64(w.Probe.Epochs)) / epochs; math.Abs(r.Spent-spent) > 1e-9 {
		t.Errorf("%g full trainings spent, want %g", r.Spent, spent)
	}
	last := 0.0
	for _, s := range r.Steps {
		if s.Spent < last || s.Spent > max(o.Budget, r.Spent)+1e-9 || s.Kept > len(s.Tried) {
			t.Errorf("step %+v after %g was spent", s, last)
		}
		last = s.Spent
	}
	if told != len(r.Steps) {
		t.Errorf("%d of %d steps were told", told, len(r.Steps))
	}
	return r
}

// text is a search in words, to compare.
func text(r Result) (all []string) {
	for _, s := range r.Steps {
		line := fmt.Sprintf("round %d, epoch %g, confirm %t, kept %d, spent %g:", s.Round, s.Moment, s.Confirm, s.Kept,
			s.Spent)
		for _, e := range s.Tried {
			line += fmt.Sprintf(" %s %+v %g;", e.Title, e.Gain(), e.Observed)
		}
		all = append(all, line)
	}
	best := "none"
	if r.Best != nil {
		best = fmt.Sprint(r.Best.Title, " ", r.Best.Verdict(), " ", r.Best.Gain())
	}
	return append(all, best)
}
