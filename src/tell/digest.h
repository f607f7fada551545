// One message in place of a flood: of messages that are alike, the first few are told at once, and what follows within
// a while becomes one message at its end. For one channel; not thread-safe.
#pragma once

#include <map>
#include <span>
#include <string>

#include "base/time.h"
#include "model/draft.h"

namespace capstan::tell {

class Digest {
 public:
  // `within` 0 tells everything on its own.
  explicit Digest(Duration within = Duration(0)) : within_(within) {}

  // What messages that may be told as one have in common; "" for a message that is always told on its own.
  static std::string group_of(const Draft& draft);

  enum class Verdict {
    kAlone,  // To be told on its own, now.
    kHold,   // More like it may come: the while has not passed.
    kFold,   // To be told with all that wait and are like it, as one.
  };
  // Of a group's message that waits, where `oldest` is since when the first of them does.
  Verdict judge(const std::string& group, Time oldest, Time now) const;
  // One or more of them have been told.
  void note_told(const std::string& group, bool folded, Time now);

  bool operator==(const Digest&) const = default;

 private:
  static constexpr size_t kAlone = 3;  // So many are told at once.
  struct Flood {
    Time begun;
    size_t told = 0;
    bool operator==(const Flood&) const = default;
  };
  // A flood that began so long ago, or in the future by a clock that was set back, is over.
  bool is_over(const Flood& flood, Time at) const { return at < flood.begun || at - flood.begun >= within_; }
  void forget(Time now);

  Duration within_;
  std::map<std::string, Flood, std::less<>> floods_;  // By group.
};

// The messages of a group as one: how many, the first few by their titles, the worst severity. At least two.
Draft fold(std::span<const Draft* const> drafts);

}  // namespace capstan::tell
