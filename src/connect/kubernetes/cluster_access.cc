#include "connect/kubernetes/cluster_access.h"

#include <algorithm>

namespace capstan::kubernetes {

std::string value_of(const Environment& environment, std::string_view name) {
  const auto found = std::ranges::find(environment, name, [](const auto& variable) { return variable.first; });
  return found == environment.end() ? std::string() : found->second;
}

}  // namespace capstan::kubernetes
