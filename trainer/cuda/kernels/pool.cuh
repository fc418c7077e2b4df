// Maximum and average pools with their gradients.
#pragma once
#include "helpers.cuh"

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
