// What the catalog holds now, in memory: so that a look of ten thousand resources is compared without a query.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/sqlite.h"
#include "catalog/catalog.h"
#include "model/fact.h"
#include "model/resource.h"

namespace capstan::catalog {

// Owned by the writer; not thread-safe. Changes by facts only, exactly as the tables do.
class KnownWorld {
 public:
  struct Thing {
    std::string kind;
    std::string name;
    ResourceLabels labels;
    std::string fields = "{}";  // What lasts of them, as canonical JSON: a tenth of the memory of a parsed one.
    std::string scope;          // Who saw it first, and alone may say that it is gone.
  };
  struct Tie {
    Origin origin = Origin::kDeclared;
    std::string scope;
  };
  struct End {
    std::string kind;
    ResourceId target;
    auto operator<=>(const End&) const = default;
  };

  static Result<KnownWorld> load(sqlite::Database& database);

  const Thing* find(const ResourceId& id) const;
  Thing* find(const ResourceId& id);
  void put(const ResourceId& id, Thing thing);
  void erase(const ResourceId& id);
  size_t size() const { return things_.size(); }
  // The resources that a scope owns.
  const std::unordered_set<ResourceId>& of_scope(const std::string& scope) const;

  const Tie* find_relation(const ResourceId& source, const End& end) const;
  void put_relation(const ResourceId& source, End end, Tie tie);
  void erase_relation(const ResourceId& source, const End& end);
  // The sources of the relations that a scope owns.
  const std::unordered_set<ResourceId>& sources_of_scope(const std::string& scope) const;
  const std::map<End, Tie>& relations_from(const ResourceId& source) const;

 private:
  std::unordered_map<ResourceId, Thing> things_;
  std::unordered_map<ResourceId, std::map<End, Tie>> relations_;
  std::unordered_map<std::string, std::unordered_set<ResourceId>> by_scope_;
  std::unordered_map<std::string, std::unordered_set<ResourceId>> sources_by_scope_;
};

}  // namespace capstan::catalog
