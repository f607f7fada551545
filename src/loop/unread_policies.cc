#include "loop/unread_policies.h"

#include "loop/policy_board.h"

namespace capstan::loop {

void UnreadPolicies::apply(const Fact& fact) {
  if (fact.kind != fact_kind::kPolicyLoaded) return;
  const std::string prefix = policy_subject("");
  if (fact.subject.starts_with(prefix))
    known_[fact.subject.substr(prefix.size())] = fact.body["file"].string_or_empty();
}

std::string UnreadPolicies::file_of(std::string_view policy) const {
  const auto known = known_.find(policy);
  return known != known_.end() && files_.contains(known->second) ? known->second : "";
}

}  // namespace capstan::loop
