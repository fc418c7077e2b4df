package advisor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"probewise/trainer"
)

// Defaults of a request.
const (
	DefaultDataset     = "fashion-mnist-sample"
	DefaultProbeEpochs = 3
	DefaultImages      = 10_000
	DefaultSuggestions = 8
	MinImages          = 20 // of a run, training and validation together
)

// Datasets reads data sets.
type Datasets interface {
	Load(ctx context.Context, name string) (*trainer.Dataset, error)
}

// Trainer starts training sessions.
type Trainer interface {
	Start(ctx context.Context, s trainer.Spec) (trainer.Session, error)
}

// Desk is where requests are taken and worked on: the use cases that server, worker and command line share.
type Desk struct {
	Store     Store
	Datasets  Datasets
	Trainer   Trainer
	Predictor Predictor
	Rules     Rules
	Limits    trainer.Limits
	Version   string // of the program, kept with each run
}

// Store keeps runs and advice.
type Store interface {
	Intake
	Ledger
}

// Intake takes requests.
type Intake interface {
	CreateAdvice(ctx context.Context, a Advice, probe Run, fingerprint string) error
	CreateRun(ctx context.Context, r Run, fingerprint string) error
	FindUnfinishedAdvice(ctx context.Context, fingerprint string) (Advice, bool, error)
	FindUnfinishedRun(ctx context.Context, fingerprint string) (Run, bool, error)
}

// Ledger is written while a job is worked on. Every write needs the job's lease.
type Ledger interface {
	Advice(ctx context.Context, id string) (Advice, error)
	Run(ctx context.Context, id string) (Run, error)
	Records(ctx context.Context, run string) ([]trainer.EpochRecord, error)
	Heartbeat(ctx context.Context, l Lease, until time.Time) error
	Release(ctx context.Context, l Lease) error
	Cancelled(ctx context.Context, l Lease) error
	AddChildRun(ctx context.Context, l Lease, r Run) error
	StartRun(ctx context.Context, l Lease, run string) error
	AppendRecord(ctx context.Context, l Lease, run string, r trainer.EpochRecord) error
	FinishRun(ctx context.Context, l Lease, run string, s State, o *trainer.Outcome, reason string) error
	FinishAdvice(ctx context.Context, l Lease, a Advice, next ...Run) error
}

// SubmitAdvice validates the architecture against the data set and queues the advice with its probe. A request that
// equals one that is unfinished (its process was killed, say) takes that one up instead. The error is
// *trainer.InvalidError where the architecture is.
func (d Desk) SubmitAdvice(ctx context.Context, architecture []byte, r Request) (Advice, error) {
	r.Dataset = orDefault(r.Dataset, DefaultDataset)
	r.Probe.Epochs = orDefault(r.Probe.Epochs, DefaultProbeEpochs)
	r.Suggestions = orDefault(r.Suggestions, DefaultSuggestions)
	run, warnings, err := d.prepare(ctx, architecture, r.Dataset, trainer.Budget{Images: r.Probe.Images, Epochs: r.Epochs}, r.Probe.Seed)
	if err != nil {
		return Advice{}, err
	}
	r.Probe.Images, r.Probe.Seed, r.Epochs = run.Budget.Images, run.Seed, run.Budget.Epochs
	if r.Suggestions < 1 {
		return Advice{}, badRequest("suggestions: %d, want at least 1", r.Suggestions)
	}
	if r.Probe.Epochs < 1 || r.Probe.Epochs > r.Epochs {
		return Advice{}, badRequest("a probe of %d epochs does not fit a full run of %d", r.Probe.Epochs, r.Epochs)
	}
	fingerprint := fmt.Sprintf("%s %s %s %+v", d.Version, run.ArchitectureID, run.DatasetID, r)
	if a, found, err := d.Store.FindUnfinishedAdvice(ctx, fingerprint); err != nil || found {
		return a, err
	}
	a := Advice{
		ID: newID(), State: Queued, Dataset: r.Dataset, Request: r, Architecture: run.Architecture, Warnings: warnings,
		ProbeRun: run.ID, Diagnoses: []Diagnosis{}, Suggestions: []Suggestion{}, Created: run.Created,
	}
	run.Kind, run.StopAfter, run.Advice = Probe, r.Probe.Epochs, a.ID
	return a, d.Store.CreateAdvice(ctx, a, run, fingerprint)
}

