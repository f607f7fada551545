#include "decide/freeze.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/like.h"

namespace capstan::decide {
namespace {

// Frozen times that adjoin are one; a freeze that never ends is laid out no further than this many of them.
constexpr int kMostAdjoining = 400;

bool matches_any(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const std::string& each) { return matches_pattern(each, text); });
}

// A pattern without a dot is of the last part: "stop" is "aws.stop".
bool matches_verb(const std::vector<std::string>& patterns, std::string_view verb) {
  const size_t dot = verb.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? verb : verb.substr(dot + 1);
  return matches_any(patterns, verb) || matches_any(patterns, last);
}

std::vector<Interval> merge(std::vector<Interval> all) {
  std::ranges::sort(all, {}, &Interval::begin);
  std::vector<Interval> merged;
  for (const Interval& each : all) {
    if (!merged.empty() && each.begin <= merged.back().end)
      merged.back().end = std::max(merged.back().end, each.end);
    else
      merged.push_back(each);
  }
  return merged;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::string like(pattern);
  std::ranges::replace(like, '*', '%');
  return matches_like(like, text);
}

std::vector<Interval> Freeze::intervals(Time from, Time to) const {
  std::vector<Interval> all;
  for (const Window& window : windows) {
    for (const Interval& each : window.intervals(from, to)) all.push_back(each);
  }
  for (const DatedSpan& span : spans) {
    if (span.interval().begin <= to && span.interval().end >= from) all.push_back(span.interval());
  }
  for (const NamedCalendar& named : calendars) {
    for (const Calendar::Day& day : named.calendar->between(from, to, zone)) all.push_back(day.interval);
  }
  return merge(std::move(all));
}

std::optional<Interval> Freeze::at_time(Time now) const {
  const auto around = [this](Time time) -> std::optional<Interval> {
    for (const Interval& each : intervals(time, time)) {
      if (each.contains(time)) return each;
    }
    return std::nullopt;
  };
  std::optional<Interval> frozen = around(now);
  for (int i = 0; frozen && i < kMostAdjoining; ++i) {
    const std::optional<Interval> next = around(frozen->end);
    if (!next) break;
    frozen->end = next->end;
  }
  return frozen;
}

Words Frozen::says() const {
  if (!freeze->mistake.empty())
    return Words::phrase("gate.frozen_mistake", {{"freeze", freeze->name}, {"mistake", freeze->mistake}});
  return Words::phrase("gate.frozen", {{"freeze", freeze->name}, {"until", freeze->clock_text(until)}});
}

std::vector<Frozen> frozen_at(std::span<const Freeze> freezes, Time now) {
  std::vector<Frozen> frozen;
  for (const Freeze& freeze : freezes) {
    if (const auto held = freeze.at_time(now)) frozen.push_back({&freeze, held->end});
  }
  std::ranges::stable_sort(frozen, std::ranges::greater(), &Frozen::until);
  return frozen;
}

bool Freeze::covers(const HeldAction& action) const {
  if (!action.policy.empty() && matches_any(except_policies, action.policy)) return false;
  if (!only.policies.empty() && (action.policy.empty() || !matches_any(only.policies, action.policy))) return false;
  if (!only.kinds.empty() && !matches_any(only.kinds, action.kind)) return false;
  if (!only.verbs.empty() && !matches_verb(only.verbs, action.verb)) return false;
  if (only.danger && action.danger < *only.danger) return false;
  return only.labels.empty() || (action.labels != nullptr && only.labels.matches(*action.labels));
}

bool Freeze::lets_through(std::string_view actor, std::string_view role) const {
  constexpr std::string_view kUser = "user:";
  const std::string_view who = actor.starts_with(kUser) ? actor.substr(kUser.size()) : actor;
  return std::ranges::find(people, who) != people.end() || std::ranges::find(roles, role) != roles.end();
}

std::string Freeze::describe_times() const {
  std::vector<std::string> texts;
  for (const DatedSpan& span : spans) texts.push_back(span.says());
  for (const Window& window : windows) texts.push_back(window.says());
  for (const NamedCalendar& named : calendars) texts.push_back(named.name);
  return fmt::format("{}", fmt::join(texts, "; "));
}

Words Freeze::describe_scope() const {
  if (only.covers_all()) return Words::phrase("scope.everything");
  std::vector<Words> texts;
  const auto add = [&](const Words& words, const std::vector<std::string>& names) {
    if (!names.empty()) texts.push_back(words.with("names", fmt::format("{}", fmt::join(names, ", "))));
  };
  add(Words::phrase("scope.policies"), only.policies);
  add(Words::phrase("scope.kinds"), only.kinds);
  add(Words::phrase("scope.verbs"), only.verbs);
  if (!only.labels.empty()) texts.push_back(Words::phrase("scope.labels", {{"names", only.labels.text()}}));
  if (only.danger) {
    const std::string danger(to_string(*only.danger));
    texts.push_back(Words::phrase("scope.danger", {{"danger", Words::known("danger." + danger, danger)}}));
  }
  return Words::joined(texts, "; ");
}

std::string Freeze::clock_text(Time time) const {
  const Time wall(zone.local(time).time_since_epoch());
  const std::string text = format_time(wall);
  return fmt::format("{} {} {}", text.substr(0, 10), text.substr(11, 5), zone.name());
}

}  // namespace capstan::decide
