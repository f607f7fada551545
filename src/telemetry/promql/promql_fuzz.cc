// Any text either does not parse, with an error that has a place, or prints to a text that parses to the same tree;
// and it is evaluated within its limits, alike as an instant query and as a step of a range query.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "telemetry/promql/engine.h"
#include "telemetry/promql/fake_series_reader.h"
#include "telemetry/promql/parser.h"
#include "telemetry/promql/printer.h"

namespace {

using namespace capstan;
using namespace capstan::telemetry;

void require(bool holds) {
  if (!holds) std::abort();
}

const FakeSeriesReader& reader() {
  static const FakeSeriesReader filled = [] {
    FakeSeriesReader made;
    for (int i = 0; i < 20; ++i) {
      const int64_t at = i * 15'000;
      made.add({{"__name__", "a"}, {"b", "1"}}, {at, i * 1.5});
      made.add({{"__name__", "a"}, {"b", "2"}}, {at, i % 7 == 6 ? stale_nan() : 100.0 - i});
      made.add({{"__name__", "c"}, {"b", "1"}, {"le", "1"}}, {at, 3.0 * i});
      made.add({{"__name__", "c"}, {"b", "1"}, {"le", "+Inf"}}, {at, 5.0 * i});
    }
    return made;
  }();
  return filled;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expr = promql::parse_expression(text);
  if (!expr) {
    require(!expr.error().message.empty());
    require(expr.error().where.line > 0 || size > promql::kMaxExpressionBytes);
    return 0;
  }
  const std::string printed = promql::print(**expr);
  const auto again = promql::parse_expression(printed);
  require(again.has_value());
  require(promql::print(**again) == printed);

  static const VirtualClock clock(from_unix_ms(0));
  static const PromqlEngine engine(reader(), clock,
                                   {.limits = {.samples = 100'000, .memory_bytes = 4 << 20, .points_per_series = 100}});
  const auto instant = engine.query(text, from_unix_ms(120'000));
  const auto range = engine.query_range(text, from_unix_ms(0), from_unix_ms(240'000), Duration(60'000));
  if (instant) {
    for (const Series& series : instant->series) require(!series.samples.empty());
  }
  if (range) {
    for (const Series& series : range->series) require(series.samples.size() <= 5);
  }
  return 0;
}
