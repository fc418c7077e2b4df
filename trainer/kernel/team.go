package kernel

import (
	"sync"
	"sync/atomic"
)

// pass computes one task of the bound call. Tasks are independent of each other and of the worker that runs them.
type pass func(c *CPU, task, worker int)

// A team shares out the tasks of one pass after the other. The caller is worker 0; the others sleep between passes.
type team struct {
	threads int
	wake    []chan struct{} // by worker, from 1
	busy    sync.WaitGroup

	tasks int64
	run   pass
	next  atomic.Int64 // the first task that nobody has taken
}

// smallWork is the number of element operations below which waking others takes longer than it saves.
const smallWork = 1 << 15

func (t *team) start(threads int, c *CPU) {
	t.threads = threads
	for worker := 1; worker < threads; worker++ {
		wake := make(chan struct{}, 1)
		t.wake = append(t.wake, wake)
		go func() {
			for range wake {
				c.take(c, worker)
				c.busy.Done()
			}
		}()
	}
}

func (t *team) stop() {
	for _, wake := range t.wake {
		close(wake)
	}
}

// each runs all tasks of a pass, cost element operations in all, and returns when they are done.
func (c *CPU) each(tasks, cost int, run pass) {
	others := min(c.threads, tasks) - 1
	if others <= 0 || cost < smallWork {
		for task := range tasks {
			run(c, task, 0)
		}
		return
	}
	c.tasks, c.run = int64(tasks), run
	c.next.Store(0)
	c.busy.Add(others)
	for _, wake := range c.wake[:others] {
		wake <- struct{}{}
	}
	c.take(c, 0)
	c.busy.Wait()
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

// span is how many values an elementwise task works on.
const span = 1 << 13

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

// scratchOf gives a worker n values to use until its task ends; what they hold is undefined.
func (c *CPU) scratchOf(worker, n int) []float32 {
	c.scratch[worker] = grow(c.scratch[worker], n)
	return c.scratch[worker]
}
