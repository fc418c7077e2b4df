#include <sys/mman.h>

#include "fiber.hpp"

#ifndef __x86_64__
#error "the software device switches stacks in x86-64 assembly"
#endif

namespace {

constexpr size_t page = 4096, room = 128 << 10, stride = room + page;

} // namespace

// fiber_switch saves the callee's registers on this stack, leaves its pointer in *from and goes on at `to`.
extern "C" void fiber_switch(void **from, void *to);
// fiber_start is where a fresh fiber begins: it hands r12 to fiber_body.
extern "C" void fiber_start();

__asm__(R"(
.text
.type fiber_switch, @function
fiber_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size fiber_switch, .-fiber_switch
.type fiber_start, @function
fiber_start:
  movq %r12, %rdi
  call *%r13
  ud2
.size fiber_start, .-fiber_start
)");

void fiber_body(Fibers *fibers) { Fibers::body(fibers); }

void Fibers::body(Fibers *fibers) {
  for (;;) {
    Fiber *f = fibers->now_;
    fibers->run(fibers->owner, f->thread);
    f->line = ended;
    fiber_switch(&f->at, fibers->home_);
  }
}

Fibers::Fiber *Fibers::make() {
  void *p = mmap(nullptr, stride, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) {
    say("no memory for another thread's stack");
    __builtin_trap();
  }
  mprotect(p, page, PROT_NONE);
  auto *f = new Fiber{static_cast<char *>(p), nullptr, 0, ended};
  all_.push_back(f);
  prepare(f);
  return f;
}

void Fibers::prepare(Fiber *f) {
  size_t number = 0;
  while (all_[number] != f) number++;
  // Tops at different distances from a page's start keep the stacks from competing for the same cache lines.
  auto *top = reinterpret_cast<void **>(f->stack + stride - 64 - number * 832 % (32 << 10) / 64 * 64);
  *--top = nullptr;                                   // keeps the stack aligned at the call
  *--top = nullptr;
  *--top = reinterpret_cast<void *>(&fiber_start);    // where fiber_switch returns to
  *--top = nullptr;                                   // rbp
  *--top = nullptr;                                   // rbx
  *--top = this;                                      // r12
  *--top = reinterpret_cast<void *>(&fiber_body);     // r13
  *--top = nullptr;                                   // r14
  *--top = nullptr;                                   // r15
  f->at = top;
}

int Fibers::enter(Fiber *f) {
  now_ = f;
  fiber_switch(&home_, f->at);
  if (f->line == ended) {
    of_[f->thread] = nullptr;
    idle_.push_back(f);
  }
  return f->line;
}

int Fibers::begin(unsigned thread) {
  if (of_.size() <= thread) of_.resize(thread + 1);
  Fiber *f;
  if (idle_.empty()) {
    f = make();
  } else {
    f = idle_.back();
    idle_.pop_back();
  }
  f->thread = thread;
  of_[thread] = f;
  return enter(f);
}

int Fibers::resume(unsigned thread) { return of_[thread] ? enter(of_[thread]) : ended; }

void Fibers::wait(int line) {
  Fiber *f = now_;
  f->line = line;
  fiber_switch(&f->at, home_);
}

void Fibers::abandon() {
  idle_ = all_;
  of_.assign(of_.size(), nullptr);
  for (Fiber *f : all_) prepare(f);
}

bool Fibers::overflowed(const void *address) const {
  for (const Fiber *f : all_)
    if (address >= f->stack && address < f->stack + page) return true;
  return false;
}
