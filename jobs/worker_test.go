package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/trainer"
)

// fakeQueue is a queue in memory, and the runner that does its jobs.
type fakeQueue struct {
	waiting []string
	fault   error   // of the queue
	claims  []error // what ClaimJob answers, one call after the other; then the job is given out
	work    func(ctx context.Context, id string) error
	done    []string
	asked   chan struct{} // hears of each look at the queue, where there is room
}

func (q *fakeQueue) Recover(context.Context, time.Time, func(advisor.Worker) bool) (int, error) {
	return 0, q.fault
}

func (q *fakeQueue) Claim(context.Context, advisor.Worker, time.Time) (advisor.Lease, bool, error) {
	select {
	case q.asked <- struct{}{}:
	default:
	}
	if len(q.waiting) == 0 {
		return advisor.Lease{}, false, nil
	}
	id := q.waiting[0]
	q.waiting = q.waiting[1:]
	return advisor.Lease{Kind: advisor.JobRun, ID: id}, true, nil
}

func (q *fakeQueue) ClaimJob(_ context.Context, kind advisor.JobKind, id string, _ advisor.Worker,
	_ time.Time) (advisor.Lease, error) {
	if len(q.claims) == 0 {
		return advisor.Lease{Kind: kind, ID: id}, nil
	}
	err := q.claims[0]
	q.claims = q.claims[1:]
	return advisor.Lease{}, err
}

func (q *fakeQueue) Work(ctx context.Context, lease advisor.Lease, watch advisor.Watcher) error {
	q.done = append(q.done, lease.ID)
	watch(advisor.Event{Type: advisor.EventDone})
	if q.work != nil {
		return q.work(ctx, lease.ID)
	}
	return nil
}

// TestDrain does what waits, in order, also after a job that fails, and ends.
func TestDrain(t *testing.T) {
	fault := errors.New("no memory")
	q := &fakeQueue{waiting: []string{"a", "b", "c"}, work: func(_ context.Context, id string) error {
		if id == "b" {
			return fault
		}
		return nil
	}}
	w := NewWorker(q, q)
	w.Drain = true
	var failed []string
	heard := 0
	w.Ended = func(l advisor.Lease, err error) {
		if errors.Is(err, fault) {
			failed = append(failed, l.ID)
		}
	}
	w.Watch = func(advisor.Lease, advisor.Event) { heard++ }
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(q.done, []string{"a", "b", "c"}) || !slices.Equal(failed, []string{"b"}) || heard != 6 {
		t.Errorf("did %q, failed %q, heard %d events", q.done, failed, heard)
	}
}

// TestBrokenQueue: a queue that cannot be read is tried again, after longer and longer, and is known meanwhile; a
// worker that drains it ends.
func TestBrokenQueue(t *testing.T) {
	fault := errors.New("disk full")
	q := &fakeQueue{fault: fault}
	drains := NewWorker(q, q)
	drains.Drain = true
	if err := drains.Run(t.Context()); !errors.Is(err, fault) {
		t.Errorf("a draining worker: %v", err)
	}

	w := NewWorker(q, q)
	ctx, stop := context.WithCancel(t.Context())
	var pauses []time.Duration
	w.pause = func(d time.Duration) <-chan time.Time {
		pauses = append(pauses, d)
		switch {
		case len(pauses) <= 7 && !errors.Is(w.Trouble(), fault):
			t.Errorf("pause %d: trouble %v", len(pauses), w.Trouble())
		case len(pauses) == 7: // it can be read again, once
			q.fault, q.waiting = nil, []string{"a"}
		case len(pauses) == 8:
			if w.Trouble() != nil || !slices.Equal(q.done, []string{"a"}) {
				t.Errorf("trouble %v, did %q", w.Trouble(), q.done)
			}
			q.fault = fault
		case len(pauses) == 9:
			stop()
			return nil
		}
		over := make(chan time.Time, 1)
		over <- time.Time{}
		return over
	}
	if err := w.Run(ctx); err != nil {
		t.Error(err)
	}
	second := time.Second
	if want := []time.Duration{second, 2 * second, 4 * second, 8 * second, 16 * second, 30 * second, 30 * second, Poll,
		second}; !slices.Equal(pauses, want) {
		t.Errorf("pauses %v, want %v", pauses, want)
	}
}

