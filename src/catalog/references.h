// Relations that follow from names which objects hold: a pod mounts the config map it names, whether it exists or not.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "catalog/relation_spec.h"
#include "model/object_mapping.h"
#include "model/resource.h"

namespace capstan::catalog {

// Where something lies in the objects of a kind.
struct KindPath {
  const KindSpec* kind = nullptr;
  JsonPath path;
};
// `from` names kinds or places of kinds (KindSpec::places); nothing stands for every kind of objects.
std::vector<KindPath> kind_paths(const std::vector<KindSpec>& kinds, std::span<const std::string> from);

// Immutable; thread-safe. Lives no longer than the kinds.
class References {
 public:
  References(std::span<const RelationSpec> specs, const std::vector<KindSpec>& kinds);

  // Sorted, each once. A function of this one resource.
  std::vector<Relation> of(const Resource& resource) const;

 private:
  struct Reader {
    const ReferenceSpec* spec = nullptr;
    std::string kind;  // Of the relation.
    std::vector<JsonPath> paths;
  };
  struct Named {
    std::string name;
    std::string space;
    std::string group;
    std::string type;
  };

  static Named read(const ReferenceSpec& spec, const Json& value);
  const KindSpec* target_kind(const ReferenceSpec& spec, const Named& named) const;
  static ResourceId target_id(const KindSpec& target, const KindSpec& source_kind, const Resource& source,
                              const Named& named);

  std::vector<RelationSpec> specs_;
  const std::vector<KindSpec>& kinds_;
  std::map<std::string, ObjectMapping> mappings_;                    // By system.
  std::map<std::string, std::vector<Reader>, std::less<>> readers_;  // By the kind of the resource that names.
};

}  // namespace capstan::catalog
