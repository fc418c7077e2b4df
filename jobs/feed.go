package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"probewise/advisor"
)

// Log is the store's log of events.
type Log interface {
	// Events returns what was logged of a job after an event, at most limit.
	Events(ctx context.Context, kind advisor.JobKind, id string, after int64, limit int) ([]advisor.Event, error)
	// LastEvent returns the latest event of a job, the zero value where it has none.
	LastEvent(ctx context.Context, kind advisor.JobKind, id string) (advisor.Event, error)
}

// job names a job.
type job struct {
	kind advisor.JobKind
	id   string
}

// Feed lets many readers follow jobs. The zero value with a Log is ready.
type Feed struct {
	Log Log

	mu        sync.Mutex
	followers map[job]map[*follower]struct{}
	count     int // of followers
}

// MaxFollowers is how many readers may follow jobs at once: each holds a connection and asks the store now and then.
const MaxFollowers = 1000

// follower waits for news of a job.
type follower struct {
	news     chan struct{}  // holds one token where there is something new
	progress *advisor.Event // the latest that was not sent; guarded by Feed.mu, as is told
	told     time.Time      // of progress
}

// Publish tells the followers of a job that something happened. Everything but progress has to be in the log.
func (f *Feed) Publish(kind advisor.JobKind, id string, e advisor.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.followers[job{kind, id}] {
		if e.Type == advisor.EventProgress {
			w.progress = &e
			if time.Since(w.told) < progressGap {
				continue
			}
			w.told = time.Now()
		}
		select {
		case w.news <- struct{}{}:
		default: // it is already told
		}
	}
}

// The pace of a stream.
const (
	batch        = 100                    // events read at once
	progressGap  = 200 * time.Millisecond // between two progress events
	heartbeatGap = 15 * time.Second       // between two signs of life on a silent stream
)

// Follow sends a job's events after the given one, as they come, until the job is done or send fails, whose error it
// returns. It sends nil when nothing has happened for a while, so that a reader that is gone is noticed. The first
// error may be advisor.ErrNotFound, or advisor.ErrBusy where too many follow already. An id beyond the log stands for
// its end.
func (f *Feed) Follow(ctx context.Context, kind advisor.JobKind, id string, after int64,
	send func(*advisor.Event) error) error {
	me := &follower{news: make(chan struct{}, 1)}
	leave, err := f.join(job{kind, id}, me)
	if err != nil {
		return err
	}
	defer leave()
	last, err := f.Log.LastEvent(ctx, kind, id)
	if err != nil {
		return err
	}
	after = min(after, last.ID)
	heartbeat, poll := time.NewTicker(heartbeatGap), time.NewTicker(Poll)
	defer heartbeat.Stop()
	defer poll.Stop()
	for {
		next, done, err := f.forward(ctx, kind, id, after, send)
		if err != nil || done {
			return err
		}
		after = next
		if p := f.take(me); p != nil {
			if err := send(p); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-me.news:
		case <-poll.C:
		case <-heartbeat.C:
			if err := send(nil); err != nil {
				return err
			}
		}
	}
}

// forward sends what is in the log after an event, and says where it got to and whether the job is done.
func (f *Feed) forward(ctx context.Context, kind advisor.JobKind, id string, after int64,
	send func(*advisor.Event) error) (last int64, done bool, err error) {
	for {
		events, err := f.Log.Events(ctx, kind, id, after, batch)
		if err != nil {
			return after, false, err
		}
		for i := range events {
			after = events[i].ID
			if err := send(&events[i]); err != nil {
				return after, false, err
			}
			if events[i].Type == advisor.EventDone {
				return after, true, nil
			}
		}
		if len(events) < batch {
			return after, false, nil
		}
	}
}

// Wait returns when the job is done, ctx ends or the time is over, whichever is first. The error is the log's.
func (f *Feed) Wait(ctx context.Context, kind advisor.JobKind, id string, most time.Duration) error {
	waiting, stop := context.WithTimeout(ctx, most)
	defer stop()
	last, err := f.Log.LastEvent(ctx, kind, id)
	if err != nil || last.Type == advisor.EventDone {
		return err
	}
	err = f.Follow(waiting, kind, id, last.ID, func(*advisor.Event) error { return nil })
	if waiting.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// join adds a follower and returns how it leaves.
func (f *Feed) join(j job, w *follower) (leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count >= MaxFollowers {
		return nil, errFull
	}
	f.count++
	if f.followers == nil {
		f.followers = map[job]map[*follower]struct{}{}
	}
	if f.followers[j] == nil {
		f.followers[j] = map[*follower]struct{}{}
	}
	f.followers[j][w] = struct{}{}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.count--
		delete(f.followers[j], w)
		if len(f.followers[j]) == 0 {
			delete(f.followers, j)
		}
	}, nil
}

var errFull = fmt.Errorf("%d readers follow jobs already: %w", MaxFollowers, advisor.ErrBusy)

// take returns the latest progress that was not taken yet, or nil.
func (f *Feed) take(w *follower) *advisor.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := w.progress
	w.progress = nil
	return p
}

// Done says whether a job has ended and has no event after the given one. The error is advisor.ErrBusy where one more
// reader could not follow it.
func (f *Feed) Done(ctx context.Context, kind advisor.JobKind, id string, after int64) (bool, error) {
	f.mu.Lock()
	full := f.count >= MaxFollowers
	f.mu.Unlock()
	last, err := f.Log.LastEvent(ctx, kind, id)
	done := last.Type == advisor.EventDone && after >= last.ID
	if err == nil && !done && full {
		err = errFull
	}
	return done, err
}
