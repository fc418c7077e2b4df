#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <malloc.h>

#include "api.hpp"

void say(const char *format, ...) {
  char line[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  fprintf(stderr, "softcuda: %s\n", line);
}

Context::Context(int number, Device &device, size_t total, bool reverse, bool late_uploads)
    : device(number), reverse(reverse), late_uploads(late_uploads), memory(total, device.used), broken(device.broken), null{this, true, {}} {}

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
  static const uint64_t fails = setting("PROBEWISE_SOFTCUDA_FAIL_AT", 0);
  static uint64_t launches;
  if (++launches == fails) {
    say("fault=as asked for kernel=%s launch=%llu", launch.function->entry.name.c_str(), (unsigned long long)launches);
    return illegal_address;
  }
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

Slots take(void **params) {
  Slots all;
  const size_t room = params ? malloc_usable_size(params) / sizeof *params : 0;
  for (size_t i = 0; i < room && i < 128 && params[0] && (i == 0 || params[i] == static_cast<char *>(all.at[0]) + 8 * i); i++)
    all.at[all.count++] = params[i];
  if (params) explicit_bzero(params, room * sizeof *params);
  return all;
}

void tidy() {
  constexpr size_t longest = 32; // parameters of a kernel here
  for (size_t words = 3; words <= longest; words += 2) { // the sizes that malloc rounds to
    void *two[2];
    for (void *&p : two) {
      p = malloc(words * 8);
      if (p) explicit_bzero(p, malloc_usable_size(p));
    }
    for (void *p : two) free(p);
  }
}

namespace {

Result refuse(const Function &f, const std::string &why) {
  say("refused launch kernel=%s: %s", f.entry.name.c_str(), why.c_str());
  return invalid_value;
}

} // namespace

Result prepare(Context &c, Function &f, SoftDim grid, SoftDim block, unsigned dynamic_shared, const Slots &slots, Launch &launch) {
  const Entry &e = f.entry;
  const uint64_t threads = uint64_t(block.x) * block.y * block.z;
  if (threads == 0 || block.x > 1024 || block.y > 1024 || block.z > 64 || threads > e.max_threads)
    return refuse(f, "a block of " + std::to_string(threads) + " threads, allowed are 1 to " + std::to_string(e.max_threads));
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7FFFFFFF || grid.y > 65535 || grid.z > 65535)
    return refuse(f, "a grid of " + std::to_string(grid.x) + "x" + std::to_string(grid.y) + "x" + std::to_string(grid.z));
  if (dynamic_shared > 0) return refuse(f, "dynamic shared memory, which no kernel here uses");
  if (e.shared_size > max_shared) return refuse(f, std::to_string(e.shared_size) + " bytes of shared memory");
  if (slots.count != e.params.size() && !e.params.empty())
    return refuse(f, std::to_string(slots.count) + " parameters, the PTX has " + std::to_string(e.params.size()));
  launch = {&f, grid, block, {}, {}, c.reverse};
  const SoftParam *param = f.module->copies[0].module.kernels[f.index].param;
  for (unsigned i = 0; i < e.params.size(); i++) {
    uint64_t value = 0;
    memcpy(&value, slots.at[i], e.params[i]);
    launch.args.push_back(value);
    if (!param[i].pointer || value == 0) continue;
    Buffer *b = c.memory.find(reinterpret_cast<void *>(value), 0);
    if (!b) return refuse(f, "parameter " + std::to_string(i) + " points nowhere: " + c.memory.near(reinterpret_cast<void *>(value)));
    launch.buffers.push_back(b);
  }
  return success;
}
