#include "loop/policy_calendar.h"

#include <map>

namespace capstan::loop {
namespace {

constexpr size_t kMostNamed = 100;  // Resources of a row; the others are counted.
constexpr size_t kMostTimes = 500;  // Of a clock.

// The targets by their own window; all under "" where the policy has one for all.
std::map<std::string, std::vector<const decide::Verdict*>> by_hours(const std::vector<decide::Verdict>& verdicts) {
  std::map<std::string, std::vector<const decide::Verdict*>> groups;
  for (const decide::Verdict& verdict : verdicts) {
    if (verdict.matched) groups[verdict.hours].push_back(&verdict);
  }
  return groups;
}

Json row(const decide::Policy& policy, const std::string& hours, const decide::Zone& zone,
         const std::vector<const decide::Verdict*>& targets) {
  Json::Array resources;
  for (const decide::Verdict* target : targets) {
    if (resources.size() >= kMostNamed) break;
    resources.push_back(
        Json::object({{"id", target->resource}, {"name", target->name}, {"override", target->override}}));
  }
  return Json::object({{"policy", policy.name},
                       {"hours", hours},
                       {"zone", zone.name()},
                       {"count", targets.size()},
                       {"resources", std::move(resources)}});
}

// The windows, with the calendars that are the targets' own.
std::string shown_hours(const decide::Schedule& schedule, const std::string& own) {
  std::string windows = schedule.describe();
  if (windows.empty()) windows = "daily";  // It has exceptions alone.
  const size_t except = own.find("except calendar/");
  return except == std::string::npos ? windows : windows + " " + own.substr(except);
}

Json window_row(const decide::Policy& policy, const std::string& own,
                const std::vector<const decide::Verdict*>& targets, Time from, Time to) {
  const decide::Ensure& ensure = *policy.ensure;
  const Result<decide::Schedule> schedule = ensure.schedule_of(own);
  if (!schedule) {
    Json json = row(policy, own, decide::Zone(), targets);
    json.set("error", schedule.error().message);
    return json;
  }
  Json::Array spans;
  for (const decide::Interval& each : schedule->intervals(from, to))
    spans.push_back(Json::object({{"from", format_time(each.begin)}, {"to", format_time(each.end)}}));
  Json json = row(policy, shown_hours(*schedule, own), schedule->zone(), targets);
  json.set("inside", ensure.is_list() ? "" : ensure.inside.name);
  json.set("outside", ensure.outside ? ensure.outside->name : "");
  json.set("spans", std::move(spans));
  return json;
}

Json clock_row(const decide::Policy& policy, const std::vector<decide::Verdict>& verdicts, Time from, Time to) {
  const decide::Cron& cron = *policy.when->cron;
  std::vector<const decide::Verdict*> targets;
  for (const decide::Verdict& verdict : verdicts) {
    if (verdict.matched) targets.push_back(&verdict);
  }
  Json::Array times;
  std::optional<Time> next = cron.next_after(from - Duration(1));
  for (; next && *next < to && times.size() < kMostTimes; next = cron.next_after(*next))
    times.push_back(format_time(*next));
  Json json = row(policy, cron.text(), cron.zone(), targets);
  json.set("times", std::move(times));
  json.set("more", next && *next < to);
  return json;
}

}  // namespace

Json::Array calendar_rows(const decide::Policy& policy, const std::vector<decide::Verdict>& verdicts, Time from,
                          Time to) {
  Json::Array rows;
  if (policy.when && policy.when->cron) rows.push_back(clock_row(policy, verdicts, from, to));
  if (!policy.ensure || (policy.ensure->schedule.always() && !policy.ensure->has_own_schedules())) return rows;
  for (const auto& [own, targets] : by_hours(verdicts)) rows.push_back(window_row(policy, own, targets, from, to));
  return rows;
}

}  // namespace capstan::loop
