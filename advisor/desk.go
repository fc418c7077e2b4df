package advisor

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	CreateAdvice(ctx context.Context, a Advice, probe Run, fingerprint string, once Once) error
	CreateRun(ctx context.Context, r Run, fingerprint string, once Once) error
	FindUnfinishedAdvice(ctx context.Context, fingerprint string) (Advice, bool, error)
	FindUnfinishedRun(ctx context.Context, fingerprint string) (Run, bool, error)
	// Remember keeps what a request with an idempotency key was answered with, where nothing was created for it.
	Remember(ctx context.Context, s Submission) error
	FindSubmission(ctx context.Context, key string) (Submission, bool, error)
	ListRuns(ctx context.Context, f RunFilter) ([]Run, error)
}

// Ledger is written while a job is worked on. Every write needs the job's lease.
type Ledger interface {
	Advice(ctx context.Context, id string) (Advice, error)
	Run(ctx context.Context, id string) (Run, error)
	Records(ctx context.Context, run string) ([]trainer.EpochRecord, error)
	Heartbeat(ctx context.Context, l Lease, until time.Time) error
	Release(ctx context.Context, l Lease) error
	// Abandon gives a job back as if its worker had ended: that counts, and a job that has lost too many fails, with the reason.
	Abandon(ctx context.Context, l Lease, reason string) error
	Cancelled(ctx context.Context, l Lease) error
	AddChildRun(ctx context.Context, l Lease, r Run) error
	StartRun(ctx context.Context, l Lease, run string) error
	AppendRecord(ctx context.Context, l Lease, run string, r trainer.EpochRecord) error
	AppendEvent(ctx context.Context, l Lease, e Event) error
	FinishRun(ctx context.Context, l Lease, run string, s State, o *trainer.Outcome, reason string) error
	FinishAdvice(ctx context.Context, l Lease, a Advice, next ...Run) error
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

// LeaseTime is how long a job belongs to a worker that does not say that it is alive.
const LeaseTime = 30 * time.Second

// Work does the job that the lease is for, to its end. When the context ends first, or the store is busy or full, or the device is lost, the job
// goes back to the queue. The watcher may be nil.
func (d Desk) Work(parent context.Context, l Lease, watch Watcher) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	watch = d.logging(ctx, l, watch, cancel)
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
	cause := context.Cause(ctx)
	switch {
	case err == nil:
		return nil
	case parent.Err() != nil && !errors.Is(cause, ErrLeaseLost) && !errors.Is(cause, ErrCancelRequested):
		return d.release(l, cause)
	case cause != nil:
		return d.giveUp(l, cause)
	case transient(err):
		return d.release(l, err)
	case lostDevice(err) != nil:
		return d.abandon(l, lostDevice(err))
	}
	return err
}

// transient errors say nothing of the job: the same work may succeed later.
func transient(err error) bool { return errors.Is(err, ErrBusy) || errors.Is(err, ErrStorageFull) }

// lostDevice is the loss of its device among what an error has; nil: none.
func lostDevice(err error) (lost *trainer.DeviceLostError) {
	errors.As(err, &lost)
	return lost
}

// unfinished errors leave a job for another worker, or another time.
func unfinished(err error) bool { return transient(err) || lostDevice(err) != nil }

// logging keeps what happens in the store's log before it tells the watcher, and cancels the work where that fails.
func (d Desk) logging(ctx context.Context, l Lease, watch Watcher, cancel context.CancelCauseFunc) Watcher {
	return func(e Event) {
		if kept, ok := e.logged(); ok {
			if err := d.Store.AppendEvent(ctx, l, kept); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		}
		if watch != nil {
			watch(e)
		}
	}
}

// beat keeps the lease alive and cancels the work when the lease is lost or the job was cancelled.
func (d Desk) beat(ctx context.Context, l Lease, cancel context.CancelCauseFunc, done <-chan struct{}) {
	ticker := time.NewTicker(LeaseTime / 30) // and how soon a request to cancel is heard
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

// lastWrite bounds the write that ends interrupted work, which the context no longer does.
const lastWrite = 5 * time.Second

// release gives a job back to the queue.
func (d Desk) release(l Lease, cause error) error {
	ctx, stop := context.WithTimeout(context.Background(), lastWrite)
	defer stop()
	return errors.Join(cause, d.Store.Release(ctx, l))
}

// abandon gives a job back whose device is lost. Its own kernels may be what broke it, so this counts as a lost worker does: else it would go
// from worker to worker for ever. A device that was lost before the job had it says nothing of the job.
func (d Desk) abandon(l Lease, lost *trainer.DeviceLostError) error {
	if lost.Unused {
		return d.release(l, lost)
	}
	ctx, stop := context.WithTimeout(context.Background(), lastWrite)
	defer stop()
	return errors.Join(lost, d.Store.Abandon(ctx, l, lost.Error()))
}

// giveUp ends work that the store interrupted: cancelled, back to the queue where the store cannot write now, and failed
// where it never will: that would be so the next time as well.
func (d Desk) giveUp(l Lease, cause error) error {
	ctx, stop := context.WithTimeout(context.Background(), lastWrite)
	defer stop()
	switch {
	case errors.Is(cause, ErrLeaseLost):
		return cause
	case errors.Is(cause, ErrCancelRequested):
		return errors.Join(cause, d.Store.Cancelled(ctx, l))
	case transient(cause):
		return d.release(l, cause)
	case l.Kind == JobRun:
		return errors.Join(cause, d.Store.FinishRun(ctx, l, l.ID, Failed, nil, cause.Error()))
	}
	a, err := d.Store.Advice(ctx, l.ID)
	if err != nil {
		return errors.Join(cause, err)
	}
	finished := now()
	a.State, a.Error, a.Finished = Failed, cause.Error(), &finished
	return errors.Join(cause, d.Store.FinishAdvice(ctx, l, a))
}
