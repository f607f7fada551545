// What an API server would say to the form of an object, as findings: fields that it does not have, values that it does
// not take, versions that it does not serve.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "catalog/picture.h"
#include "model/finding.h"
#include "schema/object_schemas.h"

namespace capstan::foresee {

// Under which names it speaks, as rules do.
inline constexpr std::string_view kFieldUnknown = "KubeFieldUnknown";
inline constexpr std::string_view kFieldMissing = "KubeFieldMissing";
inline constexpr std::string_view kFieldInvalid = "KubeFieldInvalid";
inline constexpr std::string_view kApiVersionNotServed = "KubeApiVersionNotServed";
inline constexpr std::string_view kTypeUnknown = "KubeTypeUnknown";
inline constexpr std::string_view kFormRules[] = {kFieldUnknown, kFieldMissing, kFieldInvalid, kApiVersionNotServed,
                                                  kTypeUnknown};

// For one check.
class SchemaCheck {
 public:
  // Those that come first hold first; nullptr for what there is not.
  SchemaCheck(std::vector<const schema::ObjectSchemas*> schemas, const std::vector<KindSpec>& kinds)
      : schemas_(std::move(schemas)), kinds_(kinds) {
    std::erase(schemas_, nullptr);
  }

  // What is wrong with the object, without its status, which people do not write.
  std::vector<Finding> check(Json object, const ResourceId& id);
  // What could not be judged and why, each once.
  std::vector<std::string> notes() const;

 private:
  const schema::Schema* find(const schema::KindName& name) const;
  bool may_serve(const std::string& api_version) const;
  // The version in which objects of this type are to be written; "" where none is known.
  std::string version_of(const schema::KindName& name) const;
  Finding not_served(const schema::KindName& name, const ResourceId& id) const;
  // Nothing where the type may be there.
  std::vector<Finding> unknown_type(const schema::KindName& name, const ResourceId& id);

  std::vector<const schema::ObjectSchemas*> schemas_;
  const std::vector<KindSpec>& kinds_;
  std::set<std::string> without_schema_;
  std::set<std::string> with_expressions_;
  std::set<std::string> with_open_parts_;
  std::set<ResourceId> with_more_;  // Than is told.
};

}  // namespace capstan::foresee
