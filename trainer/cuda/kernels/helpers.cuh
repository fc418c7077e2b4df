// What several parts use: division by known numbers, sums and maxima of a block.
#pragma once
#include "../device.h"

// Divisor divides numbers below 2³¹ by a number that the Go side knows: one multiplication (Granlund & Montgomery 1994).
struct Divisor {
  unsigned d;
  u64 magic; // shift and multiplier
  DEVICE_MEMBER unsigned div(unsigned n) const { return (unsigned)((u64)n * (magic & 0xFFFFFFFFu) >> (magic >> 32)); }
  DEVICE_MEMBER unsigned mod(unsigned n) const { return n - div(n) * d; }
};

DEVICE int smaller(int a, int b) { return a < b ? a : b; }
DEVICE int larger(int a, int b) { return a > b ? a : b; }

// quad_at reads four neighbours of which so many are there; what is not is otherwise.
DEVICE vec4 quad_at(const float *p, int there, float otherwise) {
  vec4 v;
#pragma unroll
  for (int e = 0; e < 4; e++) v[e] = e < there ? p[e] : otherwise;
  return v;
}

// sum_of adds one value of each thread, in a tree; every thread gets the sum.
template <class T> DEVICE T sum_of(T value) {
  __shared__ T cell[256];
  const int t = threadIdx.x;
  __syncthreads(); // the sum before may still be read
  cell[t] = value;
  __syncthreads();
  for (int half = 128; half > 0; half /= 2) {
    if (t < half) cell[t] += cell[t + half];
    __syncthreads();
  }
  return cell[0];
}

template <class T> DEVICE T largest_of(T value) {
  __shared__ T cell[256];
  const int t = threadIdx.x;
  __syncthreads(); // as in sum_of
  cell[t] = value;
  __syncthreads();
  for (int half = 128; half > 0; half /= 2) {
    if (t < half && cell[t + half] > cell[t]) cell[t] = cell[t + half];
    __syncthreads();
  }
  return cell[0];
}

// sums_before returns, for each t ≤ 256, the sum of the values of the threads before t (Hillis & Steele 1986). A kernel calls it once.
DEVICE const unsigned *sums_before(unsigned value) {
  __shared__ unsigned cell[257];
  const int t = threadIdx.x;
  cell[t + 1] = value;
  if (t == 0) cell[0] = 0;
  __syncthreads();
  for (int step = 1; step < 256; step *= 2) {
    const unsigned more = t >= step ? cell[t + 1 - step] : 0;
    __syncthreads();
    cell[t + 1] += more;
    __syncthreads();
  }
  return cell;
}
