//go:build gpu && softcuda

// Package selftest proves that the software device catches what it is there for: kernels with one deliberate fault each
// must be caught, and the same kernels without it must pass. Run by softcuda/test.sh.
package selftest

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"gorgonia.org/cu"
)

//go:embed testdata/faults.ptx
var ptx string

const (
	faultVariable = "PROBEWISE_SOFTCUDA_FAULT"
	orderVariable = "PROBEWISE_SOFTCUDA_ORDER"
)

// TestChild is what the process runs in which a kernel fails: a fault stays with the device until the process ends.
func TestChild(t *testing.T) {
	name := os.Getenv(faultVariable)
	if name == "" {
		return // the parent
	}
	for _, f := range faults {
		if f.name == name {
			fmt.Println("result:", onDevice(f.run))
			return
		}
	}
	t.Errorf("no fault %q", name)
}

// device is a context with the fault kernels.
type device struct {
	module cu.Module
	stream cu.Stream
}

// onDevice runs f with a fresh context on this thread.
func onDevice(f func(d device) error) error { return onNumber(0, f) }

func onNumber(number int, f func(d device) error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	context, err := cu.Device(number).MakeContext(cu.SchedAuto)
	if err != nil {
		return err
	}
	defer func() { _ = context.Destroy() }()
	module, err := cu.LoadData(ptx)
	if err != nil {
		return err
	}
	return f(device{module: module})
}

func (d device) launch(kernel string, blocks, threads int, args ...uint64) error {
	f, err := d.module.Function(kernel)
	if err != nil {
		return err
	}
	var slots []unsafe.Pointer
	for i := range args {
		slots = append(slots, unsafe.Pointer(&args[i]))
	}
	return f.Launch(blocks, 1, 1, threads, 1, 1, 0, d.stream, slots)
}

// array makes a buffer of n values: 0, 1, 2, …
func array(n int) (cu.DevicePtr, error) {
	p, err := cu.MemAlloc(int64(4 * n))
	if err != nil {
		return 0, err
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i)
	}
	return p, cu.MemcpyHtoD(p, unsafe.Pointer(&values[0]), int64(4*n))
}

func read(p cu.DevicePtr, n int) ([]float32, error) {
	values := make([]float32, n)
	return values, cu.MemcpyDtoH(unsafe.Pointer(&values[0]), p, int64(4*n))
}

// launched runs a kernel that takes one array and its length.
func launched(kernel string, n, length, blocks int) func(d device) error {
	return func(d device) error {
		y, err := array(n)
		if err != nil {
			return err
		}
		return errors.Join(d.launch(kernel, blocks, 256, uint64(y), uint64(length)), cu.Synchronize())
	}
}

// mapped runs a kernel from one array of n values to another, and checks nothing.
func mapped(kernel string, n int) func(d device) error {
	return func(d device) error {
		x, err := array(n)
		y, err2 := array(n)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		return errors.Join(d.launch(kernel, (n+255)/256, 256, uint64(x), uint64(y), uint64(n)), cu.Synchronize())
	}
}

var faults = []struct {
	name string
	run  func(d device) error
	want string // in what the child prints
}{
	{"read-past-buffer", mapped("fault_reads_past", 4096),
		`fault=out-of-bounds read kernel=fault_reads_past block=\(15,0,0\) thread=\(255,0,0\) buffer=1 size=16384 ` +
			`offset=16384\n(?s).*result: .*IllegalAddress`},
	{"write-past-buffer", launched("fault_writes_past", 512, 512, 3),
		`kernel=fault_writes_past .*buffer=1 size=2048(?s).*result: .*IllegalAddress`},
	{"write-before-buffer", launched("fault_writes_before", 512, 512, 2),
		`kernel=fault_writes_before .*buffer=1 size=2048(?s).*result: .*IllegalAddress`},
	{"write-past-odd-buffer", launched("fault_writes_past", 509, 509, 2),
		`kernel=fault_writes_past .*buffer=1 size=2036(?s).*result: .*IllegalAddress`},
	{"thread-ends-before-barrier", launched("fault_ends_early", 256, 100, 1),
		`fault=a thread ended while others of its block wait at the barrier`},
	{"different-barriers", launched("fault_divergent", 256, 100, 1),
		`fault=threads of one block wait at different barriers`},
	{"beyond-shared-array", launched("fault_beyond_shared", 256, 65, 1),
		`fault=undefined behaviour: .*kernel=fault_beyond_shared block=\(0,0,0\) thread=\(64,0,0\)`},
	{"misaligned-vector", launched("fault_misaligned", 2048, 256, 1),
		`fault=undefined behaviour: .*kernel=fault_misaligned`},
	{"later-call", func(d device) error { // in the context, in a new one, and on the other device
		sound := launched("fault_writes_past", 256, 255, 1)
		failed := launched("fault_writes_past", 512, 512, 3)(d)
		_, err := cu.MemAlloc(4)
		return errors.Join(failed, err, onDevice(sound), onNumber(1, sound))
	}, `result: IllegalAddress\nIllegalAddress\nIllegalAddress\nPASS`},
	{"freed-buffer", func(d device) error {
		x, _ := array(256)
		y, err := array(256)
		if err := errors.Join(err, cu.MemFree(x)); err != nil {
			return err
		}
		return d.launch("fault_mirror", 1, 256, uint64(x), uint64(y), 256)
	}, `refused launch kernel=fault_mirror: parameter 0 points nowhere: freed buffer=1(?s).*result: .*InvalidValue`},
	{"one-parameter-too-few", func(d device) error {
		x, _ := array(256)
		return d.launch("fault_mirror", 1, 256, uint64(x), uint64(x))
	}, `refused launch kernel=fault_mirror: 2 parameters, the PTX has 3`},
	{"one-parameter-too-many", func(d device) error {
		x, _ := array(256)
		return d.launch("fault_mirror", 1, 256, uint64(x), uint64(x), 256, 1)
	}, `refused launch kernel=fault_mirror: 4 parameters, the PTX has 3`},
	{"block-too-large", func(d device) error {
		x, _ := array(256)
		return d.launch("fault_mirror", 1, 257, uint64(x), uint64(x), 256)
	}, `refused launch kernel=fault_mirror: a block of 257 threads, allowed are 1 to 256`},
	{"foreign-ptx", func(d device) error {
		_, err := cu.LoadData(strings.Replace(ptx, "bar.sync", "bar.sink", 1))
		return err
	}, `refused PTX: no kernels compiled for this PTX`},
}

