// Any text as a log selector: an answer or an error that says where, never a crash.
#include <cstdint>
#include <cstdlib>

#include "telemetry/logs/log_selector.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto selector = capstan::telemetry::LogSelector::parse({reinterpret_cast<const char*>(data), size});
  if (selector) {
    static_cast<void>(selector->matches(capstan::Labels{{"a", "b"}}));
    static_cast<void>(selector->matches(std::string_view("a line")));
  } else if (selector.error().message.empty()) {
    std::abort();
  }
  return 0;
}
