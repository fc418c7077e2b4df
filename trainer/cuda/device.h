// What kernels.cu is written in: CUDA C without any header of a toolkit, so that clang compiles it to PTX and g++ to the
// software device. The first half says how threads, blocks and barriers are spelled; the second is plain C that both share.
#ifndef PROBEWISE_DEVICE_H
#define PROBEWISE_DEVICE_H

#ifdef PROBEWISE_SOFTWARE_DEVICE
#include "soft_device.h" // on the include path of test/softcuda/build.sh
#else

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))

struct pw_index {
  unsigned x, y, z;
};

static __device__ inline pw_index pw_thread() {
  return {(unsigned)__nvvm_read_ptx_sreg_tid_x(), (unsigned)__nvvm_read_ptx_sreg_tid_y(), (unsigned)__nvvm_read_ptx_sreg_tid_z()};
}
static __device__ inline pw_index pw_block() {
  return {(unsigned)__nvvm_read_ptx_sreg_ctaid_x(), (unsigned)__nvvm_read_ptx_sreg_ctaid_y(), (unsigned)__nvvm_read_ptx_sreg_ctaid_z()};
}
static __device__ inline pw_index pw_block_size() {
  return {(unsigned)__nvvm_read_ptx_sreg_ntid_x(), (unsigned)__nvvm_read_ptx_sreg_ntid_y(), (unsigned)__nvvm_read_ptx_sreg_ntid_z()};
}
static __device__ inline pw_index pw_grid_size() {
  return {(unsigned)__nvvm_read_ptx_sreg_nctaid_x(), (unsigned)__nvvm_read_ptx_sreg_nctaid_y(), (unsigned)__nvvm_read_ptx_sreg_nctaid_z()};
}

#define threadIdx pw_thread()
#define blockIdx pw_block()
#define blockDim pw_block_size()
#define gridDim pw_grid_size()

#endif

typedef float vec4 __attribute__((vector_size(16))); // loads and stores of four neighbours
typedef unsigned uvec4 __attribute__((vector_size(16)));
typedef unsigned long long u64;

#define DEVICE static __device__ inline __attribute__((always_inline))
#define DEVICE_MEMBER __device__ inline __attribute__((always_inline))
// A product's kernel leaves registers for two or three blocks on a multiprocessor: while one waits for memory, another multiplies.
#define PRODUCT(rows) extern "C" __global__ __launch_bounds__(256, rows == 128 ? 2 : 3) void
#define KERNEL extern "C" __global__ __launch_bounds__(256) void

DEVICE unsigned bits_of(float x) {
  unsigned b;
  __builtin_memcpy(&b, &x, 4);
  return b;
}

DEVICE float of_bits(unsigned b) {
  float x;
  __builtin_memcpy(&x, &b, 4);
  return x;
}

DEVICE bool finite(float x) { return x - x == 0.0f; }
DEVICE float abs_of(float x) { return x < 0.0f ? -x : x; }

// exp_of is e^x: e^r·2^n, |r| ≤ ln(2)/2, the series of e^r to its seventh power. Error: 2 units in the last place.
DEVICE float exp_of(float x) {
  if (!(x < 88.7f)) return x != x ? x : of_bits(0x7F800000u); // NaN, infinity
  if (x < -87.3f) return 0.0f;
  float t = x * 1.44269504f;
  int n = (int)(t < 0.0f ? t - 0.5f : t + 0.5f);
  float r = x - (float)n * 0.693359375f;
  r = r + (float)n * 2.12194440e-4f;
  float p = 1.98412698e-4f;
  p = p * r + 1.38888889e-3f;
  p = p * r + 8.33333333e-3f;
  p = p * r + 4.16666667e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  p = (p * r) * r + r + 1.0f;
  if (n == 128) return p * 2.0f * of_bits(254u << 23); // 2^127 is the last power of two
  return p * of_bits((unsigned)(n + 127) << 23);
}

// expm1_of is e^x − 1 for x ≤ 0, without cancellation near 0.
DEVICE float expm1_of(float x) {
  if (x < -0.35f || x != x) return exp_of(x) - 1.0f;
  float p = 2.48015873e-5f;
  p = p * x + 1.98412698e-4f;
  p = p * x + 1.38888889e-3f;
  p = p * x + 8.33333333e-3f;
  p = p * x + 4.16666667e-2f;
  p = p * x + 1.66666667e-1f;
  p = p * x + 0.5f;
  return (p * x) * x + x;
}

// tanh_of is (1−q)/(1+q) with q = e^(−2|x|).
DEVICE float tanh_of(float x) {
  if (x != x) return x;
  float q = expm1_of(-2.0f * abs_of(x)); // q − 1
  float t = -q / (2.0f + q);
  return x < 0.0f ? -t : t;
}

// log_of is the natural logarithm of a positive normal number: 2·atanh(s) of the mantissa, |s| ≤ 0.172, and the exponent.
DEVICE float log_of(float x) {
  int e = (int)(bits_of(x) >> 23) - 127;
  float m = of_bits((bits_of(x) & 0x007FFFFFu) | 0x3F800000u);
  if (m > 1.41421356f) {
    m = m * 0.5f;
    e++;
  }
  float s = (m - 1.0f) / (m + 1.0f), z = s * s;
  float p = 2.0f / 9.0f;
  p = p * z + 2.0f / 7.0f;
  p = p * z + 2.0f / 5.0f;
  p = p * z + 2.0f / 3.0f;
  p = p * z * s + 2.0f * s;
  return (float)e * 0.693147181f + p;
}

DEVICE float sqrt_of(float x) { return __builtin_sqrtf(x); }
DEVICE double sqrt_of(double x) { return __builtin_sqrt(x); }
DEVICE vec4 sqrt_of(vec4 x) {
  const vec4 r = {sqrt_of(x[0]), sqrt_of(x[1]), sqrt_of(x[2]), sqrt_of(x[3])};
  return r;
}

#endif
