package api

import (
	"context"
	"errors"
	"sync"
	"time"
)

// assessments are the figures about past runs that are being computed. Each takes the whole machine, so that one model card
// is at a time, which takes minutes, beside it one table of relations, which takes seconds and need not wait for it, and one list of expected
// statistics, which mostly takes milliseconds.
type assessments struct {
	cards, relations, expectations turn
	mu                             sync.Mutex
	known                          map[string]begun // by name: in hand, or done a moment ago
}

// turn is that of who computes.
type turn = sync.Mutex

// begun is an assessment of any kind.
type begun interface {
	over() (since time.Duration, done bool)
}

type assessment[T any] struct {
	done   chan struct{}
	result T
	err    error
	ended  time.Time // once done is closed
}

// remembered is how long figures stand after they were computed. Who was told to come again finds them then, also while
// others have the turn, and past runs do not change much in so short a time.
const (
	remembered        = 15 * time.Second
	longestRemembered = 30 * time.Minute // while something else is in hand
)

// soon is how long everyone waits: figures that were computed for the same past runs before take less.
const soon = 100 * time.Millisecond

// wait waits for the result; false where it is not there yet.
func (a *assessment[T]) wait(ctx context.Context, most time.Duration) (result T, ready bool, err error) {
	select {
	case <-a.done:
		return a.result, true, a.err
	default: // looked at first: the time may be up already
	}
	select {
	case <-a.done:
		return a.result, true, a.err
	case <-ctx.Done():
		return result, false, ctx.Err()
	case <-time.After(most):
		return result, false, nil
	}
}

func (a *assessment[T]) over() (since time.Duration, done bool) {
	select {
	case <-a.done:
		return time.Since(a.ended), true
	default:
		return 0, false
	}
}

// forget drops what was done a while ago, unless something is in hand: a page that waits for that shows the rest as well.
func (f *assessments) forget() {
	most := remembered
	for _, a := range f.known {
		if _, done := a.over(); !done {
			most = longestRemembered
		}
	}
	for name, a := range f.known {
		if since, _ := a.over(); since > most {
			delete(f.known, name)
		}
	}
}

// begin computes something, or joins who does so under the same name.
func begin[T any](s *Server, own *turn, name string, compute func(context.Context) (T, error)) *assessment[T] {
	f := &s.forest
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget()
	if a, ok := f.known[name].(*assessment[T]); ok {
		return a
	}
	if f.known == nil {
		f.known = map[string]begun{}
	}
	a := &assessment[T]{done: make(chan struct{})}
	f.known[name] = a
	go func() {
		defer close(a.done)
		defer func() { a.ended = time.Now() }()
		own.Lock()
		defer own.Unlock()
		defer s.survive("the " + name)
		a.err = errors.New("its computation panicked")
		a.result, a.err = compute(s.ctx)
	}()
	return a
}
