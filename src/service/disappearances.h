// Something is gone when two looks in a row miss it.
#pragma once

#include <optional>
#include <set>

#include "model/resource.h"

namespace capstan::service {

// A list that is read in pages passes over what moves to an earlier page meanwhile, and what a service lists may lag
// behind what it has: one look that misses something is no proof. Remembers the looks of one inventory. Owned by one
// thread.
class Disappearances {
 public:
  // Says in `look` what is still there although this one missed it; the first of all takes nothing away. True where
  // another look should follow soon, to tell.
  bool weigh(Observation& look);

 private:
  std::optional<std::set<ResourceId>> before_;
};

}  // namespace capstan::service
