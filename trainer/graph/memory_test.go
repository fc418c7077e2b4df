package graph

import (
	"errors"
	"math/rand/v2"
	"testing"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// counting counts what a session really allocates.
type counting struct {
	trainer.Backend
	values int
}

func (c *counting) Alloc(n int) (trainer.Buffer, error) {
	c.values += n
	return c.Backend.Alloc(n)
}

func specOf(a trainer.Architecture) trainer.Spec {
	return trainer.Spec{Architecture: a, Data: stripes(220, 90), Budget: trainer.Budget{Images: 200, Epochs: 2}, Seed: 3}
}

// TestPredictedBuffersAreAllocated: nothing is allocated on the backend that was not predicted, for every kind of
// layer, also while the session trains and measures.
func TestPredictedBuffersAreAllocated(t *testing.T) {
	sampled(t, 40, func(name string, a trainer.Architecture, _ *rand.Rand) {
		predicted, err := PeakMemory(specOf(a))
		if err != nil {
			t.Fatal(err)
		}
		c := &counting{}
		open := func(int) (_ trainer.Backend, err error) {
			c.Backend, err = kernel.New(1)
			return c, err
		}
		s, err := Trainer{Open: open}.Start(t.Context(), specOf(a))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.TrainTo(t.Context(), 1, &notebook{}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if got := int64(4 * c.values); got != predicted.Buffers {
			t.Errorf("%s: %d bytes allocated, %d predicted", name, got, predicted.Buffers)
		}
	})
}

// TestMemoryByHand counts the memory of a net that is small enough: images of 144 values, 200 images of which 20 are
// for validation.
func TestMemoryByHand(t *testing.T) {
	a := parse(t, `{"type":"flatten"},{"type":"dense","units":3,"activation":"softmax"}`,
		`"batch_size":10,"optimizer":"sgd"`)
	m, err := PeakMemory(specOf(a))
	if err != nil {
		t.Fatal(err)
	}
	const weights, bias = 144 * 3, 3
	host := (2*10+20)*145 + weights + bias
	if m.Host != int64(4*host) || m.Data != (220+90)*144 || m.Process != processBytes {
		t.Errorf("got %+v, want %d bytes on the host and %d of data", m, 4*host, (220+90)*144)
	}
	if m.Total() != m.Process+m.Data+m.Buffers+m.Host+m.Scratch {
		t.Errorf("%d is not the sum of %+v", m.Total(), m)
	}
	momentum := parse(t, `{"type":"flatten"},{"type":"dense","units":3,"activation":"softmax"}`,
		`"batch_size":10,"optimizer":{"type":"sgd","momentum":0.9}`)
	adam := parse(t, `{"type":"flatten"},{"type":"dense","units":3,"activation":"softmax"}`,
		`"batch_size":10,"optimizer":"adam"`)
	for states, a := range []trainer.Architecture{a, momentum, adam} {
		more, err := PeakMemory(specOf(a))
		if err != nil || more.Buffers-m.Buffers != int64(4*states*(weights+aligned(bias))) {
			t.Errorf("%s: %d bytes more than sgd, want %d states (%v)", a.Training.Optimizer.Type,
				more.Buffers-m.Buffers, states, err)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	a := parse(t, nets["residual"], "")
	memory, err := PeakMemory(specOf(a))
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	open := func(int) (trainer.Backend, error) { opened++; return kernel.New(1) }
	start := func(l *MemoryLimit) (trainer.Session, error) {
		return Trainer{Open: open, Memory: l}.Start(t.Context(), specOf(a))
	}
	refused := func(l *MemoryLimit, needed int64) {
		t.Helper()
		before := opened
		_, err := start(l)
		var limit *trainer.MemoryError
		if !errors.As(err, &limit) || limit.Needed != needed || limit.Limit != l.Bytes || opened != before {
			t.Errorf("limit of %d bytes: %v, want %d needed and no backend opened", l.Bytes, err, needed)
		}
	}
	refused(&MemoryLimit{Bytes: memory.Total() - 1}, memory.Total())
	refused(&MemoryLimit{Bytes: memory.Total(), Sessions: 2}, memory.Total()+memory.Own())

	shared := &MemoryLimit{Bytes: memory.Total() + memory.Own()}
	var sessions []trainer.Session
	for range 2 {
		s, err := start(shared)
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	refused(shared, memory.Total()+2*memory.Own()) // beside two that are open
	for _, s := range sessions {
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		s, err := start(shared)
		if err != nil {
			t.Fatalf("after the others were closed: %v", err)
		}
		defer s.Close()
	}
	if shared.open != 2*memory.Own() {
		t.Errorf("%d bytes are reserved for two sessions of %d", shared.open, memory.Own())
	}
}

// TestFailedStartsReserveNothing: the memory of a run whose backend does not open is free again.
func TestFailedStartsReserveNothing(t *testing.T) {
	l := &MemoryLimit{Bytes: 1 << 40}
	tr := Trainer{Open: func(int) (trainer.Backend, error) { return nil, errFull }, Memory: l}
	if _, err := tr.Start(t.Context(), specOf(parse(t, nets["plain"], ""))); !errors.Is(err, errFull) || l.open != 0 {
		t.Errorf("error %v, %d bytes reserved", err, l.open)
	}
}
