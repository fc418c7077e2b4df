// Package cuda computes training operations on NVIDIA cards, through the CUDA driver (gorgonia.org/cu) and kernels of
// our own.
//
// Everything that touches the driver stands under the build tag gpu: a program built with it needs libcuda.so.1 to
// start and a device to go on. Without the tag the package holds the plan alone: which kernels an operation becomes, on
// which grids, with how much memory beside its buffers, and what that costs (Plan); bench/roofline computes with it.
//
// kernels.cu includes the kernels by subject (kernels/*.cuh): CUDA C without headers of a toolkit. `make ptx` compiles
// it to kernels.ptx (sm_70, PTX ISA 6.0), which is embedded: a driver of CUDA 9 or newer makes machine code of it for
// any card from Volta on. There are no atomics, and sums are taken in an order that follows from their sizes: the same
// seed gives the same bits on one card and driver. test/softcuda holds a device in software that runs the same source
// on the processor, for tests; the tests of this package say what that proves.
//
// Read next: plan.go, gpu.go (the backend), program.go (how calls are launched), kernels.cu.
package cuda
