// A type of resource as the API server serves it: "pods", "deployments.apps", whatever a custom definition adds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace capstan::kubernetes {

struct ResourceType {
  std::string group;    // "" for the core group.
  std::string version;  // "v1"
  std::string plural;   // "pods": the name in paths.
  std::string kind;     // "Pod"
  bool namespaced = true;
  std::vector<std::string> verbs;         // Sorted: "get", "list", "watch" …
  std::vector<std::string> subresources;  // Sorted: "scale", "status" …
  std::vector<std::string> short_names;   // "po"

  bool can(std::string_view verb) const;
  bool has_subresource(std::string_view name) const;
  // "v1", "apps/v1"
  std::string api_version() const;
  // "pods", "deployments.apps": what people type, and what tells one type from another.
  std::string name() const;

  bool operator==(const ResourceType&) const = default;
};

// Which object of a type. No namespace for one that has none, or for objects of all namespaces; no name for the
// collection.
struct ObjectName {
  std::string name_space;
  std::string name;
};

// "/apis/apps/v1/namespaces/shop/deployments/web/scale". kInvalidArgument for a name that can be none.
Result<std::string> resource_path(const ResourceType& type, const ObjectName& object,
                                  std::string_view subresource = "");

}  // namespace capstan::kubernetes
