// Driver calls: streams, events, modules and launches.

#include <ctime>

#include "api.hpp"

namespace {

// now is a clock for events.
double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

} // namespace

#pragma GCC visibility push(default)

extern "C" {

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
    if (r != success) return r;
    if (!c.launched && !c.memory.take(launch_size)) return out_of_memory;
    c.launched = true;
    return c.add(s, [&c, launch] { return c.execute(launch); });
  });
}
}

#pragma GCC visibility pop
