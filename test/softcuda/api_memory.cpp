// Driver calls: memory.

#include <cstring>

#include "api.hpp"

namespace {

Result refuse(Context &c, const char *call, uint64_t address, size_t size) {
  say("refused %s of %zu bytes: %s", call, size, c.memory.near(pointer(address)).c_str());
  return invalid_value;
}

Result copy_in(Context &c, Stream &s, uint64_t to, const void *from, size_t size) {
  if (size == 0) return success;
  if (!c.memory.find(pointer(to), size)) return refuse(c, "copy to the device", to, size);
  // NVIDIA leaves open whether pageable memory has been read when an asynchronous copy returns.
  if (c.late_uploads)
    return c.add(s, [=] {
      memcpy(pointer(to), from, size);
      return success;
    });
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

} // namespace

#pragma GCC visibility push(default)

extern "C" {

Result cuMemGetInfo(size_t *free, size_t *total) {
  return in_context([&](Context &c) {
    *total = c.memory.total();
    *free = c.memory.left();
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
}

#pragma GCC visibility pop
