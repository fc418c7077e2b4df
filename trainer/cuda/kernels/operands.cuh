// Products: c = a·b, tile by tile. A block computes BM×BN values of c, a thread TM×TN of them in registers; where that
// takes fewer threads than a block has, groups of them share the depth and their sums are added at the end. Both
// operands go through shared memory, BK deep and twice: while one half is multiplied, the next values are on their way.
// What an operand is (rows, columns, patches of images) is its loader's business: fetch reads E×BK values into
// registers, put lays them down as tile[k][i]. Values beyond the operand are 0.
#pragma once
#include "helpers.cuh"

// lay_along_k and lay_along_i are put for values that the threads hold in the order of tile[i][k] and tile[k][i]: value j of thread t is
// number t + 256·j. E and BK divide 256.
template <int E, int BK> DEVICE void lay_along_k(float (*tile)[E + 4], const float *r) {
#pragma unroll
  for (int j = 0; j < E * BK / 256; j++) tile[threadIdx.x % BK][(threadIdx.x + 256 * j) / BK] = r[j];
}

template <int E, int BK> DEVICE void lay_along_i(float (*tile)[E + 4], const float *r) {
#pragma unroll
  for (int j = 0; j < E * BK / 256; j++) tile[(threadIdx.x + 256 * j) / E][threadIdx.x % E] = r[j];
}

// quad_of reads four neighbours of a line in a matrix whose lines are ld apart.
DEVICE vec4 quad_of(const float *at, int ld, int there) { return ld % 4 == 0 && there >= 4 ? *(const vec4 *)at : quad_at(at, there, 0.0f); }

// Rows holds value (i, k) at p[i·ld + k].
template <int E, int BK> struct Rows {
  static constexpr int P = E * BK / 256;
  const float *p;
  int ld, first, extent;
  float r[P];

  DEVICE_MEMBER void start() {}

  DEVICE_MEMBER void fetch(int k0, int k1) {
    const int t = threadIdx.x;
    if (P % 4 == 0) {
#pragma unroll
      for (int j = 0; j < P / 4; j++) {
        const int q = t + 256 * j, i = first + q / (BK / 4), k = k0 + q % (BK / 4) * 4; // k0 is a multiple of BK
        const vec4 v = quad_of(p + (u64)i * ld + k, ld, i < extent ? k1 - k : 0);
        r[4 * j] = v[0], r[4 * j + 1] = v[1], r[4 * j + 2] = v[2], r[4 * j + 3] = v[3];
      }
      return;
    }
#pragma unroll
    for (int j = 0; j < P; j++) {
      const int i = first + (t + 256 * j) / BK, k = k0 + (t + 256 * j) % BK;
      r[j] = i < extent && k < k1 ? p[(u64)i * ld + k] : 0.0f;
    }
  }

  DEVICE_MEMBER void put(float (*tile)[E + 4]) {
    const int t = threadIdx.x;
    if (P % 4 == 0) {
#pragma unroll
      for (int j = 0; j < P / 4; j++) {
        const int q = t + 256 * j;
#pragma unroll
        for (int e = 0; e < 4; e++) tile[q % (BK / 4) * 4 + e][q / (BK / 4)] = r[4 * j + e];
      }
      return;
    }
    lay_along_k<E, BK>(tile, r);
  }
};

// Columns holds value (i, k) at p[k·ld + i].
template <int E, int BK> struct Columns {
  static_assert(E * BK % 1024 == 0, "whole quads for each thread");
  static constexpr int P = E * BK / 1024;
  const float *p;
  int ld, first, extent;
  vec4 r[P];

  DEVICE_MEMBER void start() {}

  DEVICE_MEMBER void fetch(int k0, int k1) {
#pragma unroll
    for (int j = 0; j < P; j++) {
      const int q = threadIdx.x + 256 * j, k = k0 + q / (E / 4), i = first + q % (E / 4) * 4;
      r[j] = quad_of(p + (u64)k * ld + i, ld, k < k1 ? extent - i : 0);
    }
  }

  DEVICE_MEMBER void put(float (*tile)[E + 4]) {
#pragma unroll
    for (int j = 0; j < P; j++) {
      const int q = threadIdx.x + 256 * j;
      *(vec4 *)&tile[q / (E / 4)][q % (E / 4) * 4] = r[j];
    }
  }
};

// Window is trainer.Window with the filters and what its indices are divided by.
struct Window {
  int C, H, W, KH, KW, SH, SW, PT, PL, OH, OW, F;
  Divisor taps, width; // KH·KW, KW
  Divisor plane, row;  // of the positions that a column stands for: their number in an image, in a row
};

// Patches is the image matrix of a convolution that is never stored: value (i, k) is the pixel of x under tap k = (c, kh, kw) of
// the window at position i = (n, oh, ow).
template <int E, int BK> struct Patches {
  static constexpr int P = E * BK / 256;
  const float *p;
  const Window &g;
  int first, extent;
  int h0, w0;
  const float *image;
  float r[P];

  DEVICE_MEMBER void start() {
    const unsigned i = first + threadIdx.x % E, n = g.plane.div(i), s = i - n * g.plane.d, oh = g.row.div(s);
    h0 = (int)oh * g.SH - g.PT;
    w0 = (int)(s - oh * g.row.d) * g.SW - g.PL;
    if ((int)i >= extent) h0 = -(1 << 28); // outside every image
    image = p + (u64)n * g.C * g.H * g.W;
  }

  DEVICE_MEMBER void fetch(int k0, int k1) {
#pragma unroll
    for (int j = 0; j < P; j++) {
      const int k = k0 + (threadIdx.x + 256 * j) / E;
      const int c = g.taps.div(k), tap = k - c * g.taps.d, kh = g.width.div(tap);
      const int h = h0 + kh, w = w0 + tap - kh * g.KW;
      r[j] = k < k1 && (unsigned)h < (unsigned)g.H && (unsigned)w < (unsigned)g.W ? image[(c * g.H + h) * g.W + w] : 0.0f;
    }
  }

  DEVICE_MEMBER void put(float (*tile)[E + 4]) { lay_along_i<E, BK>(tile, r); }
};

