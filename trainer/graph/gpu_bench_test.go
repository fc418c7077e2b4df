//go:build gpu

package graph

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"probewise/trainer"
	"probewise/trainer/cuda"
)

// BenchmarkStepGPU is BenchmarkStep on the first GPU. It also tells where the time of a step goes, as measured on the
// device one call after the other. On the software device it fails: its times say nothing.
func BenchmarkStepGPU(b *testing.B) {
	for _, net := range []string{"A", "B", "C"} {
		b.Run(net, func(b *testing.B) {
			var gpu *cuda.GPU
			s := openedOn(b, architecture(b, "testdata/nets/"+net+".json"), images,
				func(int) (_ trainer.Backend, err error) {
					gpu, err = cuda.Open(0)
					return gpu, err
				})
			defer s.Close()
			if gpu.Info().Software() {
				b.Fatalf("%s: its times say nothing; this needs a card", gpu.Device())
			}
			benchmarkStep(b, s)
			b.Logf("net %s on %s", net, gpu.Device())
			for _, line := range profiled(b, gpu, s.stepPlans(), s.step) {
				b.Log(line)
			}
		})
	}
}

// profiled measures the calls of the plans and sums up by op, the longest first.
func profiled(b *testing.B, gpu *cuda.GPU, plans []*plan, at trainer.Step) []string {
	var calls []trainer.Call
	for _, p := range plans {
		calls = append(calls, p.calls...)
	}
	took, err := gpu.Profile(calls, at)
	if err != nil {
		b.Fatal(err)
	}
	sums := map[string]time.Duration{}
	for i, c := range calls {
		sums[trainer.OpName(c.Op)] += took[i]
	}
	var names, lines []string
	for name := range sums {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(sums[b], sums[a]) })
	for _, name := range names {
		lines = append(lines, fmt.Sprintf("%-18s %v", name, sums[name]))
	}
	return lines
}
