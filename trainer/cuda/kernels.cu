// Every operation of trainer/op.go for one device. Compiled to PTX by `make ptx`, and by g++ for the software device.
//
// No atomics, and every sum is taken in an order that follows from the sizes alone: the same call on the same data gives
// the same bits on every device of a kind. A block has 256 threads unless said otherwise. Indices are 32 bits wide: the Go side refuses
// arrays of nearly 2³¹ values (mostValues). Buffers start at a multiple of 16 bytes.
//
// Order: helpers, products (sgemm and convolutions), elementwise, sums by channel, pools, softmax and loss, updates, statistics.
#include "device.h"

// Helpers.

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

// Products: c = a·b, tile by tile. A block computes BM×BN values of c, a thread TM×TN of them in registers; where that takes fewer threads than a block has,
// groups of them share the depth and their sums are added at the end. Both operands
// go through shared memory, BK deep and twice: while one half is multiplied, the next values are on their way. What an operand is
// (rows, columns, patches of images) is its loader's business: fetch reads E×BK values into registers, put lays them down as
// tile[k][i]. Values beyond the operand are 0.

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

// Output says where value (m, j) of M×N goes: column j = (n, s) of images of S columns, out[(n·M + m)·S + s], with bias and relu.
struct Output {
  float *out;
  int M, N;
  Divisor image;
  const float *bias; // of each m; 0: none
  int relu;

  DEVICE_MEMBER float finish(float v, int m) const {
    if (bias) v += bias[m];
    return relu && v < 0.0f ? 0.0f : v;
  }
};

// product is the block's tile for k0 ≤ k < k1.
template <int BM, int BN, int BK, int TM, int TN, class A, class B> DEVICE void product(A a, B b, const Output &o, int k0, int k1) {
  __shared__ float as[2][BK][BM + 4] __attribute__((aligned(16)));
  __shared__ float bs[2][BK][BN + 4] __attribute__((aligned(16)));
  constexpr int GM = TM / 4, GN = TN / 4; // groups of four rows and columns
  constexpr int TEAM = BM / TM * (BN / TN), TEAMS = 256 / TEAM;
  const unsigned team = TEAMS > 1 ? threadIdx.x / TEAM : 0, thread = threadIdx.x - team * TEAM;
  const int tx = thread % (BN / TN) * 4, ty = thread / (BN / TN) * 4;
  const int first = team * (BK / TEAMS); // of the team's steps in a tile
  vec4 sum[TM][GN] = {};
  a.start();
  b.start();
  a.fetch(k0, k1);
  b.fetch(k0, k1);
  a.put(as[0]);
  b.put(bs[0]);
  __syncthreads();
  int half = 0;
  for (int k = k0; k < k1; k += BK) {
    const bool more = k + BK < k1;
    if (more) {
      a.fetch(k + BK, k1);
      b.fetch(k + BK, k1);
    }
#pragma unroll 1 // unrolled, the registers spill
    for (int kk = first; kk < first + BK / TEAMS; kk++) {
      vec4 ra[GM], rb[GN];
#pragma unroll
      for (int i = 0; i < GM; i++) ra[i] = *(const vec4 *)&as[half][kk][i * (BM / GM) + ty];
#pragma unroll
      for (int i = 0; i < GN; i++) rb[i] = *(const vec4 *)&bs[half][kk][i * (BN / GN) + tx];
#pragma unroll
      for (int m = 0; m < TM; m++)
#pragma unroll
        for (int n = 0; n < GN; n++) sum[m][n] += ra[m / 4][m % 4] * rb[n];
    }
    if (more) {
      half ^= 1;
      a.put(as[half]);
      b.put(bs[half]);
      __syncthreads();
    }
  }
  if (TEAMS > 1) { // teams 2 and 3 hand over to 0 and 1, then 1 to 0
    static_assert(TEAMS == 1 || (TEAMS == 4 && TN == 4 && 4 * TM * TEAM <= BK * (BM + 4) && 2 * TM * TEAM <= BK * (BN + 4)), "room in as and bs");
    vec4(*pair)[2 * TEAM] = (vec4(*)[2 * TEAM])as, (*single)[TEAM] = (vec4(*)[TEAM])bs;
    __syncthreads();
#pragma unroll
    for (int m = 0; m < TM; m++)
      if (team >= 2) pair[m][threadIdx.x - 2 * TEAM] = sum[m][0];
    __syncthreads();
#pragma unroll
    for (int m = 0; m < TM; m++) {
      if (team < 2) sum[m][0] += pair[m][threadIdx.x];
      if (team == 1) single[m][thread] = sum[m][0];
    }
    __syncthreads();
    if (team > 0) return;
#pragma unroll
    for (int m = 0; m < TM; m++) sum[m][0] += single[m][thread];
  }
  const int row = blockIdx.y * BM + ty, column = blockIdx.x * BN + tx;
#pragma unroll
  for (int group = 0; group < GN; group++) {
    const int j = column + group * (BN / GN);
    if (o.image.d % 4 == 0 && j + 4 <= o.N) { // the four are of one image
      const unsigned n = o.image.div(j);
      float *at = o.out + (u64)n * o.M * o.image.d + (j - n * o.image.d);
#pragma unroll
      for (int m = 0; m < TM; m++) {
        const int i = row + m / 4 * (BM / GM) + m % 4;
        if (i >= o.M) continue;
        const vec4 v = sum[m][group], r = {o.finish(v[0], i), o.finish(v[1], i), o.finish(v[2], i), o.finish(v[3], i)};
        *(vec4 *)(at + (u64)i * o.image.d) = r;
      }
      continue;
    }
#pragma unroll
    for (int e = 0; e < 4; e++) {
      if (j + e >= o.N) continue;
      const unsigned n = o.image.div(j + e);
      float *at = o.out + (u64)n * o.M * o.image.d + (j + e - n * o.image.d);
#pragma unroll
      for (int m = 0; m < TM; m++) {
        const int i = row + m / 4 * (BM / GM) + m % 4;
        if (i < o.M) at[(u64)i * o.image.d] = o.finish(sum[m][group][e], i);
      }
    }
  }
}

