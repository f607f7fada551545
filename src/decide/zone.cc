#include "decide/zone.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <map>
#include <vector>

#include "base/guarded.h"
#include "base/suggest.h"

namespace capstan::decide {
namespace {

const date::time_zone* locate(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

// The library would open any file below zoneinfo, and "../../etc/x" with it.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.find("..") != std::string_view::npos)
    return false;
  return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") ==
         std::string_view::npos;
}

// What people write of a zone may be what clocks there show: "KST" is Asia/Pyongyang and Asia/Seoul.
std::string abbreviation_hint(std::string_view name) {
  constexpr size_t kMost = 3;
  using namespace std::chrono;
  constexpr sys_seconds kWinter = sys_days(2026y / January / 1);
  constexpr sys_seconds kSummer = sys_days(2026y / July / 1);
  std::vector<std::string> zones;
  for (const date::time_zone& zone : date::get_tzdb().zones) {
    const bool is_place = zone.name().contains('/') && !zone.name().starts_with("Etc/");
    if (is_place && (zone.get_info(kWinter).abbrev == name || zone.get_info(kSummer).abbrev == name))
      zones.push_back(zone.name());
  }
  if (zones.empty()) return "";
  const bool more = zones.size() > kMost;
  if (more) zones.resize(kMost);
  return fmt::format(", but an abbreviation: write {}{}", fmt::join(zones, " or "), more ? " or another" : "");
}

std::string suggestion(std::string_view name) {
  try {
    if (std::string hint = abbreviation_hint(name); !hint.empty()) return hint;
    std::vector<std::string_view> names;
    for (const date::time_zone& zone : date::get_tzdb().zones) names.push_back(zone.name());
    return did_you_mean(name, names);
  } catch (const std::exception&) {
    return "";
  }
}

// Laid out once: a zone is named by many windows, which are read again and again. There are a few hundred at most.
std::shared_ptr<const OffsetTable> table_of(const date::time_zone* zone) {
  static Guarded<std::map<const date::time_zone*, std::shared_ptr<const OffsetTable>>> tables;
  return tables.write([&](auto& known) {
    std::shared_ptr<const OffsetTable>& table = known[zone];
    if (!table) table = std::make_shared<const OffsetTable>(*zone);
    return table;
  });
}

}  // namespace

Zone::Zone(const date::time_zone* zone, std::string name)
    : zone_(zone), table_(table_of(zone)), name_(std::move(name)) {}

Zone::Zone() : zone_(locate("UTC")), name_("UTC") {
  if (!zone_) std::abort();  // A machine without zone data cannot keep any promise about time (package tzdata).
}

Result<Zone> Zone::find(std::string_view name) {
  const date::time_zone* zone = is_zone_name(name) ? locate(std::string(name)) : nullptr;
  if (!zone) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no time zone{}", name, suggestion(name)));
  }
  return Zone(zone, std::string(name));
}

Zone Zone::of_system() {
  try {
    const date::time_zone* zone = date::current_zone();
    return Zone(zone, zone->name());
  } catch (const std::exception&) {
    return Zone();
  }
}

LocalTime Zone::local(Time time) const {
  if (!table_) return LocalTime(time.time_since_epoch());
  if (table_->covers(time)) return table_->local(time);
  const date::sys_info info = zone_->get_info(std::chrono::floor<std::chrono::seconds>(time));
  return LocalTime(time.time_since_epoch() + std::chrono::duration_cast<Duration>(info.offset));
}

LocalTime Zone::monotonic_local(Time time) const {
  if (!table_) return LocalTime(time.time_since_epoch());
  if (table_->covers(time)) return table_->monotonic_local(time);
  const LocalTime shown = local(time);
  if (instant(shown) == time) return shown;
  // The second coming of an hour: the first one ended where the clock jumped back.
  const date::sys_info info = zone_->get_info(std::chrono::floor<std::chrono::seconds>(time));
  return local(Time(info.begin.time_since_epoch()) - Duration(1));
}

Time Zone::instant(LocalTime local) const {
  if (!table_) return Time(local.time_since_epoch());
  if (table_->covers(local)) return table_->instant(local);
  const date::local_time<Duration> wall(local.time_since_epoch());
  const date::local_info info = zone_->get_info(wall);
  // In a gap `first.end` is the instant of the jump; in an overlap `first` is the earlier of both readings.
  if (info.result == date::local_info::nonexistent) return std::chrono::time_point_cast<Duration>(info.first.end);
  return Time(wall.time_since_epoch() - std::chrono::duration_cast<Duration>(info.first.offset));
}

}  // namespace capstan::decide
