#include "decide/schedule.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::decide {
namespace {

constexpr Duration kHorizon{35LL * 86'400'000};

void add_edges(std::vector<Time>& edges, const Interval& interval) {
  edges.push_back(interval.begin);
  edges.push_back(interval.end);
}

}  // namespace

Words Schedule::exception(Time time) const {
  for (const Window& window : except_windows_) {
    if (window.contains(time)) return Words::phrase("hours.except", {{"hours", window.says()}});
  }
  for (const NamedCalendar& named : except_calendars_) {
    for (const Calendar::Day& day : named.calendar->between(time, time, zone())) {
      if (day.interval.contains(time)) return fmt::format("{} ({})", day.summary, named.name);
    }
  }
  return {};
}

bool Schedule::inside(Time time) const {
  const bool in_window =
      windows_.empty() || std::ranges::any_of(windows_, [&](const Window& window) { return window.contains(time); });
  return in_window && exception(time).empty();
}

std::string Schedule::describe() const {
  std::string text;
  for (const Window& window : windows_) text += (text.empty() ? "" : "; ") + window.says();
  return text;
}

std::vector<Time> Schedule::edges(Time from, Time to) const {
  std::vector<Time> edges;
  for (const std::vector<Window>* windows : {&windows_, &except_windows_}) {
    for (const Window& window : *windows) {
      for (const Interval& interval : window.intervals(from, to)) add_edges(edges, interval);
    }
  }
  for (const NamedCalendar& named : except_calendars_) {
    for (const Calendar::Day& day : named.calendar->between(from, to, zone())) add_edges(edges, day.interval);
  }
  std::erase_if(edges, [&](Time edge) { return edge < from || edge > to; });
  std::ranges::sort(edges);
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  return edges;
}

std::vector<Interval> Schedule::intervals(Time from, Time to) const {
  std::vector<Interval> found;
  std::vector<Time> all = edges(from, to);
  all.insert(all.begin(), from);
  all.push_back(to);
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    if (all[i] >= all[i + 1] || !inside(all[i])) continue;
    if (!found.empty() && found.back().end == all[i])
      found.back().end = all[i + 1];
    else
      found.push_back({all[i], all[i + 1]});
  }
  return found;
}

std::optional<Time> Schedule::next_change(Time after) const {
  using std::chrono::days;
  const bool before = inside(after);
  // Most windows change within a day or over a weekend; holidays and long exceptions take longer to find.
  Time from = after;
  for (const days reach : {days(1), days(4), days(35), days(366)}) {
    const Time to = after + reach;
    for (Time edge : edges(from, to)) {
      if (edge > after && inside(edge) != before) return edge;
    }
    from = to;
  }
  return std::nullopt;
}

Schedule::Standing Schedule::at(Time now) const {
  Standing standing;
  standing.inside = inside(now);
  const Words except = exception(now);
  if (!standing.inside && !except.empty()) {
    standing.says = except;
  } else if (standing.inside && windows_.empty()) {
    standing.says = Words::phrase(always() ? "hours.always" : "hours.but_exceptions");
  } else {
    standing.says = Words::phrase(standing.inside ? "hours.within" : "hours.outside", {{"hours", describe()}});
  }
  const std::vector<Time> all = edges(now - kHorizon, now + kHorizon);
  const auto next = std::ranges::upper_bound(all, now);
  for (auto edge = next; edge != all.begin();) {
    --edge;
    if (inside(*edge - Duration(1)) != standing.inside) {
      standing.since = *edge;
      break;
    }
  }
  for (auto edge = next; edge != all.end(); ++edge) {
    if (inside(*edge) != standing.inside) {
      standing.until = *edge;
      break;
    }
  }
  return standing;
}

}  // namespace capstan::decide