// partial turns the output into that of slice z of k, where there are several: M×N values for pw_join.
DEVICE Output partial(Output o) {
  if (gridDim.z > 1) {
    o.out += (u64)blockIdx.z * o.M * o.N;
    o.bias = 0;
    o.relu = 0;
    o.image.d = o.N;
    o.image.magic = 0; // all columns are of image 0
  }
  return o;
}

#define GEMM(name, LA, LB, lda, ldb, BM, BN, BK, TM, TN)                                                                            \
  PRODUCT(BM) name(const float *__restrict__ a, const float *__restrict__ b, float *__restrict__ c, int M, int N, int K, int slice) {    \
    const int k0 = blockIdx.z * slice, k1 = smaller(K, k0 + slice);                                                                 \
    LA<BM, BK> left{a, lda, (int)blockIdx.y * BM, M, {}};                                                                           \
    LB<BN, BK> right{b, ldb, (int)blockIdx.x * BN, N, {}};                                                                          \
    Output o = partial({c, M, N, {(unsigned)N, 0}, 0, 0});                                                                      \
    product<BM, BN, BK, TM, TN>(left, right, o, k0, k1);                                                                            \
  }

GEMM(pw_gemm_nn_large, Rows, Columns, K, N, 128, 128, 8, 8, 8)
GEMM(pw_gemm_nt_large, Rows, Rows, K, K, 128, 128, 8, 8, 8)
GEMM(pw_gemm_tn_large, Columns, Columns, M, N, 128, 128, 8, 8, 8)
GEMM(pw_gemm_nn_small, Rows, Columns, K, N, 64, 64, 16, 4, 4)
GEMM(pw_gemm_nt_small, Rows, Rows, K, K, 64, 64, 16, 4, 4)
GEMM(pw_gemm_tn_small, Columns, Columns, M, N, 64, 64, 16, 4, 4)
GEMM(pw_gemm_nn_deep, Rows, Columns, K, N, 32, 32, 32, 4, 4)
GEMM(pw_gemm_nt_deep, Rows, Rows, K, K, 32, 32, 32, 4, 4)
GEMM(pw_gemm_tn_deep, Columns, Columns, M, N, 32, 32, 32, 4, 4)
GEMM(pw_gemm_tt_small, Columns, Rows, M, K, 64, 64, 16, 4, 4)

#define WINDOW_PARAMETERS                                                                                                           \
  int C, int H, int W, int KH, int KW, int SH, int SW, int PT, int PL, int OH, int OW, int F, u64 taps, u64 width, u64 plane, u64 row
#define WINDOW(positions, across)                                                                                                   \
  {                                                                                                                                 \
    C, H, W, KH, KW, SH, SW, PT, PL, OH, OW, F, {(unsigned)(KH * KW), taps}, {(unsigned)KW, width}, {(unsigned)(positions), plane}, \
        {(unsigned)(across), row}                                                                                                   \
  }

