// The stretch of time that a question about money is about.
#pragma once

#include <string_view>

#include "base/result.h"
#include "decide/window.h"

namespace capstan::loop {

// Each end is a span ("30d": so long before now), a day of the zone ("2026-11-01": its beginning) or a time; `until` ""
// is now. At most 400 days, and not after now.
Result<decide::Interval> read_period(std::string_view since, std::string_view until, const decide::Zone& zone,
                                     Time now);

}  // namespace capstan::loop
