#include "decide/calendar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const auto calendar =
      decide::Calendar::parse(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz.ics");
  if (calendar) (void)calendar->between(from_unix_ms(0), from_unix_ms(4'000'000'000'000), decide::Zone());
  return 0;
}
