#include <cctype>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <fstream>
#include <iterator>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.hpp"

namespace {

// checksum is POSIX cksum, so that the build script can name the file with the tool of that name.
uint32_t checksum(const std::string &s) {
  uint32_t crc = 0;
  auto add = [&](unsigned char byte) {
    crc ^= uint32_t(byte) << 24;
    for (int bit = 0; bit < 8; bit++) crc = crc << 1 ^ (crc >> 31 ? 0x04C11DB7u : 0);
  };
  for (char c : s) add(static_cast<unsigned char>(c));
  for (size_t n = s.size(); n > 0; n >>= 8) add(n & 0xFF);
  return ~crc;
}

std::string folder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&folder), &info)) return ".";
  const std::string file = info.dli_fname;
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash);
}

// objects lists the data symbols of an ELF file with their places; static arrays are not in the dynamic symbol table.
std::map<std::string, Area> objects(const std::string &elf) {
  std::map<std::string, Area> all;
  const char *at = elf.data();
  if (elf.size() < sizeof(Elf64_Ehdr) || memcmp(at, ELFMAG, SELFMAG) != 0) return all;
  const auto *head = reinterpret_cast<const Elf64_Ehdr *>(at);
  const auto *sections = reinterpret_cast<const Elf64_Shdr *>(at + head->e_shoff);
  for (int i = 0; i < head->e_shnum; i++) {
    if (sections[i].sh_type != SHT_SYMTAB) continue;
    const auto *symbols = reinterpret_cast<const Elf64_Sym *>(at + sections[i].sh_offset);
    const char *names = at + sections[sections[i].sh_link].sh_offset;
    for (size_t j = 0; j < sections[i].sh_size / sizeof *symbols; j++)
      if (ELF64_ST_TYPE(symbols[j].st_info) == STT_OBJECT) all[names + symbols[j].st_name] = {symbols[j].st_value, symbols[j].st_size};
  }
  return all;
}

// open_copy loads the file under a name of its own, which gives it variables of its own. The name is that of an open
// file, so the file stays open as long as the copy is loaded.
void *open_copy(Module &m, const std::string &elf, std::string &error) {
  const int file = memfd_create("softcuda-kernels", MFD_CLOEXEC);
  if (file < 0 || write(file, elf.data(), elf.size()) != static_cast<ssize_t>(elf.size())) {
    error = "no memory for a copy of the kernels";
    return nullptr;
  }
  m.files.push_back(file);
  void *handle = dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    error = dlerror();
  else
    m.handles.push_back(handle);
  return handle;
}

// agree compares what the PTX and the compiled kernel say of one kernel.
bool agree(const Entry &e, const SoftKernel &k, std::string &error) {
  if (e.params.size() != k.params) {
    error = e.name + ": the PTX has " + std::to_string(e.params.size()) + " parameters, the source " + std::to_string(k.params);
    return false;
  }
  for (unsigned i = 0; i < k.params; i++)
    if (e.params[i] != k.param[i].size) {
      error = e.name + ": parameter " + std::to_string(i) + " has " + std::to_string(e.params[i]) + " bytes in the PTX, " +
              std::to_string(k.param[i].size) + " in the source";
      return false;
    }
  return true;
}

// plain drops the mark that clang gives a static function within an array's name, and g++ does not.
std::string plain(const std::string &name) {
  return name.size() > 5 && name.compare(0, 4, "_ZZL") == 0 && isdigit(name[4]) ? "_ZZ" + name.substr(4) : name;
}

bool resolve(Module &m, const std::map<std::string, Entry> &entries, const std::map<std::string, Area> &places, std::string &error) {
  const SoftModule &compiled = m.copies[0].module;
  for (const auto &[name, entry] : entries) {
    auto f = std::make_unique<Function>();
    f->module = &m;
    f->entry = entry;
    for (f->index = 0; f->index < compiled.count && name != compiled.kernels[f->index].name;) f->index++;
    if (f->index == compiled.count) {
      error = name + ": not among the compiled kernels";
      return false;
    }
    if (!agree(entry, compiled.kernels[f->index], error)) return false;
    for (const std::string &array : entry.shared) {
      auto place = places.find(array);
      if (place == places.end()) place = places.find(plain(array));
      if (place == places.end()) {
        error = name + ": the compiled kernels lack the shared array " + array;
        return false;
      }
      f->shared.push_back(place->second);
    }
    m.functions[name] = std::move(f);
  }
  return true;
}

} // namespace

Module::~Module() {
  for (void *handle : handles) dlclose(handle);
  for (int file : files) close(file);
}

std::unique_ptr<Module> load(const std::string &ptx, unsigned workers, std::string &error) {
  const std::map<std::string, Entry> entries = parse(ptx, error);
  if (!error.empty()) return nullptr;
  const std::string path = folder() + "/kernels-" + std::to_string(checksum(ptx)) + "-" + std::to_string(ptx.size()) + ".so";
  std::ifstream file(path, std::ios::binary);
  const std::string elf((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (elf.empty()) {
    error = "no kernels compiled for this PTX: " + path + " is missing; run the build again";
    return nullptr;
  }
  auto m = std::make_unique<Module>();
  for (unsigned i = 0; i < workers; i++) {
    void *handle = open_copy(*m, elf, error);
    void *symbol = handle ? dlsym(handle, "softcuda_module") : nullptr;
    if (!symbol) return nullptr;
    Copy copy;
    copy.module = reinterpret_cast<SoftModule (*)()>(symbol)();
    link_map *map = nullptr;
    dlinfo(handle, RTLD_DI_LINKMAP, &map);
    copy.base = reinterpret_cast<char *>(map->l_addr);
    m->copies.push_back(copy);
  }
  return resolve(*m, entries, objects(elf), error) ? std::move(m) : nullptr;
}
