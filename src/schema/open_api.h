// The schemas of a counterpart's kinds, from an OpenAPI document (version 2 or 3), as an API server gives of itself.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "schema/schema.h"

namespace capstan::schema {

// What an object says it is: apiVersion and kind.
using KindName = std::pair<std::string, std::string>;

// Immutable; thread-safe.
class OpenApi {
 public:
  // kInvalidArgument for what is no OpenAPI document. Parts of it that cannot be understood allow everything.
  static Result<std::shared_ptr<const OpenApi>> read(const Json& document);
  static Result<std::shared_ptr<const OpenApi>> parse(std::string_view text, std::string_view file);

  // nullptr where it does not know the kind.
  const Schema* find(const KindName& name) const;
  const std::map<KindName, Schema>& kinds() const { return kinds_; }
  // Whether it is about all that an API server has (version 2), and not about one group and version (3).
  bool is_whole() const { return is_whole_; }

 private:
  std::map<KindName, Schema> kinds_;
  bool is_whole_ = false;
};

// The schemas in a CustomResourceDefinition, by version; those without one are left out.
std::map<KindName, Schema> schemas_of_definition(const Json& definition);

}  // namespace capstan::schema
