// The order of actions along dependencies: what depends on others is stopped first and started last.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "model/resource.h"

namespace capstan::decide {

// For each of `targets`, those of them that must be acted on before it. Dependencies are the relations depends_on and
// runs_on, followed also through resources that are not targets. `dependents_first` is for stopping. Of a cycle the
// link that would close it is left out, always the same one, and named in `cycles`.
struct Order {
  std::map<ResourceId, std::set<ResourceId>> after;
  std::vector<ResourceId> cycles;
};
Order order_by_dependency(const std::set<ResourceId>& targets, const std::vector<Relation>& relations,
                          bool dependents_first);

}  // namespace capstan::decide
