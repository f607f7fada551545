#include <cstdint>

#include "connect/kubernetes/kubeconfig.h"

// Whatever a kubeconfig says, every context of it can be opened or is refused with a reason.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::kubernetes;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = Kubeconfig::parse(text, "/nowhere/config");
  if (!config) {
    if (config.error().message.empty()) __builtin_trap();
    return 0;
  }
  for (const std::string& context : config->contexts()) {
    const auto access = config->access(context);
    if (access ? access->server.empty() : access.error().message.empty()) __builtin_trap();
  }
  (void)config->access();
  return 0;
}