#define CONVOLUTION(name, BM, BN, BK, TM, TN)                                                                                       \
  PRODUCT(BM) name(const float *__restrict__ x, const float *__restrict__ w, const float *__restrict__ bias, float *__restrict__ y,      \
              int columns, int slice, int relu, WINDOW_PARAMETERS) {                                                                \
    const Window g = WINDOW(OH * OW, OW);                                                                                           \
    const int K = C * KH * KW, k0 = blockIdx.z * slice, k1 = smaller(K, k0 + slice);                                                \
    Rows<BM, BK> left{w, K, (int)blockIdx.y * BM, F, {}};                                                                           \
    Patches<BN, BK> right{x, g, (int)blockIdx.x * BN, columns, 0, 0, 0, {}};                                                        \
    Output o = partial({y, F, columns, g.plane, bias, relu});                                                                       \
    product<BM, BN, BK, TM, TN>(left, right, o, k0, k1);                                                                            \
  }

CONVOLUTION(pw_conv_large, 128, 128, 8, 8, 8)
CONVOLUTION(pw_conv_medium, 64, 128, 8, 4, 8)
CONVOLUTION(pw_conv_small, 64, 64, 16, 4, 4)
CONVOLUTION(pw_conv_thin, 32, 128, 16, 4, 4)

#define DATA_GRADIENT(name, BM, BN, BK, TM, TN)                                                                                     \
  PRODUCT(BM) name(const float *__restrict__ w, const float *__restrict__ dy, float *__restrict__ dx, int columns, int slice,            \
              WINDOW_PARAMETERS) {                                                                                                  \
    const Window g = WINDOW(H * W, W);                                                                                              \
    const int K = F * KH * KW, k0 = blockIdx.z * slice, k1 = smaller(K, k0 + slice);                                                \
    Flipped<BM, BK> left{w, g, (int)blockIdx.y * BM, {}};                                                                           \
    Spread<BN, BK> right{dy, g, (int)blockIdx.x * BN, columns, 0, 0, 0, {}};                                                        \
    Output o = partial({dx, C, columns, g.plane, 0, 0});                                                                            \
    product<BM, BN, BK, TM, TN>(left, right, o, k0, k1);                                                                            \
  }

DATA_GRADIENT(pw_conv_data_large, 128, 128, 8, 8, 8)
DATA_GRADIENT(pw_conv_data_medium, 64, 128, 8, 4, 8)
DATA_GRADIENT(pw_conv_data_small, 64, 64, 16, 4, 4)
DATA_GRADIENT(pw_conv_data_thin, 32, 128, 16, 4, 4)

#define FILTER_GRADIENT(name, BM, BN, BK, TM, TN)                                                                                   \
  PRODUCT(BM) name(const float *__restrict__ x, const float *__restrict__ dy, float *__restrict__ dw, int positions, int slice,          \
              WINDOW_PARAMETERS) {                                                                                                  \
    const Window g = WINDOW(OH * OW, OW);                                                                                           \
    const int N = C * KH * KW, k0 = blockIdx.z * slice, k1 = smaller(positions, k0 + slice);                                        \
    Gradients<BM, BK> left{dy, g, (int)blockIdx.y * BM, {}};                                                                        \
    Taps<BN, BK> right{x, g, (int)blockIdx.x * BN, N, {}, {}, {}, {}};                                                              \
    Output o = partial({dw, F, N, {(unsigned)N, 0}, 0, 0});                                                                     \
    product<BM, BN, BK, TM, TN>(left, right, o, k0, k1);                                                                            \
  }

FILTER_GRADIENT(pw_conv_filter_large, 128, 128, 8, 8, 8)
FILTER_GRADIENT(pw_conv_filter_medium, 64, 128, 8, 4, 8)
FILTER_GRADIENT(pw_conv_filter_small, 64, 64, 16, 4, 4)
FILTER_GRADIENT(pw_conv_filter_thin, 32, 128, 16, 4, 4)
FILTER_GRADIENT(pw_conv_filter_deep, 32, 32, 32, 4, 4)

// pw_join adds the M×N values of all slices, in order, and lays them out.
KERNEL pw_join(const float *__restrict__ part, const float *__restrict__ bias, float *__restrict__ out, int M, int N, int slices, int relu,
               int S, u64 image, u64 row) {
  const Output o = {out, M, N, {(unsigned)S, image}, bias, relu};
  const Divisor columns = {(unsigned)N, row};
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= M * N) return;
  float sum = 0.0f;
  for (int z = 0; z < slices; z++) sum += part[(u64)z * M * N + i];
  const int m = columns.div(i), j = i - m * N;
  const unsigned n = o.image.div(j);
  out[((u64)n * M + m) * S + (j - n * S)] = o.finish(sum, m);
}

// Elementwise: a thread takes four neighbours. What is done with them is written once, for vectors, and compiled twice: for a whole quad, and for the
// last one, whose missing values are 0 and stay unwritten.

