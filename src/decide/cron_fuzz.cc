#include <cstdlib>

#include "decide/cron.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  static const decide::Zone kZone = decide::Zone::find("Europe/Berlin").value();
  const auto cron = decide::Cron::parse(std::string_view(reinterpret_cast<const char*>(data), size), kZone);
  if (!cron) return 0;
  const Time from = from_unix_ms(1'774'750'000'000);  // The night of a change to summer time.
  const auto next = cron->next_after(from);
  const auto latest = next ? cron->latest_until(*next) : std::nullopt;
  if (next && (*next <= from || latest != next)) std::abort();
  return 0;
}
