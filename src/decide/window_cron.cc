#include "decide/window_cron.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

namespace capstan::decide {
namespace {

constexpr size_t kHour = 60;
constexpr size_t kDay = 24 * kHour;

using Minutes = std::set<size_t>;  // Of the week, from Sunday's first on.

// "1-5", "0,6", "*" for all of `count`.
std::string field(const Minutes& values, size_t count) {
  if (values.size() == count) return "*";
  const size_t first = *values.begin();
  const size_t last = *values.rbegin();
  if (values.size() > 2 && last - first + 1 == values.size()) return fmt::format("{}-{}", first, last);
  return fmt::format("{}", fmt::join(values, ","));
}

// None where these are not every combination of some minutes, hours and days.
std::optional<std::string> cron(const Minutes& times) {
  Minutes minutes;
  Minutes hours;
  Minutes days;
  for (const size_t time : times) {
    minutes.insert(time % kHour);
    hours.insert(time % kDay / kHour);
    days.insert(time / kDay);
  }
  if (times.empty() || minutes.size() * hours.size() * days.size() != times.size()) return std::nullopt;
  return fmt::format("{} {} * * {}", field(minutes, kHour), field(hours, 24), field(days, 7));
}

}  // namespace

CronPair cron_of(const Window& window) {
  const Window::Week& week = window.week();
  Minutes starts;
  Minutes stops;
  Minutes days;
  size_t first = kDay;  // Of any day.
  size_t last = 0;
  for (size_t minute = 0; minute < week.size(); ++minute) {
    const bool before = week[(minute + week.size() - 1) % week.size()];
    if (week[minute] != before) (before ? stops : starts).insert(minute);
    if (!week[minute]) continue;
    days.insert(minute / kDay);
    first = std::min(first, minute % kDay);
    last = std::max(last, minute % kDay + 1);
  }
  auto start = cron(starts);
  auto stop = cron(stops);
  if (start && stop) return {*std::move(start), *std::move(stop)};
  if (days.empty() || starts.empty() || last == kDay) return {"0 * * * *", "0 0 1 1 *"};
  starts.clear();
  stops.clear();
  for (const size_t day : days) {
    starts.insert(day * kDay + first);
    stops.insert(day * kDay + last);
  }
  return {cron(starts).value(), cron(stops).value()};
}

}  // namespace capstan::decide
