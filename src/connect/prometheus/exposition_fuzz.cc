#include <cstdint>

#include "connect/prometheus/exposition.h"
#include "connect/prometheus/series_text.h"

// Whatever an exporter sends, each line is read or refused with a position within the page.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  if (size == 0) return 0;
  const std::string_view page(reinterpret_cast<const char*>(data + 1), size - 1);
  prometheus::ExpositionReader reader(page, data[0] % 2 ? prometheus::Format::kOpenMetrics : prometheus::Format::kText);
  prometheus::RawSample sample;
  while (true) {
    const Result<bool> more = reader.next(sample);
    if (!more) {
      if (more.error().where.line < 1 || more.error().where.column < 1) __builtin_trap();
      break;
    }
    if (!*more) break;
    const Result<Labels> labels = prometheus::parse_series(sample.series);
    if (labels && !labels->has("__name__")) __builtin_trap();
  }
  return 0;
}
