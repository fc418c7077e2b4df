package api

import (
	"context"
	"errors"
	"sync"
	"time"
)

// computations are the figures about past runs that are being computed or were a moment ago. Each takes the whole
// machine, so that one of a kind is computed at a time: model cards take minutes; tables of relations take seconds and
// need not wait for those; expected statistics mostly take milliseconds.
type computations struct {
	cards, relations, expectations sync.Mutex // held while one of the kind is computed

	mu      sync.Mutex
	entries map[string]entry // by name
}

// entry is a computation of any type.
type entry interface {
	// age is how long ago it was done; false while it goes on.
	age() (time.Duration, bool)
}

// Computation is a result that may still be being computed.
type Computation[T any] struct {
	done   chan struct{}
	result T
	err    error
	ended  time.Time // once done is closed
}

// keptFor is how long a result is kept: a client that was told to come again finds it then, and past runs do not change
// much in so short a time. While something else is being computed, results are kept for longer: a page that waits for
// that shows them as well.
const (
	keptFor      = 15 * time.Second
	maxKept      = 30 * time.Minute
	retrySeconds = "2"
)

// ShortWait is how long every request waits: figures that were computed for the same past runs before take less.
const ShortWait = 100 * time.Millisecond

// Wait waits for the result, at most so long; false where it is not there yet.
func (c *Computation[T]) Wait(ctx context.Context, most time.Duration) (result T, ready bool, err error) {
	select {
	case <-c.done:
		return c.result, true, c.err
	default: // looked at first: the time may be up already
	}
	select {
	case <-c.done:
		return c.result, true, c.err
	case <-ctx.Done():
		return result, false, ctx.Err()
	case <-time.After(most):
		return result, false, nil
	}
}

func (c *Computation[T]) age() (time.Duration, bool) {
	select {
	case <-c.done:
		return time.Since(c.ended), true
	default:
		return 0, false
	}
}

// evict drops the results that have been kept long enough.
func (c *computations) evict() {
	limit := keptFor
	for _, e := range c.entries {
		if _, done := e.age(); !done {
			limit = maxKept
		}
	}
	for name, e := range c.entries {
		if age, _ := e.age(); age > limit {
			delete(c.entries, name)
		}
	}
}

// compute begins a computation, or joins the one of the same name. It runs once it holds the kind's lock.
func compute[T any](s *Server, kind *sync.Mutex, name string, run func(context.Context) (T, error)) *Computation[T] {
	all := &s.computations
	all.mu.Lock()
	defer all.mu.Unlock()
	all.evict()
	if c, ok := all.entries[name].(*Computation[T]); ok {
		return c
	}
	if all.entries == nil {
		all.entries = map[string]entry{}
	}
	c := &Computation[T]{done: make(chan struct{})}
	all.entries[name] = c
	go func() {
		defer close(c.done)
		defer func() { c.ended = time.Now() }()
		kind.Lock()
		defer kind.Unlock()
		defer s.survive("the " + name)
		c.err = errors.New("its computation panicked")
		c.result, c.err = run(s.ctx)
	}()
	return c
}

// computed is a result, or that it is being computed.
type computed[T any] struct {
	State  readiness `json:"state"`
	Result *T        `json:"result,omitempty" doc:"there once it is ready"`
}

type computedBody[T any] struct {
	RetryAfter string `header:"Retry-After"`
	Body       computed[T]
}

// readiness says whether a result is there.
type readiness string

const (
	ready     readiness = "ready"
	computing readiness = "computing"
)

// reply waits for a computation and answers with its result, once check accepts it.
func reply[T any](ctx context.Context, s *Server, in Waiting, begin func() *Computation[T], check func(T) error,
) (*computedBody[T], error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	result, done, err := begin().Wait(ctx, max(wait, ShortWait))
	if err != nil {
		return nil, s.Problem(err)
	}
	if !done {
		return &computedBody[T]{RetryAfter: retrySeconds, Body: computed[T]{State: computing}}, nil
	}
	if err := check(result); err != nil {
		return nil, s.Problem(err)
	}
	return &computedBody[T]{Body: computed[T]{State: ready, Result: &result}}, nil
}
