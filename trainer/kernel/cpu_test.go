package kernel_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"probewise/trainer"
	"probewise/trainer/backendtest"
	"probewise/trainer/kernel"
)

func open(t testing.TB, threads int, variant string) *kernel.CPU {
	t.Helper()
	c, err := kernel.NewVariant(threads, variant)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	for _, variant := range kernel.Variants() {
		t.Run(variant, func(t *testing.T) {
			backendtest.Run(t, func(t *testing.T) trainer.Backend { return open(t, 2, variant) })
		})
	}
}

func TestBitsDoNotDependOnThreads(t *testing.T) {
	trials := backendtest.Trials(t)
	for _, variant := range kernel.Variants() {
		alone := open(t, 1, variant)
		for _, threads := range []int{2, 5} {
			crowd := open(t, threads, variant)
			for _, trial := range trials {
				if !slices.EqualFunc(trial.Outputs(t, alone), trial.Outputs(t, crowd), sameBits) {
					t.Errorf("%s: %T%+v: %d threads give other bits than 1", variant, trial.Op, trial.Op, threads)
				}
			}
			if err := crowd.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := alone.Close(); err != nil {
			t.Error(err)
		}
	}
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func TestDeviceNamesVariantAndThreads(t *testing.T) {
	for threads, want := range map[int]string{1: "cpu: portable, 1 thread", 3: "cpu: portable, 3 threads"} {
		c := open(t, threads, "portable")
		if got := c.Device(); got != want {
			t.Errorf("Device() = %q, want %q", got, want)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := kernel.New(-1); err == nil {
		t.Error("New(-1) gives a backend")
	}
}

func TestEnvironmentPicksVariant(t *testing.T) {
	t.Setenv("PROBEWISE_KERNEL", "portable")
	if got, err := kernel.Variant(); got != "portable" || err != nil {
		t.Errorf("Variant() = %q, %v", got, err)
	}
	t.Setenv("PROBEWISE_KERNEL", "fast")
	if _, err := kernel.New(1); err == nil || !strings.Contains(err.Error(), `PROBEWISE_KERNEL="fast"`) {
		t.Errorf("New with PROBEWISE_KERNEL=fast: error %v, want one that names the variable and its value", err)
	}
}

func TestClosedBackendRefusesWork(t *testing.T) {
	c := open(t, 2, "portable")
	for range 2 { // closing twice is fine
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := c.Run(nil, trainer.Step{}); err == nil {
		t.Error("a closed backend runs")
	}
}
