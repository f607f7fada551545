// When something that a person asked for ends, as people write it, and the whole sentence around it:
//
//   trial_user07 up until 22:00             the next time the clock shows it
//   shop/web down until tomorrow 09:00      also "today", "Fri 18:00", "2026-11-25 22:00"
//   i-0a12 alone for 2h                     also "for P1D"
//   trial_user07 up until 2026-11-25T22:00:00+09:00
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "decide/zone.h"

namespace capstan::decide {

// The instant that `text` names, seen from `now` in `zone`: a clock time ("22:00"), one on a day ("tomorrow 22:00",
// "Fri 22:00", "2026-11-25 22:00"), an instant of RFC 3339, or a span from now on ("2h", "P1D"). Always after `now`.
Result<Time> parse_until(std::string_view text, const Zone& zone, Time now);

// "RESOURCE STATE until TIME" or "RESOURCE STATE for SPAN" in its parts; STATE may be missing. Says nothing of whether
// there are such things.
struct KeepPhrase {
  std::string resource;
  std::string state;
  std::string until;  // For parse_until.
};
Result<KeepPhrase> parse_keep_phrase(std::string_view text);

}  // namespace capstan::decide
