package kernel

import (
	"errors"
	"fmt"
	"runtime"

	"probewise/trainer"
)

// CPU implements trainer.Backend on the processor's cores. Apart from its buffers it keeps scratch memory, which grows
// to what the largest operation needs and is then used again: a step in steady state allocates nothing.
type CPU struct {
	team
	variant variant
	engine  *engine // nil: the portable variant
	closed  bool

	// The call that is running; passes read it.
	op      trainer.Op
	in, out [][]float32
	at      trainer.Step

	panels       panelWork
	winograd     winogradWork
	winogradGrad winogradGrad
	conv         convWork
	singles      map[trainer.ConvBiasOp][3]trainer.Op // what a joined op is made of
	filter       filterWork
	partial      []float32 // filter gradients of the portable variant, by task
	product      productWork
	lines        []line // batch norm, by channel
	dropout      dropoutConstants
	adamK        adamConstants
	counts       []counts     // statistics, by task
	mean         float64      // of them all
	fine         []fineCounts // by worker
	distances    [][3]float64 // by task
	sums         []float64    // the same, of clipping
	scale        float32      // of clipping
	scratch      [][]float32  // by worker
	tiles        []tile       // by worker
}

// memory is the CPU's trainer.Buffer.
type memory []float32

func (m memory) Len() int { return len(m) }

// New starts a backend with so many threads; 0 means as many as Go uses (GOMAXPROCS). Close stops them. The error says
// that PROBEWISE_KERNEL names a variant that does not exist or that this processor cannot run.
func New(threads int) (*CPU, error) {
	v, err := chosenVariant()
	if err != nil {
		return nil, err
	}
	return newCPU(threads, v)
}

func newCPU(threads int, v variant) (*CPU, error) {
	if threads < 0 {
		return nil, fmt.Errorf("kernel: %d threads", threads)
	}
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	c := &CPU{variant: v, engine: engineOf(v), scratch: make([][]float32, threads), tiles: make([]tile, threads)}
	c.start(threads, c)
	return c, nil
}

// Device implements trainer.Backend: "cpu: avx512, 2 threads".
func (c *CPU) Device() string {
	if c.threads == 1 {
		return fmt.Sprintf("cpu: %s, 1 thread", c.variant)
	}
	return fmt.Sprintf("cpu: %s, %d threads", c.variant, c.threads)
}

// Alloc implements trainer.Backend.
func (c *CPU) Alloc(n int) (trainer.Buffer, error) {
	if n < 0 {
		return nil, fmt.Errorf("kernel: allocate %d values", n)
	}
	return make(memory, n), nil
}

// Slice implements trainer.Backend.
func (c *CPU) Slice(b trainer.Buffer, from, n int) (trainer.Buffer, error) {
	m, ok := b.(memory)
	if !ok || n < 0 || from < 0 || from > len(m)-n || from%trainer.SliceStep != 0 {
		return nil, fmt.Errorf("kernel: slice of %d values from %d on of %s", n, from, describeBuffer(b))
	}
	return m[from : from+n : from+n], nil
}

// Upload implements trainer.Backend; src goes to the front of dst.
func (c *CPU) Upload(dst trainer.Buffer, src []float32) error {
	m, ok := dst.(memory)
	if !ok || len(m) < len(src) {
		return fmt.Errorf("kernel: upload of %d values to %s", len(src), describeBuffer(dst))
	}
	copy(m, src)
	return nil
}

// Download implements trainer.Backend; dst is filled from the front of src.
func (c *CPU) Download(dst []float32, src trainer.Buffer) error {
	m, ok := src.(memory)
	if !ok || len(m) < len(dst) {
		return fmt.Errorf("kernel: download of %d values from %s", len(dst), describeBuffer(src))
	}
	copy(dst, m)
	return nil
}

// Run implements trainer.Backend.
func (c *CPU) Run(calls []trainer.Call, at trainer.Step) error {
	if c.closed {
		return errors.New("kernel: the backend is closed")
	}
	c.at = at
	before := flushed()
	defer unflushed(before)
	for i := range calls {
		if err := c.bind(&calls[i]); err != nil {
			return err
		}
		if err := c.compute(); err != nil {
			return err
		}
	}
	return nil
}

// Close implements trainer.Backend. Buffers are Go memory and go when nobody holds them.
func (c *CPU) Close() error {
	if !c.closed {
		c.closed = true
		c.stop()
	}
	return nil
}