// SubmitRun validates the architecture and queues a full run. Zero values of the budget and seed mean the defaults.
func (d Desk) SubmitRun(ctx context.Context, architecture []byte, dataset string, b trainer.Budget, seed uint64) (Run, []string, error) {
	run, warnings, err := d.prepare(ctx, architecture, orDefault(dataset, DefaultDataset), b, seed)
	if err != nil {
		return run, nil, err
	}
	fingerprint := fmt.Sprintf("%s %s %s %+v %d", d.Version, run.ArchitectureID, run.DatasetID, run.Budget, run.Seed)
	if r, found, err := d.Store.FindUnfinishedRun(ctx, fingerprint); err != nil || found {
		return r, warnings, err
	}
	return run, warnings, d.Store.CreateRun(ctx, run, fingerprint)
}

// SubmitProbe queues the first epochs of the architecture's full run, as a run of its own.
func (d Desk) SubmitProbe(ctx context.Context, a trainer.Architecture, dataset string, epochs int, seed uint64) (Run, error) {
	run, _, err := d.prepare(ctx, a.Canonical(), dataset, trainer.Budget{}, seed)
	if err != nil {
		return run, err
	}
	if epochs < 1 || epochs > run.Budget.Epochs {
		return run, badRequest("a probe of %d epochs does not fit a full run of %d", epochs, run.Budget.Epochs)
	}
	run.Kind, run.StopAfter = Probe, epochs
	fingerprint := fmt.Sprintf("probe %d %s %s %s %+v %d", epochs, d.Version, run.ArchitectureID, run.DatasetID, run.Budget, run.Seed)
	if r, found, err := d.Store.FindUnfinishedRun(ctx, fingerprint); err != nil || found {
		return r, err
	}
	return run, d.Store.CreateRun(ctx, run, fingerprint)
}

// PredictRun predicts the full run from a finished probe. The error is *NoPredictionError where that cannot be done.
func (d Desk) PredictRun(ctx context.Context, id string) (Prediction, error) {
	run, err := d.Store.Run(ctx, id)
	if err != nil {
		return Prediction{}, err
	}
	if run.State != Succeeded {
		return Prediction{}, fmt.Errorf("run %s %s: %s", id, run.State, run.Error)
	}
	records, err := d.Store.Records(ctx, id)
	if err != nil {
		return Prediction{}, err
	}
	forecaster, err := d.Predictor.Snapshot(ctx, run.Key())
	if err != nil {
		return Prediction{}, err
	}
	return forecaster.FromProbe(ctx, ProbeResult{run.Architecture, run.StopAfter, records, *run.Outcome})
}

// Validate reads an architecture for a data set and returns the key of its full run.
func (d Desk) Validate(ctx context.Context, architecture []byte, dataset string) (trainer.Architecture, Key, error) {
	run, _, err := d.prepare(ctx, architecture, dataset, trainer.Budget{}, 0)
	return run.Architecture, run.Key(), err
}

