// Softmax and loss.
#pragma once
#include "helpers.cuh"

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

// One block. weights are of the classes, null where all count alike. wrong gets 1 + the first row whose label is no class number, if there is one.
KERNEL pw_cross_entropy(const float *__restrict__ logits, const float *__restrict__ labels, const float *__restrict__ weights, float *__restrict__ loss,
                        int *__restrict__ wrong, int N, int C) {
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
    const float one = k.most - row[label] + log_of(k.total);
    sum += (double)(weights ? weights[label] * one : one);
  }
  sum = sum_of(sum);
  first = largest_of(first);
  if (threadIdx.x == 0) {
    loss[0] = (float)(sum / (double)N);
    if (first > 0) wrong[0] = N - first + 1;
  }
}

KERNEL pw_cross_entropy_grad(const float *__restrict__ logits, const float *__restrict__ labels, const float *__restrict__ weights,
                             float *__restrict__ dlogits, int N, int C) {
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= N) return;
  const int label = class_of(labels[i], C);
  const float *row = logits + (u64)i * C;
  const Softmax k = softmax_of(row, C, 1);
  const float weight = weights && label >= 0 ? weights[label] : 1.0f;
  for (int c = 0; c < C; c++) {
    const float p = exp_of(row[c] - k.most) / k.total;
    dlogits[(u64)i * C + c] = (c == label ? p - 1.0f : p) * weight / (float)N;
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
