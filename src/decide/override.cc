#include "decide/override.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/crypto.h"

namespace capstan::decide {
namespace {

constexpr Duration kLongest{90LL * 86'400'000};

}  // namespace

Json Override::to_json() const {
  return Json::object({{"policy", policy},
                       {"resource", resource},
                       {"state", state},
                       {"from", format_time(from)},
                       {"until", format_time(until)},
                       {"by", by},
                       {"reason", reason}});
}

Override Override::from_json(std::string_view id, const Json& json) {
  return {.id = std::string(id),
          .policy = json["policy"].string_or_empty(),
          .resource = json["resource"].string_or_empty(),
          .state = json["state"].string_or_empty(),
          .from = parse_time(json["from"].string_or_empty()).value_or(Time()),
          .until = parse_time(json["until"].string_or_empty()).value_or(Time()),
          .by = json["by"].string_or_empty(),
          .reason = json["reason"].string_or_empty()};
}

Result<NewFact> set_override(const Override& wanted, Time now) {
  Override override = wanted;
  if (override.from == Time()) override.from = now;
  if (override.until <= now || override.until <= override.from) {
    return fail(ErrorCode::kInvalidArgument, "an override must end in the future, and after it begins");
  }
  if (override.until - now > kLongest) {
    return fail(ErrorCode::kInvalidArgument, "an override lasts at most 90 days; change the policy instead");
  }
  if (override.policy.empty() && override.resource.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "an override names a policy, a resource or both; to stop everything, pause");
  }
  if (override.id.empty()) {
    override.id = "override-" + hex(sha256(override.to_json().dump() + format_time(now))).substr(0, 12);
  }
  return NewFact{.at = now,
                 .kind = std::string(fact_kind::kOverrideSet),
                 .subject = override.id,
                 .body = override.to_json(),
                 .cause = 0,
                 .actor = override.by};
}

NewFact end_override(std::string_view id, std::string_view by, Time now) {
  return {.at = now,
          .kind = std::string(fact_kind::kOverrideEnded),
          .subject = std::string(id),
          .body = Json::object({{"by", by}}),
          .cause = 0,
          .actor = std::string(by)};
}

void Overrides::apply(const Fact& fact) {
  if (fact.kind == fact_kind::kOverrideSet) {
    // Those that have ended need not be kept; the facts' own time is the only clock here.
    std::erase_if(overrides_, [&](const auto& entry) { return entry.second.until <= fact.at; });
    overrides_[fact.subject] = Override::from_json(fact.subject, fact.body);
  } else if (fact.kind == fact_kind::kOverrideEnded) {
    overrides_.erase(fact.subject);
  }
}

std::vector<Override> Overrides::active(Time now) const {
  std::vector<Override> active;
  for (const auto& [id, override] : overrides_) {
    if (override.active(now)) active.push_back(override);
  }
  return active;
}

std::optional<Time> Overrides::next_edge(Time now) const {
  std::optional<Time> next;
  for (const auto& [id, override] : overrides_) {
    for (const Time edge : {override.from, override.until}) {
      if (edge > now && (!next || edge < *next)) next = edge;
    }
  }
  return next;
}

bool Overrides::name_resources() const {
  return std::ranges::any_of(overrides_, [](const auto& each) { return !each.second.resource.empty(); });
}

const Override* governing(const std::vector<Override>& overrides, std::string_view policy, std::string_view resource,
                          Time now) {
  const Override* best = nullptr;
  const auto rank = [](const Override& each) {
    return std::tuple(!each.resource.empty(), !each.policy.empty(), each.from, std::string_view(each.id));
  };
  for (const Override& each : overrides) {
    if (!each.active(now)) continue;
    if (!each.policy.empty() && each.policy != policy) continue;
    if (!each.resource.empty() && each.resource != resource) continue;
    if (!best || rank(each) > rank(*best)) best = &each;
  }
  return best;
}

}  // namespace capstan::decide
