#include <cstdint>

#include "connect/aws/config_file.h"

// Whatever a file says, it is read or refused with the line.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::aws;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const ConfigFileKind kind : {ConfigFileKind::kConfig, ConfigFileKind::kCredentials}) {
    const auto profiles = parse_config_file(text, "config", kind);
    if (!profiles && (profiles.error().message.empty() || profiles.error().where.line == 0)) __builtin_trap();
  }
  return 0;
}
