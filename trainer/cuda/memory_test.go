//go:build gpu && softcuda

package cuda_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"probewise/trainer"
	"probewise/trainer/cuda"
	"probewise/trainer/graph"
)

const memoryVariable = "PROBEWISE_SOFTCUDA_MEMORY"

// counted is a GPU that counts what is allocated on it.
type counted struct {
	*cuda.GPU
	allocations int
}

func (c *counted) Alloc(n int) (trainer.Buffer, error) {
	c.allocations++
	return c.GPU.Alloc(n)
}

// TestFits looks for the smallest device that a run is accepted on: there it trains to its end, and on smaller ones
// nothing of it is allocated.
func TestFits(t *testing.T) {
	const step, most = 4 << 20, 256 << 20
	spec := short(t, "B")
	start := func(size int64) (*counted, trainer.Session) {
		t.Setenv(memoryVariable, fmt.Sprint(size))
		c := &counted{}
		s, err := graph.Trainer{Open: func(int) (trainer.Backend, error) {
			g, err := cuda.Open(0)
			c.GPU = g
			return c, err
		}}.Start(t.Context(), spec)
		var memory *trainer.MemoryError
		if err != nil && (!errors.As(err, &memory) || c.allocations > 0) {
			t.Fatalf("on %d bytes, after %d allocations: %v", size, c.allocations, err)
		}
		return c, s
	}
	refused, accepted := int64(most/2), int64(most) // a context takes the half
	for accepted-refused > step {
		size := (accepted + refused) / 2
		if _, s := start(size); s == nil {
			refused = size
		} else {
			accepted = size
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	c, s := start(accepted)
	if _, err := s.TrainTo(t.Context(), 1, &diary{}); err != nil {
		t.Fatalf("on %d bytes: %v", accepted, err)
	}
	left, _, err := c.Free()
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	if left > 64<<20 { // what Fits spares for the driver, of which that has taken a part
		t.Errorf("%d bytes are left on the smallest device that it is accepted on", left)
	}
	t.Logf("fits allocations=%d device=%d MiB left=%d MiB", c.allocations, accepted>>20, left>>20)
}

// TestTwoAtOnce: both sessions are told that they fit, and one is first. The other's error says what the device was
// asked for and how its driver calls it, and the session goes on.
func TestTwoAtOnce(t *testing.T) {
	t.Setenv(memoryVariable, fmt.Sprint(384<<20)) // the context leaves 256 MiB
	const values = 40 << 20                       // 160 MiB
	first, second := open(t), open(t)
	defer first.Close()
	defer second.Close()
	if err := errors.Join(first.Fits([]int{values}, nil), second.Fits([]int{values}, nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Alloc(values); err != nil {
		t.Fatal(err)
	}
	_, err := second.Alloc(values)
	outOfMemory(t, err, second.Device(), fmt.Sprintf("allocate %d bytes", 4*values))
	if b, err := second.Alloc(10); err != nil || b.Len() != 10 {
		t.Errorf("after it: %v", err)
	}
}

// TestNoRoomForScratch: what a kernel needs beside its buffers is allocated when it is first met.
func TestNoRoomForScratch(t *testing.T) {
	t.Setenv(memoryVariable, fmt.Sprint(192<<20))
	g := open(t)
	defer g.Close()
	op := trainer.MatMul{M: 32, N: 32, K: 1 << 16}
	work, err := cuda.Plan(op, []int{op.M * op.N})
	if err != nil || work.Scratch == 0 {
		t.Fatalf("the plan needs no scratch: %+v, %v", work, err)
	}
	alloc := func(n int) trainer.Buffer {
		b, err := g.Alloc(n)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	call := trainer.Call{
		Op:  op,
		In:  []trainer.Buffer{alloc(op.M * op.K), alloc(op.K * op.N)},
		Out: []trainer.Buffer{alloc(op.M * op.N)},
	}
	for n := 16 << 20; n >= 128; n /= 2 { // until nothing is left
		for err = nil; err == nil; {
			_, err = g.Alloc(n)
		}
		outOfMemory(t, err, g.Device(), "allocate")
	}
	outOfMemory(t, g.Run([]trainer.Call{call}, trainer.Step{Index: 1}), g.Device(),
		fmt.Sprintf("}: allocate %d bytes", work.Scratch))
}

// outOfMemory checks that the error is one of the device's memory.
func outOfMemory(t *testing.T, err error, device, says string) {
	t.Helper()
	var memory *trainer.MemoryError
	if !errors.As(err, &memory) || memory.On != device || !strings.Contains(err.Error(), device) ||
		!strings.Contains(err.Error(), says) ||
		!strings.HasSuffix(err.Error(), "OutOfMemory") {
		t.Errorf("got %v, want %s of %s", err, says, device)
	}
}
