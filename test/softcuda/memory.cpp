#include <cstring>
#include <sys/mman.h>

#include "device.hpp"

namespace {

constexpr size_t page = 4096, alignment = 16, guard = size_t(256) << 20, small_guard = size_t(1) << 20, quarantine = 1024;

size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

} // namespace

// fill writes poison so that every aligned word of the data is one.
void fill(char *p, size_t size) {
  size_t i = 0;
  for (; i + sizeof poison <= size; i += sizeof poison) memcpy(p + i, &poison, sizeof poison);
  memcpy(p + i, &poison, size - i);
}

bool Memory::take(size_t bytes) {
  if (bytes > left()) return false;
  used_ += bytes;
  held_ += bytes;
  return true;
}

// charge gives the buffer the first free grains of a shared page, or pages of its own.
bool Memory::charge(Buffer &b) {
  b.shared = nullptr;
  b.first_grain = 0;
  if (b.size > largest_shared) return take(round_up(b.size, device_page));
  const size_t grains = round_up(b.size, grain) / grain;
  auto mark = [&](SharedPage &page, size_t first) {
    for (size_t i = 0; i < grains; i++) page.set(first + i);
    b.shared = &page;
    b.first_grain = first;
    return true;
  };
  for (SharedPage &page : shared_)
    for (size_t first = 0, i = 0; i < page.size(); i++) {
      if (page[i]) first = i + 1;
      if (i + 1 - first == grains) return mark(page, first);
    }
  return take(device_page) && mark(shared_.emplace_back(), 0);
}

void Memory::refund(Buffer &b) {
  size_t bytes = round_up(b.size, device_page);
  if (b.shared) {
    for (size_t i = 0; i < round_up(b.size, grain) / grain; i++) b.shared->reset(b.first_grain + i);
    bytes = b.shared->none() ? device_page : 0;
    if (bytes) shared_.remove_if([&](const SharedPage &page) { return &page == b.shared; });
  }
  used_ -= bytes;
  held_ -= bytes;
}

Memory::~Memory() {
  used_ -= held_;
  for (auto &[start, b] : buffers_) munmap(b->reserved, b->reserved_size);
}

Buffer *Memory::allocate(size_t size, bool at_start) {
  auto b = std::make_unique<Buffer>();
  b->id = next_++;
  b->size = size;
  b->freed = false;
  b->room_size = round_up(size, page);
  for (size_t around : {guard, small_guard}) { // the small one where address space is limited
    b->reserved_size = b->room_size + 2 * around;
    void *p = mmap(nullptr, b->reserved_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) continue;
    if (!charge(*b)) {
      munmap(p, b->reserved_size);
      return nullptr;
    }
    b->reserved = static_cast<char *>(p);
    b->room = b->reserved + around;
    if (mprotect(b->room, b->room_size, PROT_READ | PROT_WRITE) != 0) {
      refund(*b);
      munmap(p, b->reserved_size);
      return nullptr;
    }
    b->data = at_start ? b->room : b->room + b->room_size - round_up(size, alignment);
    fill(b->room, b->room_size);
    return (buffers_[b->reserved] = std::move(b)).get();
  }
  return nullptr;
}

Buffer *Memory::at(const void *p) {
  auto next = buffers_.upper_bound(static_cast<char *>(const_cast<void *>(p)));
  if (next == buffers_.begin()) return nullptr;
  Buffer *b = std::prev(next)->second.get();
  return p < b->reserved + b->reserved_size ? b : nullptr;
}

Buffer *Memory::find(const void *p, size_t size) {
  Buffer *b = at(p);
  if (!b || b->freed) return nullptr;
  const char *from = static_cast<const char *>(p);
  return from >= b->data && size <= b->size && from <= b->data + (b->size - size) ? b : nullptr;
}

bool Memory::free(char *data) {
  Buffer *b = at(data);
  if (!b || b->freed || b->data != data) return false;
  b->freed = true;
  refund(*b);
  // The addresses stay taken for a while, so that a use after this is caught.
  mmap(b->room, b->room_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  freed_.push_back(b->reserved);
  if (freed_.size() > quarantine) {
    auto oldest = buffers_.find(freed_.front());
    munmap(oldest->second->reserved, oldest->second->reserved_size);
    buffers_.erase(oldest);
    freed_.pop_front();
  }
  return true;
}

std::string Memory::near(const void *p) {
  const Buffer *b = at(p);
  if (!b) return reinterpret_cast<uintptr_t>(p) < (1 << 20) ? "buffer=none (near null)" : "buffer=none (no allocation)";
  const long long offset = static_cast<const char *>(p) - b->data;
  return std::string(b->freed ? "freed " : "") + "buffer=" + std::to_string(b->id) + " size=" + std::to_string(b->size) +
         " offset=" + std::to_string(offset);
}

const Buffer *Memory::overrun(const std::vector<Buffer *> &buffers) {
  for (const Buffer *b : buffers) {
    if (b->freed) continue;
    const char *end = b->data + b->size, *room_end = b->room + b->room_size;
    for (const char *p = b->room; p < room_end; p++) {
      if (p == b->data) p = end;
      if (p == room_end) break;
      // The pattern starts anew with every word of the room, of which data begins one.
      if (*p != reinterpret_cast<const char *>(&poison)[(p - b->room) % sizeof poison]) return b;
    }
  }
  return nullptr;
}

std::vector<Buffer *> Memory::live() {
  std::vector<Buffer *> all;
  for (auto &[start, b] : buffers_)
    if (!b->freed) all.push_back(b.get());
  return all;
}
