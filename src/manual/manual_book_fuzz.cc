// The first line is looked up in the manual that the rest is. What is accepted must be searchable.
#include <cstdint>
#include <string_view>

#include "manual/manual_book.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(all.find('\n'), all.size());
  manual::ReadManuals read = manual::read_manuals(all.substr(std::min(line + 1, all.size())), "fuzz.yaml");
  for (const Error& problem : read.problems) {
    if (problem.where.file != "fuzz.yaml") __builtin_trap();
  }
  if (!read.problems.empty()) return 0;
  const auto book = manual::ManualBook::create(std::move(read.manuals));
  if (!book) return 0;
  for (const ManualEntry& entry : (*book)->look_up(all.substr(0, line))) {
    if (entry.means.empty()) __builtin_trap();
  }
  return 0;
}
