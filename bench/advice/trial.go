package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"probewise/trainer"
)

// question is a line that the search of another program sends.
type question struct {
	Ask      string   `json:"ask"`                // nets, knobs, start, train or stop
	Net      string   `json:"net,omitempty"`      // knobs, start: its file
	Settings []string `json:"settings,omitempty"` // start: names of settings of its knobs
	Seed     uint64   `json:"seed,omitempty"`     // start
	Epoch    float64  `json:"epoch,omitempty"`    // train: until then; quarters up to 3, whole ones after
}

// answer is the line that it gets back.
type answer struct {
	Nets  []string     `json:"nets,omitempty"`
	Knobs []knobAnswer `json:"knobs,omitempty"`
	// of the net's full training (knobs), of one epoch (start), of what the trial has trained so far (train)
	FLOPs        float64               `json:"flops,omitempty"`
	Refused      string                `json:"refused,omitempty"` // start: why there is no such net
	Architecture *trainer.Architecture `json:"architecture,omitempty"`
	Same         bool                  `json:"same,omitempty"` // start: as the net itself
	Epoch        float64               `json:"epoch,omitempty"`
	Accuracy     *trainer.Number       `json:"validation_accuracy,omitempty"`
	Diverged     bool                  `json:"diverged,omitempty"`
	Error        string                `json:"error,omitempty"` // the question makes no sense
}

// knobAnswer is a knob with the names of its settings for a net.
type knobAnswer struct {
	Name     string   `json:"name"`
	Settings []string `json:"settings"`
}

// trial answers questions, a line of JSON each, until there are no more: another program's search trains here, with
// the same trainer, knobs and images as ours. One trial runs at a time, on one core.
func trial(ctx context.Context, args []string, stdout, stderr io.Writer, stdin io.Reader) error {
	var c choice
	f := flag.NewFlagSet("trial", flag.ContinueOnError)
	if err := c.parse(f, args, stderr, ""); err != nil {
		return err
	}
	nets, err := c.nets()
	if err != nil {
		return err
	}
	l, err := openLab(ctx, c.folder, c.dataset, 1, stderr)
	if err != nil {
		return err
	}
	return serveTrials(ctx, &trials{lab: l, nets: nets}, stdin, stdout)
}

func serveTrials(ctx context.Context, t *trials, in io.Reader, out io.Writer) (err error) {
	defer func() { err = errors.Join(err, t.stop()) }()
	questions := bufio.NewScanner(in)
	questions.Buffer(nil, 1<<20)
	for questions.Scan() {
		var q question
		if err := json.Unmarshal(questions.Bytes(), &q); err != nil {
			return fmt.Errorf("question %q: %w", questions.Text(), err)
		}
		a, err := t.answer(ctx, q)
		if err != nil {
			return err
		}
		line, err := json.Marshal(a)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return questions.Err()
}

// trials holds the trial that runs.
type trials struct {
	lab  *lab
	nets []Net
	now  *running
}

func (t *trials) answer(ctx context.Context, q question) (answer, error) {
	switch q.Ask {
	case "nets":
		var a answer
		for _, n := range t.nets {
			if n.Group() != broken {
				a.Nets = append(a.Nets, n.File)
			}
		}
		return a, nil
	case "stop":
		return answer{}, t.stop()
	case "train":
		if t.now == nil {
			return answer{Error: "no trial runs: start one"}, nil
		}
		return t.now.train(ctx, q.Epoch)
	case "knobs", "start":
		for _, n := range t.nets {
			if n.File == q.Net {
				if q.Ask == "knobs" {
					return answer{Knobs: knobsOf(n.Architecture), FLOPs: flops(n.Architecture, epochs)}, nil
				}
				return t.start(ctx, n, q)
			}
		}
		return answer{Error: fmt.Sprintf("net %q is not in the set", q.Net)}, nil
	}
	return answer{Error: fmt.Sprintf("ask %q: must be nets, knobs, start, train or stop", q.Ask)}, nil
}

func (t *trials) start(ctx context.Context, n Net, q question) (answer, error) {
	if err := t.stop(); err != nil {
		return answer{}, err
	}
	a, err := turned(n.Architecture, q.Settings)
	if err != nil {
		return answer{Refused: err.Error()}, nil //nolint:nilerr // it is the answer
	}
	session, err := t.lab.trainer.Start(ctx,
		trainer.Spec{Architecture: a, Data: t.lab.fitting, Budget: full(), Seed: q.Seed})
	if memory := (*trainer.MemoryError)(nil); errors.As(err, &memory) {
		return answer{Refused: err.Error()}, nil
	} else if err != nil {
		return answer{}, err
	}
	t.now = newRunning(ctx, session, a)
	return answer{Architecture: &a, Same: seedlessID(a) == seedlessID(n.Architecture), FLOPs: flops(a, 1)}, nil
}

func (t *trials) stop() error {
	if t.now == nil {
		return nil
	}
	err := t.now.stop()
	t.now = nil
	return err
}

// errStopped ends a trial that is not wanted any longer.
var errStopped = errors.New("the trial was stopped")

// running is a training that waits after each record until it is told to go on.
type running struct {
	architecture trainer.Architecture
	session      trainer.Session
	cancel       context.CancelCauseFunc
	records      chan trainer.EpochRecord
	resume       chan struct{}
	ended        chan struct{} // closed at the end, when outcome and err are there
	outcome      trainer.Outcome
	err          error
	last         trainer.EpochRecord
}

func newRunning(ctx context.Context, s trainer.Session, a trainer.Architecture) *running {
	ctx, cancel := context.WithCancelCause(ctx)
	r := &running{
		architecture: a,
		session:      s,
		cancel:       cancel,
		records:      make(chan trainer.EpochRecord),
		resume:       make(chan struct{}),
		ended:        make(chan struct{}),
	}
	go func() {
		defer close(r.ended)
		select {
		case <-r.resume:
			r.outcome, r.err = s.TrainTo(ctx, epochs, r)
		case <-ctx.Done():
		}
	}()
	return r
}

// Progress implements trainer.Observer.
func (*running) Progress(trainer.Progress) {}

// Record implements trainer.Observer.
func (r *running) Record(ctx context.Context, e trainer.EpochRecord) error {
	select {
	case r.records <- e:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-r.resume:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// train goes on until the epoch. A run that is there already, or at its end, answers what it last had.
func (r *running) train(ctx context.Context, epoch float64) (answer, error) {
	for r.last.Epoch < epoch {
		select {
		case r.resume <- struct{}{}:
		case <-r.ended:
		}
		select {
		case r.last = <-r.records:
			continue
		case <-r.ended:
		case <-ctx.Done():
			return answer{}, context.Cause(ctx)
		}
		if r.err != nil {
			return answer{}, r.err
		}
		break
	}
	a := answer{Epoch: r.last.Epoch, Accuracy: &r.last.ValidationAccuracy, Diverged: r.outcome.Diverged}
	a.FLOPs = flops(r.architecture, r.last.Epoch)
	if a.Diverged { // in the epoch that it did not finish
		a.FLOPs = flops(r.architecture, float64(r.outcome.DivergedEpoch))
	}
	return a, nil
}

// stop ends the training where it is.
func (r *running) stop() error {
	r.cancel(errStopped)
	<-r.ended
	err := r.session.Close()
	if r.err != nil && !errors.Is(r.err, errStopped) && !errors.Is(r.err, context.Canceled) {
		err = errors.Join(r.err, err)
	}
	return err
}
