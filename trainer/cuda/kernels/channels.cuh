// Sums by channel: first a part of the values of each channel by a block, then the parts of a channel, in order.
#pragma once
#include "helpers.cuh"

// Channels is how values of N·S positions and C channels are given to blocks: part y takes chunk positions.
struct Channels {
  int positions, chunk, C;
  Divisor S;
  DEVICE_MEMBER int index(int position, int c) const {
    const unsigned n = S.div(position);
    return ((int)n * C + c) * (int)S.d + position - n * S.d;
  }
};

// sum_channels writes Σ f(i, c) of each channel to part[y·C + c]: a thread's few in float, theirs in double. Long planes: a block takes one channel; short ones
// (tall is 0): 32 channels, that neighbours in memory are read together.
template <class F> DEVICE void sum_channels(Channels g, int tall, double *part, F f) {
  const int from = blockIdx.y * g.chunk, to = smaller(g.positions, from + g.chunk), t = threadIdx.x;
  float sum = 0.0f;
  if (tall) {
    const int c = blockIdx.x;
    for (int i = from + t; i < to; i += 256) sum += f(g.index(i, c), c);
    const double total = sum_of((double)sum);
    if (t == 0) part[blockIdx.y * g.C + c] = total;
    return;
  }
  __shared__ float cell[8][32];
  const int c = blockIdx.x * 32 + t % 32;
  if (c < g.C)
    for (int i = from + t / 32; i < to; i += 8) sum += f(g.index(i, c), c);
  cell[t / 32][t % 32] = sum;
  __syncthreads();
  if (t < 32 && c < g.C) {
    double total = 0.0;
    for (int i = 0; i < 8; i++) total += (double)cell[i][t];
    part[blockIdx.y * g.C + c] = total;
  }
}

#define CHANNEL_PARAMETERS int positions, int chunk, int C, int S, u64 s, int tall
#define CHANNELS                                                                                                                    \
  Channels { positions, chunk, C, {(unsigned)S, s} }

KERNEL pw_channel_sums(const float *__restrict__ x, double *__restrict__ part, CHANNEL_PARAMETERS) {
  sum_channels(CHANNELS, tall, part, [=](int i, int) { return x[i]; });
}

KERNEL pw_channel_zeros(const float *__restrict__ x, double *__restrict__ part, CHANNEL_PARAMETERS) {
  sum_channels(CHANNELS, tall, part, [=](int i, int) { return x[i] == 0.0f ? 1.0f : 0.0f; });
}

KERNEL pw_channel_squares(const float *__restrict__ x, const float *__restrict__ mean, double *__restrict__ part, CHANNEL_PARAMETERS) {
  sum_channels(CHANNELS, tall, part, [=](int i, int c) {
    const float d = x[i] - mean[c];
    return d * d;
  });
}

KERNEL pw_channel_products(const float *__restrict__ x, const float *__restrict__ stats, const float *__restrict__ dy, double *__restrict__ part,
                           CHANNEL_PARAMETERS, float epsilon) {
  sum_channels(CHANNELS, tall, part, [=](int i, int c) { return dy[i] * ((x[i] - stats[c]) / sqrt_of(stats[C + c] + epsilon)); });
}

// pw_channel_join adds the parts and divides by a number, 1 for sums.
KERNEL pw_channel_join(const double *__restrict__ part, float *__restrict__ out, int C, int parts, float by) {
  const int c = blockIdx.x * 256 + threadIdx.x;
  if (c >= C) return;
  double sum = 0.0;
  for (int i = 0; i < parts; i++) sum += part[i * C + c];
  out[c] = (float)(sum / (double)by);
}
