// Statistics, their sums in double precision. Values that are not finite are counted (as n − FINITE) and left out.
#pragma once
#include "helpers.cuh"

enum { FINITE, SUM, SQUARES, LARGEST, BELOW, ZEROS, TOTALS }; // a block's totals

// pw_stats_sums writes TOTALS sums of the block's share to part[block·TOTALS]. Only what needs it is in double precision, which is slow on most cards.
KERNEL pw_stats_sums(const float *__restrict__ x, double *__restrict__ part, int n, float below) {
  unsigned finites = 0, small = 0, zeros = 0;
  double sum = 0.0, squares = 0.0;
  float most = 0.0f;
  for (int i = blockIdx.x * 256 + threadIdx.x; i < n; i += gridDim.x * 256) {
    const float v = x[i];
    if (!finite(v)) continue;
    const double d = v;
    const float size = abs_of(v);
    finites++;
    sum += d;
    squares += d * d;
    if (size > most) most = size;
    if (size < below) small++;
    if (v == 0.0f) zeros++;
  }
  finites = sum_of(finites);
  sum = sum_of(sum);
  squares = sum_of(squares);
  small = sum_of(small);
  zeros = sum_of(zeros);
  most = largest_of(most);
  if (threadIdx.x == 0) {
    double *to = part + blockIdx.x * TOTALS;
    to[FINITE] = finites, to[SUM] = sum, to[SQUARES] = squares, to[LARGEST] = most, to[BELOW] = small, to[ZEROS] = zeros;
  }
}

// Values are counted in bins by the upper bits of a float (see trainer.FineShift): first by sign and exponent, OCTAVES bins; then,
// in the octaves that hold a quantile, by five bits of the mantissa.
#define NOT_A_NUMBER of_bits(0x7FC00000u)

enum { OCTAVES = 512, OCTAVE_SHIFT = 23, SHIFT = 18, MANTISSAS = 32, QUANTILES = 3, FINE = QUANTILES * MANTISSAS };

// Counters are counts of BINS bins, kept without atomics: each of T threads has a byte for every bin. Four bins of a thread share a word, and the
// words of a warp lie in 32 banks. A byte holds what a thread counts in a round of ROUND values; then the bytes of all threads are added up.
template <int BINS, int T> struct Counters {
  static constexpr int WORDS = BINS / 4, OWN = (WORDS + T - 1) / T; // words that a thread adds up
  unsigned (*word)[T];                                              // in shared memory
  unsigned total[OWN][4];

  DEVICE_MEMBER void clear() {
#pragma unroll 8
    for (int w = 0; w < WORDS; w++) word[w][threadIdx.x] = 0;
  }

  DEVICE_MEMBER void count(unsigned bin) { ((unsigned char *)&word[bin / 4][threadIdx.x])[bin % 4]++; }

  // collect adds all threads' bytes to the totals and begins anew.
  DEVICE_MEMBER void collect() {
    __syncthreads();
#pragma unroll
    for (int own = 0; own < OWN; own++) {
      const int w = threadIdx.x + own * T;
      if (w >= WORDS) break;
      unsigned even = 0, odd = 0; // two sums of 16 bits each: at most 255·T
#pragma unroll 8
      for (int i = 0; i < T; i++) {
        const unsigned four = word[w][(i + threadIdx.x) % T]; // each thread in another bank
        even += four & 0x00FF00FFu;
        odd += four >> 8 & 0x00FF00FFu;
      }
      total[own][0] += even & 0xFFFF, total[own][1] += odd & 0xFFFF, total[own][2] += even >> 16, total[own][3] += odd >> 16;
    }
    __syncthreads();
    clear();
  }

  DEVICE_MEMBER void write(unsigned *to) const {
#pragma unroll
    for (int own = 0; own < OWN; own++) {
      const int w = threadIdx.x + own * T;
      if (w >= WORDS) break;
      const uvec4 four = {total[own][0], total[own][1], total[own][2], total[own][3]};
      *(uvec4 *)(to + 4 * w) = four;
    }
  }
};

// ROUND values of a thread are counted between two collections, AT_ONCE of them on their way from memory together.
enum { AT_ONCE = 16, ROUND = 240 };
static_assert(ROUND <= 255 && ROUND % AT_ONCE == 0, "a byte holds a round");

