#include <algorithm>
#include <sys/mman.h>

#include "fiber.hpp"

namespace {

constexpr size_t page = 4096, room = 128 << 10, stride = room + page;

} // namespace

// fiber_switch saves the callee's registers on this stack, leaves its pointer in *from and goes on at `to`.
extern "C" void fiber_switch(void **from, void *to);
// fiber_start is where a fresh fiber begins: it calls the function in one of the registers that fiber_switch restores,
// with another as its argument.
extern "C" void fiber_start();

#if defined __x86_64__
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
// words: r15 r14 r13 r12 rbx rbp, the address, two for the alignment
constexpr int saved = 9, body_at = 2, argument_at = 3, return_at = 6;
#elif defined __aarch64__
__asm__(R"(
.text
.globl fiber_start // a local label's address would become that of the section
.hidden fiber_start
.type fiber_switch, %function
fiber_switch:
  stp x19, x20, [sp, #-160]!
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x2, sp
  str x2, [x0]
  mov sp, x1
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  ldp x19, x20, [sp], #160
  ret
.size fiber_switch, .-fiber_switch
.type fiber_start, %function
fiber_start:
  mov x0, x19
  blr x20
  brk #0
.size fiber_start, .-fiber_start
)");
constexpr int saved = 20, body_at = 1, argument_at = 0, return_at = 11; // words: x19 to x30, d8 to d15
#else
#error "the software device switches stacks in assembly, of x86-64 and arm64"
#endif

void fiber_body(Fibers *fibers) { Fibers::body(fibers); }

void Fibers::body(Fibers *fibers) {
  for (;;) {
    Fiber *f = fibers->now_;
    fibers->run(fibers->owner, f->thread);
    f->place = ended;
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
  top -= saved;
  std::fill(top, top + saved, nullptr);
  top[argument_at] = this;
  top[body_at] = reinterpret_cast<void *>(&fiber_body);
  top[return_at] = reinterpret_cast<void *>(&fiber_start);
  f->at = top;
}

int Fibers::enter(Fiber *f) {
  now_ = f;
  fiber_switch(&home_, f->at);
  if (f->place == ended) {
    of_[f->thread] = nullptr;
    idle_.push_back(f);
  }
  return f->place;
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

void Fibers::wait(int place) {
  Fiber *f = now_;
  f->place = place;
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
