// All that may hold an action back beside its own plan: a change freeze, and what a person has said otherwise since the
// plan was made ("keep it up until 22:00"). Owned by the loop; not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "act/start_gate.h"
#include "catalog/catalog.h"
#include "loop/freeze_board.h"

namespace capstan::loop {

class PolicyBoard;

class StartGates final : public act::StartGate {
 public:
  // Both must outlive it.
  StartGates(const FreezeBoard& freezes, const catalog::Catalog& catalog) : freezes_(freezes), catalog_(catalog) {}
  // Before it is asked; nobody has said anything otherwise while there is none.
  void set_policies(const PolicyBoard& policies) { policies_ = &policies; }

  Words held_back(const Plan& plan, const Action& action, Time now) const override;
  Duration held_for(const Plan& plan, Time now) const override { return freezes_.held_for(plan, now); }

 private:
  Words kept_otherwise(const Plan& plan, const Action& action, Time now) const;
  // Of what a target belongs to; nothing where that cannot be told now.
  std::optional<std::vector<ResourceId>> owners(const ResourceId& target, Time now) const;

  const FreezeBoard& freezes_;
  const catalog::Catalog& catalog_;
  const PolicyBoard* policies_ = nullptr;
  mutable std::map<ResourceId, std::vector<ResourceId>> owners_;  // Looked up at `owners_at_`, for some seconds.
  mutable Time owners_at_;
};

}  // namespace capstan::loop
