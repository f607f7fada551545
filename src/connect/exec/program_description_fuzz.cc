// Any text as documents that describe programs, and as settings.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "connect/exec/exec_settings.h"
#include "connect/exec/program_description.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const auto documents = parse_yaml({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  if (!documents) return 0;
  const std::vector<KindSpec> kinds = {{.name = "host"}};
  (void)exec::read_programs(*documents, kinds);
  for (const ConfigNode& document : *documents) (void)exec::read_exec_settings(document);
  return 0;
}
