// Contexts, streams and events.
#pragma once

#include "device.hpp"

struct Context;

using Operation = std::function<Result()>;

// A Stream runs nothing until somebody waits for it: a missing wait then shows in every run.
struct Stream {
  Context *context;
  bool blocking; // ordered with the null stream
  std::deque<Operation> queue;
};

struct Event {
  Context *context;
  Stream *stream = nullptr; // where it was recorded last
  uint64_t recorded = 0, reached = 0;
  double milliseconds = 0; // when it was reached
};

// A Device on which a kernel has failed answers every call with that fault until the process ends.
struct Device {
  size_t used = 0;
  Result broken = success;
  Context *primary = nullptr;
  int retained = 0;
};

// What a context takes of the device's memory at once, and what with its first launch: code and the threads' local
// memory, as drivers that load late do.
constexpr size_t context_size = 128 << 20, launch_size = 32 << 20;

struct Context {
  int device;
  bool reverse, late_uploads;
  Memory memory;
  Result &broken; // the device's
  bool launched = false;
  Stream null;
  std::set<Stream *> streams;
  std::set<Event *> events;
  std::set<Module *> modules;

  Context(int number, Device &device, size_t total, bool reverse, bool late_uploads);
  ~Context();
  bool owns(Stream *s) const { return s == &null || streams.count(s); }
  Function *function(void *handle) const;

  // add puts the operation after everything that it must wait for.
  Result add(Stream &s, Operation operation);
  // drain runs what is queued, in the stream or in the streams that the null stream waits for, or in all of them.
  Result drain(Stream &s);
  Result drain_blocking();
  Result drain_all();
  // reach runs the event's stream until the event's `number`th recording is reached.
  Result reach(Event &e, uint64_t number);
  Result execute(const Launch &launch);

private:
  Result step(Stream &s);
};

struct Slots {
  size_t count = 0;
  void *at[128]; // no vector: freed, its memory would hold what a list of parameters looks like
};

// take empties the list of parameters and gives it. It has no length of its own: gorgonia.org/cu makes it with malloc
// and lets its pointers name consecutive slots of 8 bytes, and this driver serves no other caller. Emptied, the list
// cannot pass for a longer one at the next launch that gets its memory.
Slots take(void **params);
// tidy empties other memory that this thread's next list may get: malloc's own pointers to neighbours look like one
// parameter more. Every driver call ends with it.
void tidy();

// prepare checks a launch as a driver does and says why it refuses one.
Result prepare(Context &c, Function &f, SoftDim grid, SoftDim block, unsigned dynamic_shared, const Slots &slots, Launch &launch);
