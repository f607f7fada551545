#include "loop/belongings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace capstan::loop {
namespace {

constexpr size_t kMostBelongings = 5'000;  // Of one resource.

}  // namespace

Result<std::vector<Resource>> belongings_of(const ResourceId& owner, const catalog::CatalogReader& catalog,
                                            std::vector<Relation>& relations) {
  std::vector<Resource> found;
  std::set<ResourceId> seen = {owner};
  std::vector<ResourceId> stack = {owner};
  while (!stack.empty()) {
    const ResourceId at = std::move(stack.back());
    stack.pop_back();
    for (const catalog::KnownRelation& one : TRY(catalog.relations_of(at))) {
      relations.push_back(one.relation);
      if (one.relation.kind != "belongs_to" || one.relation.target != at || !seen.insert(one.relation.source).second)
        continue;
      const auto known = TRY(catalog.resource(one.relation.source));
      if (!known) continue;
      if (found.size() >= kMostBelongings)
        return fail(ErrorCode::kResourceExhausted,
                    fmt::format("more than {} resources belong to {}", kMostBelongings, owner));
      found.push_back(known->resource);
      stack.push_back(one.relation.source);
    }
  }
  std::ranges::sort(found, {}, &Resource::id);
  return found;
}

Result<std::vector<ResourceId>> owners_of(const ResourceId& id, const catalog::CatalogReader& catalog) {
  std::vector<ResourceId> owners;
  std::set<ResourceId> seen = {id};
  ResourceId at = id;
  while (true) {
    const auto relations = TRY(catalog.relations_of(at));
    const auto up = std::ranges::find_if(relations, [&](const catalog::KnownRelation& one) {
      return one.relation.kind == "belongs_to" && one.relation.source == at;
    });
    if (up == relations.end() || !seen.insert(up->relation.target).second) return owners;
    at = up->relation.target;
    owners.push_back(at);
  }
}

}  // namespace capstan::loop
