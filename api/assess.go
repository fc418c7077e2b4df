package api

import (
	"context"
	"errors"
	"sync"
	"time"
)

// assessments are the figures about past runs that are being computed: one at a time, since each takes the whole machine.
type assessments struct {
	turn    sync.Mutex // of who computes
	mu      sync.Mutex
	running map[string]any // *assessment by name
}

type assessment[T any] struct {
	done   chan struct{}
	result T
	err    error
}

// assess computes something, or joins who does so under the same name, and waits for a while; false where it goes on.
func assess[T any](ctx context.Context, s *Server, name string, wait time.Duration, compute func(context.Context) (T, error)) (result T, ready bool, err error) {
	a := begin(s, name, compute)
	select {
	case <-a.done:
		return a.result, true, a.err
	case <-ctx.Done():
		return result, false, ctx.Err()
	case <-time.After(max(wait, 100*time.Millisecond)): // what was computed before takes less
		return result, false, nil
	}
}

func begin[T any](s *Server, name string, compute func(context.Context) (T, error)) *assessment[T] {
	f := &s.forest
	f.mu.Lock()
	defer f.mu.Unlock()
	if a, ok := f.running[name].(*assessment[T]); ok {
		return a
	}
	if f.running == nil {
		f.running = map[string]any{}
	}
	a := &assessment[T]{done: make(chan struct{})}
	f.running[name] = a
	go func() {
		defer close(a.done)
		defer func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			delete(f.running, name)
		}()
		f.turn.Lock()
		defer f.turn.Unlock()
		defer s.survive("the " + name)
		a.err = errors.New("its computation panicked")
		a.result, a.err = compute(s.ctx)
	}()
	return a
}
