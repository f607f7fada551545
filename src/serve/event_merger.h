// Merges changes of a topic that come faster than anybody can read: at most one event of a topic in an interval, always
// the newest.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/fact.h"

namespace capstan::serve {

struct Event {
  std::string topic;
  Seq seq = 0;
};

// Not thread-safe. Times are of a monotonic clock, which begins at zero.
class EventMerger {
 public:
  explicit EventMerger(Duration interval) : interval_(interval) {}

  void add(std::string_view topic, Seq seq);
  // What is due at `now`, and is then no longer waiting.
  std::vector<Event> take(Duration now);
  // When the next event is due; nothing when none waits.
  std::optional<Duration> next_due() const;

 private:
  struct Topic {
    Seq waiting = 0;  // 0: nothing waits.
    Duration due{0};  // The earliest time of the next event.
  };
  const Duration interval_;
  std::map<std::string, Topic, std::less<>> topics_;
};

}  // namespace capstan::serve
