#include "model/mute.h"

#include <fmt/format.h>

namespace capstan {
namespace {

constexpr size_t kLongestText = 2'000;

bool fits(std::string_view wanted, std::string_view given) { return wanted.empty() || wanted == given; }

}  // namespace

bool Mute::names(std::string_view finding_id, std::string_view finding_rule, std::string_view finding_resource) const {
  return fits(finding, finding_id) && fits(rule, finding_rule) && fits(resource, finding_resource);
}

bool Mute::lies_at(const ObjectPlace& place) const { return fits(cluster, place.cluster) && fits(space, place.space); }

Json Mute::to_json() const {
  return Json::object({{"id", id},
                       {"finding", finding},
                       {"rule", rule},
                       {"resource", resource},
                       {"cluster", cluster},
                       {"namespace", space},
                       {"reason", reason},
                       {"by", by},
                       {"at", format_time(at)},
                       {"until", format_time(until)}});
}

Mute Mute::from_fact(const Fact& fact) {
  const Json& body = fact.body;
  return {.id = fact.subject,
          .finding = body["finding"].string_or_empty(),
          .rule = body["rule"].string_or_empty(),
          .resource = body["resource"].string_or_empty(),
          .cluster = body["cluster"].string_or_empty(),
          .space = body["namespace"].string_or_empty(),
          .reason = body["reason"].string_or_empty(),
          .by = fact.actor,
          .at = fact.at,
          .until = parse_time(body["until"].string_or_empty()).value_or(fact.at)};
}

Result<NewFact> mute_fact(const Mute& wanted, Time now) {
  if (wanted.finding.empty() && wanted.rule.empty())
    return fail(ErrorCode::kInvalidArgument, "a mute needs the finding or the rule that is not to be heard of");
  if (wanted.reason.empty()) return fail(ErrorCode::kInvalidArgument, "a mute needs a reason, for those who wonder");
  for (const std::string* text :
       {&wanted.finding, &wanted.rule, &wanted.resource, &wanted.space, &wanted.cluster, &wanted.reason}) {
    if (text->size() > kLongestText)
      return fail(ErrorCode::kInvalidArgument, fmt::format("no text of a mute has more than {} bytes", kLongestText));
  }
  if (wanted.until <= now) return fail(ErrorCode::kInvalidArgument, "a mute must end later than now");
  if (wanted.until - now > kLongestMute)
    return fail(ErrorCode::kInvalidArgument,
                "a mute lasts at most 366 days; what is wanted for good belongs in the rule");
  Json body = Json::object({{"reason", wanted.reason}, {"until", format_time(wanted.until)}});
  const auto set = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) body.set(name, value);
  };
  set("finding", wanted.finding);
  set("rule", wanted.rule);
  set("resource", wanted.resource);
  set("cluster", wanted.cluster);
  set("namespace", wanted.space);
  return NewFact{now, std::string(fact_kind::kFindingMuted), wanted.id, std::move(body), 0, wanted.by};
}

NewFact unmute_fact(std::string_view id, std::string_view by, Time now) {
  return {now, std::string(fact_kind::kFindingUnmuted), std::string(id), Json::object(), 0, std::string(by)};
}

}  // namespace capstan
