#include "decide/notice.h"

#include <fmt/format.h>

#include <set>

#include "base/crypto.h"
#include "model/span.h"

namespace capstan::decide {
namespace {

Words what_happens(const Policy& policy) {
  std::string text;
  for (const Step& step : policy.steps) text += (text.empty() ? "" : ", ") + step.verb;
  if (!text.empty() || !policy.ensure) return text;
  if (!policy.ensure->is_list()) return Words::phrase("why.keep", {{"state", policy.ensure->inside.name}});
  if (!policy.help.empty()) return policy.help;
  for (const Kept& kept : policy.ensure->kept) text += (text.empty() ? "" : ", ") + kept.name;
  return text;
}

}  // namespace

Result<std::vector<Notice>> due_notices(const Policy& policy, const SqlSource& sql, const ResourceSource& resources,
                                        Time now, const SelectOptions& options) {
  std::vector<Notice> notices;
  if (!policy.warn || policy.select.empty()) return notices;
  std::set<ResourceId> told;
  // What matches already is no news: the policy itself acts on it.
  for (const Candidate& candidate : TRY(select_candidates(policy, sql, resources, {}, {}, now, options))) {
    if (candidate.selected || !candidate.never.empty()) told.insert(candidate.resource.id);
  }
  for (Duration before : policy.warn->before) {
    for (const Candidate& candidate : TRY(select_candidates(policy, sql, resources, {}, {}, now + before, options))) {
      if (!candidate.selected || !candidate.never.empty()) continue;
      if (!told.insert(candidate.resource.id).second) continue;
      const Json identity = Json::array({policy.name, candidate.resource.id, int64_t{before.count()}});
      notices.push_back({.id = "notice-" + hex(sha256(identity.dump())).substr(0, 20),
                         .policy = policy.name,
                         .resource = candidate.resource.id,
                         .to = policy.warn->to,
                         .before = before,
                         .says = Words::phrase("why.notice", {{"before", say_span(before)},
                                                              {"policy", policy.name},
                                                              {"name", candidate.resource.name},
                                                              {"what", what_happens(policy)}})});
    }
  }
  return notices;
}

}  // namespace capstan::decide
