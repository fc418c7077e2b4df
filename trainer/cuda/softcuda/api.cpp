// The driver calls that this device answers, by their public signatures. Each takes the one lock, and each but those that end
// something gives a context's fault until the context ends. gorgonia.org/cu's header names the calls plainly, NVIDIA's adds a
// version to some, so both names exist.

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>

#include "context.hpp"

#pragma GCC visibility push(default)

#define VERSIONED(name, version) \
  __asm__(".globl " #name version "\n.type " #name version ", @function\n.set " #name version ", " #name "\n");

namespace {

std::mutex driver;
bool initialized;
std::map<int, Device> devices;
std::set<Context *> contexts;
thread_local std::vector<Context *> stack;

size_t setting(const char *name, size_t otherwise) {
  const char *value = getenv(name);
  return value && *value ? strtoull(value, nullptr, 10) : otherwise;
}

int device_count() {
  static const int count = int(setting("PROBEWISE_SOFTCUDA_DEVICES", 2));
  return count;
}

size_t device_memory() { return setting("PROBEWISE_SOFTCUDA_MEMORY", size_t(4) << 30); }

bool reverse_order() {
  const char *order = getenv("PROBEWISE_SOFTCUDA_ORDER");
  return order && strcmp(order, "reverse") == 0;
}

Context *current() {
  while (!stack.empty() && stack.back() && !contexts.count(stack.back())) stack.pop_back();
  return stack.empty() ? nullptr : stack.back();
}

template <class F> Result locked(F call) {
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

Context *create(int device) {
  auto *c = new Context(device, device_memory(), devices[device].used, reverse_order());
  contexts.insert(c);
  return c;
}

Result destroy(Context *c) {
  if (!contexts.count(c)) return invalid_context;
  c->drain_all();
  contexts.erase(c);
  delete c;
  return success;
}

char *pointer(uint64_t device_address) { return reinterpret_cast<char *>(device_address); }

Result refuse(Context &c, const char *call, uint64_t address, size_t size) {
  say("refused %s of %zu bytes: %s", call, size, c.memory.near(pointer(address)).c_str());
  return invalid_value;
}

// now is a clock for events.
double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

Result copy_in(Context &c, Stream &s, uint64_t to, const void *from, size_t size) {
  if (size == 0) return success;
  if (!c.memory.find(pointer(to), size)) return refuse(c, "copy to the device", to, size);
  // Pageable memory: the driver takes the bytes before it returns.
  const char *bytes = static_cast<const char *>(from);
  return c.add(s, [to, staged = std::vector<char>(bytes, bytes + size)] {
    memcpy(pointer(to), staged.data(), staged.size());
    return success;
  });
}

Result copy_out(Context &c, Stream &s, void *to, uint64_t from, size_t size) {
  if (size == 0) return success;
  if (!c.memory.find(pointer(from), size)) return refuse(c, "copy from the device", from, size);
  Result r = c.add(s, [=] {
    memcpy(to, pointer(from), size);
    return success;
  });
  return r != success ? r : c.drain(s); // pageable memory: the driver returns when the bytes are there
}

Result copy_within(Context &c, Stream &s, uint64_t to, uint64_t from, size_t size) {
  if (size == 0) return success;
  if (!c.memory.find(pointer(to), size)) return refuse(c, "copy within the device, to", to, size);
  if (!c.memory.find(pointer(from), size)) return refuse(c, "copy within the device, from", from, size);
  return c.add(s, [=] {
    memmove(pointer(to), pointer(from), size);
    return success;
  });
}

template <class T> Result set(Context &c, Stream &s, uint64_t to, T value, size_t count) {
  if (count == 0) return success;
  if (to % sizeof(T) != 0 || !c.memory.find(pointer(to), count * sizeof(T))) return refuse(c, "memset", to, count * sizeof(T));
  return c.add(s, [=] {
    for (size_t i = 0; i < count; i++) memcpy(pointer(to) + i * sizeof(T), &value, sizeof(T));
    return success;
  });
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
  case 75: return 7;                      // compute capability 7.0
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
  return on_device(device, [&](Device &) {
    stack.push_back(*context = create(device));
    return success;
  });
}
VERSIONED(cuCtxCreate, "_v2")

Result cuCtxDestroy(Context *context) {
  return locked([&] {
    if (!stack.empty() && stack.back() == context) stack.pop_back();
    return destroy(context);
  });
}
VERSIONED(cuCtxDestroy, "_v2")

Result cuCtxPushCurrent(Context *context) {
  return locked([&] {
    if (!contexts.count(context)) return invalid_context;
    stack.push_back(context);
    return success;
  });
}
VERSIONED(cuCtxPushCurrent, "_v2")

Result cuCtxPopCurrent(Context **context) {
  return locked([&] {
    Context *c = current();
    if (!c) return invalid_context;
    if (context) *context = c;
    stack.pop_back();
    return success;
  });
}
VERSIONED(cuCtxPopCurrent, "_v2")

Result cuCtxSetCurrent(Context *context) {
  return locked([&] {
    if (context && !contexts.count(context)) return invalid_context;
    if (!stack.empty()) stack.pop_back();
    if (context) stack.push_back(context);
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
    if (d.retained++ == 0) d.primary = create(device);
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

// Memory

Result cuMemGetInfo(size_t *free, size_t *total) {
  return in_context([&](Context &c) {
    *total = c.memory.total();
    *free = *total - c.memory.used();
    return success;
  });
}
VERSIONED(cuMemGetInfo, "_v2")

Result cuMemAlloc(uint64_t *address, size_t size) {
  return in_context([&](Context &c) {
    if (size == 0) return invalid_value;
    Buffer *b = c.memory.allocate(size, c.reverse);
    if (!b) return out_of_memory;
    *address = reinterpret_cast<uint64_t>(b->data);
    return success;
  });
}
VERSIONED(cuMemAlloc, "_v2")

Result cuMemFree(uint64_t address) {
  return in_context([&](Context &c) -> Result {
    if (address == 0) return success;
    if (const Result r = c.drain_all(); r != success) return r; // as a driver waits before it frees
    return c.memory.free(pointer(address)) ? success : refuse(c, "free", address, 0);
  });
}
VERSIONED(cuMemFree, "_v2")

Result cuMemGetAddressRange(uint64_t *base, size_t *size, uint64_t address) {
  return in_context([&](Context &c) {
    const Buffer *b = c.memory.find(pointer(address), 0);
    if (!b) return invalid_value;
    if (base) *base = reinterpret_cast<uint64_t>(b->data);
    if (size) *size = b->size;
    return success;
  });
}
VERSIONED(cuMemGetAddressRange, "_v2")

Result cuMemcpyHtoD(uint64_t to, const void *from, size_t size) {
  return in_context([&](Context &c) {
    const Result r = copy_in(c, c.null, to, from, size);
    return r != success ? r : c.drain(c.null);
  });
}
VERSIONED(cuMemcpyHtoD, "_v2")

Result cuMemcpyDtoH(void *to, uint64_t from, size_t size) {
  return in_context([&](Context &c) { return copy_out(c, c.null, to, from, size); });
}
VERSIONED(cuMemcpyDtoH, "_v2")

Result cuMemcpyDtoD(uint64_t to, uint64_t from, size_t size) {
  return in_context([&](Context &c) { return copy_within(c, c.null, to, from, size); });
}
VERSIONED(cuMemcpyDtoD, "_v2")

Result cuMemcpyHtoDAsync(uint64_t to, const void *from, size_t size, Stream *stream) {
  return on_stream(stream, [&](Context &c, Stream &s) { return copy_in(c, s, to, from, size); });
}
VERSIONED(cuMemcpyHtoDAsync, "_v2")

Result cuMemcpyDtoHAsync(void *to, uint64_t from, size_t size, Stream *stream) {
  return on_stream(stream, [&](Context &c, Stream &s) { return copy_out(c, s, to, from, size); });
}
VERSIONED(cuMemcpyDtoHAsync, "_v2")

Result cuMemcpyDtoDAsync(uint64_t to, uint64_t from, size_t size, Stream *stream) {
  return on_stream(stream, [&](Context &c, Stream &s) { return copy_within(c, s, to, from, size); });
}
VERSIONED(cuMemcpyDtoDAsync, "_v2")

Result cuMemsetD8(uint64_t to, unsigned char value, size_t count) {
  return in_context([&](Context &c) { return set(c, c.null, to, value, count); });
}
VERSIONED(cuMemsetD8, "_v2")

Result cuMemsetD16(uint64_t to, unsigned short value, size_t count) {
  return in_context([&](Context &c) { return set(c, c.null, to, value, count); });
}
VERSIONED(cuMemsetD16, "_v2")

Result cuMemsetD32(uint64_t to, unsigned value, size_t count) {
  return in_context([&](Context &c) { return set(c, c.null, to, value, count); });
}
VERSIONED(cuMemsetD32, "_v2")

Result cuMemsetD8Async(uint64_t to, unsigned char value, size_t count, Stream *stream) {
  return on_stream(stream, [&](Context &c, Stream &s) { return set(c, s, to, value, count); });
}

Result cuMemsetD16Async(uint64_t to, unsigned short value, size_t count, Stream *stream) {
  return on_stream(stream, [&](Context &c, Stream &s) { return set(c, s, to, value, count); });
}

Result cuMemsetD32Async(uint64_t to, unsigned value, size_t count, Stream *stream) {
  return on_stream(stream, [&](Context &c, Stream &s) { return set(c, s, to, value, count); });
}

// Streams and events

Result cuStreamCreate(Stream **stream, unsigned flags) {
  return in_context([&](Context &c) {
    if (flags > 1) return invalid_value;
    c.streams.insert(*stream = new Stream{&c, flags == 0, {}});
    return success;
  });
}

Result cuStreamCreateWithPriority(Stream **stream, unsigned flags, int) { return cuStreamCreate(stream, flags); }

Result cuStreamDestroy(Stream *stream) {
  return in_context([&](Context &c) {
    if (!c.streams.count(stream)) return invalid_handle;
    const Result r = c.drain(*stream);
    for (Event *e : c.events)
      if (e->stream == stream) e->stream = nullptr;
    c.streams.erase(stream);
    delete stream;
    return r;
  });
}
VERSIONED(cuStreamDestroy, "_v2")

Result cuStreamSynchronize(Stream *stream) {
  return on_stream(stream, [](Context &c, Stream &s) { return &s == &c.null ? c.drain_blocking() : c.drain(s); });
}

Result cuStreamQuery(Stream *stream) {
  return on_stream(stream, [](Context &c, Stream &s) {
    const bool pending = !s.queue.empty();
    const Result r = c.drain(s); // who asks again finds it done
    return r != success ? r : pending ? not_ready : success;
  });
}

Result cuStreamWaitEvent(Stream *stream, Event *event, unsigned) {
  return on_stream(stream, [&](Context &c, Stream &s) {
    if (!c.events.count(event)) return invalid_handle;
    return c.add(s, [&c, event, number = event->recorded] { return c.events.count(event) ? c.reach(*event, number) : success; });
  });
}

Result cuEventCreate(Event **event, unsigned) {
  return in_context([&](Context &c) {
    c.events.insert(*event = new Event{&c});
    return success;
  });
}

Result cuEventDestroy(Event *event) {
  return on_event(event, [&](Context &c, Event &e) {
    const Result r = c.reach(e, e.recorded);
    c.events.erase(event);
    delete event;
    return r;
  });
}
VERSIONED(cuEventDestroy, "_v2")

Result cuEventRecord(Event *event, Stream *stream) {
  return on_stream(stream, [&](Context &c, Stream &s) {
    if (!c.events.count(event)) return invalid_handle;
    if (const Result r = c.reach(*event, event->recorded); r != success) return r;
    event->stream = &s;
    return c.add(s, [event, number = ++event->recorded] {
      event->reached = number;
      event->milliseconds = now();
      return success;
    });
  });
}

Result cuEventSynchronize(Event *event) {
  return on_event(event, [](Context &c, Event &e) { return c.reach(e, e.recorded); });
}

Result cuEventQuery(Event *event) {
  return on_event(event, [](Context &c, Event &e) {
    const bool pending = e.reached < e.recorded;
    const Result r = c.reach(e, e.recorded);
    return r != success ? r : pending ? not_ready : success;
  });
}

Result cuEventElapsedTime(float *milliseconds, Event *from, Event *to) {
  return on_event(from, [&](Context &c, Event &a) {
    if (!c.events.count(to) || a.recorded == 0 || to->recorded == 0) return invalid_handle;
    if (a.reached < a.recorded || to->reached < to->recorded) return not_ready;
    *milliseconds = float(to->milliseconds - a.milliseconds);
    return success;
  });
}

// Modules and launches

Result cuModuleLoadData(Module **module, const void *image) {
  return in_context([&](Context &c) {
    std::string error;
    std::unique_ptr<Module> m = load(static_cast<const char *>(image), worker_count(), error);
    if (!m) {
      say("refused PTX: %s", error.c_str());
      return invalid_ptx;
    }
    c.modules.insert(*module = m.release());
    return success;
  });
}

Result cuModuleLoadDataEx(Module **module, const void *image, unsigned, void *, void **) { return cuModuleLoadData(module, image); }

Result cuModuleUnload(Module *module) {
  return in_context([&](Context &c) {
    if (!c.modules.count(module)) return invalid_handle;
    const Result r = c.drain_all();
    c.modules.erase(module);
    delete module;
    return r;
  });
}

Result cuModuleGetFunction(void **function, Module *module, const char *name) {
  return in_context([&](Context &c) {
    if (!c.modules.count(module)) return invalid_handle;
    auto f = module->functions.find(name);
    if (f == module->functions.end()) return not_found;
    *function = f->second.get();
    return success;
  });
}

Result cuFuncGetAttribute(int *value, int number, void *function) {
  return in_context([&](Context &c) {
    const Function *f = c.function(function);
    if (!f) return invalid_handle;
    *value = number == 0 ? int(f->entry.max_threads) : number == 1 ? int(f->entry.shared_size) : number == 5 ? 60 : number == 6 ? 70 : 0;
    return success;
  });
}

Result cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                      Stream *stream, void **params, void **extra) {
  const Slots slots = take(params);
  return on_stream(stream, [&](Context &c, Stream &s) -> Result {
    Function *f = c.function(function);
    if (!f) return invalid_handle;
    if (extra) return not_supported;
    Launch launch;
    const Result r = prepare(c, *f, {gx, gy, gz}, {bx, by, bz}, shared, slots, launch);
    return r != success ? r : c.add(s, [&c, launch] { return c.execute(launch); });
  });
}

// What gorgonia.org/cu refers to beyond that.
#define UNSUPPORTED(name) \
  Result name() { return not_supported; } \
  VERSIONED(name, "_v2") VERSIONED(name, "_v3")
#include "unsupported.inc"
}

#pragma GCC visibility pop