// prepare makes a queued full run of a valid architecture on the data set.
func (d Desk) prepare(ctx context.Context, architecture []byte, dataset string, b trainer.Budget, seed uint64) (Run, []string, error) {
	data, err := d.Datasets.Load(ctx, dataset)
	if err != nil {
		return Run{}, nil, fmt.Errorf("load data set %s: %w", dataset, err)
	}
	parsed, err := trainer.Parse(architecture, trainer.ParseOptions{
		Limits: d.Limits, Dataset: dataset,
		Input: [3]int{data.Height, data.Width, data.Channels}, Classes: len(data.Classes),
	})
	if err != nil {
		return Run{}, nil, err
	}
	a := parsed.Architecture
	b.Images = orDefault(b.Images, min(DefaultImages, data.Train.Len()))
	if b.Images < MinImages || b.Images > data.Train.Len() {
		return Run{}, nil, badRequest("%d images: data set %s has %d training images, and a run needs %d", b.Images, dataset, data.Train.Len(), MinImages)
	}
	a.Training.Epochs = orDefault(b.Epochs, a.Training.Epochs)
	a.Training.Seed = orDefault(seed, a.Training.Seed)
	b.Epochs = a.Training.Epochs
	if _, err := trainer.Parse(a.Canonical(), trainer.ParseOptions{Limits: d.Limits}); err != nil {
		return Run{}, nil, err // the epochs or seed of the request are out of range
	}
	return Run{
		ID: newID(), Kind: Full, State: Queued, Architecture: a, ArchitectureID: a.ID(), Dataset: dataset, DatasetID: data.ID,
		Budget: b, StopAfter: b.Epochs, Seed: a.Training.Seed, Version: d.Version, Created: now(),
	}, warnings(parsed), nil
}

// RequestError reports a request that cannot be met, whatever the architecture.
type RequestError struct{ Problem string }

func (e *RequestError) Error() string { return e.Problem }

func badRequest(format string, args ...any) error { return &RequestError{fmt.Sprintf(format, args...)} }

// warnings lists, for people, what the parser remarked and which settings it took from the defaults.
func warnings(p trainer.Parsed) []string {
	out := []string{}
	for _, f := range p.Warnings {
		out = append(out, fmt.Sprintf("%s: %s", f.Pointer, f.Message))
	}
	if len(p.Defaults) > 0 {
		out = append(out, "not given, so the defaults are taken: "+strings.Join(p.Defaults, ", "))
	}
	return out
}

func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

func newID() string {
	id, err := uuid.NewV7()
	if err != nil {
		panic(err) // the system gives no random numbers
	}
	return id.String()
}

func now() time.Time { return time.Now().UTC() }

// LeaseTime is how long a job belongs to a worker that does not say that it is alive.
const LeaseTime = 30 * time.Second

// Work does the job that the lease is for, to its end. When ctx ends first, the job goes back to the queue. The watcher
// may be nil.
func (d Desk) Work(ctx context.Context, l Lease, watch Watcher) error {
	if watch == nil {
		watch = func(Event) {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		d.beat(ctx, l, cancel, done)
	}()
	var err error
	if l.Kind == JobAdvice {
		err = d.advise(ctx, l, watch)
	} else {
		err = d.train(ctx, l, watch)
	}
	close(done)
	<-stopped
	if err == nil || ctx.Err() == nil {
		return err
	}
	return d.giveUp(context.WithoutCancel(ctx), l, context.Cause(ctx))
}

// beat keeps the lease alive and cancels the work when the lease is lost or the job was cancelled.
func (d Desk) beat(ctx context.Context, l Lease, cancel context.CancelCauseFunc, done <-chan struct{}) {
	ticker := time.NewTicker(LeaseTime / 6)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
			err := d.Store.Heartbeat(ctx, l, now().Add(LeaseTime))
			if errors.Is(err, ErrLeaseLost) || errors.Is(err, ErrCancelRequested) {
				cancel(err)
			}
		}
	}
}

// giveUp ends work that was interrupted: back to the queue, or cancelled.
func (d Desk) giveUp(ctx context.Context, l Lease, cause error) error {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	switch {
	case errors.Is(cause, ErrLeaseLost):
		return cause
	case errors.Is(cause, ErrCancelRequested):
		return errors.Join(cause, d.Store.Cancelled(ctx, l))
	}
	return errors.Join(cause, d.Store.Release(ctx, l))
}
