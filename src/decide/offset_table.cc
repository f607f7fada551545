#include "decide/offset_table.h"

#include <date/tz.h>

#include <algorithm>

namespace capstan::decide {

OffsetTable::OffsetTable(const date::time_zone& zone) {
  const auto end = std::chrono::floor<std::chrono::seconds>(kEnd);
  // A day more on each side, for local times that lie beyond by their offset.
  for (auto at = std::chrono::floor<std::chrono::seconds>(kBegin) - std::chrono::days(2);
       at < end + std::chrono::days(2);) {
    const date::sys_info info = zone.get_info(at);
    const auto offset = std::chrono::duration_cast<Duration>(info.offset);
    // What changes is sometimes only the name of the zone.
    if (periods_.empty() || periods_.back().offset != offset) periods_.push_back({Time(at.time_since_epoch()), offset});
    if (info.end <= at) break;
    at = info.end;
  }
  const auto last = to_unix_ms(kEnd) >> kBucketBits;
  size_t period = 0;
  for (int64_t bucket = 0; bucket <= last; ++bucket) {
    while (period + 1 < periods_.size() && to_unix_ms(periods_[period + 1].begin) <= bucket << kBucketBits) ++period;
    buckets_.push_back(static_cast<uint16_t>(period));
  }
}

size_t OffsetTable::find(Time time) const {
  const int64_t ms = std::max<int64_t>(to_unix_ms(time), 0);
  size_t period = buckets_[std::min<size_t>(static_cast<size_t>(ms >> kBucketBits), buckets_.size() - 1)];
  while (period + 1 < periods_.size() && periods_[period + 1].begin <= time) ++period;
  return period;
}

LocalTime OffsetTable::local(Time time) const {
  return LocalTime(time.time_since_epoch() + periods_[find(time)].offset);
}

LocalTime OffsetTable::monotonic_local(Time time) const {
  const size_t at = find(time);
  const Period& period = periods_[at];
  if (at > 0) {
    const Duration back = periods_[at - 1].offset - period.offset;
    if (time - period.begin < back)
      return LocalTime(period.begin.time_since_epoch() + periods_[at - 1].offset - Duration(1));
  }
  return LocalTime(time.time_since_epoch() + period.offset);
}

Time OffsetTable::instant(LocalTime local) const {
  // No offset is more than a day, so that the period looked for is this one or a later one.
  for (size_t at = find(Time(local.time_since_epoch()) - std::chrono::days(1));; ++at) {
    const Time time(local.time_since_epoch() - periods_[at].offset);
    const bool is_last = at + 1 == periods_.size();
    if (is_last || time < periods_[at + 1].begin) return std::max(time, periods_[at].begin);
  }
}

}  // namespace capstan::decide