// each_counted gives see the values of the block's T threads that are counted and finite, and calls collect after every ROUND of a thread. All of the values are
// counted, or every fourth run of 2¹³.
template <int T, class S, class E> DEVICE void each_counted(const float *x, int counted, int all, S see, E collect) {
  const int stride = gridDim.x * T * 4;
  int at = (blockIdx.x * T + threadIdx.x) * 4;
  for (int first = blockIdx.x * T * 4; first < counted;) { // the same for all threads of the block
    for (int seen = 0; seen < ROUND && first < counted; seen += AT_ONCE) {
      vec4 v[AT_ONCE / 4];
      const bool whole = at + (AT_ONCE / 4 - 1) * stride + 4 <= counted;
#pragma unroll
      for (int j = 0; j < AT_ONCE / 4; j++) {
        const unsigned i = at + j * stride;
        const float *four = x + (all ? i : ((i >> 13) * 4 << 13) + (i & 8191)); // of one run
        v[j] = whole ? *(const vec4 *)four : quad_at(four, counted - (int)i, NOT_A_NUMBER);
      }
#pragma unroll
      for (int j = 0; j < AT_ONCE / 4; j++)
#pragma unroll
        for (int e = 0; e < 4; e++)
          if (finite(v[j][e])) see(bits_of(v[j][e]));
      at += AT_ONCE / 4 * stride;
      first += AT_ONCE / 4 * stride;
    }
    collect();
  }
}

// Blocks of OCTAVE_THREADS threads; rows[block] gets the block's counts, and behind all rows stand those of −0 and what is binned with it, one a block.
enum { OCTAVE_THREADS = 64, FINE_THREADS = 128 };

extern "C" __global__ __launch_bounds__(OCTAVE_THREADS) void pw_stats_octaves(const float *__restrict__ x, unsigned *__restrict__ rows, int counted, int all) {
  __shared__ unsigned word[OCTAVES / 4][OCTAVE_THREADS];
  Counters<OCTAVES, OCTAVE_THREADS> counters{word, {}};
  unsigned zeros = 0;
  counters.clear();
  each_counted<OCTAVE_THREADS>(x, counted, all,
                               [&](unsigned bits) {
                                 counters.count(bits >> OCTAVE_SHIFT);
                                 if (bits >> SHIFT == OCTAVES / 2 * MANTISSAS) zeros++;
                               },
                               [&] { counters.collect(); });
  counters.write(rows + blockIdx.x * OCTAVES);
  word[0][threadIdx.x] = zeros; // each thread its own
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int i = 1; i < OCTAVE_THREADS; i++) zeros += word[0][i];
  rows[gridDim.x * OCTAVES + blockIdx.x] = zeros;
}

// sum_rows adds up rows of BINS counts: groups of threads take rows in turn. A kernel calls it once.
template <int BINS> DEVICE const unsigned *sum_rows(const unsigned *row, int rows) {
  constexpr int QUADS = BINS / 4, GROUPS = 256 / QUADS;
  __shared__ unsigned cell[GROUPS][BINS] __attribute__((aligned(16)));
  const int t = threadIdx.x, group = t / QUADS, quad = t % QUADS * 4;
  if (group < GROUPS) {
    uvec4 sum = {};
#pragma unroll 8
    for (int i = group; i < rows; i += GROUPS) sum += *(const uvec4 *)(row + i * BINS + quad);
    *(uvec4 *)&cell[group][quad] = sum;
  }
  __syncthreads();
  for (int b = t; b < BINS; b += 256)
    for (int g = 1; g < GROUPS; g++) cell[0][b] += cell[g][b];
  __syncthreads();
  return cell[0];
}

enum { HISTOGRAM_BINS = 64 };

// Summary is what the kernels of one StatisticsOp hand on.
struct Summary {
  double total[TOTALS];
  double counted, rank[QUANTILES], before[QUANTILES]; // before: values in lower octaves
  int octave[QUANTILES];                              // −1: nothing is counted
  unsigned histogram[HISTOGRAM_BINS];
};

// octave_at is the octave at a place in ascending order: the largest negative values come first.
DEVICE int octave_at(int place) { return place < OCTAVES / 2 ? OCTAVES - 1 - place : place - OCTAVES / 2; }

// edge_of is the place where a bin of the histogram begins. A bin is an octave; the first and last of each sign take all beyond.
DEVICE int edge_of(int bin) {
  const int smallest = 103, octave = bin - HISTOGRAM_BINS / 2; // the exponents below belong to the bins about 0, where octave is 0
  if (bin % HISTOGRAM_BINS == 0) return bin / HISTOGRAM_BINS * OCTAVES;
  return OCTAVES / 2 + (octave > 0 ? smallest - 1 + octave : octave < 0 ? octave + 1 - smallest : 0);
}