// TestBusyStore: a job that is in the queue again since the store is busy is not taken again at once.
func TestBusyStore(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	q := &fakeQueue{waiting: []string{"a", "a"}, work: func(context.Context, string) error { return advisor.ErrBusy }}
	w := NewWorker(q, q)
	w.pause = func(time.Duration) <-chan time.Time {
		if !errors.Is(w.Trouble(), advisor.ErrBusy) || len(q.done) != 1 {
			t.Errorf("trouble %v, did %q", w.Trouble(), q.done)
		}
		stop()
		return nil
	}
	if err := w.Run(ctx); err != nil {
		t.Error(err)
	}
}

// TestLostDevice: a worker whose device is lost takes no further job and says why, drain or not.
func TestLostDevice(t *testing.T) {
	for _, drain := range []bool{false, true} {
		gone := &trainer.DeviceLostError{Device: "gpu:0", Err: errors.New("IllegalAddress")}
		q := &fakeQueue{waiting: []string{"a", "b"},
			work: func(context.Context, string) error { return fmt.Errorf("run a: %w", gone) }}
		w := NewWorker(q, q)
		w.Drain = drain
		var heard error
		w.Ended = func(_ advisor.Lease, err error) { heard = err }
		if err := w.Run(t.Context()); !errors.Is(err, gone) || !errors.Is(heard, gone) ||
			!slices.Equal(q.done, []string{"a"}) {
			t.Errorf("drain %t: %v, heard %v, did %q", drain, err, heard, q.done)
		}
	}
}

// TestStopInTheMiddle: the end of the context ends the work in hand and the worker, which is no failure.
func TestStopInTheMiddle(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	q := &fakeQueue{waiting: []string{"a", "b"}, work: func(ctx context.Context, _ string) error {
		stop()
		<-ctx.Done()
		return ctx.Err()
	}}
	if err := NewWorker(q, q).Run(ctx); err != nil || !slices.Equal(q.done, []string{"a"}) {
		t.Errorf("got %v, did %q", err, q.done)
	}
}

// TestWake: an idle worker looks again when it is told to, well before it would by itself.
func TestWake(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	q := &fakeQueue{asked: make(chan struct{})}
	w := NewWorker(q, q)
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	for range 5 {
		w.Wake()
		<-q.asked
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestDo does one job, waits while another process has it, and takes one that has ended for done.
func TestDo(t *testing.T) {
	elsewhere := &advisor.TransitionError{From: advisor.Running, To: advisor.Running}
	ended := &advisor.TransitionError{From: advisor.Succeeded, To: advisor.Running}
	fault := errors.New("no disk")
	for name, c := range map[string]struct {
		claims []error
		work   error
		want   error
		done   int
	}{
		"queued":          {done: 1},
		"its work fails":  {work: fault, want: fault, done: 1},
		"at work, gone":   {claims: []error{elsewhere, elsewhere}, done: 1},
		"at work, ends":   {claims: []error{elsewhere, ended}},
		"finished":        {claims: []error{fmt.Errorf("claim: %w", advisor.ErrFinished)}},
		"cannot be taken": {claims: []error{fault}, want: fault},
	} {
		q := &fakeQueue{claims: c.claims, work: func(context.Context, string) error { return c.work }}
		w := NewWorker(q, q)
		w.pause = func(time.Duration) <-chan time.Time { // no time passes
			now := make(chan time.Time, 1)
			now <- time.Time{}
			return now
		}
		if err := w.Do(t.Context(), advisor.JobRun, "a"); !errors.Is(err, c.want) || len(q.done) != c.done {
			t.Errorf("%s: error %v, want %v; done %d times, want %d", name, err, c.want, len(q.done), c.done)
		}
	}
}

// TestDoEndsWithItsContext: a job that is another process's is not waited for any longer.
func TestDoEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	q := &fakeQueue{claims: []error{&advisor.TransitionError{From: advisor.Running, To: advisor.Running}}}
	w := NewWorker(q, q)
	w.pause = func(time.Duration) <-chan time.Time { stop(); return nil }
	if err := w.Do(ctx, advisor.JobRun, "a"); !errors.Is(err, context.Canceled) || len(q.done) != 0 {
		t.Errorf("error %v, done %q", err, q.done)
	}
}
