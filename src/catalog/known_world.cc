#include "catalog/known_world.h"

namespace capstan::catalog {

Result<KnownWorld> KnownWorld::load(sqlite::Database& database) {
  KnownWorld world;
  sqlite::Statement things = TRY(database.prepare("SELECT id, kind, name, labels, fields, scope FROM resource"));
  while (TRY(things.step())) {
    world.put(ResourceId(things.text(0)), {.kind = std::string(things.text(1)),
                                           .name = std::string(things.text(2)),
                                           .labels = resource_labels(TRY(Json::parse(things.text(3)))),
                                           .fields = std::string(things.text(4)),
                                           .scope = std::string(things.text(5))});
  }
  sqlite::Statement ties = TRY(database.prepare("SELECT source, kind, target, origin, scope FROM relation"));
  while (TRY(ties.step())) {
    world.put_relation(
        ResourceId(ties.text(0)), {.kind = std::string(ties.text(1)), .target = ResourceId(ties.text(2))},
        {.origin = parse_origin(ties.text(3)).value_or(Origin::kDeclared), .scope = std::string(ties.text(4))});
  }
  return world;
}

const KnownWorld::Thing* KnownWorld::find(const ResourceId& id) const {
  const auto found = things_.find(id);
  return found == things_.end() ? nullptr : &found->second;
}

KnownWorld::Thing* KnownWorld::find(const ResourceId& id) {
  const auto found = things_.find(id);
  return found == things_.end() ? nullptr : &found->second;
}

void KnownWorld::put(const ResourceId& id, Thing thing) {
  erase(id);
  by_scope_[thing.scope].insert(id);
  things_.insert_or_assign(id, std::move(thing));
}

void KnownWorld::erase(const ResourceId& id) {
  const auto found = things_.find(id);
  if (found == things_.end()) return;
  by_scope_[found->second.scope].erase(id);
  things_.erase(found);
}

const std::unordered_set<ResourceId>& KnownWorld::of_scope(const std::string& scope) const {
  static const std::unordered_set<ResourceId> none;
  const auto found = by_scope_.find(scope);
  return found == by_scope_.end() ? none : found->second;
}

const KnownWorld::Tie* KnownWorld::find_relation(const ResourceId& source, const End& end) const {
  const auto& ends = relations_from(source);
  const auto found = ends.find(end);
  return found == ends.end() ? nullptr : &found->second;
}

void KnownWorld::put_relation(const ResourceId& source, End end, Tie tie) {
  sources_by_scope_[tie.scope].insert(source);
  relations_[source].insert_or_assign(std::move(end), std::move(tie));
}

void KnownWorld::erase_relation(const ResourceId& source, const End& end) {
  const auto found = relations_.find(source);
  if (found == relations_.end()) return;
  const auto tie = found->second.find(end);
  if (tie == found->second.end()) return;
  const std::string scope = tie->second.scope;
  found->second.erase(tie);
  bool scope_left = false;
  for (const auto& [other, other_tie] : found->second) scope_left |= other_tie.scope == scope;
  if (!scope_left) sources_by_scope_[scope].erase(source);
  if (found->second.empty()) relations_.erase(found);
}

const std::unordered_set<ResourceId>& KnownWorld::sources_of_scope(const std::string& scope) const {
  static const std::unordered_set<ResourceId> none;
  const auto found = sources_by_scope_.find(scope);
  return found == sources_by_scope_.end() ? none : found->second;
}

const std::map<KnownWorld::End, KnownWorld::Tie>& KnownWorld::relations_from(const ResourceId& source) const {
  static const std::map<End, Tie> none;
  const auto found = relations_.find(source);
  return found == relations_.end() ? none : found->second;
}

}  // namespace capstan::catalog
