#include "catalog/known_world.h"

#include <algorithm>

namespace capstan::catalog {
namespace {

const KnownWorld::Ids& ids_of(const std::unordered_map<std::string, KnownWorld::Ids>& by_scope,
                              const std::string& scope) {
  static const KnownWorld::Ids none;
  const auto found = by_scope.find(scope);
  return found == by_scope.end() ? none : found->second;
}

}  // namespace

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

KnownWorld::Name KnownWorld::named(const std::string& name) { return &*names_.insert(name).first; }

std::optional<KnownWorld::Thing> KnownWorld::find(const ResourceId& id) const {
  const auto found = things_.find(id);
  if (found == things_.end()) return std::nullopt;
  ResourcePacker::Parts parts = packer_.unpack(*found->second.packed);
  return Thing{.kind = *found->second.kind,
               .name = std::move(parts.name),
               .labels = std::move(parts.labels),
               .fields = std::move(parts.fields),
               .scope = *found->second.scope};
}

std::optional<KeptResource> KnownWorld::kept(const ResourceId& id) const {
  const auto found = things_.find(id);
  if (found == things_.end()) return std::nullopt;
  return KeptResource{.id = id, .kind = *found->second.kind, .packed = *found->second.packed};
}

std::vector<KeptResource> KnownWorld::kept() const {
  std::vector<KeptResource> all;
  all.reserve(things_.size());
  for (const auto& [id, kept] : things_) all.push_back({.id = id, .kind = *kept.kind, .packed = *kept.packed});
  return all;
}

const std::string* KnownWorld::kind_of(std::string_view id) const {
  const auto found = things_.find(id);
  return found == things_.end() ? nullptr : found->second.kind;
}

const std::string* KnownWorld::scope_of(std::string_view id) const {
  const auto found = things_.find(id);
  return found == things_.end() ? nullptr : found->second.scope;
}

void KnownWorld::put(const ResourceId& id, const Thing& thing) {
  const auto [entry, is_new] = things_.try_emplace(id);
  if (!is_new && *entry->second.scope != thing.scope) by_scope_[*entry->second.scope].erase(entry->first);
  entry->second = {.kind = named(thing.kind),
                   .scope = named(thing.scope),
                   .packed = packer_.pack(thing.kind, thing.name, thing.labels, thing.fields)};
  by_scope_[thing.scope].insert(entry->first);
}

void KnownWorld::erase(const ResourceId& id) {
  const auto found = things_.find(id);
  if (found == things_.end()) return;
  by_scope_[*found->second.scope].erase(found->first);
  things_.erase(found);
}

const KnownWorld::Ids& KnownWorld::of_scope(const std::string& scope) const { return ids_of(by_scope_, scope); }

std::optional<KnownWorld::Tie> KnownWorld::find_relation(const ResourceId& source, const End& end) const {
  const auto tag = relations_.find(source, end.kind, end.target);
  return tag ? std::optional(ties_[*tag]) : std::nullopt;
}

RelationIndex::Tag KnownWorld::tag_of(const Tie& tie) {
  const auto known = std::ranges::find(ties_, tie);
  const auto place = known - ties_.begin();
  if (known == ties_.end()) ties_.push_back(tie);
  return static_cast<RelationIndex::Tag>(place);
}

void KnownWorld::put_relation(const ResourceId& source, const End& end, const Tie& tie) {
  erase_relation(source, end);
  relations_.insert(source, end.kind, end.target, tag_of(tie));
  sources_by_scope_[tie.scope].insert(relations_.id(*relations_.handle_of(source)));
}

void KnownWorld::erase_relation(const ResourceId& source, const End& end) {
  const auto tag = relations_.find(source, end.kind, end.target);
  if (!tag) return;
  const std::string& scope = ties_[*tag].scope;
  const auto of_scope = std::ranges::count_if(relations_.from(*relations_.handle_of(source)),
                                              [&](const auto& edge) { return ties_[edge.tag].scope == scope; });
  if (of_scope == 1) sources_by_scope_[scope].erase(source);
  relations_.erase(source, end.kind, end.target);
}

const KnownWorld::Ids& KnownWorld::sources_of_scope(const std::string& scope) const {
  return ids_of(sources_by_scope_, scope);
}

std::vector<std::pair<KnownWorld::End, KnownWorld::Tie>> KnownWorld::relations_from(std::string_view source) const {
  std::vector<std::pair<End, Tie>> relations;
  const auto handle = relations_.handle_of(source);
  if (!handle) return relations;
  for (const RelationIndex::Edge& edge : relations_.from(*handle)) {
    relations.emplace_back(End{.kind = relations_.name(edge.kind), .target = relations_.id(edge.other)},
                           ties_[edge.tag]);
  }
  std::ranges::sort(relations, {}, &std::pair<End, Tie>::first);
  return relations;
}

}  // namespace capstan::catalog
