//go:build gpu

package cuda

import (
	"fmt"
	"math"
	"slices"
	"time"
	"unsafe"

	"gorgonia.org/cu"

	"probewise/trainer"
)

// program is a list of calls, ready to launch. A plan runs the same list at every step: nothing is allocated in a step
// but what the driver takes.
type program []prepared

// prepared is one call: what it was made of, and its launches.
type prepared struct {
	op       trainer.Op
	name     string
	in, out  []trainer.Buffer
	launches []launch
	loss     bool // it may report wrong labels
}

// launch is a kernel with its arguments in 8-byte slots, as the driver's binding reads them.
type launch struct {
	kernel  cu.Function
	grid    [3]int
	block   int
	slots   []uint64
	pointer []unsafe.Pointer // to the slots
	changes []change
}

// change is a slot that the step fills.
type change struct {
	slot int
	argument
}

// Run implements trainer.Backend. The calls are queued; see Download.
func (g *GPU) Run(calls []trainer.Call, at trainer.Step) error {
	if len(calls) == 0 {
		return nil
	}
	return g.do(func() error {
		p, err := g.program(calls)
		if err != nil {
			return err
		}
		for i := range *p {
			if err := g.launch(&(*p)[i], at); err != nil {
				return err
			}
		}
		return nil
	})
}

// program returns what was prepared for this list of calls, after checking that it is still the same.
func (g *GPU) program(calls []trainer.Call) (*program, error) {
	p := g.programs[&calls[0]]
	if p == nil || len(*p) != len(calls) {
		fresh := make(program, len(calls))
		p = &fresh
	}
	for i := range calls {
		c, ready := &calls[i], &(*p)[i]
		if ready.op != nil && ready.op == c.Op && slices.Equal(ready.in, c.In) && slices.Equal(ready.out, c.Out) {
			continue
		}
		fresh, err := g.prepareCall(c)
		if err != nil {
			return nil, err
		}
		(*p)[i] = fresh
	}
	const most = 256 // lists; those of a test come and go
	if len(g.programs) >= most {
		clear(g.programs)
	}
	g.programs[&calls[0]] = p
	return p, nil
}

// prepareCall checks a call and binds its buffers. The error names the op.
func (g *GPU) prepareCall(c *trainer.Call) (prepared, error) {
	var lengths []int
	for _, b := range c.Out {
		if m, err := g.mine(b, 0); err == nil {
			lengths = append(lengths, m.len)
		}
	}
	in, out, err := sizes(c.Op, lengths)
	if err != nil {
		return prepared{}, err
	}
	if len(c.In) != len(in) || len(c.Out) != len(out) {
		return prepared{}, fmt.Errorf("cuda: %s: takes %d buffers in and %d out, got %d and %d", trainer.OpTitle(c.Op),
			len(in), len(out), len(c.In), len(c.Out))
	}
	bound := bound{g: g}
	for i, n := range in {
		if err := bound.add(&bound.in, c.In[i], n); err != nil {
			return prepared{}, fmt.Errorf("cuda: %s: in %d is %w", trainer.OpTitle(c.Op), i, err)
		}
	}
	for i, b := range c.Out {
		if err := bound.add(&bound.out, b, out[i]); err != nil {
			return prepared{}, fmt.Errorf("cuda: %s: out %d is %w", trainer.OpTitle(c.Op), i, err)
		}
	}
	work, err := g.plan(c.Op, lengths)
	if err != nil {
		return prepared{}, err
	}
	if err := g.grow(work.Scratch); err != nil {
		return prepared{}, fmt.Errorf("cuda: %s: %w", trainer.OpTitle(c.Op), err)
	}
	p := prepared{op: c.Op, name: trainer.OpName(c.Op), in: slices.Clone(c.In), out: slices.Clone(c.Out)}
	for _, l := range work.Launches {
		ready, err := bound.launch(l)
		if err != nil {
			return prepared{}, fmt.Errorf("cuda: %s: kernel %s: %w", trainer.OpTitle(c.Op), l.Kernel, err)
		}
		p.launches = append(p.launches, ready)
	}
	switch c.Op.(type) {
	case trainer.CrossEntropyOp, trainer.CorrectOp:
		p.loss = true
	}
	return p, nil
}

// bound are a call's buffers on the device.
type bound struct {
	g       *GPU
	in, out []cu.DevicePtr
}

func (b *bound) add(to *[]cu.DevicePtr, buffer trainer.Buffer, n int) error {
	m, err := b.g.mine(buffer, n)
	if err == nil {
		*to = append(*to, m.at)
	}
	return err
}

