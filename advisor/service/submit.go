package service

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"probewise/advisor"
	"probewise/trainer"
)

// RunRequest asks for a run of its own. Zero values mean: a full run on the default data set, at most 10,000 images,
// the architecture's own epochs and seed, a probe of 3 epochs.
type RunRequest struct {
	Dataset   string
	Kind      advisor.Kind
	Budget    trainer.Budget // of the full run
	StopAfter int            // epochs trained of a probe
	Seed      uint64
}

// SubmitAdvice validates the architecture against the data set and queues the advice with its probe. A request that
// equals one that is unfinished (its process was killed, say) takes that one up instead. The error is
// *trainer.InvalidError where the architecture is.
func (s Service) SubmitAdvice(ctx context.Context, architecture []byte, r advisor.Request,
	key advisor.IdempotencyKey) (advisor.Advice, error) {
	if a, found, err := submitted(ctx, s.Store, advisor.JobAdvice, key, s.Store.Advice); found || err != nil {
		return a, err
	}
	r.Dataset = orDefault(r.Dataset, advisor.DefaultDataset)
	r.Probe.Epochs = orDefault(r.Probe.Epochs, advisor.DefaultProbeEpochs)
	r.Suggestions = orDefault(r.Suggestions, advisor.DefaultSuggestions)
	run, err := s.prepare(ctx, architecture, r.Dataset,
		trainer.Budget{Images: r.Probe.Images, Epochs: r.Epochs}, r.Probe.Seed)
	if err != nil {
		return advisor.Advice{}, err
	}
	r.Probe.Images, r.Probe.Seed, r.Epochs = run.Budget.Images, run.Seed, run.Budget.Epochs
	if r, err = completed(r, run.Architecture); err != nil {
		return advisor.Advice{}, err
	}
	if err := checkProbe("/probe/epochs", r.Probe.Epochs, r.Epochs); err != nil {
		return advisor.Advice{}, err
	}
	fingerprint := fmt.Sprintf("%s %s %s %+v", s.Version, fingerprint(run.Architecture), run.DatasetID, r)
	if a, found, err := s.Store.FindUnfinishedAdvice(ctx, fingerprint); err != nil {
		return advisor.Advice{}, err
	} else if found {
		return a, remember(ctx, s.Store, advisor.Submission{IdempotencyKey: key, Kind: advisor.JobAdvice, ID: a.ID})
	}
	a := advisor.Advice{
		ID:           newID(),
		State:        advisor.Queued,
		Dataset:      r.Dataset,
		Request:      r,
		Architecture: run.Architecture,
		Warnings:     run.Warnings,
		ProbeRun:     run.ID,
		Diagnoses:    []advisor.Diagnosis{},
		Suggestions:  []advisor.Suggestion{},
		Created:      run.Created,
	}
	run.Kind, run.StopAfter, run.Advice, run.Warnings = advisor.Probe, r.Probe.Epochs, a.ID, []string{}
	err = s.Store.CreateAdvice(ctx, a, run, fingerprint, key)
	// An equal request, or one with the key, was taken at the same time: answer as it was answered.
	if errors.Is(err, advisor.ErrSubmitted) || errors.Is(err, advisor.ErrUnfinishedEqual) {
		return s.SubmitAdvice(ctx, architecture, r, key)
	}
	return a, err
}