// bind makes call the one that is running, with its buffers cut to what the op uses.
func (c *CPU) bind(call *trainer.Call) error {
	c.op, c.in, c.out = call.Op, c.in[:0], c.out[:0]
	for i, b := range call.In {
		m, ok := b.(memory)
		if !ok {
			return fmt.Errorf("kernel: %s: in %d is %s", trainer.OpTitle(call.Op), i, describeBuffer(b))
		}
		c.in = append(c.in, m)
	}
	for i, b := range call.Out {
		m, ok := b.(memory)
		if !ok {
			return fmt.Errorf("kernel: %s: out %d is %s", trainer.OpTitle(call.Op), i, describeBuffer(b))
		}
		c.out = append(c.out, m)
	}
	s, err := check(c.op, c.in, c.out)
	if err != nil {
		return err
	}
	for i, a := range s.In() {
		c.in[i] = c.in[i][:a.Len]
	}
	for i, a := range s.Out() {
		c.out[i] = c.out[i][:a.Len]
	}
	return nil
}

func describeBuffer(b trainer.Buffer) string {
	switch b := b.(type) {
	case nil:
		return "no buffer"
	case memory:
		return fmt.Sprintf("a buffer of %d values", len(b))
	}
	return fmt.Sprintf("a %T of another backend", b)
}

// compute runs the bound call: fast where it matters, by Reference otherwise.
func (c *CPU) compute() error {
	switch o := c.op.(type) {
	case trainer.ConvOp:
		c.convForward(o)
	case trainer.ConvBiasOp:
		return c.convBias(o)
	case trainer.ConvDataGrad:
		c.convDataGrad(o)
	case trainer.ConvFilterGrad:
		c.convFilterGrad(o)
	case trainer.MatMul:
		c.matMul(o)
	case trainer.BiasOp:
		c.each(elementTasks(o.Plane), o.Len(), biasPass)
	case trainer.BiasGrad:
		c.each(channelTasks(o.Plane), o.Len(), biasGradPass)
	case trainer.ActivationOp:
		return c.activation(o)
	case trainer.ActivationGrad:
		return c.activationGrad(o)
	case trainer.MaxPoolOp:
		c.each(windowTasks(o.Window), windowCost(o.Window), maxPoolPass)
	case trainer.MaxPoolGrad:
		c.each(windowTasks(o.Window), windowCost(o.Window), maxPoolGradPass)
	case trainer.MaxPoolReLUGrad:
		c.each(windowTasks(o.Window), windowCost(o.Window), maxPoolReLUGradPass)
	case trainer.AvgPoolOp:
		c.each(windowTasks(o.Window), windowCost(o.Window), avgPoolPass)
	case trainer.AvgPoolGrad:
		c.each(windowTasks(o.Window), windowCost(o.Window), avgPoolGradPass)
	case trainer.BatchNormStats:
		c.each(channelTasks(o.Plane), 2*o.Len(), batchNormStatsPass)
	case trainer.BatchNormApply:
		c.batchNormApply(o)
	case trainer.BatchNormParamGrad:
		c.each(channelTasks(o.Plane), o.Len(), batchNormParamGradPass)
	case trainer.BatchNormDataGrad:
		c.batchNormDataGrad(o)
	case trainer.DropoutOp:
		c.dropoutOp(o)
	case trainer.AddOp:
		c.each(spans(o.Len()), o.Len(), addPass)
	case trainer.PenaltyGrad:
		c.each(spans(o.Len), o.Len, penaltyPass)
	case trainer.SGDOp:
		c.each(spans(o.Len), o.Len, sgdPass)
	case trainer.RMSpropOp:
		c.each(spans(o.Len), 4*o.Len, rmspropPass)
	case trainer.AdamOp:
		return c.adam(o)
	case trainer.UnitZerosOp:
		c.each(channelTasks(o.Plane), o.Len(), unitZerosPass)
	case trainer.ClipNorm:
		c.clipNorm(o)
	case trainer.StatisticsOp:
		c.statistics(o)
	case trainer.CopyOp:
		c.each(spans(o.Len), o.Len, copyPass)
	case trainer.DistanceOp:
		c.distance(o)
	default:
		return Reference(c.op, c.in, c.out, c.at)
	}
	return nil
}
