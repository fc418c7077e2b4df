package advisor

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"probewise/trainer"
)

// RunRequest asks for a run of its own. Zero values mean: a full run on the default data set, at most 10,000 images, the
// architecture's own epochs and seed, a probe of 3 epochs.
type RunRequest struct {
	Dataset   string
	Kind      Kind
	Budget    trainer.Budget // of the full run
	StopAfter int            // epochs trained of a probe
	Seed      uint64
}

// SubmitAdvice validates the architecture against the data set and queues the advice with its probe. A request that
// equals one that is unfinished (its process was killed, say) takes that one up instead. The error is
// *trainer.InvalidError where the architecture is.
func (d Desk) SubmitAdvice(ctx context.Context, architecture []byte, r Request, once Once) (Advice, error) {
	if a, found, err := submitted(ctx, d, JobAdvice, once, d.Store.Advice); found || err != nil {
		return a, err
	}
	r.Dataset = orDefault(r.Dataset, DefaultDataset)
	r.Probe.Epochs = orDefault(r.Probe.Epochs, DefaultProbeEpochs)
	r.Suggestions = orDefault(r.Suggestions, DefaultSuggestions)
	run, err := d.prepare(ctx, architecture, r.Dataset, trainer.Budget{Images: r.Probe.Images, Epochs: r.Epochs}, r.Probe.Seed)
	if err != nil {
		return Advice{}, err
	}
	r.Probe.Images, r.Probe.Seed, r.Epochs = run.Budget.Images, run.Seed, run.Budget.Epochs
	if r.Suggestions < 1 {
		return Advice{}, badRequest("/suggestions", "suggestions: %d, want at least 1", r.Suggestions)
	}
	if err := checkProbe("/probe/epochs", r.Probe.Epochs, r.Epochs); err != nil {
		return Advice{}, err
	}
	fingerprint := fmt.Sprintf("%s %s %s %+v", d.Version, fingerprint(run.Architecture), run.DatasetID, r)
	if a, found, err := d.Store.FindUnfinishedAdvice(ctx, fingerprint); err != nil {
		return Advice{}, err
	} else if found {
		return a, d.remember(ctx, Submission{once, JobAdvice, a.ID})
	}
	a := Advice{
		ID: newID(), State: Queued, Dataset: r.Dataset, Request: r, Architecture: run.Architecture, Warnings: run.Warnings,
		ProbeRun: run.ID, Diagnoses: []Diagnosis{}, Suggestions: []Suggestion{}, Created: run.Created,
	}
	run.Kind, run.StopAfter, run.Advice, run.Warnings = Probe, r.Probe.Epochs, a.ID, []string{}
	err = d.Store.CreateAdvice(ctx, a, run, fingerprint, once)
	if errors.Is(err, ErrSubmitted) || errors.Is(err, ErrUnfinishedEqual) { // by a request at the same time
		return d.SubmitAdvice(ctx, architecture, r, once)
	}
	return a, err
}

// SubmitRun validates the architecture and queues a run of its own, or takes up an unfinished one as SubmitAdvice does.
func (d Desk) SubmitRun(ctx context.Context, architecture []byte, r RunRequest, once Once) (Run, error) {
	if r, found, err := submitted(ctx, d, JobRun, once, d.Store.Run); found || err != nil {
		return r, err
	}
	run, err := d.prepare(ctx, architecture, orDefault(r.Dataset, DefaultDataset), r.Budget, r.Seed)
	if err != nil {
		return Run{}, err
	}
	switch run.Kind = orDefault(r.Kind, Full); {
	case run.Kind == Probe:
		run.StopAfter = orDefault(r.StopAfter, DefaultProbeEpochs)
		if err := checkProbe("/stop_after", run.StopAfter, run.Budget.Epochs); err != nil {
			return Run{}, err
		}
	case run.Kind != Full:
		return Run{}, badRequest("/kind", "kind %q: a run is a probe or full", r.Kind)
	case r.StopAfter != 0 && r.StopAfter != run.StopAfter:
		return Run{}, badRequest("/stop_after", "a full run of %d epochs cannot stop after %d: ask for a probe", run.StopAfter, r.StopAfter)
	}
	return d.queue(ctx, run, once)
}

// SubmitTraining queues the full run that trains the advice's revised architecture. The error wraps ErrUnfinished where
// the advice has not succeeded yet.
func (d Desk) SubmitTraining(ctx context.Context, advice string, once Once) (Run, error) {
	if r, found, err := submitted(ctx, d, JobRun, once, d.Store.Run); found || err != nil {
		return r, err
	}
	a, err := d.Store.Advice(ctx, advice)
	switch {
	case err != nil:
		return Run{}, err
	case !a.State.Finished():
		return Run{}, fmt.Errorf("advice %s is %s: %w", advice, a.State, ErrUnfinished)
	case a.Revised == nil:
		return Run{}, badRequest("/from_advice", "advice %s has no revised architecture (%s)", advice, orDefault(a.RevisedReason, "it "+string(a.State)))
	}
	probe, err := d.Store.Run(ctx, a.ProbeRun)
	if err != nil {
		return Run{}, err
	}
	return d.queue(ctx, d.training(a, probe), once)
}