// SubmitRun validates the architecture and queues a run of its own, or takes up an unfinished one as SubmitAdvice does.
func (s Service) SubmitRun(ctx context.Context, architecture []byte, r RunRequest,
	key advisor.IdempotencyKey) (advisor.Run, error) {
	if r, found, err := submitted(ctx, s.Store, advisor.JobRun, key, s.Store.Run); found || err != nil {
		return r, err
	}
	run, err := s.prepare(ctx, architecture, orDefault(r.Dataset, advisor.DefaultDataset), r.Budget, r.Seed)
	if err != nil {
		return advisor.Run{}, err
	}
	switch run.Kind = orDefault(r.Kind, advisor.Full); {
	case run.Kind == advisor.Probe:
		run.StopAfter = orDefault(r.StopAfter, advisor.DefaultProbeEpochs)
		if err := checkProbe("/stop_after", run.StopAfter, run.Budget.Epochs); err != nil {
			return advisor.Run{}, err
		}
	case run.Kind != advisor.Full:
		return advisor.Run{}, badRequest("/kind", "kind %q: a run is a probe or full", r.Kind)
	case r.StopAfter != 0 && r.StopAfter != run.StopAfter:
		return advisor.Run{}, badRequest("/stop_after", "a full run of %d epochs cannot stop after %d: ask for a probe",
			run.StopAfter, r.StopAfter)
	}
	return s.queue(ctx, run, key)
}

// SubmitTraining queues the full run that trains the advice's revised architecture. The error wraps
// advisor.ErrUnfinished where the advice has not succeeded yet.
func (s Service) SubmitTraining(ctx context.Context, advice string, key advisor.IdempotencyKey) (advisor.Run, error) {
	if r, found, err := submitted(ctx, s.Store, advisor.JobRun, key, s.Store.Run); found || err != nil {
		return r, err
	}
	a, err := s.Store.Advice(ctx, advice)
	switch {
	case err != nil:
		return advisor.Run{}, err
	case !a.State.Finished():
		return advisor.Run{}, fmt.Errorf("advice %s is %s: %w", advice, a.State, advisor.ErrUnfinished)
	case a.Revised == nil:
		return advisor.Run{}, badRequest("/from_advice", "advice %s has no revised architecture (%s)", advice,
			orDefault(a.RevisedReason, "it "+string(a.State)))
	}
	probe, err := s.Store.Run(ctx, a.ProbeRun)
	if err != nil {
		return advisor.Run{}, err
	}
	return s.queue(ctx, s.training(a, probe), key)
}

// training is the full run of the revised architecture.
func (s Service) training(a advisor.Advice, probe advisor.Run) advisor.Run {
	return advisor.Run{
		ID:             newID(),
		Kind:           advisor.Full,
		State:          advisor.Queued,
		Architecture:   a.Revised.Architecture,
		ArchitectureID: a.Revised.Architecture.ID(),
		Dataset:        probe.Dataset,
		DatasetID:      probe.DatasetID,
		Budget:         probe.Budget,
		StopAfter:      probe.Budget.Epochs,
		Seed:           probe.Seed,
		FromAdvice:     a.ID,
		Predicted:      a.Revised.Prediction,
		Warnings:       []string{},
		Version:        s.Version,
		Created:        now(),
	}
}

// queue stores a run, unless an equal one is unfinished.
func (s Service) queue(ctx context.Context, run advisor.Run, key advisor.IdempotencyKey) (advisor.Run, error) {
	fingerprint := s.fingerprint(run)
	if r, found, err := s.Store.FindUnfinishedRun(ctx, fingerprint); err != nil {
		return advisor.Run{}, err
	} else if found {
		return r, remember(ctx, s.Store, advisor.Submission{IdempotencyKey: key, Kind: advisor.JobRun, ID: r.ID})
	}
	err := s.Store.CreateRun(ctx, run, fingerprint, key)
	switch { // a request at the same time
	case errors.Is(err, advisor.ErrSubmitted):
		run, _, err := submitted(ctx, s.Store, advisor.JobRun, key, s.Store.Run)
		return run, err
	case errors.Is(err, advisor.ErrUnfinishedEqual):
		return s.queue(ctx, run, key)
	}
	return run, err
}

// fingerprint tells runs apart: by the program, the architecture, the content of the data set and how they are trained.
func (s Service) fingerprint(run advisor.Run) string {
	return fmt.Sprintf("%s %s %s %s %+v %d %d %s", run.Kind, s.Version, fingerprint(run.Architecture),
		run.DatasetID, run.Budget, run.StopAfter, run.Seed, run.FromAdvice)
}

