#include "decide/standing_approvals.h"

#include <algorithm>
#include <iterator>

namespace capstan::decide {

void StandingApprovals::apply(const Fact& fact) {
  if (fact.kind == fact_kind::kApprovalGiven) {
    approvals_[fact.subject] = {.id = fact.subject,
                                .grant = Grant::from_json(fact.body["grant"]),
                                .plan = fact.body["plan_id"].string_or_empty(),
                                .by = fact.body["by"].string_or_empty(),
                                .at = fact.at};
  } else if (fact.kind == fact_kind::kApprovalWithdrawn) {
    approvals_.erase(fact.subject);
  } else if (fact.kind == fact_kind::kResourceGone) {
    forget_resource(fact.subject);
  }
}

void StandingApprovals::forget_resource(const ResourceId& id) {
  for (auto each = approvals_.begin(); each != approvals_.end();) {
    std::vector<ResourceId>& resources = each->second.grant.resources;
    const bool was_about_it = std::erase(resources, id) > 0;
    each = was_about_it && resources.empty() ? approvals_.erase(each) : std::next(each);
  }
}

std::vector<StandingApproval> StandingApprovals::all() const {
  std::vector<StandingApproval> all;
  for (const auto& [id, approval] : approvals_) all.push_back(approval);
  return all;
}

const StandingApproval* covering(std::span<const StandingApproval> approvals, const PolicyVersion& policy,
                                 const ResourceId& resource, std::span<const ResourceId> owners) {
  for (const StandingApproval& approval : approvals) {
    if (std::ranges::find(approval.grant.policies, policy) == approval.grant.policies.end()) continue;
    const std::vector<ResourceId>& resources = approval.grant.resources;
    const auto is_named = [&](const ResourceId& id) { return std::ranges::find(resources, id) != resources.end(); };
    if (resources.empty() || is_named(resource) || std::ranges::any_of(owners, is_named)) return &approval;
  }
  return nullptr;
}

ResourceId approved_owner(std::span<const StandingApproval> approvals, const PolicyVersion& policy,
                          const ResourceId& resource, std::span<const ResourceId> owners) {
  if (covering(approvals, policy, resource, {})) return {};
  for (const ResourceId& owner : owners) {
    if (covering(approvals, policy, owner, {})) return owner;
  }
  return {};
}

NewFact give_approval(const Grant& grant, std::string_view id, std::string_view by, Time now) {
  return {.at = now,
          .kind = std::string(fact_kind::kApprovalGiven),
          .subject = std::string(id),
          .body = Json::object({{"grant", grant.to_json()}, {"plan_id", ""}, {"by", by}}),
          .cause = 0,
          .actor = std::string(by)};
}

NewFact withdraw_approval(std::string_view id, std::string_view by, Time now) {
  return {.at = now,
          .kind = std::string(fact_kind::kApprovalWithdrawn),
          .subject = std::string(id),
          .body = Json::object({{"by", by}}),
          .cause = 0,
          .actor = std::string(by)};
}

}  // namespace capstan::decide
