#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <malloc.h>

#include "context.hpp"

void say(const char *format, ...) {
  char line[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  fprintf(stderr, "softcuda: %s\n", line);
}

Context::Context(int device, size_t total, size_t &used, bool reverse)
    : device(device), reverse(reverse), memory(total, used), null{this, true, {}} {}

Context::~Context() {
  if (const size_t left = memory.live().size(); left > 0 && broken == success) say("context closed with live buffers: %zu", left);
  for (Stream *s : streams) delete s;
  for (Event *e : events) delete e;
  for (Module *m : modules) delete m;
}

Function *Context::function(void *handle) const {
  for (Module *m : modules)
    for (auto &[name, f] : m->functions)
      if (f.get() == handle) return f.get();
  return nullptr;
}

Result Context::add(Stream &s, Operation operation) {
  constexpr size_t limit = 1024; // as a driver's queue is bounded
  Result r = success;
  if (&s == &null)
    r = drain_blocking();
  else if (s.blocking)
    r = drain(null);
  if (r == success && s.queue.size() >= limit) r = drain(s);
  if (r == success) s.queue.push_back(std::move(operation));
  return r;
}

Result Context::step(Stream &s) {
  const Operation operation = std::move(s.queue.front());
  s.queue.pop_front();
  const Result r = operation();
  if (r == success) return r;
  broken = r;
  null.queue.clear();
  for (Stream *other : streams) other->queue.clear();
  return r;
}

Result Context::drain(Stream &s) {
  while (broken == success && !s.queue.empty()) step(s);
  return broken;
}

Result Context::drain_blocking() {
  for (Stream *s : streams)
    if (s->blocking) drain(*s);
  return drain(null);
}

Result Context::drain_all() {
  for (Stream *s : streams) drain(*s);
  return drain(null);
}

Result Context::reach(Event &e, uint64_t number) {
  while (broken == success && e.reached < number && e.stream && !e.stream->queue.empty()) step(*e.stream);
  return broken;
}

Result Context::execute(const Launch &launch) {
  const Fault fault = run(launch);
  const std::string &kernel = launch.function->entry.name;
  const SoftDim &b = fault.at.block, &t = fault.at.thread;
  if (fault.result != success) {
    say("fault=%s kernel=%s block=(%u,%u,%u) thread=(%u,%u,%u) %s", fault.what.c_str(), kernel.c_str(), b.x, b.y, b.z, t.x, t.y, t.z,
        fault.addressed ? memory.near(fault.address).c_str() : "");
    return fault.result;
  }
  if (const Buffer *over = Memory::overrun(launch.buffers)) {
    say("fault=write just outside a buffer kernel=%s buffer=%llu size=%zu", kernel.c_str(), (unsigned long long)over->id, over->size);
    return illegal_address;
  }
  return success;
}

namespace {

// take empties the list of parameters and gives it. It has no length of its own: gorgonia.org/cu makes it with malloc and
// lets its pointers name consecutive slots of 8 bytes, and this driver serves no other caller. Emptied, the list cannot pass
// for a longer one at the next launch that gets its memory.
std::vector<void *> take(void **params) {
  std::vector<void *> all;
  const size_t room = params ? malloc_usable_size(params) / sizeof *params : 0;
  for (size_t i = 0; i < room && params[0] && (i == 0 || params[i] == static_cast<char *>(all[0]) + 8 * i); i++) all.push_back(params[i]);
  for (size_t i = 0; i < all.size(); i++) params[i] = nullptr;
  return all;
}

Result refuse(const Function &f, const std::string &why) {
  say("refused launch kernel=%s: %s", f.entry.name.c_str(), why.c_str());
  return invalid_value;
}

} // namespace

Result prepare(Context &c, Function &f, SoftDim grid, SoftDim block, unsigned dynamic_shared, void **params, Launch &launch) {
  const Entry &e = f.entry;
  const uint64_t threads = uint64_t(block.x) * block.y * block.z;
  if (threads == 0 || block.x > 1024 || block.y > 1024 || block.z > 64 || threads > e.max_threads)
    return refuse(f, "a block of " + std::to_string(threads) + " threads, allowed are 1 to " + std::to_string(e.max_threads));
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7FFFFFFF || grid.y > 65535 || grid.z > 65535)
    return refuse(f, "a grid of " + std::to_string(grid.x) + "x" + std::to_string(grid.y) + "x" + std::to_string(grid.z));
  if (dynamic_shared > 0) return refuse(f, "dynamic shared memory, which no kernel here uses");
  if (e.shared_size > max_shared) return refuse(f, std::to_string(e.shared_size) + " bytes of shared memory");
  const std::vector<void *> slots = e.params.empty() ? std::vector<void *>() : take(params);
  if (slots.size() != e.params.size())
    return refuse(f, std::to_string(slots.size()) + " parameters, the PTX has " + std::to_string(e.params.size()));
  launch = {&f, grid, block, {}, {}, c.reverse};
  const SoftParam *param = f.module->copies[0].module.kernels[f.index].param;
  for (unsigned i = 0; i < slots.size(); i++) {
    uint64_t value = 0;
    memcpy(&value, slots[i], e.params[i]);
    launch.args.push_back(value);
    if (!param[i].pointer || value == 0) continue;
    Buffer *b = c.memory.find(reinterpret_cast<void *>(value), 0);
    if (!b) return refuse(f, "parameter " + std::to_string(i) + " points nowhere: " + c.memory.near(reinterpret_cast<void *>(value)));
    launch.buffers.push_back(b);
  }
  return success;
}
