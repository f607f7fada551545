#include "service/disappearances.h"

#include <algorithm>
#include <iterator>

namespace capstan::service {

bool Disappearances::weigh(Observation& look) {
  std::set<ResourceId> seen;
  for (const Resource& resource : look.resources) seen.insert(resource.id);
  const bool is_first = !before_.has_value();
  if (is_first) {
    look.complete_kinds.clear();
  } else {
    std::ranges::set_difference(*before_, seen, std::back_inserter(look.still_there));
    // A look with items that could not be read misses them every time.
    if (look.complete_kinds.empty()) seen.merge(*before_);
  }
  before_ = std::move(seen);
  return is_first || (!look.still_there.empty() && !look.complete_kinds.empty());
}

}  // namespace capstan::service
