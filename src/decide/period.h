// Spans of time as policies write them.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace capstan::decide {

// Prometheus' form ("1h30m") or ISO 8601 without years and months, which have no fixed length ("PT4H", "P7D",
// "P1DT12H").
Result<Duration> parse_period(std::string_view text);

}  // namespace capstan::decide
