// A time zone: what the clock on the wall shows at an instant, and which instant a wall clock time means.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "decide/offset_table.h"

namespace capstan::decide {

// Cheap to copy. Thread-safe. Rules come from the system's zoneinfo through Howard Hinnant's date library.
class Zone {
 public:
  // UTC.
  Zone();

  // "Asia/Seoul", "UTC". Unknown names are refused with the nearest known one.
  static Result<Zone> find(std::string_view name);

  // The zone that the machine is set to; UTC where that cannot be told.
  static Zone of_system();

  const std::string& name() const { return name_; }
  LocalTime local(Time time) const;
  // As `local`, but never back: while daylight saving shows an hour a second time, its last instant.
  LocalTime monotonic_local(Time time) const;

  // The instant of a wall clock time. A time that daylight saving skips means the first instant after the gap; one that
  // comes twice means its first occurrence.
  Time instant(LocalTime local) const;

  bool operator==(const Zone& other) const { return zone_ == other.zone_; }

 private:
  Zone(const date::time_zone* zone, std::string name);
  const date::time_zone* zone_;
  std::shared_ptr<const OffsetTable> table_;  // Null for UTC, which needs none.
  std::string name_;
};

}  // namespace capstan::decide
