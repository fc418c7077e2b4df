// The software device's parts. One lock guards everything; every driver call takes it first (api.hpp).
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "soft_device.h"

// The driver's result codes that this device gives, by their public numbers.
enum Result {
  success = 0,
  invalid_value = 1,
  out_of_memory = 2,
  not_initialized = 3,
  unavailable = 46,
  no_device = 100,
  invalid_device = 101,
  invalid_context = 201,
  invalid_ptx = 218,
  invalid_handle = 400,
  not_found = 500,
  not_ready = 600,
  illegal_address = 700,
  illegal_instruction = 715,
  misaligned_address = 716,
  launch_failed = 719,
  not_supported = 801,
};

constexpr unsigned max_threads = 1024, max_shared = 48 << 10;
constexpr uint32_t poison = 0x7FFFDEAD; // a quiet NaN as float32, and twice in a row as float64

// say prints one line that starts with "softcuda: " on standard error.
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

// memory.cpp: allocations, each between guards that no access survives. They are charged as a driver does it: in pages
// of 2 MiB, which small ones share.

constexpr size_t device_page = 2 << 20, grain = 512, largest_shared = 1 << 20;
using SharedPage = std::bitset<device_page / grain>; // the grains that are taken

struct Buffer {
  uint64_t id;
  char *data;
  size_t size;
  char *room; // the accessible pages: canaries, data, canaries
  size_t room_size;
  char *reserved; // the pages and the guards around them
  size_t reserved_size;
  SharedPage *shared; // null where it has pages of its own
  size_t first_grain;
  bool freed;
};

class Memory {
public:
  // total is what the device has, used what all its contexts hold.
  Memory(size_t total, size_t &used) : total_(total), used_(used) {}
  ~Memory();
  // take charges bytes until the memory ends, or says that there are not so many.
  bool take(size_t bytes);
  // allocate fills the buffer with poison. at_start puts it right after the front guard rather than before the rear one.
  Buffer *allocate(size_t size, bool at_start);
  bool free(char *data);
  // find gives the live buffer that all of [p, p+size) lies in, or null.
  Buffer *find(const void *p, size_t size);
  // near describes an address for people: which buffer or guard it lies in.
  std::string near(const void *p);
  // overrun gives a buffer whose canaries changed, of those given.
  static const Buffer *overrun(const std::vector<Buffer *> &buffers);
  std::vector<Buffer *> live();
  size_t total() const { return total_; }
  size_t left() const { return used_ < total_ ? total_ - used_ : 0; }

private:
  size_t total_, &used_, held_ = 0; // held: of the used, by this context
  std::list<SharedPage> shared_;
  uint64_t next_ = 1;
  std::map<char *, std::unique_ptr<Buffer>> buffers_; // by the start of the reservation
  std::deque<char *> freed_;
  Buffer *at(const void *p);
  bool charge(Buffer &b);
  void refund(Buffer &b);
};

void fill(char *p, size_t size);

// ptx.cpp: what the loaded PTX says of every kernel.

struct Entry {
  std::string name;
  std::vector<unsigned> params; // sizes in bytes
  bool barrier = false;
  unsigned max_threads = ::max_threads;
  std::vector<std::string> shared; // names of the shared arrays that it touches
  unsigned shared_size = 0;
};

// parse gives the entries, or says in error what is wrong.
std::map<std::string, Entry> parse(const std::string &ptx, std::string &error);

// module.cpp's product, loaded once for each worker.
struct Copy {
  SoftModule module{};
  char *base = nullptr; // where it is loaded
};

struct Area {
  size_t offset, size;
};

struct Function;

struct Module {
  std::vector<Copy> copies;
  std::map<std::string, std::unique_ptr<Function>> functions;
  std::vector<void *> handles;
  std::vector<int> files;
  ~Module();
};

struct Function {
  Module *module;
  Entry entry;
  unsigned index; // in the table of every copy
  std::vector<Area> shared;
};

// load finds the kernels that were compiled for this very PTX beside the driver.
std::unique_ptr<Module> load(const std::string &ptx, unsigned workers, std::string &error);

// run.cpp: a launch.

struct Launch {
  Function *function;
  SoftDim grid, block;
  std::vector<uint64_t> args;
  std::vector<Buffer *> buffers; // that args point into
  bool reverse;
};

struct Fault {
  Result result = success;
  std::string what; // "out-of-bounds write", …
  const void *address = nullptr;
  bool addressed = false;
  SoftAt at{};
};

unsigned worker_count();

// run executes the launch on the workers and gives the first fault.
Fault run(const Launch &launch);
