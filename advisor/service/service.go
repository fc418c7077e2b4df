package service

import (
	"context"
	"errors"
	"time"

	"probewise/advisor"
	"probewise/advisor/ratetest"
	"probewise/advisor/search"
	"probewise/trainer"
)

// Datasets reads data sets.
type Datasets interface {
	Load(ctx context.Context, name string) (*trainer.Dataset, error)
}

// Trainer starts training sessions, and sweeps the learning rate of a throw-away copy.
type Trainer interface {
	ratetest.Trainer
	Start(ctx context.Context, s trainer.Spec) (trainer.Session, error)
}

// Predictor takes snapshots of past runs.
type Predictor interface {
	// Snapshot returns the past runs of a key as they are now, so that all predictions of one answer rest on the same.
	Snapshot(ctx context.Context, k advisor.Key) (advisor.Forecaster, error)
}

// Rules examines a case.
type Rules interface {
	Examine(c advisor.Case) ([]advisor.Diagnosis, []advisor.Proposal)
}

// Judge foretells what changes are worth. It is *gain.Judge.
type Judge = search.Judge

// Service takes requests and works on them: the use cases that server, worker and command line share.
type Service struct {
	Store     Store
	Datasets  Datasets
	Trainer   Trainer
	Predictor Predictor
	Rules     Rules
	Judge     Judge
	Limits    trainer.Limits
	Version   string // of the program, kept with each run
	// SideBySide is how many trainings of a search stand side by side, each on its share of the processor's cores; 0: one
	// for each core. On a GPU it is 1.
	SideBySide int
}

// Work does the job that the lease is for, to its end. When the context ends first, or the store is busy or full, or
// the device is lost, the job goes back to the queue. The watcher may be nil.
func (s Service) Work(parent context.Context, l advisor.Lease, watch advisor.Watcher) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	watch = logging(ctx, s.Store, l, watch, cancel)
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		beat(ctx, s.Store, l, cancel, done)
	}()
	var err error
	if l.Kind == advisor.JobAdvice {
		err = s.advise(ctx, l, watch)
	} else {
		err = s.train(ctx, l, watch)
	}
	close(done)
	<-stopped
	cause := context.Cause(ctx)
	switch {
	case err == nil:
		return nil
	case parent.Err() != nil && !errors.Is(cause, advisor.ErrLeaseLost) && !errors.Is(cause, advisor.ErrCancelRequested):
		return release(s.Store, l, cause)
	case cause != nil:
		return s.giveUp(l, cause)
	case transient(err):
		return release(s.Store, l, err)
	case lostDevice(err) != nil:
		return abandon(s.Store, l, lostDevice(err))
	}
	return err
}

// transient errors say nothing of the job: the same work may succeed later.
func transient(err error) bool {
	return errors.Is(err, advisor.ErrBusy) || errors.Is(err, advisor.ErrStorageFull)
}

// lostDevice is the loss of its device among what an error has; nil: none.
func lostDevice(err error) (lost *trainer.DeviceLostError) {
	errors.As(err, &lost)
	return lost
}

// unfinished errors leave a job for another worker, or another time.
func unfinished(err error) bool { return transient(err) || lostDevice(err) != nil }

// logging keeps what happens in the store's log before it tells the watcher, and cancels the work where that fails.
func logging(ctx context.Context, store RunWriter, l advisor.Lease, watch advisor.Watcher,
	cancel context.CancelCauseFunc) advisor.Watcher {
	return func(e advisor.Event) {
		if kept, ok := e.Logged(); ok {
			if err := store.AppendEvent(ctx, l, kept); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		}
		if watch != nil {
			watch(e)
		}
	}
}

// beat keeps the lease alive and cancels the work when the lease is lost or the job was cancelled.
func beat(ctx context.Context, store Leases, l advisor.Lease, cancel context.CancelCauseFunc, done <-chan struct{}) {
	ticker := time.NewTicker(advisor.LeaseTime / 30) // and how soon a request to cancel is heard
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
			err := store.Heartbeat(ctx, l, now().Add(advisor.LeaseTime))
			if errors.Is(err, advisor.ErrLeaseLost) || errors.Is(err, advisor.ErrCancelRequested) {
				cancel(err)
			}
		}
	}
}

// lastWrite bounds the write that ends interrupted work, which the context no longer does.
const lastWrite = 5 * time.Second

// release gives a job back to the queue.
func release(store Leases, l advisor.Lease, cause error) error {
	ctx, stop := context.WithTimeout(context.Background(), lastWrite)
	defer stop()
	return errors.Join(cause, store.Release(ctx, l))
}

// abandon gives a job back whose device is lost. Its own kernels may be what broke it, so this counts as a lost worker
// does: else it would go from worker to worker for ever. A device that was lost before the job had it says nothing of
// the job.
func abandon(store Leases, l advisor.Lease, lost *trainer.DeviceLostError) error {
	if lost.Unused {
		return release(store, l, lost)
	}
	ctx, stop := context.WithTimeout(context.Background(), lastWrite)
	defer stop()
	return errors.Join(lost, store.Abandon(ctx, l, lost.Error()))
}

// giveUp ends work that the store interrupted: cancelled, back to the queue where the store cannot write now, and
// failed where it never will: that would be so the next time as well.
func (s Service) giveUp(l advisor.Lease, cause error) error {
	ctx, stop := context.WithTimeout(context.Background(), lastWrite)
	defer stop()
	switch {
	case errors.Is(cause, advisor.ErrLeaseLost):
		return cause
	case errors.Is(cause, advisor.ErrCancelRequested):
		return errors.Join(cause, s.Store.Cancelled(ctx, l))
	case transient(cause):
		return release(s.Store, l, cause)
	case l.Kind == advisor.JobRun:
		return errors.Join(cause, s.Store.FinishRun(ctx, l, l.ID, advisor.Failed, nil, cause.Error()))
	}
	a, err := s.Store.Advice(ctx, l.ID)
	if err != nil {
		return errors.Join(cause, err)
	}
	finished := now()
	a.State, a.Error, a.Finished = advisor.Failed, cause.Error(), &finished
	return errors.Join(cause, s.Store.FinishAdvice(ctx, l, a))
}
