// Package kernel computes training operations on the CPU, in float32.
//
// It holds every operation twice. Reference states each algorithm as plainly as possible, for float32 and float64, and
// is what everything else is proved against; it stays for ever. CPU implements trainer.Backend with fast versions of
// the operations that take the time, and falls back to Reference[float32] for the rest.
//
// Matrix products come in three variants, picked once a process: "avx512" and "avx2" run our own assembly, "portable"
// runs gonum's float32 BLAS. The build tag noasm, or PROBEWISE_KERNEL=portable, forces the last one. Variants round
// differently; the number of threads never changes a bit, because no value depends on the task that it is computed in,
// and partial results are added in an order that follows from the sizes of the operation alone.
//
// Read next: reference.go (what each operation means), cpu.go (how calls run), team.go (who runs them), engine.go; then
// the convolutions, where the time goes: winograd.go and winograd_filter.go (3×3), conv_panel.go (other windows with
// strides of one), conv_filter.go (their filter gradients), conv_sweep.go with layout.go (strides). trainer/backendtest
// holds the suite that every backend passes.
package kernel
