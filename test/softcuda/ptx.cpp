#include <cctype>
#include <cstring>
#include <regex>
#include <set>

#include "device.hpp"

namespace {

unsigned type_size(const std::string &type) {
  for (unsigned bits : {8u, 16u, 32u, 64u})
    if (type.size() > 1 && type.substr(1) == std::to_string(bits) && strchr("usbf", type[0])) return bits / 8;
  return 0;
}

// closing gives the position of the brace that closes the one at `from`.
size_t closing(const std::string &s, size_t from) {
  int depth = 0;
  for (size_t i = from; i < s.size(); i++) {
    if (s[i] == '{') depth++;
    if (s[i] == '}' && --depth == 0) return i;
  }
  return std::string::npos;
}

// words gives every name in s, dots excluded.
std::set<std::string> words(const std::string &s) {
  std::set<std::string> all;
  for (size_t i = 0; i < s.size();) {
    size_t j = i;
    while (j < s.size() && (isalnum(static_cast<unsigned char>(s[j])) || s[j] == '_' || s[j] == '$')) j++;
    if (j > i) all.insert(s.substr(i, j - i));
    i = j > i ? j : i + 1;
  }
  return all;
}

} // namespace

std::map<std::string, Entry> parse(const std::string &raw, std::string &error) {
  static const std::regex comment("//[^\n]*"), array(R"(\.shared\s+\.align\s+\d+\s+\.b8\s+([\w$]+)\[(\d+)\])"),
      scalar(R"(\.shared\s+\.align\s+\d+\s+\.([busf]\d+)\s+([\w$]+)\s*[;=])"), entry(R"(\.entry\s+([\w$]+)\s*\(([^)]*)\)([^{]*)\{)"),
      param(R"(\.param\s+\.(\w+)(\s+\.ptr[^,]*?)?\s+([\w$]+)(\[\d+\])?)"), most(R"(\.maxntid\s+(\d+)(?:\s*,\s*(\d+))?(?:\s*,\s*(\d+))?)");
  const std::string ptx = std::regex_replace(raw, comment, "");
  std::map<std::string, Entry> entries;
  const std::sregex_iterator none;
  if (ptx.find(".version") == std::string::npos || ptx.find(".target") == std::string::npos) error = "no .version or .target";
  if (ptx.find(".extern") != std::string::npos) error = "it refers to something external";
  std::map<std::string, unsigned> shared;
  for (std::sregex_iterator m(ptx.begin(), ptx.end(), array); m != none; ++m) shared[(*m)[1]] = std::stoul((*m)[2]);
  for (std::sregex_iterator m(ptx.begin(), ptx.end(), scalar); m != none; ++m) shared[(*m)[2]] = type_size((*m)[1]);
  for (std::sregex_iterator m(ptx.begin(), ptx.end(), entry); m != none; ++m) {
    Entry e;
    e.name = (*m)[1];
    const std::string params = (*m)[2], limits = (*m)[3];
    for (std::sregex_iterator p(params.begin(), params.end(), param); p != none; ++p) {
      e.params.push_back((*p)[4].matched ? 0 : type_size((*p)[1]));
      if (e.params.back() != 4 && e.params.back() != 8) error = e.name + ": parameter " + (*p)[3].str() + " is no 4- or 8-byte scalar";
    }
    std::smatch limit;
    if (std::regex_search(limits, limit, most)) {
      e.max_threads = 1;
      for (int i = 1; i <= 3; i++)
        if (limit[i].matched) e.max_threads *= std::stoul(limit[i]);
    }
    const size_t open = m->position() + m->length() - 1, close = closing(ptx, open);
    if (close == std::string::npos) {
      error = e.name + ": no closing brace";
      break;
    }
    const std::string body = ptx.substr(open, close - open);
    // A call may hide a barrier and shared arrays: then every array counts as touched.
    const bool calls = body.find("call.uni") != std::string::npos || body.find("call ") != std::string::npos;
    e.barrier = calls || body.find("bar.sync") != std::string::npos || body.find("barrier.sync") != std::string::npos;
    const std::set<std::string> names = words(body);
    for (const auto &[name, size] : shared)
      if (calls || names.count(name)) {
        e.shared.push_back(name);
        e.shared_size += size;
      }
    entries[e.name] = e;
  }
  if (entries.empty()) error = "it has no .entry";
  return entries;
}
