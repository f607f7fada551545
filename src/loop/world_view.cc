#include "loop/world_view.h"

#include <algorithm>
#include <set>

namespace capstan::loop {
namespace {

constexpr size_t kFactsEach = 50;        // Of one resource.
constexpr size_t kMostNeighbours = 200;  // A host carries more, and none of them is nearer than the others.

bool is_change(const Fact& fact) {
  return fact.kind == fact_kind::kResourceAppeared || fact.kind == fact_kind::kResourceChanged ||
         fact.kind == fact_kind::kResourceGone || fact.kind == fact_kind::kActionFinished;
}

}  // namespace

std::optional<Resource> WorldView::resource(std::string_view id) const {
  if (auto known = reader_.resource(id); known && *known) return (*known)->resource;
  // What is gone is still needed to say what it was.
  const auto versions = reader_.history(id, 1);
  if (versions && !versions->empty()) return versions->front().resource;
  return std::nullopt;
}

std::vector<Relation> WorldView::relations_of(std::string_view id) const {
  std::vector<Relation> relations;
  const auto known = reader_.relations_of(id);
  if (!known) return relations;
  for (const catalog::KnownRelation& one : *known) relations.push_back(one.relation);
  return relations;
}

std::vector<Fact> WorldView::changes_near(std::string_view id, Time from, Time to) const {
  std::set<ResourceId> near = {ResourceId(id)};
  for (const Relation& relation : relations_of(id))
    near.insert(relation.source == id ? relation.target : relation.source);
  // Who was related a moment ago counts too: a process that ended is no longer part of its service. The relation's
  // end is a fact about its source and names the target.
  const auto ended = ledger_.by_kind(fact_kind::kRelationGone, from, 1'000);
  if (ended) {
    for (const Fact& fact : *ended) {
      if (fact.body["target"].string_or_empty() == id) near.insert(fact.subject);
    }
  }
  std::vector<Fact> changes;
  size_t asked = 0;
  for (const ResourceId& one : near) {
    if (++asked > kMostNeighbours) break;
    auto facts = ledger_.by_subject(one, kFactsEach);
    if (!facts) continue;
    for (Fact& fact : *facts) {
      if (is_change(fact) && fact.at >= from && fact.at <= to) changes.push_back(std::move(fact));
    }
  }
  std::ranges::sort(changes, {}, &Fact::seq);
  return changes;
}

}  // namespace capstan::loop
