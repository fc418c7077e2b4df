//go:build gpu && softcuda

package cuda_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"probewise/trainer"
	"probewise/trainer/cuda"
)

const childVariable = "PROBEWISE_TEST_LOSES_DEVICE"

// TestLostDevice: after a kernel has failed, every call on that device answers with it at once, in every session of the
// process, and the other device goes on. It needs a process of its own.
func TestLostDevice(t *testing.T) {
	if os.Getenv(childVariable) == "" {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLostDevice$", "-test.v")
		child.Env = append(os.Environ(), childVariable+"=1", "PROBEWISE_SOFTCUDA_FAIL_AT=2")
		said, err := child.CombinedOutput()
		if err != nil || !strings.Contains(string(said), "fault=as asked for") {
			t.Fatalf("%v\n%s", err, said)
		}
		t.Logf("%s", said)
		return
	}
	g, other := open(t), open(t)
	x, err := g.Alloc(8)
	y, err2 := other.Alloc(8)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	step := []trainer.Call{{Op: trainer.CopyOp{Len: 8}, In: []trainer.Buffer{x}, Out: []trainer.Buffer{x}}}
	at := trainer.Step{Index: 1}
	if err := errors.Join(g.Run(step, at), g.Run(step, at)); err != nil {
		t.Fatalf("before anybody waits: %v", err)
	}
	values := make([]float32, 8)
	err = g.Download(values, x)
	var lost *trainer.DeviceLostError
	if !errors.As(err, &lost) || lost.Device != g.Device() || lost.Unused ||
		!strings.Contains(err.Error(), "after CopyOp: IllegalAddress") {
		t.Fatalf("the failure: %v", err)
	}
	_, allocErr := g.Alloc(1)
	_, _, freeErr := g.Free()
	_, openErr := cuda.Open(0)
	_, profileErr := g.Profile(step, at)
	for what, err := range map[string]error{
		"alloc": allocErr, "free": freeErr, "open": openErr, "profile": profileErr,
		"run": g.Run(step, at), "upload": g.Upload(x, values), "download": g.Download(values, x),
		"fits":                      g.Fits([]int{1}, nil),
		"upload of another session": other.Upload(y, values), "download of another session": other.Download(values, y),
	} {
		if !errors.Is(err, lost) {
			t.Errorf("%s: %v", what, err)
		}
	}
	second, err := cuda.Open(1)
	if err != nil {
		t.Fatalf("the second device: %v", err)
	}
	if _, err := second.Alloc(1); err != nil {
		t.Errorf("the second device: %v", err)
	}
	if err := errors.Join(g.Close(), other.Close(), second.Close()); err != nil {
		t.Errorf("close: %v", err)
	}
}

// TestUnusedDevice: one that cannot be had at all is lost as well, but not by a run.
func TestUnusedDevice(t *testing.T) {
	if os.Getenv(childVariable) == "" {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestUnusedDevice$")
		child.Env = append(os.Environ(), childVariable+"=1", "PROBEWISE_SOFTCUDA_FAIL_AT=start")
		if said, err := child.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, said)
		}
		return
	}
	_, err := cuda.Open(0)
	var lost *trainer.DeviceLostError
	if !errors.As(err, &lost) || !lost.Unused {
		t.Errorf("%v", err)
	}
}

// TestCloseBesideCalls: calls that others make meanwhile end before, or are refused.
func TestCloseBesideCalls(t *testing.T) {
	g := open(t)
	x, err := g.Alloc(8)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	begun := make(chan bool, 100)
	for range 4 {
		go func() {
			var err error
			for err == nil {
				err = g.Download(make([]float32, 8), x)
				select {
				case begun <- true:
				default:
				}
			}
			ended <- err
		}()
	}
	<-begun
	for range 2 {
		go func() { ended <- g.Close() }()
	}
	for range 6 {
		if err := <-ended; err != nil && !strings.Contains(err.Error(), "closed") {
			t.Error(err)
		}
	}
}