func TestFaultsAreCaught(t *testing.T) {
	for _, f := range faults {
		for _, order := range []string{"forward", "reverse"} {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
			child.Env = append(os.Environ(), faultVariable+"="+f.name, orderVariable+"="+order)
			said, err := child.CombinedOutput()
			want := f.want
			if order == "reverse" {
				want = regexp.MustCompile(` block=\S+ thread=\S+`).ReplaceAllString(want, ` block=\S+ thread=\S+`)
			}
			line := regexp.MustCompile(want).FindString(string(said))
			if err != nil || line == "" {
				t.Errorf("%s, %s order: want %s, got %v\n%s", f.name, order, want, err, said)
				continue
			}
			if order == "forward" {
				first, _, _ := strings.Cut(line, "\n")
				t.Logf("caught fault=%s: %s", f.name, first)
			}
		}
	}
}

// mirrored runs a mirror kernel in an order of threads.
func mirrored(t *testing.T, kernel, order string) []float32 {
	t.Helper()
	t.Setenv(orderVariable, order)
	const n = 1000
	var got []float32
	err := onDevice(func(d device) error {
		x, err := array(n)
		y, err2 := array(n)
		if err := errors.Join(err, err2, d.launch(kernel, 4, 256, uint64(x), uint64(y), n)); err != nil {
			return err
		}
		got, err = read(y, n)
		return errors.Join(err, cu.MemFree(x), cu.MemFree(y))
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func same(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func TestMissingBarrierShows(t *testing.T) {
	forward, reverse := mirrored(t, "fault_mirror", "forward"), mirrored(t, "fault_mirror", "reverse")
	for i := range 768 {
		if want := float32(i/256*256 + 255 - i%256); forward[i] != want || reverse[i] != want {
			t.Fatalf("with its barrier, value %d is %v forward and %v in reverse, want %v",
				i, forward[i], reverse[i], want)
		}
	}
	forward, reverse = mirrored(t, "fault_mirror_without_barrier", "forward"),
		mirrored(t, "fault_mirror_without_barrier", "reverse")
	if same(forward, reverse) {
		t.Fatal("without its barrier, forward and reverse order agree")
	}
	t.Logf("caught fault=missing-barrier: forward %v…, reverse %v…", forward[:3], reverse[:3])
}

// A stream runs when somebody waits for it, so that a copy which does not wait shows.
func TestMissingWaitShows(t *testing.T) {
	err := onDevice(func(d device) error {
		x, err := array(256)
		y, err2 := array(256)
		stream, err3 := cu.MakeStream(cu.NonBlocking)
		if err := errors.Join(err, err2, err3); err != nil {
			return err
		}
		d.stream = stream
		if err := d.launch("fault_mirror", 1, 256, uint64(x), uint64(y), 256); err != nil {
			return err
		}
		early, err := read(y, 256)
		err2 = stream.Synchronize()
		late, err3 := read(y, 256)
		if early[0] != 0 || late[0] != 255 {
			t.Errorf("before waiting, value 0 is %v, want the old 0; after, it is %v, want 255", early[0], late[0])
		}
		return errors.Join(err, err2, err3, stream.Destroy(), cu.MemFree(x), cu.MemFree(y))
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("caught fault=missing-wait: the copy has the values from before the kernel")
}

// The device takes the processor's signals to catch faults; Go's own must still reach Go.
func TestGoKeepsItsSignals(t *testing.T) {
	if err := onDevice(launched("fault_writes_past", 256, 255, 1)); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err, ok := recover().(runtime.Error); !ok || !strings.Contains(err.Error(), "nil pointer") {
			t.Errorf("recovered %v, want a nil pointer dereference", err)
		}
	}()
	var none *device
	t.Error(none.module)
}

// Fresh memory is no number, so what a kernel forgets to write shows.
func TestFreshMemoryIsPoisoned(t *testing.T) {
	err := onDevice(func(d device) error {
		y, err := cu.MemAlloc(4 * 100)
		if err := errors.Join(err, d.launch("fault_forgets", 1, 256, uint64(y), 100)); err != nil {
			return err
		}
		got, err := read(y, 100)
		for i, v := range got {
			if forgotten := i%7 == 3; forgotten != (v != v) {
				t.Errorf("value %d is %v", i, v)
			}
		}
		return errors.Join(err, cu.MemFree(y))
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("caught fault=forgotten-values: they read as NaN")
}
