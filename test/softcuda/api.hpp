// What the driver calls share. Each call takes the one lock, and each that needs a context, or makes or ends one, gives
// the fault of a device that is broken. gorgonia.org/cu's header names the calls plainly, NVIDIA's adds a version to
// some: both names exist.
#pragma once

#include <mutex>

#include "context.hpp"

#define VERSIONED(name, version) \
  __asm__(".globl " #name version "\n.type " #name version ", @function\n.set " #name version ", " #name "\n");

extern std::mutex driver;
extern bool initialized;
extern std::map<int, Device> devices;
extern thread_local std::vector<Context *> current_contexts; // of this thread, the last is current

// Settings of the environment.
size_t setting(const char *name, size_t otherwise);
int device_count();
size_t device_memory();

Context *current();

template <class F> Result locked(F call) {
  struct End {
    ~End() { tidy(); }
  } end;
  std::lock_guard<std::mutex> hold(driver);
  return initialized ? call() : not_initialized;
}

template <class F> Result in_context(F call) {
  return locked([&]() -> Result {
    Context *c = current();
    if (!c) return invalid_context;
    return c->broken != success ? c->broken : call(*c);
  });
}

template <class F> Result on_device(int device, F call) {
  return locked([&]() -> Result { return device < 0 || device >= device_count() ? invalid_device : call(devices[device]); });
}

// on_stream resolves the handle; 0 and 1 are the null stream.
template <class F> Result on_stream(Stream *handle, F call) {
  return in_context([&](Context &c) -> Result {
    Stream *s = reinterpret_cast<uintptr_t>(handle) <= 1 ? &c.null : handle;
    return c.owns(s) ? call(c, *s) : invalid_handle;
  });
}

template <class F> Result on_event(Event *e, F call) {
  return in_context([&](Context &c) -> Result { return c.events.count(e) ? call(c, *e) : invalid_handle; });
}

inline char *pointer(uint64_t device_address) { return reinterpret_cast<char *>(device_address); }
