// The objects of one cluster that scheduling and scaling depend on, taken out of a picture once, or read from
// manifests.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "catalog/picture.h"
#include "foresee/object_documents.h"

namespace capstan::foresee {

class ClusterObjects {
 public:
  using OfType = std::map<std::string, Json, std::less<>>;  // By "namespace/name", or "name" of what lies in none.

  // kInvalidArgument where the cluster is "" and there is not just one.
  static Result<ClusterObjects> from(catalog::Picture& picture, std::string cluster);
  // Of other types than those that matter here nothing is kept.
  static ClusterObjects from(std::vector<ObjectDocument> documents, std::string_view space);

  const std::string& cluster() const { return cluster_; }
  const OfType& of(std::string_view type) const;
  // nullptr where there is none.
  const Json* find(std::string_view type, std::string_view space, std::string_view name) const;
  // New, or in place of the one that has its type, namespace and name; without a status the old one's stays.
  void put(Json object);
  void remove(std::string_view type, std::string_view space, std::string_view name);

  // Whether objects of that type are of use here.
  static bool matters(std::string_view type);
  static bool in_space(std::string_view type);

 private:
  std::string cluster_;
  std::map<std::string, OfType, std::less<>> types_;
};

// "" for an object that lies in no namespace.
std::string space_of(const Json& object);
const std::string& name_of(const Json& object);
// The object's owner that made it, {kind, name}, or null.
const Json& controller_of(const Json& object);

}  // namespace capstan::foresee
