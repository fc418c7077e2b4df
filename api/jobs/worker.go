package jobs

import (
	"context"
	"fmt"
	"time"

	"probewise/advisor"
)

// Poll is how often an idle worker looks for work, and a follower for what other processes logged.
const Poll = time.Second

// Queue is where jobs wait.
type Queue interface {
	Claim(ctx context.Context, w advisor.Worker, until time.Time) (advisor.Lease, bool, error)
	Recover(ctx context.Context, now time.Time, gone func(advisor.Worker) bool) (int, error)
}

// Desk does jobs.
type Desk interface {
	Work(ctx context.Context, l advisor.Lease, watch advisor.Watcher) error
}

// Worker works on queued jobs, one at a time, and also on those whose worker is gone or whose lease has expired.
type Worker struct {
	Queue Queue
	Desk  Desk
	Drain bool                               // end when the queue is empty
	Watch func(advisor.Lease, advisor.Event) // hears of the work; may be nil
	Ended func(advisor.Lease, error)         // hears of each job's end; may be nil
	wake  chan struct{}
}

// NewWorker returns a worker that has not started.
func NewWorker(q Queue, d Desk) *Worker {
	return &Worker{Queue: q, Desk: d, wake: make(chan struct{}, 1)}
}

// Wake makes an idle worker look for work at once.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default: // it is already told
	}
}

// Run works until ctx ends, which gives the job in hand back to the queue. The error is nil then, and where the worker
// has drained the queue; a job that fails does not end it, a queue that cannot be read does.
func (w *Worker) Run(ctx context.Context) error {
	for {
		worked, err := w.next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case worked:
			continue
		case w.Drain:
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.wake:
		case <-time.After(Poll):
		}
	}
}

// next does the oldest job, if there is one.
func (w *Worker) next(ctx context.Context) (bool, error) {
	if _, err := w.Queue.Recover(ctx, time.Now(), advisor.Worker.Gone); err != nil {
		return false, fmt.Errorf("take back abandoned jobs: %w", err)
	}
	lease, found, err := w.Queue.Claim(ctx, advisor.ThisWorker(), time.Now().Add(advisor.LeaseTime))
	if err != nil || !found {
		return false, err
	}
	watch := func(e advisor.Event) {
		if w.Watch != nil {
			w.Watch(lease, e)
		}
	}
	watch(advisor.Event{Type: advisor.EventState, State: advisor.Running})
	err = w.Desk.Work(ctx, lease, watch)
	if w.Ended != nil {
		w.Ended(lease, err)
	}
	return true, nil
}
