// Any text as prices has prices or problems that say where.
#include <cstdint>
#include <string>

#include "money/price.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const money::PriceText file{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)};
  const std::vector<KindSpec> kinds = {{.name = "vm"}};
  const money::ReadPrices read = money::read_prices({&file, 1}, kinds, nullptr);
  for (const Error& problem : read.problems) {
    if (problem.where.file != "fuzz.yaml") __builtin_trap();
  }
  return 0;
}
