#include <cstdint>
#include <cstdlib>

#include "base/json.h"

// What is read prints to a text that reads back as the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto value = capstan::Json::parse({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  const std::string printed = value->dump();
  const auto again = capstan::Json::parse(printed);
  if (!again || again->dump() != printed) std::abort();
  return 0;
}