func (b *bound) launch(l Launch) (launch, error) {
	f, err := b.g.function(l.Kernel)
	ready := launch{
		kernel:  f,
		grid:    l.Grid,
		block:   l.Block,
		slots:   make([]uint64, len(l.args)),
		pointer: make([]unsafe.Pointer, len(l.args)),
	}
	for i, a := range l.args {
		slot := &ready.slots[i]
		ready.pointer[i] = unsafe.Pointer(slot)
		switch a.kind {
		case number:
			*slot = a.bits
		case input:
			*slot = uint64(b.in[a.at]) + uint64(a.offset)
		case output:
			*slot = uint64(b.out[a.at]) + uint64(a.offset)
		case wrong:
			*slot = uint64(b.g.wrong)
		case nothing:
		default: // the scratch memory may move when another call is prepared
			ready.changes = append(ready.changes, change{i, a})
		}
	}
	return ready, err
}

// function looks a kernel up once.
func (g *GPU) function(name string) (cu.Function, error) {
	f, ok := g.kernels[name]
	if !ok {
		var err error
		if f, err = g.module.Function(name); err != nil {
			return f, err
		}
		g.kernels[name] = f
	}
	return f, nil
}

// grow makes the scratch memory at least so large. Calls use it one after the other.
func (g *GPU) grow(bytes int64) error {
	if bytes <= g.capacity {
		return nil
	}
	if g.scratch != 0 {
		if err := g.wait(); err != nil {
			return err
		}
		if err := cu.MemFree(g.scratch); err != nil {
			return fmt.Errorf("free %d bytes: %w", g.capacity, err)
		}
		g.scratch, g.capacity = 0, 0
	}
	at, err := allocate(bytes)
	if err != nil {
		return err
	}
	g.scratch, g.capacity = at, bytes
	return nil
}

// launch queues a call's kernels.
func (g *GPU) launch(p *prepared, at trainer.Step) error {
	if _, counts := p.op.(trainer.AdamOp); counts && at.Index == 0 {
		return fmt.Errorf("cuda: %s: updates are counted from 1, got step 0", trainer.OpTitle(p.op))
	}
	for i := range p.launches {
		l := &p.launches[i]
		for _, c := range l.changes {
			switch c.kind {
			case scratch:
				l.slots[c.slot] = uint64(g.scratch) + uint64(c.offset)
			case rate:
				l.slots[c.slot] = uint64(math.Float32bits(at.LearningRate))
			case index:
				l.slots[c.slot] = at.Index
			case key:
				l.slots[c.slot] = at.Key
			case correction:
				l.slots[c.slot] = uint64(math.Float32bits(float32(1 - math.Pow(float64(c.beta), float64(at.Index)))))
			}
		}
		if err := l.kernel.Launch(l.grid[0], l.grid[1], l.grid[2], l.block, 1, 1, 0, g.stream, l.pointer); err != nil {
			return fmt.Errorf("cuda: %s%s: %w", trainer.OpTitle(p.op), g.since(), err)
		}
	}
	g.last = p.name
	if g.first == "" {
		g.first = g.last
	}
	if p.loss {
		g.checking = p.name
	}
	if g.careful {
		if err := g.stream.Synchronize(); err != nil {
			return fmt.Errorf("cuda: %s: %w", trainer.OpTitle(p.op), err)
		}
	}
	return nil
}

// Profile runs the calls and measures each on the device, between two events.
func (g *GPU) Profile(calls []trainer.Call, at trainer.Step) ([]time.Duration, error) {
	took := make([]time.Duration, len(calls))
	if len(calls) == 0 {
		return took, nil
	}
	return took, g.do(func() error {
		p, err := g.program(calls)
		if err != nil {
			return err
		}
		events := make([]cu.Event, len(calls)+1)
		for i := range events {
			if events[i], err = cu.MakeEvent(cu.DefaultEvent); err != nil {
				return fmt.Errorf("cuda: event: %w", err)
			}
			defer func() { _ = cu.DestroyEvent(&events[i]) }() // the time has been read
		}
		for i := range events {
			if err := events[i].Record(g.stream); err != nil {
				return fmt.Errorf("cuda: event: %w", err)
			}
			if i < len(calls) {
				if err := g.launch(&(*p)[i], at); err != nil {
					return err
				}
			}
		}
		if err := g.wait(); err != nil {
			return err
		}
		for i := range took {
			ms, err := events[i].Elapsed(events[i+1])
			if err != nil {
				return fmt.Errorf("cuda: event: %w", err)
			}
			took[i] = time.Duration(ms * float64(time.Millisecond))
		}
		return nil
	})
}
