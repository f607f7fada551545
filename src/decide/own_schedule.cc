// A target's own schedule: its window and its calendars in one text.
#include <fmt/format.h>

#include <algorithm>

#include "decide/policy.h"

namespace capstan::decide {
namespace {

constexpr std::string_view kExcept = "except ";
constexpr std::string_view kPrefix = "calendar/";
constexpr size_t kMostCalendars = 20;

// "kr", "calendar/kr, company" or ["kr","company"], without the prefix.
std::vector<std::string> names_in(std::string_view text) {
  constexpr std::string_view kBetween = ", \t[]\"'";
  std::vector<std::string> names;
  while (!text.empty()) {
    const size_t begin = text.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(text.find_first_of(kBetween, begin), text.size());
    std::string_view name = text.substr(begin, end - begin);
    if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
    if (!name.empty()) names.emplace_back(name);
    text.remove_prefix(end);
  }
  return names;
}

Status add_calendar(const std::string& name, const std::optional<Calendars>& known, Schedule& schedule) {
  if (!known) {
    schedule.add_exception(fmt::format("{}{}", kPrefix, name), std::make_shared<const Calendar>());
    return {};
  }
  Result<std::shared_ptr<const Calendar>> found = find_calendar(*known, name);
  if (!found)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("it names the calendar '{}', and {}", name, found.error().to_string()));
  schedule.add_exception(fmt::format("{}{}", kPrefix, name), std::move(*found));
  return {};
}

}  // namespace

std::string own_schedule(std::string_view hours, std::string_view calendars) {
  std::string text(hours);
  std::string_view before = kExcept;
  for (const std::string& name : names_in(calendars)) {
    text += fmt::format("{}{}{}{}", text.empty() || before != kExcept ? "" : " ", before, kPrefix, name);
    before = ", ";
  }
  return text;
}

Result<Schedule> Ensure::schedule_of(const std::string& own) const {
  if (!has_own_schedules()) return schedule;
  size_t end = holidays.empty() ? std::string::npos : own.rfind(kExcept);
  if (end != std::string::npos && end > 0 && own[end - 1] != ' ') end = std::string::npos;
  std::string window = own.substr(0, end);
  if (window.ends_with(' ')) window.pop_back();
  Schedule result = schedule;
  if (!hours.empty()) result.add(TRY(Window::parse(window, zone)));
  if (end == std::string::npos) return result;
  const std::vector<std::string> names = names_in(std::string_view(own).substr(end + kExcept.size()));
  if (names.size() > kMostCalendars)
    return fail(ErrorCode::kInvalidArgument, fmt::format("it names more than {} calendars", kMostCalendars));
  for (const std::string& name : names) TRY(add_calendar(name, calendars, result));
  return result;
}

}  // namespace capstan::decide
