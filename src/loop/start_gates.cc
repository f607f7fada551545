#include "loop/start_gates.h"

#include <algorithm>

#include "decide/permitted.h"
#include "loop/belongings.h"
#include "loop/policy_board.h"

namespace capstan::loop {
namespace {

constexpr Duration kOwnersFor{5'000};

}  // namespace

Words StartGates::held_back(const Plan& plan, const Action& action, Time now) const {
  Words frozen = freezes_.held_back(plan, action, now);
  return frozen.empty() ? kept_otherwise(plan, action, now) : frozen;
}

Words StartGates::kept_otherwise(const Plan& plan, const Action& action, Time now) const {
  if (policies_ == nullptr) return {};
  const decide::Policy* policy = policies_->policy_of(plan);
  if (policy == nullptr) {
    // Nobody knows what it says by now, nor what a person has said otherwise means for it.
    const std::string file = policies_->unread_file_of(plan);
    return file.empty() ? Words() : Words::phrase("gate.policy_unread", {{"file", file}});
  }
  const std::vector<decide::Override>& overrides = policies_->overrides_at(now);
  if (overrides.empty()) return {};
  const decide::Override* said = decide::governing(overrides, policy->name, action.target, now);
  // One of the target itself comes before one of what it belongs to, and that before one of the policy.
  if (said == nullptr || said->resource.empty()) {
    const auto above = owners(action.target, now);
    if (!above) return Words::phrase("gate.kept_unknown");
    for (const ResourceId& owner : *above) {
      const decide::Override* inherited = decide::governing(overrides, policy->name, owner, now);
      if (inherited == nullptr || inherited->resource.empty()) continue;
      said = inherited;
      break;
    }
  }
  if (said == nullptr || decide::permits(*said, *policy, action.verb)) return {};
  return Words::phrase("gate.kept_otherwise", {{"by", said->by}, {"until", format_time(said->until)}});
}

std::optional<std::vector<ResourceId>> StartGates::owners(const ResourceId& target, Time now) const {
  if (now < owners_at_ || now - owners_at_ >= kOwnersFor) {
    owners_.clear();
    owners_at_ = now;
  }
  if (const auto known = owners_.find(target); known != owners_.end()) return known->second;
  const auto reader = catalog_.reader();
  if (!reader) return std::nullopt;
  auto found = owners_of(target, *reader);
  if (!found) return std::nullopt;
  return owners_.emplace(target, std::move(*found)).first->second;
}

}  // namespace capstan::loop
