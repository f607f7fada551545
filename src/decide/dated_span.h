// A span of time on the calendar, once, as people write it:
//
//   2026-12-24 18:00 to 2027-01-02 09:00 Asia/Seoul
//   2026-12-24 to 2027-01-02                        whole days, the last one included; the zone is the caller's
//   2026-12-25
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "decide/window.h"

namespace capstan::decide {

class DatedSpan {
 public:
  // `zone` is used where the text names none; without either it is refused.
  static Result<DatedSpan> parse(std::string_view text, const std::optional<Zone>& zone);
  // Whether a text begins with a date: no window of the week does.
  static bool is_dated(std::string_view text);

  // Without the zone: "2026-12-24 18:00 to 2027-01-02 09:00".
  const std::string& says() const { return says_; }
  const Zone& zone() const { return zone_; }
  const Interval& interval() const { return interval_; }

 private:
  std::string says_;
  Zone zone_;
  Interval interval_;
};

}  // namespace capstan::decide