// fingerprint tells architectures apart, names included: diagnoses and edits speak of layers by their names.
func fingerprint(a trainer.Architecture) string {
	return fmt.Sprintf("%x", sha256.Sum256(a.Canonical()))
}

// submitted reads what an idempotency key stands for. ErrKeyReused says that it was used for another request.
func submitted[T any](ctx context.Context, store Submissions, kind advisor.JobKind, key advisor.IdempotencyKey,
	read func(context.Context, string) (T, error)) (record T, found bool, err error) {
	if key.Key == "" {
		return record, false, nil
	}
	earlier, found, err := store.FindSubmission(ctx, key.Key)
	if err != nil || !found {
		return record, false, err
	}
	if earlier.Kind != kind || earlier.Digest != key.Digest {
		return record, false, advisor.ErrKeyReused
	}
	record, err = read(ctx, earlier.ID)
	return record, true, err
}

func remember(ctx context.Context, store Submissions, sub advisor.Submission) error {
	if sub.Key == "" {
		return nil
	}
	err := store.Remember(ctx, sub)
	if errors.Is(err, advisor.ErrSubmitted) { // by a request at the same time
		_, _, err = submitted(ctx, store, sub.Kind, sub.IdempotencyKey,
			func(_ context.Context, id string) (string, error) { return id, nil })
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
func (s Service) Validate(ctx context.Context, architecture []byte, dataset string) (advisor.Run, error) {
	return s.prepare(ctx, architecture, orDefault(dataset, advisor.DefaultDataset), trainer.Budget{}, 0)
}

// prepare reads an architecture for the data set and makes its queued full run.
func (s Service) prepare(ctx context.Context, architecture []byte, dataset string, b trainer.Budget,
	seed uint64) (advisor.Run, error) {
	data, err := s.Datasets.Load(ctx, dataset)
	if err != nil {
		return advisor.Run{}, fmt.Errorf("load data set %s: %w", dataset, err)
	}
	parsed, err := trainer.Parse(architecture, trainer.ParseOptions{
		Limits:  s.Limits,
		Dataset: dataset,
		Input:   [3]int{data.Height, data.Width, data.Channels},
		Classes: len(data.Classes),
	})
	if err != nil {
		return advisor.Run{}, err
	}
	return s.fullRun(data, dataset, parsed.Architecture, warnings(parsed), b, seed)
}

// fullRun makes the queued full run of an architecture that was read for the data set.
func (s Service) fullRun(data *trainer.Dataset, dataset string, a trainer.Architecture, warnings []string,
	b trainer.Budget, seed uint64) (advisor.Run, error) {
	b.Images = orDefault(b.Images, min(advisor.DefaultImages, data.Train.Len()))
	if b.Images < advisor.MinImages || b.Images > data.Train.Len() {
		return advisor.Run{}, badRequest("/images", "%d images: data set %s has %d training images, and a run needs %d",
			b.Images, dataset, data.Train.Len(), advisor.MinImages)
	}
	a.Training.Epochs = orDefault(b.Epochs, a.Training.Epochs)
	a.Training.Seed = orDefault(seed, a.Training.Seed)
	b.Epochs = a.Training.Epochs
	if _, err := trainer.Validate(a, s.Limits); err != nil {
		return advisor.Run{}, err // the epochs or seed of the request are out of range
	}
	return advisor.Run{
		ID:             newID(),
		Kind:           advisor.Full,
		State:          advisor.Queued,
		Architecture:   a,
		ArchitectureID: a.ID(),
		Dataset:        dataset,
		DatasetID:      data.ID,
		Budget:         b,
		StopAfter:      b.Epochs,
		Seed:           a.Training.Seed,
		Warnings:       warnings,
		Version:        s.Version,
		Created:        now(),
	}, nil
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
