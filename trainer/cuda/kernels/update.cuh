// What changes gradients and weights: penalties, clipping, the optimizers.
#pragma once
#include "elementwise.cuh"

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
