package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"probewise/advisor"
	"probewise/advisor/process"
	"probewise/trainer"
)

// Poll is how often an idle worker looks for work, and a follower for what other processes logged.
const Poll = time.Second

// Queue is where jobs wait.
type Queue interface {
	Claim(ctx context.Context, w advisor.Worker, until time.Time) (advisor.Lease, bool, error)
	// ClaimJob claims one job. *advisor.TransitionError: it is not queued; advisor.ErrFinished: it has ended.
	ClaimJob(ctx context.Context, kind advisor.JobKind, id string, w advisor.Worker,
		until time.Time) (advisor.Lease, error)
	// Recover puts jobs back whose lease has expired or whose worker is gone, and counts them.
	Recover(ctx context.Context, now time.Time, gone func(advisor.Worker) bool) (int, error)
}

// Runner does jobs: service.Service.
type Runner interface {
	Work(ctx context.Context, l advisor.Lease, watch advisor.Watcher) error
}

// Worker works on queued jobs, one at a time, and also on those whose worker is gone or whose lease has expired.
type Worker struct {
	Queue  Queue
	Runner Runner
	Drain  bool                               // end when the queue is empty, or cannot be read
	Watch  func(advisor.Lease, advisor.Event) // hears of the work; may be nil
	Ended  func(advisor.Lease, error)         // hears of each job's end; may be nil
	Log    *slog.Logger                       // hears of a queue that cannot be read; may be nil

	wake    chan struct{}
	pause   func(time.Duration) <-chan time.Time // time.After
	mu      sync.Mutex
	trouble error
}

// NewWorker returns a worker that has not started.
func NewWorker(q Queue, r Runner) *Worker {
	return &Worker{Queue: q, Runner: r, wake: make(chan struct{}, 1), pause: time.After}
}

// Wake makes an idle worker look for work at once.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default: // it is already told
	}
}

// Trouble returns why the worker could not get at the queue when it last tried; nil: it could.
func (w *Worker) Trouble() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trouble
}

// The pauses before a queue that could not be read is looked at again: doubling from the first to the longest.
const (
	firstPause = time.Second
	maxPause   = 30 * time.Second
)

// Run works until ctx ends, which gives the job in hand back to the queue. The error is nil then, and where the worker
// has drained the queue. A job that fails does not end it, nor does a queue that cannot be read, which is tried again
// after a while; a draining worker returns that error. A device that is lost ends every worker with a
// *trainer.DeviceLostError, since it would spoil each further job: a new process has to go on.
func (w *Worker) Run(ctx context.Context) error {
	backOff := firstPause
	for ctx.Err() == nil {
		worked, err := w.next(ctx)
		if ctx.Err() != nil {
			continue
		}
		w.mu.Lock()
		w.trouble = err
		w.mu.Unlock()
		wait := Poll
		var lost *trainer.DeviceLostError
		switch {
		case errors.As(err, &lost):
			return lost
		case err != nil && w.Drain:
			return err
		case err != nil:
			wait = backOff
			backOff = min(2*backOff, maxPause)
			if w.Log != nil {
				w.Log.Error("the worker cannot get at the queue", "error", err.Error(), "again in", wait.String())
			}
		case worked:
			backOff = firstPause
			continue
		case w.Drain:
			return nil
		default:
			backOff = firstPause
		}
		if !w.rest(ctx, wait, err == nil) {
			break
		}
	}
	return nil
}

// rest waits so long, or until somebody wakes the worker; false: ctx has ended.
func (w *Worker) rest(ctx context.Context, wait time.Duration, light bool) bool {
	wake := w.wake
	if !light {
		wake = nil // requests that come meanwhile must not hurry it
	}
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-w.pause(wait):
	}
	return true
}

// next does the oldest job, if there is one. The error is the queue's, or that of a job which is in the queue again
// since the store was busy or full or the device is lost.
func (w *Worker) next(ctx context.Context) (bool, error) {
	if _, err := w.Queue.Recover(ctx, time.Now(), process.Gone); err != nil {
		return false, fmt.Errorf("take back abandoned jobs: %w", err)
	}
	lease, found, err := w.Queue.Claim(ctx, process.This(), time.Now().Add(advisor.LeaseTime))
	if err != nil || !found {
		return false, err
	}
	if err := w.do(ctx, lease); backInQueue(err) {
		return true, err
	}
	return true, nil
}

// do does a claimed job and tells of it.
func (w *Worker) do(ctx context.Context, lease advisor.Lease) error {
	watch := func(e advisor.Event) {
		if w.Watch != nil {
			w.Watch(lease, e)
		}
	}
	watch(advisor.Event{Type: advisor.EventState, State: advisor.Running})
	err := w.Runner.Work(ctx, lease, watch)
	if w.Ended != nil {
		w.Ended(lease, err)
	}
	return err
}

// backInQueue says that the job waits for another try: the store was busy or full, or the device is lost.
func backInQueue(err error) bool {
	var lost *trainer.DeviceLostError
	return errors.Is(err, advisor.ErrBusy) || errors.Is(err, advisor.ErrStorageFull) || errors.As(err, &lost)
}

// Do claims one job and does it. Where another process is at work on it, Do waits until that one is done or gone. A job
// that has ended already is no error; that a job failed is one.
func (w *Worker) Do(ctx context.Context, kind advisor.JobKind, id string) error {
	for {
		lease, err := w.Queue.ClaimJob(ctx, kind, id, process.This(), time.Now().Add(advisor.LeaseTime))
		var state *advisor.TransitionError
		switch {
		case err == nil:
			return w.do(ctx, lease)
		case errors.Is(err, advisor.ErrFinished), errors.As(err, &state) && state.From.Finished():
			return nil
		case state == nil || state.From != advisor.Running:
			return fmt.Errorf("claim %s %s: %w", kind, id, err)
		}
		if !w.rest(ctx, Poll, true) {
			return ctx.Err()
		}
		if _, err := w.Queue.Recover(ctx, time.Now(), process.Gone); err != nil {
			return fmt.Errorf("take back abandoned jobs: %w", err)
		}
	}
}
