//go:build gpu

package cuda

import (
	_ "embed" // the kernels
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"gorgonia.org/cu"

	"probewise/trainer"
)

//go:embed kernels.ptx
var kernels string

// GPU implements trainer.Backend on one device. It has a stream of its own, on which all that it does happens in order,
// and shares the device's primary context with the other backends of the process. Run returns when everything is
// queued; Download waits. With PROBEWISE_CUDA_SYNC=1 every op is waited for, so that the error of one that fails names
// it. Errors of a driver that is out of memory are *trainer.MemoryError, those after which only a new process can go on
// *trainer.DeviceLostError.
type GPU struct {
	info    Info
	device  cu.Device
	context cu.CUContext
	stream  cu.Stream
	module  cu.Module
	kernels map[string]cu.Function

	mutex  sync.Mutex // a call in hand ends before Close begins
	closed bool

	buffers  map[*memory]bool
	scratch  cu.DevicePtr
	capacity int64 // bytes of scratch
	wrong    cu.DevicePtr
	checking string // a loss that has run since labels were last looked at; empty: none
	programs map[*trainer.Call]*program
	first    string // op queued since the last wait
	last     string
	careful  bool
	plan     func(op trainer.Op, outs []int) (Work, error) // Plan
}

// memory is the GPU's trainer.Buffer.
type memory struct {
	on  *GPU
	at  cu.DevicePtr // 0 where it is empty
	len int
}

// Len implements trainer.Buffer.
func (m *memory) Len() int { return m.len }

// Open prepares the device with the given number, from 0: its context, stream and kernels. The error names what failed
// as the driver calls it.
func Open(number int) (*GPU, error) {
	if err := lost(number); err != nil {
		return nil, err
	}
	info, err := describe(number)
	if err != nil {
		return nil, err
	}
	g := &GPU{
		info:     info,
		buffers:  map[*memory]bool{},
		programs: map[*trainer.Call]*program{},
		kernels:  map[string]cu.Function{},
		plan:     Plan,
		careful:  os.Getenv("PROBEWISE_CUDA_SYNC") == "1",
	}
	if err := g.prepare(); err != nil {
		return nil, errors.Join(g.judge(err), g.Close())
	}
	began(number)
	return g, nil
}

// do runs f with the device's context. A device that is lost answers in its place.
func (g *GPU) do(f func() error) error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.closed {
		return errors.New("cuda: the backend is closed")
	}
	if err := lost(g.info.Number); err != nil {
		return err
	}
	return g.judge(g.inContext(f))
}

// inContext makes the context that of this thread, which it cannot leave meanwhile.
func (g *GPU) inContext(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cu.SetCurrentContext(g.context); err != nil {
		return fmt.Errorf("cuda: use the context of %s: %w", g.info.Name, err)
	}
	return f()
}

func (g *GPU) prepare() (err error) {
	if g.device, err = cu.GetDevice(g.info.Number); err != nil {
		return fmt.Errorf("cuda: device %d: %w", g.info.Number, err)
	}
	context, err := g.device.RetainPrimaryCtx()
	if err != nil {
		return fmt.Errorf("cuda: context on device %d (%s): %w", g.info.Number, g.info.Name, err)
	}
	g.context = context
	return g.inContext(func() (err error) {
		if g.stream, err = cu.MakeStream(cu.NonBlocking); err != nil {
			return fmt.Errorf("cuda: stream: %w", err)
		}
		if g.module, err = cu.LoadData(kernels); err != nil {
			return fmt.Errorf("cuda: load the kernels for %s (%s): %w", g.info.Name, g.info.Capability(), err)
		}
		if g.wrong, err = allocate(4); err != nil {
			return fmt.Errorf("cuda: %w", err)
		}
		return g.zero(g.wrong, 1)
	})
}

func (g *GPU) zero(at cu.DevicePtr, n int) error {
	if err := cu.MemsetD32Async(at, 0, int64(n), g.stream); err != nil {
		return fmt.Errorf("cuda: clear %d values: %w", n, err)
	}
	return nil
}

// Device implements trainer.Backend: "gpu:0 NVIDIA H100 (sm_90)".
func (g *GPU) Device() string {
	if g.info.Software() {
		return g.info.Name
	}
	return fmt.Sprintf("gpu:%d %s (%s)", g.info.Number, g.info.Name, g.info.Capability())
}

// Info describes the device.
func (g *GPU) Info() Info { return g.info }