// One block: adds up what the blocks before have counted and finds the octaves of the quantiles.
KERNEL pw_stats_middle(const double *__restrict__ sums, const unsigned *__restrict__ rows, Summary *__restrict__ s, int parts, int blocks) {
  const int t = threadIdx.x;
  for (int k = 0; k < TOTALS; k++) {
    double v = 0.0;
    for (int i = t; i < parts; i += 256) {
      const double part = sums[i * TOTALS + k];
      v = k != LARGEST ? v + part : part > v ? part : v;
    }
    v = k != LARGEST ? sum_of(v) : largest_of(v);
    if (t == 0) s->total[k] = v;
  }
  const unsigned *octave = sum_rows<OCTAVES>(rows, blocks);
  unsigned zeros = 0;
  for (int i = t; i < blocks; i += 256) zeros += rows[blocks * OCTAVES + i];
  zeros = sum_of(zeros);

  // A thread has two neighbouring places.
  __shared__ unsigned before[OCTAVES + 1];
  const unsigned first = octave[octave_at(2 * t)], second = octave[octave_at(2 * t + 1)], sum = sums_before(first + second)[t];
  before[2 * t] = sum;
  before[2 * t + 1] = sum + first;
  if (t == 255) before[OCTAVES] = sum + first + second;
  __syncthreads();
  const double counted = before[OCTAVES];
  if (t == 0) s->counted = counted;
  if (t < HISTOGRAM_BINS) { // zeros have no sign
    const unsigned many = before[edge_of(t + 1)] - before[edge_of(t)];
    s->histogram[t] = t == HISTOGRAM_BINS / 2 ? many + zeros : t == HISTOGRAM_BINS / 2 - 1 ? many - zeros : many;
  }
  const double at[QUANTILES] = {0.01, 0.5, 0.99};
#pragma unroll
  for (int q = 0; q < QUANTILES; q++) {
    const double rank = at[q] * (counted - 1.0);
    if (counted == 0.0 && t == 0) s->octave[q] = -1;
    for (int place = 2 * t; place < 2 * t + 2; place++) {
      if (!((double)before[place] <= rank + 0.5 && (double)before[place + 1] > rank + 0.5)) continue; // holds for one place
      s->octave[q] = octave_at(place);
      s->rank[q] = rank;
      s->before[q] = before[place];
    }
  }
}

// pw_stats_moments writes the second and fourth moment about the mean of the block's share, not divided, to part[2·block].
KERNEL pw_stats_moments(const float *__restrict__ x, const Summary *__restrict__ s, double *__restrict__ part, int n) {
  const double mean = s->total[SUM] / s->total[FINITE];
  double second = 0.0, fourth = 0.0;
  for (int i = blockIdx.x * 256 + threadIdx.x; i < n; i += gridDim.x * 256) {
    if (!finite(x[i])) continue;
    const double d = (double)x[i] - mean, square = d * d;
    second += square;
    fourth += square * square;
  }
  second = sum_of(second);
  fourth = sum_of(fourth);
  if (threadIdx.x == 0) part[2 * blockIdx.x] = second, part[2 * blockIdx.x + 1] = fourth;
}

// Blocks of FINE_THREADS threads; rows[block] gets the counts by mantissa in the octaves of the quantiles.
extern "C" __global__ __launch_bounds__(FINE_THREADS) void pw_stats_fine(const float *__restrict__ x, const Summary *__restrict__ s, unsigned *__restrict__ rows,
                                                                         int counted, int all) {
  __shared__ unsigned word[FINE / 4][FINE_THREADS];
  Counters<FINE, FINE_THREADS> counters{word, {}};
  const int octave[QUANTILES] = {s->octave[0], s->octave[1], s->octave[2]};
  counters.clear();
  each_counted<FINE_THREADS>(x, counted, all,
                             [&](unsigned bits) {
                               const unsigned mantissa = bits >> SHIFT & (MANTISSAS - 1);
#pragma unroll
                               for (int q = 0; q < QUANTILES; q++)
                                 if ((int)(bits >> OCTAVE_SHIFT) == octave[q]) counters.count(q * MANTISSAS + mantissa);
                             },
                             [&] { counters.collect(); });
  counters.write(rows + blockIdx.x * FINE);
}

