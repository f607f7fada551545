// What actions would change of what things cost an hour: each target, and what belongs to it, is priced as it is and as
// the action's effect leaves it. Pure.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "decide/action_effect.h"
#include "model/resource.h"
#include "model/table.h"
#include "money/price.h"

namespace capstan::money {

struct ActedOn {
  Resource target;
  std::vector<Resource> belongings;  // Asked for only where an effect reaches them (`reaches_belongings`).
};

bool reaches_belongings(const decide::ActionEffect& effect);

struct Change {
  std::string currency;  // "" where nothing that has a price is changed.
  double per_hour = 0;   // Below zero: it saves that.
};

struct PriceBook {
  std::span<const KindSpec> kinds;
  const std::vector<Price>& prices;
  const SqlSource& sql;
  Time at;  // The prices of that time.
};

// For each target and each effect, in their order; nothing where nobody knows: the effect is not said, what it changes
// has no price, or prices in several currencies.
using Changes = std::vector<std::vector<std::optional<Change>>>;
Result<Changes> changes_of(std::span<const ActedOn> targets, std::span<const decide::ActionEffect> effects,
                           const PriceBook& book);

// Puts a value where a column takes it from: "spec.replicas". Columns made of several values are left as they are.
void set_column(Json& fields, const KindSpec& kind, std::string_view column, const Json& value);

}  // namespace capstan::money