// training is the full run of the revised architecture.
func (d Desk) training(a Advice, probe Run) Run {
	return Run{
		ID: newID(), Kind: Full, State: Queued, Architecture: a.Revised.Architecture, ArchitectureID: a.Revised.Architecture.ID(),
		Dataset: probe.Dataset, DatasetID: probe.DatasetID, Budget: probe.Budget, StopAfter: probe.Budget.Epochs,
		Seed: probe.Seed, FromAdvice: a.ID, Warnings: []string{}, Version: d.Version, Created: now(),
	}
}

// queue stores a run, unless an equal one is unfinished.
func (d Desk) queue(ctx context.Context, run Run, once Once) (Run, error) {
	fingerprint := fmt.Sprintf("%s %s %s %s %+v %d %d %s", run.Kind, d.Version, fingerprint(run.Architecture), run.DatasetID, run.Budget, run.StopAfter, run.Seed, run.FromAdvice)
	if r, found, err := d.Store.FindUnfinishedRun(ctx, fingerprint); err != nil {
		return Run{}, err
	} else if found {
		return r, d.remember(ctx, Submission{once, JobRun, r.ID})
	}
	err := d.Store.CreateRun(ctx, run, fingerprint, once)
	switch { // a request at the same time
	case errors.Is(err, ErrSubmitted):
		run, _, err := submitted(ctx, d, JobRun, once, d.Store.Run)
		return run, err
	case errors.Is(err, ErrUnfinishedEqual):
		return d.queue(ctx, run, once)
	}
	return run, err
}

// fingerprint tells architectures apart, names included: diagnoses and edits speak of layers by their names.
func fingerprint(a trainer.Architecture) string {
	return fmt.Sprintf("%x", sha256.Sum256(a.Canonical()))
}

// submitted reads what an idempotency key stands for. ErrKeyReused says that it was used for another request.
func submitted[T any](ctx context.Context, d Desk, kind JobKind, once Once, read func(context.Context, string) (T, error)) (record T, found bool, err error) {
	if once.Key == "" {
		return record, false, nil
	}
	s, found, err := d.Store.FindSubmission(ctx, once.Key)
	if err != nil || !found {
		return record, false, err
	}
	if s.Kind != kind || s.Digest != once.Digest {
		return record, false, ErrKeyReused
	}
	record, err = read(ctx, s.ID)
	return record, true, err
}

func (d Desk) remember(ctx context.Context, s Submission) error {
	if s.Key == "" {
		return nil
	}
	err := d.Store.Remember(ctx, s)
	if errors.Is(err, ErrSubmitted) { // by a request at the same time
		_, _, err = submitted(ctx, d, s.Kind, s.Once, func(_ context.Context, id string) (string, error) { return id, nil })
	}
	return err
}

func checkProbe(pointer string, epochs, full int) error {
	if epochs < 1 || epochs > full {
		return badRequest(pointer, "a probe of %d epochs does not fit a full run of %d", epochs, full)
	}
	return nil
}

// Validate reads an architecture for a data set and returns the full run that it would be, which is not stored.
func (d Desk) Validate(ctx context.Context, architecture []byte, dataset string) (Run, error) {
	return d.prepare(ctx, architecture, orDefault(dataset, DefaultDataset), trainer.Budget{}, 0)
}

// prepare makes a queued full run of a valid architecture on the data set.
func (d Desk) prepare(ctx context.Context, architecture []byte, dataset string, b trainer.Budget, seed uint64) (Run, error) {
	data, err := d.Datasets.Load(ctx, dataset)
	if err != nil {
		return Run{}, fmt.Errorf("load data set %s: %w", dataset, err)
	}
	parsed, err := trainer.Parse(architecture, trainer.ParseOptions{
		Limits: d.Limits, Dataset: dataset,
		Input: [3]int{data.Height, data.Width, data.Channels}, Classes: len(data.Classes),
	})
	if err != nil {
		return Run{}, err
	}
	a := parsed.Architecture
	b.Images = orDefault(b.Images, min(DefaultImages, data.Train.Len()))
	if b.Images < MinImages || b.Images > data.Train.Len() {
		return Run{}, badRequest("/images", "%d images: data set %s has %d training images, and a run needs %d", b.Images, dataset, data.Train.Len(), MinImages)
	}
	a.Training.Epochs = orDefault(b.Epochs, a.Training.Epochs)
	a.Training.Seed = orDefault(seed, a.Training.Seed)
	b.Epochs = a.Training.Epochs
	if _, err := trainer.Parse(a.Canonical(), trainer.ParseOptions{Limits: d.Limits}); err != nil {
		return Run{}, err // the epochs or seed of the request are out of range
	}
	return Run{
		ID: newID(), Kind: Full, State: Queued, Architecture: a, ArchitectureID: a.ID(), Dataset: dataset, DatasetID: data.ID,
		Budget: b, StopAfter: b.Epochs, Seed: a.Training.Seed, Warnings: warnings(parsed), Version: d.Version, Created: now(),
	}, nil
}

// RequestError reports a request that cannot be met, whatever the architecture.
type RequestError struct {
	Pointer string // JSON Pointer of the member of the request that is wrong; "/images" is the probe's or the budget's
	Problem string
}

func (e *RequestError) Error() string { return e.Problem }

func badRequest(pointer, format string, args ...any) error {
	return &RequestError{pointer, fmt.Sprintf(format, args...)}
}

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
