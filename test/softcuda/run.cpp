// A launch: blocks go to worker threads of the device's own, a block's threads run one after another. A thread that
// meets a barrier waits on a stack of its own (a fiber) until all others of its block have met it.

#include <atomic>
#include <condition_variable>
#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "fiber.hpp"

namespace {

struct Job {
  const Launch *launch = nullptr;
  std::atomic<uint64_t> next{0};
  std::atomic<bool> stop{false};
  uint64_t blocks = 0;
};

struct Worker;

void on_signal(int signal, siginfo_t *info, void *context);

thread_local Worker *self;

struct Worker {
  unsigned index;
  pthread_t thread;
  Fibers fibers;
  sigjmp_buf escape;
  volatile sig_atomic_t running = 0;
  int signal = 0, code = 0;
  bool wrote = false;
  const void *address = nullptr;
  std::string broken; // a rule of barriers that the block broke
  Fault fault;
  const SoftKernel *kernel = nullptr;
  void **args = nullptr;

  void work(Job &job);
  void block(const Launch &launch, const Copy &copy, uint64_t number);
  void barriers(const Launch &launch, SoftAt *at, unsigned threads);
  void describe(const SoftAt &at);
};

// The workers wait here to the end of the process. Destroyed by an exit that runs destructors, as that of Go's race
// detector does, a condition would wait for them.
std::mutex &lock = *new std::mutex;
std::condition_variable &start = *new std::condition_variable, &finished = *new std::condition_variable;
std::vector<Worker *> workers;
Job *current;
uint64_t generation;
unsigned busy;
struct sigaction before[NSIG];

// g++'s traps are SIGILL on x86-64 and SIGTRAP on arm64.
constexpr int watched[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};

// wrote says whether a fault was that of a write.
bool wrote(void *context) {
  auto *machine = &static_cast<ucontext_t *>(context)->uc_mcontext;
#if defined __x86_64__
  return machine->gregs[REG_ERR] & 2;
#elif defined __aarch64__
  const auto *record = reinterpret_cast<const _aarch64_ctx *>(machine->__reserved);
  while (record->magic != 0 && record->magic != ESR_MAGIC) record = reinterpret_cast<const _aarch64_ctx *>(reinterpret_cast<const char *>(record) + record->size);
  return record->magic == ESR_MAGIC && reinterpret_cast<const esr_context *>(record)->esr & 1 << 6;
#endif
}

// barrier passes over the barrier that is named (FILE:LINE) where barriers.sh asks whether that shows.
void barrier(int place) {
  static const int without = [] {
    const char *named = getenv("PROBEWISE_SOFTCUDA_WITHOUT_BARRIER");
    const char *colon = named ? strrchr(named, ':') : nullptr;
    return colon ? soft_place(std::string(named, colon).c_str(), atoi(colon + 1)) : 0;
  }();
  if (place != without) self->fibers.wait(place);
}

void *body(void *argument) {
  self = static_cast<Worker *>(argument);
  // Faults are handled on a stack of their own: a kernel's may be exhausted.
  static constexpr size_t size = 64 << 10;
  stack_t stack{};
  stack.ss_sp = new char[size];
  stack.ss_size = size;
  sigaltstack(&stack, nullptr);
  uint64_t seen = 0;
  for (;;) {
    Job *job;
    {
      std::unique_lock<std::mutex> hold(lock);
      start.wait(hold, [&] { return generation != seen; });
      seen = generation;
      job = current;
    }
    self->work(*job);
    std::lock_guard<std::mutex> hold(lock);
    if (--busy == 0) finished.notify_one();
  }
}

void begin() {
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART; // Go needs SA_ONSTACK
  for (int s : watched) sigaction(s, &action, &before[s]);
  sigset_t all, old;
  sigfillset(&all);
  for (int s : watched) sigdelset(&all, s);
  pthread_sigmask(SIG_SETMASK, &all, &old); // workers inherit it: the process's other signals are not theirs
  for (unsigned i = 0; i < worker_count(); i++) {
    auto *w = new Worker;
    w->index = i;
    workers.push_back(w);
    pthread_create(&w->thread, nullptr, body, w);
  }
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

void on_signal(int signal, siginfo_t *info, void *context) {
  Worker *w = self;
  if (w && w->running) {
    w->running = 0;
    w->signal = signal;
    w->code = info->si_code;
    w->address = info->si_addr;
    w->wrote = wrote(context);
    siglongjmp(w->escape, 1);
  }
  const struct sigaction &old = before[signal]; // Go's own
  if (old.sa_flags & SA_SIGINFO) return old.sa_sigaction(signal, info, context);
  if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN) return old.sa_handler(signal);
  sigaction(signal, &old, nullptr); // the instruction faults again, now for good
}

void Worker::work(Job &job) {
  const Launch &launch = *job.launch;
  const Copy &copy = launch.function->module->copies[index];
  kernel = &copy.module.kernels[launch.function->index];
  *copy.module.barrier = barrier;
  std::vector<uint64_t> values = launch.args;
  std::vector<void *> slots;
  for (uint64_t &v : values) slots.push_back(&v);
  args = slots.data();
  fault = Fault();
  while (!job.stop) {
    const uint64_t number = job.next++;
    if (number >= job.blocks) break;
    signal = 0;
    broken.clear();
    if (sigsetjmp(escape, 0) == 0) {
      running = 1;
      block(launch, copy, launch.reverse ? job.blocks - 1 - number : number);
    }
    running = 0;
    if (signal == 0 && broken.empty()) continue;
    describe(*copy.module.at);
    fibers.abandon();
    job.stop = true;
  }
}

void Worker::block(const Launch &launch, const Copy &copy, uint64_t number) {
  SoftAt *at = copy.module.at;
  const Entry &entry = launch.function->entry;
  at->blocks = launch.grid;
  at->threads = launch.block;
  at->block = {unsigned(number % launch.grid.x), unsigned(number / launch.grid.x % launch.grid.y),
               unsigned(number / launch.grid.x / launch.grid.y)};
  for (const Area &a : launch.function->shared) fill(copy.base + a.offset, a.size);
  const unsigned threads = launch.block.x * launch.block.y * launch.block.z;
  if (entry.barrier)
    barriers(launch, at, threads);
  else
    kernel->run(args, launch.reverse ? threads - 1 : 0, threads, launch.reverse ? -1 : 1);
}

// barriers runs every thread to its first barrier, then all to the next, until all have ended.
void Worker::barriers(const Launch &launch, SoftAt *at, unsigned threads) {
  fibers.run = [](void *w, unsigned thread) {
    auto *worker = static_cast<Worker *>(w);
    worker->kernel->run(worker->args, thread, 1, 1);
  };
  fibers.owner = this;
  std::vector<SoftDim> where(threads);
  unsigned ended = 0;
  int place = 0;
  for (bool first = true; ended < threads; first = false) {
    unsigned now = 0;
    for (unsigned i = 0; i < threads; i++) {
      const unsigned t = launch.reverse ? threads - 1 - i : i;
      if (!first) at->thread = where[t];
      const int met = first ? fibers.begin(t) : fibers.resume(t);
      where[t] = at->thread;
      if (met == Fibers::ended)
        now++;
      else if (i > 0 && now < i && place != met)
        broken = "threads of one block wait at different barriers, lines " + std::to_string(soft_line(place)) + " and " + std::to_string(soft_line(met));
      if (met != Fibers::ended) place = met;
      if (now > 0 && now < i + 1) broken = "a thread ended while others of its block wait at the barrier of line " + std::to_string(soft_line(place));
      if (!broken.empty()) return;
    }
    ended += now;
  }
}

void Worker::describe(const SoftAt &at) {
  fault.at = at;
  fault.address = address;
  fault.addressed = false;
  if (!broken.empty()) {
    fault.result = launch_failed;
    fault.what = broken;
  } else if (signal == SIGILL || signal == SIGTRAP) {
    fault.result = illegal_instruction;
    fault.what = "undefined behaviour: an index beyond its array, a misaligned vector or a shift beyond the word";
  } else if (signal == SIGFPE) {
    fault.result = launch_failed;
    fault.what = "integer division by zero";
  } else if (fibers.overflowed(address)) {
    fault.result = launch_failed;
    fault.what = "a thread's stack is exhausted";
  } else if (code == SI_KERNEL) {
    fault.result = misaligned_address;
    fault.what = "misaligned vector or address out of range";
  } else {
    fault.result = illegal_address;
    fault.what = wrote ? "out-of-bounds write" : "out-of-bounds read";
    fault.addressed = true;
  }
}

} // namespace

unsigned worker_count() {
  static const unsigned count = [] {
    const char *want = getenv("PROBEWISE_SOFTCUDA_WORKERS");
    const long n = want ? atol(want) : sysconf(_SC_NPROCESSORS_ONLN);
    return unsigned(n < 1 ? 1 : n > 8 ? 8 : n);
  }();
  return count;
}

Fault run(const Launch &launch) {
  if (workers.empty()) begin();
  Job job;
  job.launch = &launch;
  job.blocks = uint64_t(launch.grid.x) * launch.grid.y * launch.grid.z;
  std::unique_lock<std::mutex> hold(lock);
  current = &job;
  busy = unsigned(workers.size());
  generation++;
  start.notify_all();
  finished.wait(hold, [] { return busy == 0; });
  for (Worker *w : workers)
    if (w->fault.result != success) return w->fault;
  return Fault();
}