// Spread is the matrix of a convolution's data gradient: value (i, k) is the dy that pixel i = (n, h, w) reached through tap
// k = (f, kh, kw), 0 where no window stands so.
template <int E, int BK> struct Spread {
  static constexpr int P = E * BK / 256;
  const float *p;
  const Window &g;
  int first, extent;
  int h0, w0;
  const float *image;
  float r[P];

  DEVICE_MEMBER void start() {
    const unsigned i = first + threadIdx.x % E, n = g.plane.div(i), s = i - n * g.plane.d, h = g.row.div(s);
    h0 = (int)h + g.PT;
    w0 = (int)(s - h * g.row.d) + g.PL;
    if ((int)i >= extent) h0 = -(1 << 28);
    image = p + (u64)n * g.F * g.OH * g.OW;
  }

  DEVICE_MEMBER void fetch(int k0, int k1) {
#pragma unroll
    for (int j = 0; j < P; j++) {
      const int k = k0 + (threadIdx.x + 256 * j) / E;
      const int f = g.taps.div(k), tap = k - f * g.taps.d, kh = g.width.div(tap);
      int oh = h0 - kh, ow = w0 - (tap - kh * g.KW);
      bool hit = k < k1 && oh >= 0 && ow >= 0;
      if (g.SH != 1 || g.SW != 1) { // the same for all threads
        const int a = oh / g.SH, b = ow / g.SW;
        hit = hit && a * g.SH == oh && b * g.SW == ow;
        oh = a, ow = b;
      }
      r[j] = hit && oh < g.OH && ow < g.OW ? image[(f * g.OH + oh) * g.OW + ow] : 0.0f;
    }
  }

  DEVICE_MEMBER void put(float (*tile)[E + 4]) { lay_along_i<E, BK>(tile, r); }
};

// Flipped is the filters w (F,C,KH,KW) as the data gradient needs them: value (i, k) is w of channel i for k = (f, kh, kw).
template <int E, int BK> struct Flipped {
  static constexpr int P = E * BK / 256;
  const float *p;
  const Window &g;
  int first;
  float r[P];

  DEVICE_MEMBER void start() {}

  DEVICE_MEMBER void fetch(int k0, int k1) {
#pragma unroll
    for (int j = 0; j < P; j++) {
      const int i = first + (threadIdx.x + 256 * j) / BK, k = k0 + threadIdx.x % BK;
      const int f = g.taps.div(k), tap = k - f * g.taps.d;
      r[j] = i < g.C && k < k1 ? p[(f * g.C + i) * (int)g.taps.d + tap] : 0.0f;
    }
  }

  DEVICE_MEMBER void put(float (*tile)[E + 4]) { lay_along_k<E, BK>(tile, r); }
};

// Gradients is dy (N,F,OH,OW) with value (i, k) that of filter i at position k = (n, oh, ow).
template <int E, int BK> struct Gradients {
  static constexpr int P = E * BK / 256;
  const float *p;
  const Window &g;
  int first;
  float r[P];

  DEVICE_MEMBER void start() {}

  DEVICE_MEMBER void fetch(int k0, int k1) {
    const int k = k0 + threadIdx.x % BK;
    const unsigned n = g.plane.div(k), s = k - n * g.plane.d;
    const float *at = p + (u64)n * g.F * g.plane.d + s;
#pragma unroll
    for (int j = 0; j < P; j++) {
      const int i = first + (threadIdx.x + 256 * j) / BK;
      r[j] = i < g.F && k < k1 ? at[i * (int)g.plane.d] : 0.0f;
    }
  }

  DEVICE_MEMBER void put(float (*tile)[E + 4]) { lay_along_k<E, BK>(tile, r); }
};

// Taps is Patches the other way round: value (i, k) is the pixel under tap i = (c, kh, kw) at position k = (n, oh, ow).
template <int E, int BK> struct Taps {
  static constexpr int P = E * BK / 256;
  const float *p;
  const Window &g;
  int first, extent;
  int offset[P], kh[P], kw[P];
  float r[P];

  DEVICE_MEMBER void start() {
#pragma unroll
    for (int j = 0; j < P; j++) {
      const int i = first + (threadIdx.x + 256 * j) / BK;
      const int c = g.taps.div(i), tap = i - c * g.taps.d;
      kh[j] = g.width.div(tap);
      kw[j] = tap - kh[j] * g.KW;
      offset[j] = c * g.H * g.W;
      if (i >= extent) kh[j] = -(1 << 28);
    }
  }

  DEVICE_MEMBER void fetch(int k0, int k1) {
    const int k = k0 + threadIdx.x % BK;
    const unsigned n = g.plane.div(k), s = k - n * g.plane.d, oh = g.row.div(s);
    const int h0 = (int)oh * g.SH - g.PT, w0 = (int)(s - oh * g.row.d) * g.SW - g.PL;
    const float *image = p + (u64)n * g.C * g.H * g.W;
#pragma unroll
    for (int j = 0; j < P; j++) {
      const int h = h0 + kh[j], w = w0 + kw[j];
      r[j] = k < k1 && (unsigned)h < (unsigned)g.H && (unsigned)w < (unsigned)g.W ? image[offset[j] + h * g.W + w] : 0.0f;
    }
  }

  DEVICE_MEMBER void put(float (*tile)[E + 4]) { lay_along_k<E, BK>(tile, r); }
};
