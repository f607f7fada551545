// How a watched cluster is asked and changed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "connect/kubernetes/api_client.h"
#include "connect/kubernetes/pod_api.h"
#include "connect/kubernetes/resource_type.h"

namespace capstan::kubernetes {

// Thread-safe.
struct ClusterContact {
  std::string cluster;  // As ids name it.
  ApiClient client;
  PodApi pods;
  // The type that the server has, at its preferred version, of objects of a group ("" for the core) and kind.
  std::function<std::optional<ResourceType>(std::string_view group, std::string_view kind)> type_of;
};

}  // namespace capstan::kubernetes
