// Fibers: stacks that a kernel's threads wait on at a barrier.
#pragma once

#include "device.hpp"

class Fibers {
public:
  static constexpr int ended = -1;
  void (*run)(void *owner, unsigned thread) = nullptr;
  void *owner = nullptr;

  // begin runs the thread until its first barrier and gives that barrier's place, or `ended`.
  int begin(unsigned thread);
  // resume runs it on to the next one. A thread that has ended stays so.
  int resume(unsigned thread);
  // wait is called by the running thread.
  void wait(int place);
  // abandon forgets all fibers: after a fault nobody returns to them.
  void abandon();
  // overflowed tells whether the address lies in the guard below a stack.
  bool overflowed(const void *address) const;

private:
  struct Fiber {
    char *stack;
    void *at; // its stack pointer while it does not run
    unsigned thread;
    int place;
  };
  std::vector<Fiber *> all_, idle_;
  std::vector<Fiber *> of_; // by thread: the fiber that it waits on
  Fiber *now_ = nullptr;
  void *home_ = nullptr; // the scheduler's stack pointer

  Fiber *make();
  void prepare(Fiber *f);
  int enter(Fiber *f);
  static void body(Fibers *fibers);
  friend void fiber_body(Fibers *fibers);
};
