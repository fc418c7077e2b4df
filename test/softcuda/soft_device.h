// The software device's half of device.h: what CUDA's language gives a kernel, for g++. Every worker thread of the
// driver loads its own copy of the compiled kernels, so plain globals are private to a worker.
#pragma once

struct SoftDim {
  unsigned x, y, z;
};

// SoftAt says which thread is running; the driver changes it whenever it switches.
struct SoftAt {
  SoftDim thread, block, blocks, threads;
};

struct SoftParam {
  unsigned char size;
  bool pointer;
};

// SoftKernel runs `count` threads of the current block one after another, from the linear index `first` on in steps of
// `step`.
struct SoftKernel {
  const char *name;
  void (*run)(void **args, unsigned first, unsigned count, int step);
  unsigned params;
  const SoftParam *param;
};

// soft_place numbers a barrier: its line, and 15 bits that tell the files apart whose last names differ.
constexpr int soft_place(const char *file, int line) {
  unsigned name = 0;
  for (const char *c = file; *c; c++) name = *c == '/' ? 0 : name * 31 + (unsigned char)*c;
  return int((name & 0x7FFF) << 16) | line;
}
constexpr int soft_line(int place) { return place & 0xFFFF; }

struct SoftModule {
  SoftAt *at;
  void (**barrier)(int place);
  const SoftKernel *kernels;
  unsigned count;
};

#ifdef PROBEWISE_SOFTWARE_DEVICE
extern SoftAt soft_at __attribute__((visibility("hidden")));
extern void (*soft_barrier)(int place) __attribute__((visibility("hidden")));

#define __global__ __attribute__((visibility("hidden")))
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
// "used" keeps an array in memory and in the symbol table, where the driver finds it to poison it.
#define __shared__ static __attribute__((used))
#define threadIdx soft_at.thread
#define blockIdx soft_at.block
#define gridDim soft_at.blocks
#define blockDim soft_at.threads
#define __syncthreads()                                    \
  do {                                                     \
    constexpr int soft_here = soft_place(__FILE__, __LINE__); \
    soft_barrier(soft_here);                               \
  } while (0)
#endif
