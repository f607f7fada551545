#include "decide/trigger.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace capstan::decide {
namespace {

bool is_of(const Trigger& trigger, const Finding& finding) {
  return finding.rule == trigger.name && finding.severity >= trigger.at_least;
}

void add_finding(const Trigger& trigger, const catalog::KnownFinding& known, std::vector<Occurrence>& found) {
  const Finding& finding = known.finding;
  if (!known.open || !is_of(trigger, finding)) return;
  // The condition may have held before it was written down; `since` says so where detection knows it.
  const bool knows_since = finding.since != Time() && finding.since < known.opened;
  found.push_back({.key = fmt::format("finding {} {}", finding.id, to_unix_ms(known.opened)),
                   .says = Words::phrase("why.alert", {{"alert", finding.rule},
                                                       {"target", finding.resource.empty() ? finding.labels.to_string()
                                                                                           : finding.resource}}),
                   .resources = {},
                   .since = knows_since ? finding.since : known.opened,
                   .cause = known.seq});
  if (!finding.resource.empty()) found.back().resources.push_back(finding.resource);
}

void add_incident(const Trigger& trigger, const catalog::KnownIncident& known, std::vector<Occurrence>& found) {
  const Incident& incident = known.incident;
  const bool takes_part = trigger.name.empty() || std::ranges::any_of(incident.findings, [&](const Finding& finding) {
                            return finding.rule == trigger.name;
                          });
  if (incident.state != IncidentState::kOpen || !takes_part || incident.severity < trigger.at_least) return;
  Occurrence occurrence{.key = "incident " + incident.id,
                        .says = Words::phrase("why.incident", {{"incident", incident.id}}),
                        .resources = {},
                        .since = incident.opened,
                        .cause = known.seq};
  // Only the first cause, and only when explain is sure enough: a guess is for people.
  if (!incident.causes.empty() && incident.causes.front().score >= trigger.confidence) {
    const Cause& cause = incident.causes.front();
    std::set<ResourceId> resources(cause.group.begin(), cause.group.end());
    if (!cause.resource.empty()) resources.insert(cause.resource);
    occurrence.resources.assign(resources.begin(), resources.end());
    if (!cause.says.empty()) occurrence.says = Words::joined({occurrence.says, cause.says}, ": ");
  }
  found.push_back(std::move(occurrence));
}

}  // namespace

std::vector<Occurrence> occurrences(const Trigger& trigger, const std::vector<catalog::KnownFinding>& findings,
                                    const std::vector<catalog::KnownIncident>& incidents) {
  std::vector<Occurrence> found;
  if (trigger.kind == Trigger::Kind::kAlert) {
    for (const catalog::KnownFinding& known : findings) add_finding(trigger, known, found);
  } else if (trigger.kind == Trigger::Kind::kIncident) {
    for (const catalog::KnownIncident& known : incidents) add_incident(trigger, known, found);
  }
  std::ranges::sort(found, {}, &Occurrence::key);
  return found;
}

Time last_held(const Trigger& trigger, const std::vector<catalog::KnownFinding>& findings, std::string_view resource,
               Time now) {
  Time last;
  for (const catalog::KnownFinding& known : findings) {
    if (!is_of(trigger, known.finding) || (!resource.empty() && known.finding.resource != resource)) continue;
    last = std::max(last, known.open ? now : known.resolved.value_or(known.opened));
  }
  return last;
}

std::optional<Occurrence> due_time(const Trigger& trigger, Time now, Time in_force_since) {
  if (!trigger.cron) return std::nullopt;
  const std::optional<Time> latest = trigger.cron->latest_until(now);
  if (!latest || *latest < in_force_since || now - *latest > trigger.catch_up) return std::nullopt;
  return Occurrence{.key = "cron " + format_time(*latest),
                    .says = Words::phrase("why.time", {{"at", format_time(*latest)}, {"cron", trigger.cron->text()}}),
                    .resources = {},
                    .since = *latest,
                    .cause = 0};
}

}  // namespace capstan::decide
