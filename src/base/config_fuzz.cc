#include <cstdint>

#include "base/config.h"

// Any text is read or refused, and what is read has a JSON form.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto documents = capstan::parse_yaml({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  if (!documents) return 0;
  for (const capstan::ConfigNode& node : *documents) {
    node.to_json().dump();
    capstan::MapReader reader(node, "anything");
    reader.string_or("a", "");
    reader.duration_or("b", capstan::Duration(0));
    reader.strings("c");
    reader.problems();
  }
  return 0;
}
