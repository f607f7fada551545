// Whatever a request line, a form or a cookie contains: no crash, and what was decoded can be encoded again.
#include <cstdlib>

#include "base/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto decoded = capstan::percent_decode(text)) {
    const auto again = capstan::percent_decode(capstan::percent_encode(*decoded));
    if (decoded->find('\0') == std::string::npos && (!again || *again != *decoded)) std::abort();
  }
  if (const auto target = capstan::parse_target(text)) {
    for (const std::string& segment : target->segments) {
      if (segment == "..") std::abort();
    }
  }
  (void)capstan::parse_query(text);
  (void)capstan::find_cookie(text, "capstan_session");
  return 0;
}
