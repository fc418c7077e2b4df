// Compiled together with one kernel file: KERNELS names it, ENTRIES a list of ENTRY(name) for every kernel in its PTX.
#include KERNELS

#include "soft_device.h"

SoftAt soft_at;
void (*soft_barrier)(int place);

namespace {

template <class T> T argument(void *slot) {
  T value;
  __builtin_memcpy(&value, slot, sizeof value);
  return value;
}

template <class T> struct Kind {
  static constexpr bool pointer = false;
};
template <class T> struct Kind<T *> {
  static constexpr bool pointer = true;
};

template <int... I> struct Indices {};
template <int N, int... I> struct Count : Count<N - 1, N - 1, I...> {};
template <int... I> struct Count<0, I...> {
  using type = Indices<I...>;
};

// Adapter turns a kernel's own argument list into the driver's list of slots.
template <class F, F f> struct Adapter;
template <class... A, void (*f)(A...)> struct Adapter<void (*)(A...), f> {
  static constexpr unsigned params = sizeof...(A);
  static const SoftParam *list() {
    static const SoftParam param[sizeof...(A) + 1] = {{sizeof(A), Kind<A>::pointer}..., {0, false}};
    return param;
  }
  template <int... I> static void loop(Indices<I...>, void **args, unsigned first, unsigned count, int step) {
    const SoftDim size = soft_at.threads;
    for (unsigned i = first; count > 0; count--, i += static_cast<unsigned>(step)) {
      soft_at.thread = {i % size.x, i / size.x % size.y, i / size.x / size.y};
      f(argument<A>(args[I])...);
    }
  }
  static void run(void **args, unsigned first, unsigned count, int step) {
    loop(typename Count<sizeof...(A)>::type(), args, first, count, step);
  }
};

} // namespace

extern "C" __attribute__((visibility("default"))) SoftModule softcuda_module() {
#define ENTRY(name) {#name, Adapter<decltype(&name), &name>::run, Adapter<decltype(&name), &name>::params, Adapter<decltype(&name), &name>::list()},
  static const SoftKernel kernels[] = {
#include ENTRIES
  };
  return {&soft_at, &soft_barrier, kernels, sizeof kernels / sizeof kernels[0]};
}
