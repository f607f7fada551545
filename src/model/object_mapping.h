// Objects of a counterpart (a Kubernetes object, an AWS description) as resources of the kinds that packs declare for
// them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/resource.h"

namespace capstan {

// The value of a column, made from a resource's fields; null where there is none.
Json column_value(const KindSpec::Column& column, const Json& fields);

// Whether people mean this kind by a name in small letters: its own here, its type, its plural or one of its short
// names.
bool is_called(const KindSpec& kind, std::string_view name);

// The largest object that is kept whole; of a larger one the longest texts are cut and then the largest members
// replaced by {"$omitted": bytes}.
inline constexpr size_t kLargestObject = 48 << 10;
inline constexpr std::string_view kOmitted = "$omitted";
Json fit_object(Json object, size_t most_bytes = kLargestObject);

// Immutable; thread-safe.
class ObjectMapping {
 public:
  // Of `kinds` those are taken that have objects of `system`.
  ObjectMapping(const std::vector<KindSpec>& kinds, std::string_view system);

  // The kind of a group's objects by their type ("apps", "Deployment") or their resource ("apps", "deployments"). A
  // kind declared for the group "*" takes all that have none of their own; nullptr where there is none.
  const KindSpec* by_type(std::string_view group, std::string_view type) const;
  const KindSpec* by_resource(std::string_view group, std::string_view resource) const;

  // `given` are fields that the object itself lacks: {"cluster": "prod"}. The id is made of the kind and of what of its
  // identity is not empty. kInvalidArgument for an object without a name.
  static Result<Resource> to_resource(const KindSpec& kind, Json object, const Json& given);
  // The object that a resource was made of, as far as it was kept: its labels are back in it, and what was given is
  // not. The fields of a resource that was made of none.
  static Json to_object(const KindSpec& kind, Resource resource);

 private:
  using Key = std::pair<std::string, std::string>;  // Group, and type or resource.
  const KindSpec* find(const std::map<Key, size_t>& index, std::string_view group, std::string_view name) const;

  std::vector<KindSpec> kinds_;
  std::map<Key, size_t> by_type_;
  std::map<Key, size_t> by_resource_;
};

}  // namespace capstan