// Alloc implements trainer.Backend.
func (g *GPU) Alloc(n int) (trainer.Buffer, error) {
	if n < 0 {
		return nil, fmt.Errorf("cuda: allocate %d values", n)
	}
	m := &memory{on: g, len: n}
	err := g.do(func() (err error) {
		if n == 0 {
			return nil
		}
		if m.at, err = allocate(4 * int64(n)); err != nil {
			return fmt.Errorf("cuda: %w", err)
		}
		g.buffers[m] = true
		return g.zero(m.at, n)
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Slice implements trainer.Backend.
func (g *GPU) Slice(b trainer.Buffer, from, n int) (trainer.Buffer, error) {
	m, err := g.mine(b, 0)
	if err == nil && (n < 0 || from < 0 || from > m.len-n || from%trainer.SliceStep != 0) {
		err = fmt.Errorf("a buffer of %d values", m.len)
	}
	if err != nil {
		return nil, fmt.Errorf("cuda: slice of %d values from %d on: %w", n, from, err)
	}
	part := &memory{on: g, len: n}
	if n > 0 {
		part.at = m.at + cu.DevicePtr(4*from)
	}
	return part, nil
}

// mine returns a buffer of this device with at least n values.
func (g *GPU) mine(b trainer.Buffer, n int) (*memory, error) {
	m, ok := b.(*memory)
	switch {
	case b == nil || ok && m == nil:
		return nil, errors.New("no buffer")
	case !ok:
		return nil, fmt.Errorf("a %T of another backend", b)
	case m.on != g:
		return nil, errors.New("a buffer of another device")
	case m.len < n:
		return nil, fmt.Errorf("a buffer of %d values, needs %d", m.len, n)
	}
	return m, nil
}

// Upload implements trainer.Backend; src goes to the front of dst. It has been read when Upload returns.
func (g *GPU) Upload(dst trainer.Buffer, src []float32) error {
	m, err := g.mine(dst, len(src))
	if err != nil {
		return fmt.Errorf("cuda: upload of %d values: %w", len(src), err)
	}
	if len(src) == 0 {
		return nil
	}
	return g.do(func() error {
		var pin runtime.Pinner // the driver reads it when this goroutine has left the call
		defer pin.Unpin()
		pin.Pin(&src[0])
		if err := cu.MemcpyHtoDAsync(m.at, unsafe.Pointer(&src[0]), 4*int64(len(src)), g.stream); err != nil {
			return fmt.Errorf("cuda: upload of %d values%s: %w", len(src), g.since(), err)
		}
		// NVIDIA does not promise that pageable memory has been read when the copy returns, and the caller fills it
		// anew.
		if err := g.stream.Synchronize(); err != nil {
			return fmt.Errorf("cuda: upload of %d values%s: %w", len(src), g.since(), err)
		}
		return nil
	})
}

// Download implements trainer.Backend; dst is filled from the front of src. It waits for all calls before: errors of
// kernels show here, and labels that are no class numbers.
func (g *GPU) Download(dst []float32, src trainer.Buffer) error {
	m, err := g.mine(src, len(dst))
	if err != nil {
		return fmt.Errorf("cuda: download of %d values: %w", len(dst), err)
	}
	return g.do(func() error {
		var pin runtime.Pinner
		defer pin.Unpin()
		if len(dst) > 0 {
			pin.Pin(&dst[0])
			if err := cu.MemcpyDtoHAsync(unsafe.Pointer(&dst[0]), m.at, 4*int64(len(dst)), g.stream); err != nil {
				return fmt.Errorf("cuda: download of %d values%s: %w", len(dst), g.since(), err)
			}
		}
		return g.wait()
	})
}

// wait ends when all that is queued is done.
func (g *GPU) wait() error {
	row := new(int32)
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(row)
	loss := g.checking
	if loss != "" {
		if err := cu.MemcpyDtoHAsync(unsafe.Pointer(row), g.wrong, 4, g.stream); err != nil {
			return fmt.Errorf("cuda: wait%s: %w", g.since(), err)
		}
	}
	if err := g.stream.Synchronize(); err != nil {
		return fmt.Errorf("cuda: wait%s: %w", g.since(), err)
	}
	g.first, g.last, g.checking = "", "", ""
	if *row > 0 {
		return errors.Join(fmt.Errorf("cuda: %s: the label of row %d is not a class number", loss, *row-1),
			g.zero(g.wrong, 1))
	}
	return nil
}

// since tells which ops an error may come from: kernels run when the program is further on.
func (g *GPU) since() string {
	if g.first == "" {
		return ""
	}
	if g.first == g.last {
		return ", after " + g.first
	}
	return ", after " + g.first + " to " + g.last + " (PROBEWISE_CUDA_SYNC=1 finds the op)"
}

// Close implements trainer.Backend: it waits for the device and frees all that this backend has there. On a device that
// is lost nothing can be freed, which the end of the process does.
func (g *GPU) Close() (err error) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.closed {
		return nil
	}
	if lost(g.info.Number) == nil {
		err = g.judge(g.release())
	}
	g.closed = true
	return err
}

func (g *GPU) release() error {
	if g.context == (cu.CUContext{}) {
		return nil
	}
	var failed error
	note := func(what string, err error) {
		if err != nil && failed == nil { // a device that has failed once answers all that follows alike
			failed = fmt.Errorf("cuda: %s: %w", what, err)
		}
	}
	note("free", g.inContext(func() error {
		if g.stream != cu.NoStream {
			note("wait", g.stream.Synchronize())
		}
		for m := range g.buffers {
			note("free a buffer", cu.MemFree(m.at))
		}
		for _, at := range []cu.DevicePtr{g.scratch, g.wrong} {
			if at != 0 {
				note("free", cu.MemFree(at))
			}
		}
		if g.module != (cu.Module{}) {
			note("unload the kernels", g.module.Unload())
		}
		if g.stream != cu.NoStream {
			note("destroy the stream", g.stream.Destroy())
		}
		return nil
	}))
	note("leave the context", g.device.ReleasePrimaryCtx()) // the last one to leave ends it
	return failed
}
