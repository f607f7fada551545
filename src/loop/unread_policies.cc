#include "loop/unread_policies.h"

#include "model/policy_subject.h"

namespace capstan::loop {

void UnreadPolicies::apply(const Fact& fact) {
  if (fact.kind != fact_kind::kPolicyLoaded) return;
  known_[std::string(policy_of_subject(fact.subject))] = fact.body["file"].string_or_empty();
}

std::string UnreadPolicies::file_of(std::string_view policy) const {
  const auto known = known_.find(policy);
  return known != known_.end() && files_.contains(known->second) ? known->second : "";
}

}  // namespace capstan::loop
