// The documents in which an API server lists its types.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "connect/kubernetes/resource_type.h"

namespace capstan::kubernetes {

struct DiscoveryDocument {
  std::vector<ResourceType> types;  // Of every version, the preferred of each group first.
  // Versions whose server did not answer the API server: "metrics.k8s.io/v1beta1".
  std::vector<std::string> stale;
};

// APIGroupDiscoveryList of apidiscovery.k8s.io, v2 and v2beta1, which are alike.
DiscoveryDocument read_group_discovery(const Json& body);

// APIResourceList: one version of one group, as older servers have it.
std::vector<ResourceType> read_resource_list(const Json& body, const std::string& api_version);

// The versions, "apps/v1", of an APIGroupList or of the core group's APIVersions; the preferred of each group first.
std::vector<std::string> read_group_list(const Json& body);

}  // namespace capstan::kubernetes
