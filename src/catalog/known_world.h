// What the catalog holds now, in memory: so that a look of ten thousand resources is compared without a query.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/sqlite.h"
#include "catalog/catalog.h"
#include "catalog/relation_index.h"
#include "catalog/resource_packer.h"
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
    std::string fields = "{}";  // What lasts of them, as canonical JSON.
    std::string scope;          // Who saw it first, and alone may say that it is gone.
  };
  struct Tie {
    Origin origin = Origin::kDeclared;
    std::string scope;

    bool operator==(const Tie&) const = default;
  };
  struct End {
    std::string kind;
    ResourceId target;
    auto operator<=>(const End&) const = default;
  };
  using Ids = std::unordered_set<std::string_view>;

  static Result<KnownWorld> load(sqlite::Database& database);

  bool contains(const ResourceId& id) const { return things_.contains(id); }
  std::optional<Thing> find(const ResourceId& id) const;
  // As it is kept, for who keeps it too.
  std::optional<KeptResource> kept(const ResourceId& id) const;
  std::vector<KeptResource> kept() const;
  // Without the rest; nullptr for what is not known.
  const std::string* kind_of(std::string_view id) const;
  const std::string* scope_of(std::string_view id) const;
  void put(const ResourceId& id, const Thing& thing);
  void erase(const ResourceId& id);
  size_t size() const { return things_.size(); }
  // The resources that a scope owns.
  const Ids& of_scope(const std::string& scope) const;

  std::optional<Tie> find_relation(const ResourceId& source, const End& end) const;
  void put_relation(const ResourceId& source, const End& end, const Tie& tie);
  void erase_relation(const ResourceId& source, const End& end);
  // The sources of the relations that a scope owns.
  const Ids& sources_of_scope(const std::string& scope) const;
  // In the order of their ends.
  std::vector<std::pair<End, Tie>> relations_from(std::string_view source) const;

 private:
  // Kinds and scopes are few and long: each is kept once.
  using Name = const std::string*;
  struct Kept {
    Name kind = nullptr;
    Name scope = nullptr;
    std::optional<PackedResource> packed;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
  };
  template <class T>
  using ById = std::unordered_map<ResourceId, T, Hash, std::equal_to<>>;

  Name named(const std::string& name);
  RelationIndex::Tag tag_of(const Tie& tie);

  std::set<std::string> names_;
  ResourcePacker packer_;
  ById<Kept> things_;
  RelationIndex relations_;  // A tag is the place of a tie.
  std::vector<Tie> ties_;    // Few.
  // Of the keys above, which do not move.
  std::unordered_map<std::string, Ids> by_scope_;
  std::unordered_map<std::string, Ids> sources_by_scope_;
};

}  // namespace capstan::catalog
