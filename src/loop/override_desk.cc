#include "loop/override_desk.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "decide/until.h"
#include "loop/belongings.h"
#include "loop/resource_finder.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostOverrides = 1'000;  // In force at a time.
constexpr size_t kLongestReason = 2'000;

Json override_json(const PolicyBoard& policies, const decide::Override& override) {
  Json json = override.to_json();
  json.set("id", override.id);
  json.set("decides", policies.decided_by(override.id));
  return json;
}

// "alone" is the word for no state at all.
Result<std::string> state_of(const PolicyBoard& policies, const OverrideRequest& wanted) {
  if (wanted.state.empty() || wanted.state == "alone") return std::string();
  const std::vector<std::string> states = policies.states(wanted.policy);
  if (std::ranges::find(states, wanted.state) != states.end()) return wanted.state;
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no state to keep something in; expected alone, {}",
                                                       wanted.state, fmt::join(states, ", ")));
}

// The clock that a time without a zone means: the one that was named, that of the resource or of what it belongs to,
// that of the machine.
Result<decide::Zone> zone_of(const OverrideRequest& wanted, const std::optional<Resource>& resource,
                             const catalog::CatalogReader& catalog) {
  if (!wanted.zone.empty()) return decide::Zone::find(wanted.zone);
  if (!resource) return decide::Zone::of_system();
  std::vector<ResourceId> ids = TRY(owners_of(resource->id, catalog));
  ids.insert(ids.begin(), resource->id);
  for (const ResourceId& id : ids) {
    const auto known = TRY(catalog.resource(id));
    const std::string name = known ? known->resource.fields["zone"].string_or_empty() : "";
    if (name.empty()) continue;
    if (auto zone = decide::Zone::find(name)) return zone;
  }
  return decide::Zone::of_system();
}

}  // namespace

Result<OverrideRequest> parse_override_request(std::string_view text) {
  decide::KeepPhrase phrase = TRY(decide::parse_keep_phrase(text));
  OverrideRequest wanted;
  wanted.resource = std::move(phrase.resource);
  wanted.state = std::move(phrase.state);
  wanted.until = std::move(phrase.until);
  return wanted;
}

Json overrides_answer(Loop& loop) {
  Json list = Json::array();
  for (const decide::Override& override : loop.policies().overrides(loop.parts().clock.now()))
    list.push_back(override_json(loop.policies(), override));
  return Json::object({{"overrides", std::move(list)}});
}

// Errors begin with the part of the request that is at fault, so that a page can show them beside it.
Result<Json> set_override(Loop& loop, const OverrideRequest& wanted, const std::string& by) {
  const Time now = loop.parts().clock.now();
  PolicyBoard& policies = loop.policies();
  if (policies.overrides(now).size() >= kMostOverrides) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("{} overrides are in force, the most there may be; end some", kMostOverrides));
  }
  if (wanted.reason.size() > kLongestReason)
    return fail(ErrorCode::kInvalidArgument, fmt::format("'reason' has at most {} bytes", kLongestReason));
  if (!wanted.policy.empty()) TRY(during("'policy'", policies.check_name(wanted.policy)));
  const catalog::CatalogReader catalog = TRY(loop.parts().catalog.reader());
  std::optional<Resource> resource;
  if (!wanted.resource.empty())
    resource = TRY(during("'resource'", find_resource(wanted.resource, catalog, loop.parts().sql, now)));
  const decide::Zone zone = TRY(during("'zone'", zone_of(wanted, resource, catalog)));
  decide::Override override{.id = fmt::format("override-{}", loop.facts().next_seq()),
                            .policy = wanted.policy,
                            .resource = resource ? resource->id : "",
                            .state = TRY(during("'state'", state_of(policies, wanted))),
                            .from = now,
                            .until = TRY(during("'until'", decide::parse_until(wanted.until, zone, now))),
                            .by = by,
                            .reason = wanted.reason};
  TRY(loop.facts().append_one(TRY(decide::set_override(override, now))));
  return override_json(policies, override);
}

Result<Json> end_override(Loop& loop, const std::string& id, const std::string& by) {
  const Time now = loop.parts().clock.now();
  for (decide::Override& override : loop.policies().overrides(now)) {
    if (override.id != id) continue;
    TRY(loop.facts().append_one(decide::end_override(id, by, now)));
    override.until = now;
    return override_json(loop.policies(), override);
  }
  return fail(ErrorCode::kNotFound, fmt::format("no override '{}' is in force", id));
}

}  // namespace capstan::loop
