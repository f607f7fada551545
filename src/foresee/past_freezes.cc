#include "foresee/past_freezes.h"

#include <algorithm>

namespace capstan::foresee {

const std::vector<decide::Frozen>& PastFreezes::in_force(Time now) const {
  if (asked_ == now) return in_force_;
  in_force_ = decide::frozen_at(past_.freezes, now);
  asked_ = now;
  return in_force_;
}

std::optional<PastFreezes::Hold> PastFreezes::held_back(const Action& action, const std::string& plan,
                                                        const ResourceLabels* labels, Time now) const {
  if (past_.freezes.empty()) return std::nullopt;
  const auto verb = past_.verbs.find(action.verb);
  const decide::HeldAction held{.policy = policy_,
                                .verb = action.verb,
                                .kind = std::string_view(action.target).substr(0, action.target.find('/')),
                                .danger = verb == past_.verbs.end() ? Danger::kDestructive : verb->second.danger,
                                .labels = labels};
  for (const decide::Frozen& each : in_force(now)) {
    if (!each.freeze->covers(held)) continue;
    Hold hold{.freeze = each.freeze->name, .until = each.until};
    bool is_lifted = false;
    for (const PastLift& lift : past_.lifts) {
      if (lift.plan != plan || lift.freeze != each.freeze->name) continue;
      is_lifted = is_lifted || lift.at <= now;
      if (lift.at > now) hold.until = std::min(hold.until, lift.at);
    }
    if (!is_lifted) return hold;
  }
  return std::nullopt;
}

}  // namespace capstan::foresee
