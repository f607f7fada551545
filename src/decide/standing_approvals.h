// Which policies may act on which resources because a person has agreed to it in advance. A projection of the ledger.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/fact.h"
#include "model/standing_approval.h"

namespace capstan::decide {

// Owned by one thread.
class StandingApprovals {
 public:
  // Facts in the order of the ledger. An approval lapses with the last of its resources: who comes again under the same
  // name has to be approved again.
  void apply(const Fact& fact);

  // Those in force, by id.
  std::vector<StandingApproval> all() const;

 private:
  void forget_resource(const ResourceId& id);

  std::map<std::string, StandingApproval, std::less<>> approvals_;
};

// The approval under which this version of a policy may act on a resource, or on what it belongs to; null for none.
const StandingApproval* covering(std::span<const StandingApproval> approvals, const PolicyVersion& policy,
                                 const ResourceId& resource, std::span<const ResourceId> owners);

// The nearest of `owners` that such an approval names; "" where one is for the resource itself, for all resources, or
// there is none.
ResourceId approved_owner(std::span<const StandingApproval> approvals, const PolicyVersion& policy,
                          const ResourceId& resource, std::span<const ResourceId> owners);

NewFact give_approval(const Grant& grant, std::string_view id, std::string_view by, Time now);
NewFact withdraw_approval(std::string_view id, std::string_view by, Time now);

}  // namespace capstan::decide