struct Whole {
  int i; // of the first value
  DEVICE_MEMBER vec4 load(const float *p) const { return *(const vec4 *)(p + i); }
  DEVICE_MEMBER void store(float *p, vec4 v) const { *(vec4 *)(p + i) = v; }
};

struct Rest {
  int i, count;
  DEVICE_MEMBER vec4 load(const float *p) const { return quad_at(p + i, count, 0.0f); }
  DEVICE_MEMBER void store(float *p, vec4 v) const {
#pragma unroll
    for (int e = 0; e < 4; e++)
      if (e < count) p[i + e] = v[e];
  }
};

template <class F> DEVICE void each_quad(int n, F f) {
  const int i = 4 * (blockIdx.x * 256 + threadIdx.x);
  if (i + 4 <= n)
    f(Whole{i});
  else if (i < n)
    f(Rest{i, n - i});
}

// lanes applies f to each value of vectors.
template <class F, class... V> DEVICE vec4 lanes(F f, V... v) {
  const vec4 r = {f(v[0]...), f(v[1]...), f(v[2]...), f(v[3]...)};
  return r;
}

// elementwise is y[i] = f(x[i]...); y may be one of x.
template <class F, class... X> DEVICE void elementwise(int n, float *y, F f, X... x) {
  each_quad(n, [=](auto q) { q.store(y, lanes(f, q.load(x)...)); });
}

// Planes finds the channel of a value of N images of C channels with S positions.
struct Planes {
  Divisor S, C;
  DEVICE_MEMBER int channel(int i) const { return C.mod(S.div(i)); }
};

// by_channel is y[i] = f(k(channel of i), x[i]...); k is asked once for four values of one channel.
template <class K, class F, class... X> DEVICE void by_channel(int n, Planes p, float *y, K k, F f, X... x) {
  each_quad(n, [=](auto q) {
    if (p.S.d % 4 == 0) {
      const auto constants = k(p.channel(q.i));
      q.store(y, lanes([=](auto... v) { return f(constants, v...); }, q.load(x)...));
    } else {
      int i = q.i;
      q.store(y, lanes([&](auto... v) { return f(k(p.channel(i++)), v...); }, q.load(x)...));
    }
  });
}

// pw_gather has a thread for every value of x; value i of an image is byte i%3 of pixels[i/3]. An image that is not there has label −1 and no
// pixels.
KERNEL pw_gather(const float *__restrict__ pixels, const float *__restrict__ labels, const float *__restrict__ picks, float *__restrict__ x,
                 float *__restrict__ y, int n, int rows, int images, int packed, int H, int W, u64 size, unsigned values, u64 row, u64 high, u64 third) {
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i < rows) {
    const int image = (int)picks[4 * i];
    y[i] = (unsigned)image < (unsigned)images ? labels[image] : -1.0f;
  }
  if (i >= n) return;
  const Divisor image_size = {values, size}, width = {(unsigned)W, row}, height = {(unsigned)H, high}, three = {3, third};
  const unsigned k = image_size.div(i), at = i - k * values, line = width.div(at), plane = height.div(line);
  const vec4 pick = *(const vec4 *)(picks + 4 * k);
  const int image = (int)pick[0], h = (int)(line - plane * H) - (int)pick[2];
  int w = (int)(at - line * W) - (int)pick[3];
  float v = 0.0f;
  if ((unsigned)image < (unsigned)images && (unsigned)h < (unsigned)H && (unsigned)w < (unsigned)W) {
    if (pick[1] != 0.0f) w = W - 1 - w;
    const unsigned from = (plane * H + h) * W + w, value = three.div(from);
    v = (float)((unsigned)pixels[(u64)image * packed + value] >> 8 * (from - 3 * value) & 255) / 255.0f;
  }
  x[i] = v;
}

KERNEL pw_copy(const float *__restrict__ x, float *__restrict__ y, int n) {
  elementwise(n, y, [](float v) { return v; }, x);
}

KERNEL pw_add(const float *__restrict__ a, const float *__restrict__ b, float *__restrict__ y, int n) {
  elementwise(n, y, [](float v, float w) { return v + w; }, a, b);
}

KERNEL pw_bias(const float *__restrict__ x, const float *__restrict__ b, float *__restrict__ y, int n, int S, u64 s, int C, u64 c) {
  by_channel(n, Planes{{(unsigned)S, s}, {(unsigned)C, c}}, y, [=](int channel) { return b[channel]; }, [](float bias, float v) { return v + bias; }, x);
}

enum { LINEAR, RELU, LEAKY, ELU, SELU, SIGMOID, TANH };

#define SELU_ALPHA 1.67326324f
#define SELU_SCALE 1.05070099f

