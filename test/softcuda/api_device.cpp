// Driver calls: start, devices and contexts.

#include <cstdlib>
#include <cstring>

#include "api.hpp"

std::mutex driver;
bool initialized;
std::map<int, Device> devices;
thread_local std::vector<Context *> current_contexts;

namespace {

std::set<Context *> contexts;

bool chosen(const char *name, const char *choice) {
  const char *value = getenv(name);
  return value && strcmp(value, choice) == 0;
}

} // namespace

size_t setting(const char *name, size_t otherwise) {
  const char *value = getenv(name);
  return value && *value ? strtoull(value, nullptr, 10) : otherwise;
}

int device_count() {
  static const int count = int(setting("PROBEWISE_SOFTCUDA_DEVICES", 2));
  return count;
}

size_t device_memory() { return setting("PROBEWISE_SOFTCUDA_MEMORY", size_t(4) << 30); }

Context *current() {
  while (!current_contexts.empty() && current_contexts.back() && !contexts.count(current_contexts.back())) current_contexts.pop_back();
  return current_contexts.empty() ? nullptr : current_contexts.back();
}

namespace {

Result create(int number, Device &device, Context **context) {
  if (chosen("PROBEWISE_SOFTCUDA_FAIL_AT", "start")) device.broken = unavailable;
  if (device.broken != success) return device.broken;
  auto c = std::make_unique<Context>(number, device, device_memory(), chosen("PROBEWISE_SOFTCUDA_ORDER", "reverse"),
                                     chosen("PROBEWISE_SOFTCUDA_UPLOADS", "late"));
  if (!c->memory.take(context_size)) return out_of_memory;
  contexts.insert(*context = c.release());
  return success;
}

Result destroy(Context *c) {
  if (!contexts.count(c)) return invalid_context;
  const Result r = c->drain_all();
  contexts.erase(c);
  delete c;
  return r;
}

int attribute(int number, int device) {
  switch (number) {
  case 1: case 2: case 3: return max_threads; // block: threads, x, y
  case 4: return 64;                          // block: z
  case 5: return 0x7FFFFFFF;                  // grid: x, then y and z
  case 6: case 7: return 65535;
  case 8: case 97: return max_shared;
  case 10: return 32;                     // warp
  case 12: case 82: return 65536;         // registers
  case 13: case 36: return 1000000;       // clock rates, kHz
  case 16: return int(worker_count());    // multiprocessors
  case 33: return device;                 // bus
  case 37: return 64;                     // memory bus width
  case 38: return 1 << 20;                // L2
  case 39: return 2048;                   // threads of a multiprocessor
  case 41: return 1;                      // unified addressing
  case 75: return int(setting("PROBEWISE_SOFTCUDA_CAPABILITY", 70)) / 10; // compute capability
  case 76: return int(setting("PROBEWISE_SOFTCUDA_CAPABILITY", 70)) % 10;
  case 81: return 96 << 10;               // shared memory of a multiprocessor
  case 106: return 32;                    // blocks of a multiprocessor
  default: return 0;
  }
}

struct Name {
  Result result;
  const char *name, *text;
};

constexpr Name names[] = {
    {success, "CUDA_SUCCESS", "no error"},
    {invalid_value, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {not_initialized, "CUDA_ERROR_NOT_INITIALIZED", "cuInit was not called"},
    {unavailable, "CUDA_ERROR_DEVICE_UNAVAILABLE", "the device cannot be had"},
    {no_device, "CUDA_ERROR_NO_DEVICE", "no device"},
    {invalid_device, "CUDA_ERROR_INVALID_DEVICE", "no device of that number"},
    {invalid_context, "CUDA_ERROR_INVALID_CONTEXT", "no context, or one that has ended"},
    {invalid_ptx, "CUDA_ERROR_INVALID_PTX", "PTX that cannot be loaded"},
    {invalid_handle, "CUDA_ERROR_INVALID_HANDLE", "no such stream, event, module or function"},
    {not_found, "CUDA_ERROR_NOT_FOUND", "no such name"},
    {not_ready, "CUDA_ERROR_NOT_READY", "not finished"},
    {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS", "a kernel touched memory outside its buffers"},
    {illegal_instruction, "CUDA_ERROR_ILLEGAL_INSTRUCTION", "a kernel did something undefined"},
    {misaligned_address, "CUDA_ERROR_MISALIGNED_ADDRESS", "a kernel touched a misaligned address"},
    {launch_failed, "CUDA_ERROR_LAUNCH_FAILED", "a kernel failed"},
    {not_supported, "CUDA_ERROR_NOT_SUPPORTED", "not a call of the software device"},
};

const Name *find_name(int result) {
  for (const Name &n : names)
    if (n.result == result) return &n;
  return nullptr;
}

} // namespace

#pragma GCC visibility push(default)

extern "C" {

// Start and devices

Result cuInit(unsigned flags) {
  std::lock_guard<std::mutex> hold(driver);
  if (flags != 0) return invalid_value;
  if (device_count() == 0) return no_device;
  initialized = true;
  return success;
}

Result cuDriverGetVersion(int *version) {
  *version = 12000;
  return success;
}

Result cuGetErrorName(int result, const char **name) {
  const Name *n = find_name(result);
  *name = n ? n->name : nullptr;
  return n ? success : invalid_value;
}

Result cuGetErrorString(int result, const char **text) {
  const Name *n = find_name(result);
  *text = n ? n->text : nullptr;
  return n ? success : invalid_value;
}

Result cuDeviceGetCount(int *count) {
  return locked([&] {
    *count = device_count();
    return success;
  });
}

Result cuDeviceGet(int *device, int ordinal) {
  return on_device(ordinal, [&](Device &) {
    *device = ordinal;
    return success;
  });
}

Result cuDeviceGetName(char *name, int size, int device) {
  return on_device(device, [&](Device &) {
    snprintf(name, size_t(size), "SOFTWARE DEVICE (no GPU)");
    return success;
  });
}

Result cuDeviceGetUuid(char *uuid, int device) {
  return on_device(device, [&](Device &) {
    memcpy(uuid, "softcuda device", 16);
    uuid[15] = char(device);
    return success;
  });
}

Result cuDeviceTotalMem(size_t *bytes, int device) {
  return on_device(device, [&](Device &) {
    *bytes = device_memory();
    return success;
  });
}
VERSIONED(cuDeviceTotalMem, "_v2")

Result cuDeviceGetAttribute(int *value, int number, int device) {
  return on_device(device, [&](Device &) {
    *value = attribute(number, device);
    return success;
  });
}

// Contexts

Result cuCtxCreate(Context **context, unsigned, int device) {
  return on_device(device, [&](Device &d) {
    const Result r = create(device, d, context);
    if (r == success) current_contexts.push_back(*context);
    return r;
  });
}
VERSIONED(cuCtxCreate, "_v2")

Result cuCtxDestroy(Context *context) {
  return locked([&] {
    if (!current_contexts.empty() && current_contexts.back() == context) current_contexts.pop_back();
    return destroy(context);
  });
}
VERSIONED(cuCtxDestroy, "_v2")

Result cuCtxPushCurrent(Context *context) {
  return locked([&] {
    if (!contexts.count(context)) return invalid_context;
    current_contexts.push_back(context);
    return success;
  });
}
VERSIONED(cuCtxPushCurrent, "_v2")

Result cuCtxPopCurrent(Context **context) {
  return locked([&] {
    Context *c = current();
    if (!c) return invalid_context;
    if (context) *context = c;
    current_contexts.pop_back();
    return success;
  });
}
VERSIONED(cuCtxPopCurrent, "_v2")

Result cuCtxSetCurrent(Context *context) {
  return locked([&] {
    if (context && !contexts.count(context)) return invalid_context;
    if (!current_contexts.empty()) current_contexts.pop_back();
    if (context) current_contexts.push_back(context);
    return success;
  });
}

Result cuCtxGetCurrent(Context **context) {
  return locked([&] {
    *context = current();
    return success;
  });
}

Result cuCtxGetDevice(int *device) {
  return in_context([&](Context &c) {
    *device = c.device;
    return success;
  });
}

Result cuCtxGetApiVersion(Context *, unsigned *version) {
  *version = 12000;
  return success;
}

Result cuCtxSynchronize() {
  return in_context([](Context &c) { return c.drain_all(); });
}

Result cuDevicePrimaryCtxRetain(Context **context, int device) {
  return on_device(device, [&](Device &d) {
    const Result r = d.retained > 0 ? d.broken : create(device, d, &d.primary);
    if (r != success) return r;
    d.retained++;
    *context = d.primary;
    return success;
  });
}

Result cuDevicePrimaryCtxRelease(int device) {
  return on_device(device, [&](Device &d) {
    if (d.retained == 0) return invalid_context;
    return --d.retained > 0 ? success : destroy(d.primary);
  });
}
VERSIONED(cuDevicePrimaryCtxRelease, "_v2")

// What gorgonia.org/cu refers to beyond that.
#define UNSUPPORTED(name) \
  Result name() { return not_supported; } \
  VERSIONED(name, "_v2") VERSIONED(name, "_v3")
#include "unsupported.inc"
}

#pragma GCC visibility pop
