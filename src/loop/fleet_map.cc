#include "loop/fleet_map.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace capstan::loop {
namespace {

constexpr int kNothingWrong = -1;
constexpr int64_t kNoRoom = -1;
constexpr size_t kMostRelationsRead = 1'000'000;

// Gives names the numbers by which rows refer to them.
class Numbers {
 public:
  int64_t of(const std::string& name) {
    const auto [entry, added] = numbers_.emplace(name, static_cast<int64_t>(names_.size()));
    if (added) names_.push_back(name);
    return entry->second;
  }
  Json json() const { return names_; }

 private:
  std::unordered_map<std::string, int64_t> numbers_;
  Json::Array names_;
};

class MapMaker {
 public:
  MapMaker(const catalog::CatalogReader& catalog, const MuteList& mutes, const MapQuery& query)
      : catalog_(catalog), mutes_(mutes), query_(query) {}

  Result<Json> make() {
    TRY(read_severities());
    TRY(catalog_.each_name([&](Resource resource) {
      const bool wanted = is_wanted(place_of(catalog_.kinds(), resource.id));
      kinds_of_.emplace(resource.id, resource.kind);
      if (!wanted) return;
      inside_.insert(resource.id);
      (void)node_of(resource.id);
    }));
    const std::vector<Relation> relations = TRY(catalog_.relations_but_of("", kMostRelationsRead));
    for (const Relation& relation : relations) add(relation);
    return Json::object({{"kinds", kinds_.json()},
                         {"relations", relations_.json()},
                         {"spaces", spaces_.json()},
                         {"nodes", std::move(nodes_)},
                         {"edges", std::move(edges_)},
                         {"total_nodes", numbers_.size()},
                         {"total_edges", total_edges_},
                         {"limit_nodes", query_.nodes},
                         {"limit_edges", query_.edges}});
  }

 private:
  bool is_wanted(const ObjectPlace& place) const {
    return (query_.cluster.empty() || query_.cluster == place.cluster) &&
           (query_.space.empty() || query_.space == place.space);
  }

  // The worst that is not muted, of each resource.
  Status read_severities() {
    for (const catalog::FindingHead& head : TRY(catalog_.open_finding_heads())) {
      if (mutes_.of(head.id, head.rule, head.resource) != nullptr) continue;
      const auto [entry, added] = worst_.emplace(head.resource, head.severity);
      if (!added) entry->second = std::max(entry->second, head.severity);
    }
    return {};
  }

  // Its number; kNoRoom where there is none for it.
  int64_t node_of(const ResourceId& id) {
    const auto [entry, is_new] = numbers_.emplace(id, kNoRoom);
    if (!is_new || nodes_.items().size() >= query_.nodes) return entry->second;
    entry->second = static_cast<int64_t>(nodes_.items().size());
    const auto known = kinds_of_.find(id);
    const bool is_missing = known == kinds_of_.end();  // Something counts on it, and it is not there.
    const ObjectPlace place = place_of(catalog_.kinds(), id);
    const auto severity = worst_.find(id);
    nodes_.push_back(Json::array({id, kinds_.of(is_missing ? id.substr(0, id.find('/')) : known->second),
                                  spaces_.of(place.cluster.empty() ? "" : place.cluster + "/" + place.space),
                                  severity == worst_.end() ? kNothingWrong : static_cast<int>(severity->second),
                                  is_missing ? 1 : 0}));
    return entry->second;
  }

  void add(const Relation& relation) {
    if (!inside_.contains(relation.source) && !inside_.contains(relation.target)) return;
    ++total_edges_;
    const int64_t source = node_of(relation.source);
    const int64_t target = node_of(relation.target);
    if (edges_.items().size() >= query_.edges || source == kNoRoom || target == kNoRoom) return;
    edges_.push_back(Json::array({source, target, relations_.of(relation.kind)}));
  }

  const catalog::CatalogReader& catalog_;
  const MuteList& mutes_;
  const MapQuery& query_;
  std::map<ResourceId, Severity> worst_;
  std::unordered_map<ResourceId, std::string> kinds_of_;  // Of all that is known.
  std::unordered_set<ResourceId> inside_;                 // What was asked for itself.
  std::unordered_map<ResourceId, int64_t> numbers_;       // Of the nodes.
  Numbers kinds_;
  Numbers relations_;
  Numbers spaces_;
  Json nodes_ = Json::array();
  Json edges_ = Json::array();
  int64_t total_edges_ = 0;
};

}  // namespace

Result<Json> fleet_map(const catalog::CatalogReader& catalog, const MuteList& mutes, const MapQuery& query) {
  return MapMaker(catalog, mutes, query).make();
}

}  // namespace capstan::loop