KERNEL pw_activation(const float *__restrict__ x, float *__restrict__ y, int n, int kind, float slope) {
  const auto f = [=](float v) {
    switch (kind) {
    case RELU: return v < 0.0f ? 0.0f : v;
    case LEAKY: return v < 0.0f ? slope * v : v;
    case ELU: return v < 0.0f ? expm1_of(v) : v;
    case SELU: return SELU_SCALE * (v < 0.0f ? SELU_ALPHA * expm1_of(v) : v);
    case SIGMOID: return 1.0f / (1.0f + exp_of(-v));
    case TANH: return tanh_of(v);
    }
    return v;
  };
  elementwise(n, y, f, x);
}

KERNEL pw_activation_grad(const float *__restrict__ y, const float *__restrict__ dy, float *__restrict__ dx, int n, int kind, float slope) {
  const auto f = [=](float v, float d) {
    switch (kind) {
    case RELU: return d * (v > 0.0f ? 1.0f : 0.0f);
    case LEAKY: return d * (v > 0.0f ? 1.0f : slope);
    case ELU: return d * (v > 0.0f ? 1.0f : v + 1.0f);
    case SELU: return d * (v > 0.0f ? SELU_SCALE : v + SELU_SCALE * SELU_ALPHA);
    case SIGMOID: return d * (v * (1.0f - v));
    case TANH: return d * (1.0f - v * v);
    }
    return d;
  };
  elementwise(n, dx, f, y, dy);
}

// Normal is what batch norm knows of a channel.
struct Normal {
  float mean, inverse, scale, shift; // 1/√(variance+ε); gamma, beta or what stands for them
};

KERNEL pw_norm_apply(const float *__restrict__ x, const float *__restrict__ stats, const float *__restrict__ params, float *__restrict__ y,
                     int n, int S, u64 s, int C, u64 c, float epsilon) {
  by_channel(n, Planes{{(unsigned)S, s}, {(unsigned)C, c}}, y,
             [=](int i) { return Normal{stats[i], 1.0f / sqrt_of(stats[C + i] + epsilon), params[i], params[C + i]}; },
             [](Normal k, float v) { return k.scale * ((v - k.mean) * k.inverse) + k.shift; }, x);
}

// pw_norm_data_grad has dgamma and dbeta divided by the number of values, in scale and shift.
KERNEL pw_norm_data_grad(const float *__restrict__ x, const float *__restrict__ stats, const float *__restrict__ params,
                         const float *__restrict__ dparams, const float *__restrict__ dy, float *__restrict__ dx, int n, int S, u64 s, int C,
                         u64 c, float epsilon, float values) {
  by_channel(n, Planes{{(unsigned)S, s}, {(unsigned)C, c}}, dx,
             [=](int i) {
               const float inverse = 1.0f / sqrt_of(stats[C + i] + epsilon);
               struct {
                 Normal k;
                 float gain;
               } all = {{stats[i], inverse, dparams[i] / values, dparams[C + i] / values}, params[i] * inverse};
               return all;
             },
             [](auto a, float v, float d) { return a.gain * (d - a.k.shift - (v - a.k.mean) * a.k.inverse * a.k.scale); }, x, dy);
}

KERNEL pw_norm_update(const float *__restrict__ stats, float *__restrict__ running, int C, float momentum, float values) {
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= C) return;
  running[i] = momentum * running[i] + (1.0f - momentum) * stats[i];
  const float unbiased = stats[C + i] * (values / (values > 2.0f ? values - 1.0f : 1.0f));
  running[C + i] = momentum * running[C + i] + (1.0f - momentum) * unbiased;
}

// Random is Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011), as trainer/kernel/philox.go has it.
struct Random {
  unsigned word[4];
};

