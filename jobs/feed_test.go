package jobs

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"probewise/advisor"
	"probewise/trainer"
)

// diary is a log in memory.
type diary struct {
	mu     sync.Mutex
	events []advisor.Event
	read   int    // how often events were read
	looked func() // hears of each look at the last event; may be nil
}

func (d *diary) Events(_ context.Context, _ advisor.JobKind, id string, after int64,
	limit int) ([]advisor.Event, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read++
	if id != "job" {
		return nil, advisor.ErrNotFound
	}
	rest := d.events[min(int(after), len(d.events)):]
	if limit > 0 {
		rest = rest[:min(limit, len(rest))]
	}
	return slices.Clone(rest), nil
}

func (d *diary) LastEvent(_ context.Context, _ advisor.JobKind, id string) (e advisor.Event, err error) {
	defer func() {
		if d.looked != nil {
			d.looked()
		}
	}()
	d.mu.Lock()
	defer d.mu.Unlock()
	if id != "job" {
		return e, advisor.ErrNotFound
	}
	if n := len(d.events); n > 0 {
		e = d.events[n-1]
	}
	return e, nil
}

func (d *diary) add(types ...advisor.EventType) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, kind := range types {
		d.events = append(d.events, advisor.Event{ID: int64(len(d.events) + 1), Type: kind})
	}
}

// TestFollow gets each event once, in order, over more than one batch, those that come meanwhile, and then ends.
func TestFollow(t *testing.T) {
	d := &diary{}
	for range batch + 50 {
		d.add(advisor.EventEpoch)
	}
	f := &Feed{Log: d}
	var got []int64
	progress := 0
	err := f.Follow(t.Context(), advisor.JobRun, "job", 20, func(e *advisor.Event) error {
		switch {
		case e == nil:
			return nil
		case e.Type == advisor.EventProgress:
			progress = e.Progress.Batch
			d.add(advisor.EventState, advisor.EventDone)
			f.Publish(advisor.JobRun, "job", advisor.Event{Type: advisor.EventState})
			return nil
		}
		got = append(got, e.ID)
		if e.ID == batch+50 { // everything that was there has been sent
			f.Publish(advisor.JobRun, "another job",
				advisor.Event{Type: advisor.EventProgress, Progress: &trainer.Progress{Batch: 1}})
			f.Publish(advisor.JobRun, "job", advisor.Event{Type: advisor.EventProgress, Progress: &trainer.Progress{Batch: 7}})
		}
		return nil
	})
	if err != nil || progress != 7 {
		t.Errorf("error %v, progress %d", err, progress)
	}
	if len(got) != batch+50-20+2 || got[0] != 21 || !slices.IsSorted(got) || got[len(got)-1] != batch+52 {
		t.Errorf("got %d events: %v", len(got), got)
	}
	if len(f.followers) > 0 {
		t.Error("a follower that has left is still kept")
	}
}

func TestFollowEnds(t *testing.T) {
	d := &diary{}
	d.add(advisor.EventState)
	f, gone := &Feed{Log: d}, errors.New("the client is gone")
	if err := f.Follow(t.Context(), advisor.JobRun, "job", 0,
		func(*advisor.Event) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("a send that fails: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	if err := f.Follow(ctx, advisor.JobRun, "job", 0,
		func(*advisor.Event) error { stop(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a service that stops: %v", err)
	}
	if err := f.Follow(t.Context(), advisor.JobRun, "none", 0, nil); !errors.Is(err, advisor.ErrNotFound) {
		t.Errorf("no such job: %v", err)
	}
}

// TestWait is over at once for what is done, and at the end of the time for what is not.
func TestWait(t *testing.T) {
	d := &diary{}
	d.add(advisor.EventState)
	f := &Feed{Log: d}
	if err := f.Wait(t.Context(), advisor.JobRun, "job", time.Millisecond); err != nil {
		t.Errorf("not done: %v", err)
	}
	if done, err := f.Done(t.Context(), advisor.JobRun, "job", 1); err != nil || done {
		t.Errorf("done %t, %v", done, err)
	}
	d.add(advisor.EventDone)
	before := d.read
	if err := f.Wait(t.Context(), advisor.JobRun, "job", time.Hour); err != nil {
		t.Errorf("done: %v", err)
	}
	for after, want := range map[int64]bool{0: false, 1: false, 2: true} {
		if done, err := f.Done(t.Context(), advisor.JobRun, "job", after); err != nil || done != want {
			t.Errorf("done after event %d: %t, %v", after, done, err)
		}
	}
	if d.read != before {
		t.Error("the whole log was read to see how it ends")
	}
	if err := f.Wait(t.Context(), advisor.JobRun, "none", time.Hour); !errors.Is(err, advisor.ErrNotFound) {
		t.Errorf("no such job: %v", err)
	}
}

// TestFollowBeyondTheLog: an id that no event of the job has yet stands for the log's end.
func TestFollowBeyondTheLog(t *testing.T) {
	d := &diary{}
	d.add(advisor.EventState, advisor.EventEpoch)
	f := &Feed{Log: d}
	if done, err := f.Done(t.Context(), advisor.JobRun, "job", 1000); err != nil || done {
		t.Errorf("done %t, %v", done, err)
	}
	var got []int64
	d.looked = func() { // once the end is known
		d.add(advisor.EventDone)
	}
	err := f.Follow(t.Context(), advisor.JobRun, "job", 1000, func(e *advisor.Event) error {
		got = append(got, e.ID)
		return nil
	})
	if err != nil || !slices.Equal(got, []int64{3}) {
		t.Errorf("got %v, %v; want the end of the job", got, err)
	}
}

// TestTooManyFollow: who is one too many is told to come again.
func TestTooManyFollow(t *testing.T) {
	d := &diary{}
	d.add(advisor.EventState)
	f := &Feed{Log: d, count: MaxFollowers - 1}
	none := func(*advisor.Event) error { return errors.New("the client is gone") }
	if err := f.Follow(t.Context(), advisor.JobRun, "job", 0, none); err == nil || errors.Is(err, advisor.ErrBusy) {
		t.Errorf("the last that fits: %v", err)
	}
	leave, err := f.join(job{advisor.JobRun, "job"}, &follower{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Follow(t.Context(), advisor.JobRun, "job", 0, none); !errors.Is(err, advisor.ErrBusy) {
		t.Errorf("one too many: %v", err)
	}
	if _, err := f.Done(t.Context(), advisor.JobRun, "job", 0); !errors.Is(err, advisor.ErrBusy) {
		t.Errorf("before the stream of one too many: %v", err)
	}
	leave()
	if f.count != MaxFollowers-1 || len(f.followers) > 0 {
		t.Errorf("%d followers", f.count)
	}
}
