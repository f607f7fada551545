#include "decide/policy.h"

// Both come out of columns that people and counterparts fill.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t half = size / 2;
  capstan::decide::Ensure ensure;
  ensure.hours = ensure.holidays = "x";
  ensure.zone = capstan::decide::Zone();
  (void)ensure.schedule_of(capstan::decide::own_schedule(text.substr(0, half), text.substr(half)));
  return 0;
}
