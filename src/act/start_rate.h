// How many actions each origin has started within the last minute: a minute that passes, whatever is done to the clock
// on the wall.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/time.h"

namespace capstan::act {

// Owned by one thread. Times are monotonic, rising.
class StartRate {
 public:
  void started(std::string_view origin, Duration now);
  int within_minute(std::string_view origin, Duration now) const;
  // Drops what is older than a minute.
  void forget(Duration now);

 private:
  std::map<std::string, std::deque<Duration>, std::less<>> starts_;  // By origin.
};

}  // namespace capstan::act
