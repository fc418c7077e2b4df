package graph

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

// Memory is what the process of a run takes at its peak, in bytes.
type Memory struct {
	Process int64 // the program itself
	Data    int64 // the data set
	// exact: all that the plans allocate, shared as they share it: weights, gradients, optimizer state, values of both
	// plans
	Buffers int64
	// batches on the host, the initial weights while they are drawn, the weights of the best epoch if they are kept
	Host    int64
	Scratch int64 // of the kernels, estimated
}

// Own is what the run takes beside others of the same process and data set.
func (m Memory) Own() int64 { return m.Buffers + m.Host + m.Scratch }

// Total is the sum.
func (m Memory) Total() int64 { return m.Process + m.Data + m.Own() }

// MemoryLimit bounds the memory of a process that trains. Its sessions share it.
type MemoryLimit struct {
	Bytes int64 // 0: no limit
	// Elsewhere says that the backend has memory of its own for buffers and scratch, which the limit does not bound.
	Elsewhere bool
	// Sessions is how many alike sessions are reckoned with, whichever are open: what is refused must not depend on
	// which of those that run side by side began first. 0: those that are open count.
	Sessions int

	mutex sync.Mutex
	open  int64 // bytes of the open sessions
}

// reserve refuses a run that does not fit with a *trainer.MemoryError; else the returned function, which may be called
// more than once, gives back what it takes.
func (l *MemoryLimit) reserve(spec trainer.Spec) (release func(), err error) {
	if l == nil || l.Bytes == 0 {
		return func() {}, nil
	}
	memory, err := PeakMemory(spec)
	if err != nil {
		return nil, err
	}
	if l.Elsewhere {
		memory.Buffers, memory.Scratch = 0, 0
		// that it may keep the images
		memory.Host += float32Bytes * int64(uploadedAtOnce(spec.Data)*(dataset.PackedSize(spec.Data)+1))
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	others := l.open
	if l.Sessions > 0 {
		others = int64(l.Sessions-1) * memory.Own()
	}
	if needed := memory.Total() + others; needed > l.Bytes {
		return nil, &trainer.MemoryError{Architecture: spec.Architecture.Name, Needed: needed, Limit: l.Bytes}
	}
	l.open += memory.Own()
	return sync.OnceFunc(func() {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		l.open -= memory.Own()
	}), nil
}

// processBytes is what the program takes without a run: bench/memory.sh measures it.
const processBytes = 40 << 20

// PeakMemory predicts what a run will take. It makes the graphs and plans of the run, but allocates nothing of what
// they compute on. bench/memory.sh compares it with what runs take.
func PeakMemory(spec trainer.Spec) (Memory, error) {
	s, counted, err := rehearsed(spec, false)
	if err != nil {
		return Memory{}, err
	}
	host := 2*s.input.hostValues() + s.measure.input.hostValues()
	if len(s.norms.running) > 0 {
		host += s.input.hostValues()
	}
	for _, p := range s.params {
		host += p.Len()
	}
	if spec.KeepBest {
		host += bestValues(s.evaluated())
	}
	values := 0
	for _, n := range counted.sizes {
		values += n
	}
	calls := slices.Concat(s.forward.calls, s.update.calls, s.measure.evaluation.calls)
	return Memory{
		Process: processBytes,
		Data:    int64(len(spec.Data.Train.Pixels) + len(spec.Data.Test.Pixels)),
		Buffers: float32Bytes * int64(values),
		Host:    float32Bytes * int64(host),
		Scratch: float32Bytes * int64(scratch(calls)),
	}, nil
}

// rehearsed prepares the run on a ledger; with keep as on a backend that holds the images.
func rehearsed(spec trainer.Spec, keep bool) (*session, *ledger, error) {
	training, validation, err := dataset.Partition(spec.Data, spec.Budget.Images)
	if err != nil {
		return nil, nil, err
	}
	counted := &ledger{}
	s := newSession(spec, counted, training)
	s.keep = keep
	if err := s.prepare(validation); err != nil {
		return nil, nil, fmt.Errorf("plan %s: %w", spec.Architecture.Name, err)
	}
	return s, counted, nil
}

// roomy is a backend with memory of its own. Fits refuses, with a *trainer.MemoryError, buffers of so many values each
// with what the calls need beside them.
type roomy interface {
	Fits(buffers []int, calls []trainer.Call) error
}

// fits asks a backend with memory of its own whether the run has room there, before anything is allocated: with the
// images, or else without them.
func fits(b trainer.Backend, spec trainer.Spec) (keep bool, err error) {
	device, ok := b.(roomy)
	if !ok {
		return false, nil
	}
	attempt := func(keep bool) error {
		s, counted, err := rehearsed(spec, keep)
		if err != nil {
			return err
		}
		return device.Fits(counted.sizes, s.allCalls())
	}
	if spec.Data.Train.Len() <= maxKept && spec.Data.Test.Len() <= maxKept && attempt(true) == nil {
		return true, nil
	}
	err = attempt(false)
	var memory *trainer.MemoryError
	if errors.As(err, &memory) {
		memory.Architecture = spec.Architecture.Name
	}
	return false, err
}

// Calls are the operations of a run, as a backend with memory of its own is given them: of a training step with full
// batches, and of everything else (evaluation, statistics, batch norm measured anew). Their buffers have lengths and no
// values.
func Calls(spec trainer.Spec) (step, rest []trainer.Call, err error) {
	s, _, err := rehearsed(spec, true)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range s.stepPlans() {
		step = append(step, p.calls...)
	}
	for _, p := range s.otherPlans() {
		rest = append(rest, p.calls...)
	}
	return step, rest, nil
}

// allCalls are those of all batches that a run has: of few rows a call may need more memory than of many.
func (s *session) allCalls() (calls []trainer.Call) {
	add := func(plans []*plan, images ...int) {
		for _, p := range plans {
			calls = append(calls, p.calls...)
			for _, n := range images {
				if last := n % p.rows; last > 0 {
					calls = append(calls, p.at(last)...)
				}
			}
		}
	}
	m := s.measure
	add(s.stepPlans(), len(s.training))
	add(s.otherPlans(), len(m.validation), len(m.tested), m.test.images.Len())
	return calls
}

func (s *session) stepPlans() []*plan {
	return append(s.input.plans(s.train), s.forward, s.update)
}

func (s *session) otherPlans() []*plan {
	m, look := s.measure, s.measure.statistics
	return slices.Concat(m.input.plans(m.train, m.test), s.norms.plans(), []*plan{m.evaluation, look.weights,
		look.gradient, look.activations, look.keepWeights, look.keepGradients, look.compareWeights,
		look.compareGradients})
}

const float32Bytes = 4

// scratch estimates the values that the kernels keep beside the buffers: packed and padded copies of operands, of each
// kind that of the largest call. Where no fast kernel runs it is an upper bound.
func scratch(calls []trainer.Call) int {
	const tile = 16 // rows are filled up to about this many
	whole := func(n int) int { return (n + tile - 1) / tile * tile }
	var pixels, grads, sums, filters, panels, padded int
	transformed := func(w trainer.Window, planes int) bool { // as kernel/winograd.go has it
		return w.KH == 3 && w.KW == 3 && w.SH == 1 && w.SW == 1 && min(w.C, planes) >= tile
	}
	slide := func(w trainer.Window, planes int) { // a window that slides over w.C planes and gives others
		filters = max(filters, whole(planes)*w.C*w.KH*w.KW)
		if transformed(w, planes) {
			filters = max(filters, whole(planes)*w.C*(9+16))
		}
	}
	for _, c := range calls {
		switch o := c.Op.(type) {
		case trainer.ConvOp:
			slide(o.Window, o.F)
		case trainer.ConvBiasOp:
			slide(o.Window, o.F)
		case trainer.ConvDataGrad:
			w := o.Window
			w.C, w.OH, w.OW = o.F, w.H, w.W
			slide(w, o.C)
		case trainer.ConvFilterGrad:
			if transformed(o.Window, o.F) {
				tiles := min(o.N*((o.OH+1)/2)*((o.OW+1)/2), max((o.OH+1)/2*((o.OW+1)/2), 1<<17/(whole(o.C)+whole(o.F))))
				pixels, grads = max(pixels, 16*tiles*whole(o.C)), max(grads, 16*tiles*whole(o.F))
				sums = max(sums, 16*whole(o.F)*whole(o.C))
				continue
			}
			pixels = max(pixels, o.N*((o.OH-1)*o.SH+o.KH)*((o.OW-1)*o.SW+o.KW)*o.C)
			grads = max(grads, whole(o.F)*o.N*o.OH*o.OW)
			sums = max(sums, tile*whole(o.F)*o.C*o.KW)
		case trainer.MatMul:
			panels = max(panels, whole(o.M)*o.K)
			if o.TransB {
				padded = max(padded, whole(o.K)*o.N)
			}
		}
	}
	return pixels + grads + sums + filters + panels + padded
}

// ledger is a backend that counts what is allocated on it and computes nothing.
type ledger struct{ sizes []int }

// entry is the ledger's trainer.Buffer.
type entry int

func (e entry) Len() int { return int(e) }

// Alloc implements trainer.Backend.
func (l *ledger) Alloc(n int) (trainer.Buffer, error) {
	l.sizes = append(l.sizes, n)
	return entry(n), nil
}

// Device implements trainer.Backend.
func (l *ledger) Device() string { return "none" }

// Slice implements trainer.Backend.
func (l *ledger) Slice(_ trainer.Buffer, _, n int) (trainer.Buffer, error) { return entry(n), nil }

// Upload implements trainer.Backend.
func (l *ledger) Upload(trainer.Buffer, []float32) error { return nil }

// Download implements trainer.Backend.
func (l *ledger) Download([]float32, trainer.Buffer) error { return nil }

// Run implements trainer.Backend.
func (l *ledger) Run([]trainer.Call, trainer.Step) error { return nil }

// Close implements trainer.Backend.
func (l *ledger) Close() error { return nil }
