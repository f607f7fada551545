#include <cstdlib>

#include "decide/window.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const auto window =
      decide::Window::parse(std::string_view(reinterpret_cast<const char*>(data), size), decide::Zone());
  if (!window) return 0;
  const Time time = from_unix_ms(1'774'750'000'000);
  for (const decide::Interval& interval : window->intervals(time, time)) {
    if (interval.begin >= interval.end) std::abort();
  }
  return 0;
}
