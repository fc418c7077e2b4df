// Elementwise: a thread takes four neighbours. What is done with them is written once, for vectors, and compiled twice:
// for a whole quad, and for the last one, whose missing values are 0 and stay unwritten.
#pragma once
#include "helpers.cuh"

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