// One block: writes what trainer.StatisticsOp promises, in its order.
KERNEL pw_stats_finish(const Summary *__restrict__ s, const double *__restrict__ moments, const unsigned *__restrict__ rows, float *__restrict__ out, int n,
                       int parts, int blocks) {
  enum { MEAN, VARIANCE, MAX_ABS, SHARE_BELOW, SHARE_ZERO, NORM, KURTOSIS, AT_QUANTILES, NOT_FINITE = AT_QUANTILES + QUANTILES, HISTOGRAM };
  const int t = threadIdx.x;
  double second = 0.0, fourth = 0.0;
  for (int i = t; i < parts; i += 256) second += moments[2 * i], fourth += moments[2 * i + 1];
  second = sum_of(second);
  fourth = sum_of(fourth);
  const double many = s->total[FINITE], largest = s->total[LARGEST];
  if (t < HISTOGRAM_BINS) out[HISTOGRAM + t] = s->counted > 0.0 ? (float)((double)s->histogram[t] / s->counted) : NOT_A_NUMBER;

  // A thread has one of a quantile's mantissas, in ascending order of the values.
  const unsigned *count = sum_rows<FINE>(rows, blocks);
  const int q = smaller(t / MANTISSAS, QUANTILES - 1), octave = s->octave[q];
  const bool negative = octave >= OCTAVES / 2;
  const unsigned mantissa = negative ? MANTISSAS - 1 - t % MANTISSAS : t % MANTISSAS, here = t < FINE ? count[q * MANTISSAS + mantissa] : 0;
  const unsigned *sum = sums_before(here);
  const double rank = s->rank[q], before = s->before[q] + (double)(sum[t] - sum[q * MANTISSAS]);
  if (t < FINE && octave < 0) {
    out[AT_QUANTILES + q] = NOT_A_NUMBER;
  } else if (t < FINE && before <= rank + 0.5 && before + (double)here > rank + 0.5) { // holds for one mantissa
    const unsigned size = (unsigned)(octave % (OCTAVES / 2)) * MANTISSAS + mantissa;
    double v = 0.0;
    if (size > 0) { // the bin reaches from low, by the part of it below the rank
      double low = of_bits(size << SHIFT), high = of_bits((size + 1) << SHIFT);
      if (high > 3.4028234663852886e38) high = 3.4028234663852886e38;
      if (negative) {
        const double swap = low;
        low = -high, high = -swap;
      }
      v = low + (rank + 0.5 - before) / (double)here * (high - low);
    }
    out[AT_QUANTILES + q] = (float)(v < -largest ? -largest : v > largest ? largest : v); // a bin may reach beyond the largest
  }

  if (t != 0) return;
  out[NOT_FINITE] = (float)((double)n - many);
  if (many == 0.0) {
    for (int i = 0; i < AT_QUANTILES; i++) out[i] = NOT_A_NUMBER;
    return;
  }
  const double variance = second / many;
  out[MEAN] = (float)(s->total[SUM] / many);
  out[VARIANCE] = (float)variance;
  out[MAX_ABS] = (float)largest;
  out[SHARE_BELOW] = (float)(s->total[BELOW] / many);
  out[SHARE_ZERO] = (float)(s->total[ZEROS] / many);
  out[NORM] = (float)sqrt_of(s->total[SQUARES]);
  out[KURTOSIS] = variance * variance > 0.0 ? (float)(fourth / many / (variance * variance)) : NOT_A_NUMBER;
}

// pw_distance writes the block's share of Σ(a−b)², Σa², Σb² to part[3·block]; pw_distance_join adds up and takes roots (one block).
KERNEL pw_distance(const float *__restrict__ a, const float *__restrict__ b, double *__restrict__ part, int n) {
  double apart = 0.0, left = 0.0, right = 0.0;
  for (int i = blockIdx.x * 256 + threadIdx.x; i < n; i += gridDim.x * 256) {
    const double v = a[i], w = b[i];
    apart += (v - w) * (v - w);
    left += v * v;
    right += w * w;
  }
  apart = sum_of(apart);
  left = sum_of(left);
  right = sum_of(right);
  if (threadIdx.x == 0) part[3 * blockIdx.x] = apart, part[3 * blockIdx.x + 1] = left, part[3 * blockIdx.x + 2] = right;
}

KERNEL pw_distance_join(const double *__restrict__ part, float *__restrict__ d, int parts) {
  for (int k = 0; k < 3; k++) {
    double sum = 0.0;
    for (int i = threadIdx.x; i < parts; i += 256) sum += part[3 * i + k];
    sum = sum_of(sum);
    if (threadIdx.x == 0) d[k] = (float)sqrt_of(sum);
  }
}
