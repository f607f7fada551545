// What plans change of what things cost, beside what the executor says of them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/guarded.h"
#include "base/json.h"
#include "decide/policy.h"

namespace capstan::loop {

class MoneyDesk;

// Thread-safe. Plans are shown whether or not somebody knows what they cost.
class PlanMoney {
 public:
  // The policy of that name that is in force, if there is one.
  using FindPolicy = std::function<std::optional<decide::Policy>(const std::string& name)>;

  // Without a desk nothing has a price. It must outlive this.
  explicit PlanMoney(const MoneyDesk* money) : money_(money) {}

  // The status of a plan with the money of each action and of all together, by the policy that wants it.
  Json priced(Json status, const std::optional<decide::Policy>& policy) const;
  Json priced(Json status, const FindPolicy& policy) const;

  // The statuses of a list, each with the sums of all its actions: of those that are open, and of the newest hundred
  // that have ended, whose sums are worked out once.
  void add_sums(Json& statuses, const FindPolicy& policy) const;

 private:
  const MoneyDesk* money_;
  mutable Guarded<std::map<std::string, Json>> ended_;  // By plan.
};

}  // namespace capstan::loop