DEVICE Random philox(unsigned c0, unsigned c1, unsigned c2, unsigned c3, unsigned k0, unsigned k1) {
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const u64 a = (u64)0xD2511F53u * c0, b = (u64)0xCD9E8D57u * c2;
    c0 = (unsigned)(b >> 32) ^ c1 ^ k0;
    c1 = (unsigned)b;
    c2 = (unsigned)(a >> 32) ^ c3 ^ k1;
    c3 = (unsigned)a;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

// pw_dropout keeps a unit of S values where its word is at least below.
KERNEL pw_dropout(const float *__restrict__ x, float *__restrict__ y, int n, int S, u64 s, unsigned below, float scale, unsigned stream, u64 index,
                  u64 key) {
  const Divisor unit = {(unsigned)S, s};
  each_quad(n, [=](auto q) {
    unsigned at = q.i, block = ~0u;
    Random r = {};
    q.store(y, lanes(
                   [&](float v) {
                     const unsigned u = unit.div(at++);
                     if (u / 4 != block) {
                       block = u / 4;
                       r = philox(block, stream, (unsigned)index, (unsigned)(index >> 32), (unsigned)key, (unsigned)(key >> 32));
                     }
                     const unsigned word = u % 4 == 0 ? r.word[0] : u % 4 == 1 ? r.word[1] : u % 4 == 2 ? r.word[2] : r.word[3];
                     return word >= below ? v * scale : 0.0f;
                   },
                   q.load(x)));
  });
}

// pw_pad fills planes of BH×BW with those of H×W at (PH, PW) and zeros; pw_pad_grad takes them out again.
KERNEL pw_pad(const float *__restrict__ x, float *__restrict__ y, int n, int H, int W, int PH, int PW, int BH, u64 bh, int BW, u64 bw) {
  const Divisor high = {(unsigned)BH, bh}, wide = {(unsigned)BW, bw};
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= n) return;
  const unsigned line = wide.div(i), plane = high.div(line);
  const int h = (int)(line - plane * BH) - PH, w = (int)(i - line * BW) - PW;
  y[i] = (unsigned)h < (unsigned)H && (unsigned)w < (unsigned)W ? x[((int)plane * H + h) * W + w] : 0.0f;
}

KERNEL pw_pad_grad(const float *__restrict__ dy, float *__restrict__ dx, int n, int H, u64 high, int W, u64 wide, int PH, int PW) {
  const Divisor rows = {(unsigned)H, high}, columns = {(unsigned)W, wide};
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= n) return;
  const int line = columns.div(i), plane = rows.div(line);
  dx[i] = dy[(plane * (H + 2 * PH) + line - plane * H + PH) * (W + 2 * PW) + i - line * W + PW];
}

// Sums by channel: first a part of the values of each channel by a block, then the parts of a channel, in order.

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

// Pools.

// Pool is a window without channels, and what indices are divided by.
struct Pool {
  int H, W, KH, KW, SH, SW, PT, PL, OH, OW;
};

#define POOL_PARAMETERS                                                                                                             \
  int n, int H, int W, int KH, int KW, int SH, int SW, int PT, int PL, int OH, int OW, u64 high, u64 wide
#define POOL                                                                                                                        \
  { H, W, KH, KW, SH, SW, PT, PL, OH, OW }

// Span is what a window covers of the image.
struct Span {
  int top, bottom, left, right;
};

DEVICE Span span(const Pool &g, int oh, int ow) {
  const int h = oh * g.SH - g.PT, w = ow * g.SW - g.PL;
  return {larger(h, 0), smaller(h + g.KH, g.H), larger(w, 0), smaller(w + g.KW, g.W)};
}

// first_maximum finds the pixel of the first largest value of a window; NaN is larger than nothing.
DEVICE int first_maximum(const Pool &g, const float *image, int oh, int ow) {
  const Span s = span(g, oh, ow);
  int best = s.top * g.W + s.left;
  float most = image[best];
  for (int h = s.top; h < s.bottom; h++)
    for (int w = s.left; w < s.right; w++) {
      const float v = image[h * g.W + w];
      if (v > most) most = v, best = h * g.W + w;
    }
  return best;
}

// windows_over visits the windows over pixel (h, w) of an image, in order.
template <class F> DEVICE void windows_over(const Pool &g, int h, int w, F visit) {
  const int a = h + g.PT, b = w + g.PL;
  const int top = a < g.KH ? 0 : (a - g.KH) / g.SH + 1, left = b < g.KW ? 0 : (b - g.KW) / g.SW + 1;
  for (int oh = top; oh <= smaller(a / g.SH, g.OH - 1); oh++)
    for (int ow = left; ow <= smaller(b / g.SW, g.OW - 1); ow++) visit(oh, ow);
}

// high and wide divide by the height and width of what the threads stand for: outputs forward, pixels backward.
KERNEL pw_max_pool(const float *__restrict__ x, float *__restrict__ y, POOL_PARAMETERS) {
  const Pool g = POOL;
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= n) return;
  const Divisor columns = {(unsigned)OW, wide}, rows = {(unsigned)OH, high};
  const int line = columns.div(i), plane = rows.div(line);
  const float *image = x + (u64)plane * H * W;
  y[i] = image[first_maximum(g, image, line - plane * OH, i - line * OW)];
}

