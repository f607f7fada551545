// Any text as traffic.yaml has sources or problems that say where.
#include <cstdint>
#include <string>

#include "traffic/traffic_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const traffic::TrafficText file{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)};
  const std::vector<KindSpec> kinds = {{.name = "k8s_service"}};
  const traffic::ReadTraffic read = traffic::read_traffic({&file, 1}, kinds, nullptr);
  for (const Error& problem : read.problems) {
    if (problem.where.file != "fuzz.yaml") __builtin_trap();
  }
  return 0;
}
