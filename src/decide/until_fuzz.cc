#include <cstdlib>

#include "decide/until.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Time now = from_unix_ms(1'774'750'000'000);
  const auto until = decide::parse_until(text, decide::Zone(), now);
  if (until && *until <= now) std::abort();
  const auto phrase = decide::parse_keep_phrase(text);
  if (phrase && (phrase->resource.empty() || phrase->until.empty())) std::abort();
  return 0;
}