// pw_max_pool_grad: with relu the pixel must also be above 0.
KERNEL pw_max_pool_grad(const float *__restrict__ x, const float *__restrict__ dy, float *__restrict__ dx, POOL_PARAMETERS, int relu) {
  const Pool g = POOL;
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= n) return;
  const Divisor columns = {(unsigned)W, wide}, rows = {(unsigned)H, high};
  const int line = columns.div(i), plane = rows.div(line), h = line - plane * H, w = i - line * W;
  const float *image = x + (u64)plane * H * W, *gradient = dy + (u64)plane * OH * OW;
  float sum = 0.0f;
  if (!relu || x[i] > 0.0f)
    windows_over(g, h, w, [&](int oh, int ow) {
      if (first_maximum(g, image, oh, ow) == h * W + w) sum += gradient[oh * OW + ow];
    });
  dx[i] = sum;
}

KERNEL pw_avg_pool(const float *__restrict__ x, float *__restrict__ y, POOL_PARAMETERS) {
  const Pool g = POOL;
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= n) return;
  const Divisor columns = {(unsigned)OW, wide}, rows = {(unsigned)OH, high};
  const int line = columns.div(i), plane = rows.div(line);
  const float *image = x + (u64)plane * H * W;
  const Span s = span(g, line - plane * OH, i - line * OW);
  float sum = 0.0f;
  for (int h = s.top; h < s.bottom; h++)
    for (int w = s.left; w < s.right; w++) sum += image[h * W + w];
  y[i] = sum / (float)((s.bottom - s.top) * (s.right - s.left));
}

KERNEL pw_avg_pool_grad(const float *__restrict__ dy, float *__restrict__ dx, POOL_PARAMETERS) {
  const Pool g = POOL;
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= n) return;
  const Divisor columns = {(unsigned)W, wide}, rows = {(unsigned)H, high};
  const int line = columns.div(i), plane = rows.div(line), h = line - plane * H, w = i - line * W;
  const float *gradient = dy + (u64)plane * OH * OW;
  float sum = 0.0f;
  windows_over(g, h, w, [&](int oh, int ow) {
    const Span s = span(g, oh, ow);
    sum += gradient[oh * OW + ow] / (float)((s.bottom - s.top) * (s.right - s.left));
  });
  dx[i] = sum;
}

// Softmax and loss.

// Softmax is what a row of C values, apart by step, is made to probabilities with.
struct Softmax {
  float most, total;
};

DEVICE Softmax softmax_of(const float *x, int C, int step) {
  Softmax s = {x[0], 0.0f};
  for (int c = 1; c < C; c++)
    if (x[c * step] > s.most) s.most = x[c * step];
  for (int c = 0; c < C; c++) s.total += exp_of(x[c * step] - s.most);
  return s;
}

KERNEL pw_softmax(const float *__restrict__ x, float *__restrict__ y, int positions, int C, int S, u64 s) {
  const Divisor plane = {(unsigned)S, s};
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= positions) return;
  const int n = plane.div(i), at = n * C * S + i - n * S;
  const Softmax k = softmax_of(x + at, C, S);
  for (int c = 0; c < C; c++) y[at + c * S] = exp_of(x[at + c * S] - k.most) / k.total;
}

KERNEL pw_softmax_grad(const float *__restrict__ y, const float *__restrict__ dy, float *__restrict__ dx, int positions, int C, int S, u64 s) {
  const Divisor plane = {(unsigned)S, s};
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= positions) return;
  const int n = plane.div(i), at = n * C * S + i - n * S;
  float dot = 0.0f;
  for (int c = 0; c < C; c++) dot += y[at + c * S] * dy[at + c * S];
  for (int c = 0; c < C; c++) dx[at + c * S] = y[at + c * S] * (dy[at + c * S] - dot);
}

// class_of reads a class number, −1 where it is none.
DEVICE int class_of(float label, int C) { return label >= 0.0f && label < (float)C && (float)(int)label == label ? (int)label : -1; }

// One block. wrong gets 1 + the first row whose label is no class number, if there is one.
KERNEL pw_cross_entropy(const float *__restrict__ logits, const float *__restrict__ labels, float *__restrict__ loss, int *__restrict__ wrong, int N,
                        int C) {
  double sum = 0.0;
  int first = 0; // N − row of the first wrong one
  for (int i = threadIdx.x; i < N; i += 256) {
    const int label = class_of(labels[i], C);
    if (label < 0) {
      first = larger(first, N - i);
      continue;
    }
    const float *row = logits + (u64)i * C;
    const Softmax k = softmax_of(row, C, 1);
    sum += (double)(k.most - row[label] + log_of(k.total));
  }
  sum = sum_of(sum);
  first = largest_of(first);
  if (threadIdx.x == 0) {
    loss[0] = (float)(sum / (double)N);
    if (first > 0) wrong[0] = N - first + 1;
  }
}

