//go:build gpu

package cuda_test

import (
	"testing"

	"probewise/trainer"
	"probewise/trainer/backendtest"
	"probewise/trainer/cuda"
)

// open starts the first device; no device is a failure.
func open(t testing.TB) *cuda.GPU {
	t.Helper()
	g, err := cuda.Open(0)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestConformance holds every op to the reference in double precision: one line an op.
func TestConformance(t *testing.T) {
	backendtest.Run(t, func(t *testing.T) trainer.Backend { return open(t) })
}
