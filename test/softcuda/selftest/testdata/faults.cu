// Kernels with one fault each, and their right counterparts: what the software device must catch.
#include "../../../../trainer/cuda/device.h"

// mirror writes the block's values in reverse order. Compiled with OMIT, it lacks its barrier.
#define MIRROR(name, barrier)                                   \
  KERNEL name(const float *x, float *y, int n) {                \
    __shared__ float cell[256];                                 \
    const int t = threadIdx.x, i = blockIdx.x * 256 + t;        \
    cell[t] = i < n ? x[i] : 0.0f;                              \
    barrier;                                                    \
    const int j = blockIdx.x * 256 + t;                         \
    if (j < n) y[j] = cell[255 - t];                            \
  }

MIRROR(fault_mirror, __syncthreads())
MIRROR(fault_mirror_without_barrier, (void)0)

// shifted reads one value past x.
KERNEL fault_reads_past(const float *x, float *y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = x[i + 1];
}

KERNEL fault_writes_past(float *y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= n) y[i] = 1.0f;
}

KERNEL fault_writes_before(float *y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i - 1] = 1.0f;
}

// Half the block never comes to the barrier.
KERNEL fault_ends_early(float *y, int n) {
  __shared__ float cell[256];
  const int t = threadIdx.x;
  if (t >= n) return;
  cell[t] = (float)t;
  __syncthreads();
  y[t] = cell[n - 1 - t];
}

// The halves of the block wait at different barriers.
KERNEL fault_divergent(float *y, int n) {
  __shared__ float cell[256];
  const int t = threadIdx.x;
  if (t < n) {
    cell[t] = 1.0f;
    __syncthreads();
  } else {
    cell[t] = 2.0f;
    __syncthreads();
  }
  y[t] = cell[255 - t];
}

// An index beyond a shared array, where another one may lie.
KERNEL fault_beyond_shared(float *y, int n) {
  __shared__ float cell[64];
  const int t = threadIdx.x;
  if (t < n) cell[t] = (float)t;
  __syncthreads();
  y[t] = cell[t % 64];
}

KERNEL fault_misaligned(float *y, int n) {
  const int i = (int)threadIdx.x;
  if (i < n) *(vec4 *)(y + 4 * i + 1) = vec4{1, 2, 3, 4};
}

// Not every value is written: what stays holds poison.
KERNEL fault_forgets(float *y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && i % 7 != 3) y[i] = 1.0f;
}

KERNEL fault_none(float a, const float *x, float *y, int n, unsigned long long m) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + (float)m;
}