KERNEL pw_cross_entropy_grad(const float *__restrict__ logits, const float *__restrict__ labels, float *__restrict__ dlogits, int N, int C) {
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= N) return;
  const int label = class_of(labels[i], C);
  const float *row = logits + (u64)i * C;
  const Softmax k = softmax_of(row, C, 1);
  for (int c = 0; c < C; c++) {
    const float p = exp_of(row[c] - k.most) / k.total;
    dlogits[(u64)i * C + c] = (c == label ? p - 1.0f : p) / (float)N;
  }
}

// One block; wrong as above.
KERNEL pw_correct(const float *__restrict__ logits, const float *__restrict__ labels, float *__restrict__ count, int *__restrict__ wrong, int N, int C) {
  int first = 0;
  float right = 0.0f;
  for (int i = threadIdx.x; i < N; i += 256) {
    const int label = class_of(labels[i], C);
    if (label < 0) {
      first = larger(first, N - i);
      continue;
    }
    const float *row = logits + (u64)i * C;
    bool wins = true;
    for (int c = 0; c < C; c++) wins = wins && (row[c] < row[label] || (c >= label && row[c] == row[label]));
    right += wins ? 1.0f : 0.0f;
  }
  right = sum_of(right);
  first = largest_of(first);
  if (threadIdx.x == 0) {
    count[0] = right;
    if (first > 0) wrong[0] = N - first + 1;
  }
}

// Updates.

KERNEL pw_penalty(const float *__restrict__ w, float *__restrict__ dw, int n, float l1, float l2) {
  const auto f = [=](float v, float d) {
    const float sign = v > 0.0f ? 1.0f : v < 0.0f ? -1.0f : 0.0f;
    return d + (l1 * sign + 2.0f * l2 * v);
  };
  elementwise(n, dw, f, w, dw);
}

// pw_squares writes the sum of squares of the block's share to part[block].
KERNEL pw_squares(const float *__restrict__ x, double *__restrict__ part, int n) {
  double sum = 0.0;
  for (int i = blockIdx.x * 256 + threadIdx.x; i < n; i += gridDim.x * 256) sum += (double)x[i] * (double)x[i];
  sum = sum_of(sum);
  if (threadIdx.x == 0) part[blockIdx.x] = sum;
}

// One block: what gradients are multiplied by.
KERNEL pw_clip_factor(const double *__restrict__ part, float *__restrict__ factor, int parts, float most) {
  double sum = 0.0;
  for (int i = threadIdx.x; i < parts; i += 256) sum += part[i];
  const double norm = sqrt_of(sum_of(sum));
  if (threadIdx.x == 0) factor[0] = norm <= (double)most ? 1.0f : (float)((double)most / norm);
}

KERNEL pw_clip(const float *__restrict__ factor, float *x, int n) {
  const float k = factor[0];
  if (k == 1.0f) return;
  elementwise(n, x, [=](float v) { return v * k; }, x);
}

KERNEL pw_sgd(const float *__restrict__ g, float *__restrict__ w, float *__restrict__ v, int n, float rate, float momentum, int nesterov) {
  each_quad(n, [=](auto q) {
    const vec4 d = q.load(g);
    vec4 step = d;
    if (momentum != 0.0f) {
      const vec4 moved = momentum * q.load(v) + d;
      q.store(v, moved);
      step = moved;
      if (nesterov) step = d + momentum * moved;
    }
    q.store(w, q.load(w) - rate * step);
  });
}

KERNEL pw_rmsprop(const float *__restrict__ g, float *__restrict__ w, float *__restrict__ s, float *__restrict__ v, int n, float rate, float rho,
                  float epsilon, float momentum) {
  each_quad(n, [=](auto q) {
    const vec4 d = q.load(g), square = rho * q.load(s) + (1.0f - rho) * d * d;
    q.store(s, square);
    vec4 step = d / (sqrt_of(square) + epsilon);
    if (momentum != 0.0f) {
      step = momentum * q.load(v) + step;
      q.store(v, step);
    }
    q.store(w, q.load(w) - rate * step);
  });
}

// pw_adam: correct1 and correct2 are 1 − betaᵗ.
KERNEL pw_adam(const float *__restrict__ g, float *__restrict__ w, float *__restrict__ m, float *__restrict__ v, int n, float rate, float beta1, float beta2,
               float epsilon, float decay, float correct1, float correct2) {
  each_quad(n, [=](auto q) {
    const vec4 d = q.load(g), at = q.load(w);
    const vec4 first = beta1 * q.load(m) + (1.0f - beta1) * d, second = beta2 * q.load(v) + (1.0f - beta2) * d * d;
    q.store(m, first);
    q.store(v, second);
    q.store(w, at - rate * decay * at - rate * (first / correct1) / (sqrt_of(second / correct2) + epsilon));
  });
}

// Statistics, their sums in double precision. Values that are not finite are counted (as n − FINITE) and left out.

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
