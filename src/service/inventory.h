// A look at everything of a kind that a service has.
#pragma once

#include "model/resource.h"
#include "service/description.h"
#include "service/runner.h"

namespace capstan::service {

struct Listing {
  Observation observation;      // Its time is left to the caller. Complete where there are no problems.
  std::vector<Error> problems;  // Items that are no resource; at most a few are told.
};

// Fails when anything could not be listed: half a list would take the other half away.
Result<Listing> list_inventory(const Inventory& inventory, const KindSpec& kind, const Outside& outside,
                               const std::stop_token& stop);

}  // namespace capstan::service
