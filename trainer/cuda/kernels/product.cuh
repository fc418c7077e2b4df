// Matrix products and convolutions: which operands they multiply (operands.cuh) and where their values go.
#pragma once
#include "operands.cuh"

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
