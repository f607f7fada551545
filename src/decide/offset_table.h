// The offsets of one time zone from 1970 to 2100, laid out so that looking one up takes some nanoseconds: windows and
// clocks are asked for every resource in every round.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace date {
class time_zone;
}

namespace capstan::decide {

using LocalTime = std::chrono::local_time<Duration>;  // What the clock on the wall shows.

// Immutable; thread-safe.
class OffsetTable {
 public:
  explicit OffsetTable(const date::time_zone& zone);

  // False beyond its years, where the others must not be asked.
  bool covers(Time time) const { return time >= kBegin && time < kEnd; }
  bool covers(LocalTime local) const { return covers(Time(local.time_since_epoch())); }

  LocalTime local(Time time) const;
  // As `local`, but while an hour comes a second time, the last instant of its first coming: never back.
  LocalTime monotonic_local(Time time) const;
  // The first instant at which the clock shows `local`, or the end of the gap that skips it.
  Time instant(LocalTime local) const;

 private:
  static constexpr Time kBegin = Time(Duration(0));
  static constexpr Time kEnd = Time(Duration(4'102'444'800'000));  // 2100
  static constexpr int kBucketBits = 31;                           // About 25 days of milliseconds.

  struct Period {
    Time begin;
    Duration offset;
  };
  // The period in which `time` lies.
  size_t find(Time time) const;

  std::vector<Period> periods_;    // Rising; the first begins before 1970.
  std::vector<uint16_t> buckets_;  // The period in which each stretch of 2^31 ms since 1970 begins.
};

}  // namespace capstan::decide
