#include "decide/dated_span.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)capstan::decide::DatedSpan::is_dated(text);
  const auto span = capstan::decide::DatedSpan::parse(text, capstan::decide::Zone());
  if (span && span->interval().begin >= span->interval().end) __builtin_trap();
  return 0;
}
