package kernel

import (
	"runtime"
	"sync/atomic"

	"probewise/trainer"
)

// pass computes one task of the bound call. Tasks are independent of each other and of the worker that runs them.
type pass func(c *CPU, task, worker int)

// A team shares out the tasks of one pass after the other. The caller is worker 0. Passes follow each other within
// microseconds, and waking a sleeper takes tens of them: the others look for the next pass for a while before they
// sleep.
type team struct {
	threads int
	wake    []chan struct{} // by worker, from 1
	asleep  []atomic.Bool   // by worker
	round   atomic.Uint64   // of the pass that is running; its last bit says that the team ends
	left    atomic.Int64    // workers that have not finished it

	tasks int64
	run   pass
	next  atomic.Int64 // the first task that nobody has taken
}

// smallWork is the number of element operations below which sharing them takes longer than it saves.
const smallWork = 1 << 14

// patience is how often a worker looks for the next pass before it sleeps: some 30 microseconds.
const patience = 1 << 14

func (t *team) start(threads int, c *CPU) {
	t.threads = threads
	t.asleep = make([]atomic.Bool, threads)
	t.wake = make([]chan struct{}, threads)
	for worker := 1; worker < threads; worker++ {
		t.wake[worker] = make(chan struct{}, 1)
		go t.work(c, worker)
	}
}

// work takes part in one pass after the other.
func (t *team) work(c *CPU, worker int) {
	for seen := uint64(0); ; {
		round := t.await(seen, worker)
		if round&1 != 0 {
			return
		}
		seen = round
		before := flushed()
		t.take(c, worker)
		unflushed(before)
		t.left.Add(-1)
	}
}

// await returns the round after the one seen, once it has begun.
func (t *team) await(seen uint64, worker int) uint64 {
	for {
		for range patience {
			if round := t.round.Load(); round != seen {
				return round
			}
		}
		t.asleep[worker].Store(true)
		if t.round.Load() == seen {
			<-t.wake[worker]
		}
		t.asleep[worker].Store(false)
	}
}

// begin starts a round and wakes the workers that sleep.
func (t *team) begin(step uint64) {
	t.round.Add(step)
	for worker := 1; worker < t.threads; worker++ {
		if t.asleep[worker].Load() {
			select {
			case t.wake[worker] <- struct{}{}:
			default: // it was told before and has not yet come
			}
		}
	}
}

func (t *team) stop() { t.begin(1) }

// each runs all tasks of a pass, cost element operations in all, and returns when they are done.
func (c *CPU) each(tasks, cost int, run pass) {
	if c.threads == 1 || tasks <= 1 || cost < smallWork {
		for task := range tasks {
			run(c, task, 0)
		}
		return
	}
	c.tasks, c.run = int64(tasks), run
	c.next.Store(0)
	c.left.Store(int64(c.threads - 1)) // each of them has to have seen the pass before the next one may begin
	c.begin(2)
	c.take(c, 0)
	for spins := 1; c.left.Load() > 0; spins++ {
		if spins%patience == 0 {
			runtime.Gosched()
		}
	}
}

// take runs tasks until none is left.
func (t *team) take(c *CPU, worker int) {
	for {
		task := t.next.Add(1) - 1
		if task >= t.tasks {
			return
		}
		t.run(c, int(task), worker)
	}
}

// span is how many values an elementwise task works on: as many as statistics count, or not, at a time.
const span = trainer.CountRun

// spans is the number of tasks for n values.
func spans(n int) int { return (n + span - 1) / span }

// cut gives the values of one task.
func cut(x []float32, task int) []float32 { return x[task*span : min((task+1)*span, len(x))] }

// grow returns x with at least n values, keeping its memory where that is enough.
func grow[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}

// spoil, in tests, fills scratch memory with what nobody must read.
var spoil func([]float32)

// scratchOf gives a worker n values to use until its task ends; what they hold is undefined.
func (c *CPU) scratchOf(worker, n int) []float32 {
	c.scratch[worker] = grow(c.scratch[worker], n)
	if spoil != nil {
		spoil(c.scratch[worker])
	}
	return c.scratch[worker]
}
