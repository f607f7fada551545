// What the meter has to know of the loop's past and of its policies: kept by the loop, read by whoever asks for money.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "decide/policy.h"
#include "money/past.h"

namespace capstan::loop {

// A policy with a schedule, as it is in force.
struct ScheduledPolicy {
  std::string name;
  std::string help;
  decide::Schedule schedule;
  std::string says;  // The schedule, for people; "" where each resource has its own.
  bool own_hours = false;
  std::optional<decide::Zone> zone;  // Of windows that name none.
  decide::Ensure ensure;             // Whose own schedules say what a resource's hours mean.
};

// Thread-safe; the loop alone writes.
class MoneyBook {
 public:
  void apply(const Fact& fact) {
    past_.write([&](money::Past& past) { past.apply(fact); });
  }
  money::Past past() const {
    return past_.read([](const money::Past& past) { return past; });
  }
  bool is_seen(std::string_view scope) const {
    return past_.read([&](const money::Past& past) { return past.is_seen(scope); });
  }
  // The facts to be written where a policy is about other resources, or about the same within other hours.
  std::vector<NewFact> cover(std::string_view policy, const std::map<ResourceId, std::string>& about, Time now) const {
    return past_.read([&](const money::Past& past) { return past.cover(policy, about, now); });
  }

  using Policies = std::vector<ScheduledPolicy>;
  void set_policies(Policies policies) {
    auto made = std::make_shared<const Policies>(std::move(policies));
    policies_.write([&](std::shared_ptr<const Policies>& held) { held = std::move(made); });
  }
  std::shared_ptr<const Policies> policies() const {
    return policies_.read([](const std::shared_ptr<const Policies>& held) { return held; });
  }

 private:
  Guarded<money::Past> past_;
  Guarded<std::shared_ptr<const Policies>> policies_{std::make_shared<const Policies>()};
};

}  // namespace capstan::loop
